"""The parent's side of a solver's process: starts it, enforces the deadline, and loses nothing that was streamed."""

from __future__ import annotations

import os
import queue
import signal
import subprocess
import tempfile
import threading
import time
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from models.errors import SolverError
from solver.backends import wire
from solver.backends.catalogue import Backend, backend, refuse_unfit, version_of
from solver.backends.launch import command, environment
from solver.backends.outcome import Options, Outcome, Stopped
from solver.backends.shrink import Shrunk, shrink
from solver.memory import used_gb

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from solver.arrays import Bools, Floats, Ints
    from solver.program import Program

SILENT = 10  # polls without a message after which an ended process counts as silent for good
PAUSE = 0.2  # seconds between two looks at the cutoff
GRACE_SECONDS = 2.0  # between asking the solver to stop and killing its process


@dataclass(frozen=True, eq=False)
class Stage:
    """Columns that a dive makes integer together, group by group."""

    columns: Ints
    groups: Ints  # group of each column; low numbers are rounded with look-ahead first
    probed: int = 0  # groups below this number are rounded with look-ahead
    at_once: float = 0.25  # share of the fractional groups rounded together, without look-ahead
    least: float = 0.0  # groups with all fractions below this are lowered instead of raised
    priced: bool = False  # decide block by block at the prices of the relaxation, if the dive knows blocks
    kept: int = 0  # columns of a group that stay, those of the lowest reduced costs and those in use; 0: all
    dearer: float = 0.01  # share of the cost that rounding several groups together may add


@dataclass(frozen=True, eq=False)
class Dive:
    """The stages of a dive, in order."""

    stages: tuple[Stage, ...]
    blocks: Ints | None = None  # [column] its block, for stages that are priced; −1 if it belongs to none
    all_integers: bool = False  # the last stage makes integer what presolve has put in place of integers, too


@dataclass(frozen=True, eq=False)
class Branch:
    """Groups of integer columns by which the nodes of a branch and bound are split, see `solver.backends.branch`."""

    columns: Ints
    groups: Ints  # group of each column, from 0
    place: Ints  # [column]
    time: Ints  # [column]
    level: Ints  # [group] later levels split a node only if those before gain little
    weight: Floats  # [group] how much a split is worth before anything is known of it
    single: Bools  # [group] at most one of its columns is 1, the others 0
    patient: bool = True  # go on even if the bound hardly rises any more


@dataclass(frozen=True, eq=False)
class Rounds:
    """A relaxation that begins without its lazy rows and takes those that its point violates, round after round."""

    lazy: Bools  # [row]
    groups: Ints  # [row] of lazy rows of which only the most violated are taken in a round; −1: none
    most: int = 3  # rows of a group in a round
    presolved: bool = False  # in what presolve leaves of the integer program, on which the bound is then proven
    dive: Dive | None = None  # from the point of the last round
    proves: bool = True  # prove the bounds of rounds
    branch: Branch | None = None  # go on by cuts and branching, from the point of the last round


@dataclass
class Progress:
    """The best point and bound streamed so far."""

    began: float = field(default_factory=time.monotonic)
    x: Floats | None = None
    objective: float | None = None
    bounds: list[float] = field(default_factory=list)  # proven in turn, each above the one before
    first_point: float | None = None
    seed: Floats | None = None  # the latest point of a branch and bound whose first level is whole
    guide: Floats | None = None  # the latest point of one of its nodes with the least bound
    up: Callable[[Floats], Floats] | None = None  # turns a point into one of the program that plans are read from
    reader: Callable[[Floats], Any] | None = None  # turns a point into a plan; set by whoever knows the columns

    @property
    def bound(self) -> float | None:
        """The latest bound; None if there is none."""
        return self.bounds[-1] if self.bounds else None

    def take_bound(self, bound: float) -> bool:
        """Keep a bound if it is the best so far; return whether it is."""
        better = bool(np.isfinite(bound)) and (self.bound is None or bound > self.bound)
        if better:
            self.bounds.append(bound)
        return better

    def take_point(self, x: Floats, objective: float) -> None:
        """Keep a point if it is the best so far."""
        if self.objective is None or objective < self.objective:
            self.x, self.objective = x, objective
        if self.first_point is None:
            self.first_point = time.monotonic() - self.began


def solve(  # noqa: PLR0913 (one solve: what, how, from where, who listens)
    program: Program,
    options: Options,
    start: Floats | None = None,
    watch: Callable[[Progress], None] | None = None,
    stop: threading.Event | None = None,
    task: Dive | Rounds | None = None,
    cutoff: Callable[[], float | None] | None = None,
) -> Outcome:
    """Solve a program in a process of its own, or only dive for a first point, or solve its relaxation by rounds.

    The call returns at the latest ``GRACE_SECONDS`` after the time limit.

    Parameters:
        start: a point to continue from
        watch: called with the progress after each message, and while waiting
        stop: when set, ends the solve, which keeps what it has found
        task: stages to dive through, or rounds in which to solve the relaxation, instead of solving the program
        cutoff: returns a cost from which on points are of no interest; asked again and again while a tree is searched
    Raises:
        InputError: when the solver is not available or cannot handle the program
        SolverError: when the process of the solver fails and has found nothing
    """
    progress, engine = Progress(), backend(options.solver)
    left = shrink(program.restricted(integer=np.zeros(program.columns, bool)) if options.relaxed else program)
    if not left.program.columns:
        return _settled(left, progress, engine)
    whole = left.program.integer
    refuse_unfit(engine, bool(whole.any()), not whole.all())
    if start is not None:
        start = start[left.columns]
    with _child() as child:
        return _converse(child, left, engine, options, _arrays(left, start, task), progress, watch, stop, cutoff)


@dataclass(frozen=True)
class _Child:
    """A solver's process, and the file of its stderr."""

    process: subprocess.Popen[bytes]
    said: Path

    def last_words(self) -> str:
        """How it ended, and its last line on stderr."""
        try:
            how = f"exit code {self.process.wait(timeout=5)}"
        except subprocess.TimeoutExpired:
            how = "it no longer responds"
        with self.said.open("rb") as file:
            file.seek(max(0, self.said.stat().st_size - 4000))
            lines = file.read().decode(errors="replace").strip().splitlines()
        return how + (f": {lines[-1]}" if lines else "")


@contextmanager
def _child() -> Iterator[_Child]:
    """A solver's process in a session of its own, with its own folder for temporary files.

    On leaving, the folder, the process and all that it has started are removed.
    """
    with tempfile.TemporaryDirectory(prefix="ampacity-", ignore_cleanup_errors=True) as folder:
        said = Path(folder) / "stderr"
        try:
            with said.open("wb") as errors:
                process = subprocess.Popen(
                    command("solver.backends.child"),
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=errors,
                    start_new_session=True,
                    env=environment(TMPDIR=folder),
                )
        except OSError as error:
            raise SolverError(f"no process can be started for the solver: {error.strerror}") from None
        try:
            yield _Child(process, said)
        finally:
            with suppress(ProcessLookupError, PermissionError):  # it may have ended by itself
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            for stream in (process.stdin, process.stdout):
                if stream is not None:
                    with suppress(BrokenPipeError):
                        stream.close()


def _converse(  # noqa: PLR0913 (one solve: what, how, from where, who listens)
    child: _Child,
    shrunk: Shrunk,
    engine: Backend,
    options: Options,
    arrays: dict[str, Any],
    progress: Progress,
    watch: Callable[[Progress], None] | None,
    stop: threading.Event | None,
    cutoff: Callable[[], float | None] | None,
) -> Outcome:
    """Send the program, keep the deadline, and take the messages of the process until its last."""
    process = child.process
    messages: queue.Queue[Any] = queue.Queue()
    threading.Thread(target=_listen, args=(process.stdout, messages), daemon=True).start()
    left = options.time_limit - (time.monotonic() - progress.began)
    header = {
        "module": engine.module,
        "offset": shrunk.program.offset,
        "options": {**asdict(options), "time_limit": max(left, 0.05)},
        "cutoff": None if cutoff is None else cutoff(),
    }
    threading.Thread(target=_tell, args=(process.stdin, header, arrays, cutoff), daemon=True).start()
    deadline = progress.began + options.time_limit
    asked: float | None = None
    reason: Stopped | None = None
    gone = 0
    while True:
        now = time.monotonic()
        if asked is None:
            reason = _why_now(now > deadline, options, stop)
            if reason is not None:
                process.send_signal(signal.SIGTERM)
                asked = now
        if asked is not None and now > asked + (GRACE_SECONDS if reason != "memory" else 0.0):
            return _outcome(progress, reason or "time", "ended at its limit", _solver(engine))
        try:
            message = messages.get(timeout=0.05)
        except queue.Empty:
            if watch is not None:
                watch(progress)
            gone = gone + 1 if process.poll() is not None else 0
            if gone < SILENT:
                continue
            message = None  # a process started by it holds its stdout open
        if message is None and asked is not None:  # it was asked to stop before it could respond
            return _outcome(progress, reason or "time", "ended at its limit", _solver(engine))
        if message is None:
            return _outcome(progress, "crashed", child.last_words(), _solver(engine))
        ending = _take(message, progress, shrunk, _solver(engine))
        if watch is not None:
            watch(progress)
        if ending is not None:
            stopped: Stopped = reason if reason is not None and ending["stopped"] == "stopped" else ending["stopped"]
            return _outcome(progress, stopped, ending["message"], ending["solver"], int(ending.get("work", 0)))


def _why_now(late: bool, options: Options, stop: threading.Event | None) -> Stopped | None:
    """Why the solver has to stop now; None if it may go on."""
    if stop is not None and stop.is_set():
        return "stopped"
    if late:
        return "time"
    return "memory" if options.memory_gb is not None and used_gb() > options.memory_gb else None


def _take(
    message: tuple[dict[str, Any], dict[str, Any]], progress: Progress, shrunk: Shrunk, solver: str
) -> dict[str, Any] | None:
    """Keep what a message brings; return it if it is the last.

    An error ends the solve like any last message if something has been found, and is raised otherwise.
    """
    header, arrays = message
    if header["kind"] == "error":
        if progress.x is None and progress.bound is None:
            raise SolverError(header["message"])
        return {"kind": "end", "stopped": "crashed", "message": header["message"], "solver": solver}
    if header["kind"] == "seed":
        progress.seed = shrunk.whole(arrays["x"])
    elif header["kind"] == "guide":
        progress.guide = shrunk.whole(arrays["x"])
    elif "x" in arrays:
        progress.take_point(shrunk.whole(arrays["x"]), header["objective"])
    if "bound" in header:
        progress.take_bound(header["bound"])
    return header if header["kind"] == "end" else None


def _tell(
    stream: Any, header: dict[str, Any], arrays: dict[str, Any], cutoff: Callable[[], float | None] | None
) -> None:
    """Send the program, and then each cutoff that is lower, until the stream is closed.

    If the process has ended, the listener notices.
    """
    with suppress(OSError, ValueError):  # ValueError: the stream is closed
        wire.send(stream, header, arrays)
        told = header["cutoff"]
        while cutoff is not None and not stream.closed:
            time.sleep(PAUSE)
            now = cutoff()
            if now is not None and (told is None or now < told):
                told = now
                wire.send(stream, {"cutoff": now})


def _listen(stream: Any, messages: queue.Queue[Any]) -> None:
    while True:
        message = wire.receive(stream)
        messages.put(message)
        if message is None:
            return


def _arrays(shrunk: Shrunk, start: Floats | None, task: Dive | Rounds | None) -> dict[str, Any]:
    program, matrix = shrunk.program, shrunk.program.matrix
    arrays = {
        "cost": program.cost, "lower": program.lower, "upper": program.upper, "row_lower": program.row_lower,
        "row_upper": program.row_upper, "integer": program.integer, "indptr": matrix.indptr, "indices": matrix.indices,
        "data": matrix.data,
    }  # fmt: skip
    if start is not None:
        arrays["start"] = np.asarray(start, float)
    if isinstance(task, Rounds):
        arrays |= {
            "round_lazy": task.lazy[shrunk.rows], "round_groups": task.groups[shrunk.rows],
            "round_most": np.array([task.most]), "round_presolved": np.array([task.presolved]),
            "round_proves": np.array([task.proves]),
        }  # fmt: skip
        if task.branch is not None:
            arrays |= _branch_arrays(shrunk, task.branch)
        task = task.dive
    return arrays if task is None else arrays | _dive_arrays(shrunk, task)


def _places(shrunk: Shrunk) -> Ints:
    """[column of the program] its number among those that are left; −1 if it is settled."""
    places = np.full(len(shrunk.settled), -1)
    places[shrunk.columns] = np.arange(len(shrunk.columns))
    return places


def _dive_arrays(shrunk: Shrunk, dive: Dive) -> dict[str, Any]:
    """The stages one after another, over the columns that are left."""
    stages = dive.stages
    columns = np.concatenate([stage.columns for stage in stages])
    number = np.repeat(np.arange(len(stages)), [len(stage.columns) for stage in stages])
    left = _places(shrunk)
    there = left[columns] >= 0
    blocks = np.full(len(left), -1) if dive.blocks is None else dive.blocks
    return {
        "dive_priced": np.array([stage.priced and dive.blocks is not None for stage in stages]),
        "dive_blocks": blocks[shrunk.columns],
        "dive_columns": left[columns][there], "dive_stage": number[there],
        "dive_groups": np.concatenate([stage.groups for stage in stages])[there],
        "dive_probed": np.array([stage.probed for stage in stages]),
        "dive_at_once": np.array([stage.at_once for stage in stages]),
        "dive_least": np.array([stage.least for stage in stages]),
        "dive_kept": np.array([stage.kept for stage in stages]),
        "dive_dearer": np.array([stage.dearer for stage in stages]),
        "dive_all_integers": np.array([dive.all_integers]),
    }  # fmt: skip


def _branch_arrays(shrunk: Shrunk, branch: Branch) -> dict[str, Any]:
    """The groups of a branch and bound, over the columns that are left."""
    left = _places(shrunk)
    there = left[branch.columns] >= 0
    return {
        "branch_columns": left[branch.columns][there],
        "branch_groups": branch.groups[there],
        "branch_place": branch.place[there],
        "branch_time": branch.time[there],
        "branch_level": branch.level,
        "branch_weight": branch.weight,
        "branch_single": branch.single,
        "branch_patient": np.array([branch.patient]),
    }


def _settled(shrunk: Shrunk, progress: Progress, engine: Backend) -> Outcome:
    """The outcome if nothing is left to decide; any row that is left is violated."""
    if len(shrunk.program.row_lower):
        return _outcome(progress, "infeasible", "the fixed columns violate a row", _solver(engine))
    offset = shrunk.program.offset
    progress.take_point(shrunk.settled, offset)
    progress.take_bound(offset)
    return _outcome(progress, "optimal", "nothing is left to decide", _solver(engine))


def _outcome(progress: Progress, stopped: Stopped, message: str, solver: str, work: int = 0) -> Outcome:
    seconds = time.monotonic() - progress.began
    return Outcome(
        stopped,
        progress.x,
        progress.objective,
        progress.bound,
        solver,
        seconds,
        progress.first_point,
        message,
        work,
        bounds=tuple(progress.bounds),
    )


def _solver(engine: Backend) -> str:
    """Name and version, for a process that can no longer say so itself."""
    return f"{engine.label} {version_of(engine)}"
