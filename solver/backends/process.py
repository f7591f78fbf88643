"""The parent's side of a solver's process: starts it, keeps the deadline, and loses nothing of what it streamed."""

from __future__ import annotations

import importlib.metadata
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from models.errors import SolverError
from solver.arrays import Floats, Ints
from solver.backends import wire
from solver.backends.outcome import Options, Outcome, Stopped
from solver.program import Program

GRACE_SECONDS = 2.0  # between asking the solver to stop and ending its process


@dataclass(frozen=True, eq=False)
class Dive:
    """Columns that a dive makes whole, group by group in the order of their numbers; switches that it sets then; a group each, last.

    Groups below ``probed`` and the last ones are rounded with a look ahead.
    """

    columns: Ints
    groups: Ints
    probed: int
    switches: Ints
    last: Ints


@dataclass
class Progress:
    """The best so far, as it is streamed."""

    began: float = field(default_factory=time.monotonic)
    x: Floats | None = None
    objective: float | None = None
    bound: float | None = None
    first_point: float | None = None

    def take_point(self, x: Floats, objective: float) -> None:
        """Keeps a point that is better than what is held."""
        if self.objective is None or objective < self.objective:
            self.x, self.objective = x, objective
        if self.first_point is None:
            self.first_point = time.monotonic() - self.began


def solve(
    program: Program,
    options: Options,
    start: Floats | None = None,
    watch: Callable[[Progress], None] | None = None,
    stop: threading.Event | None = None,
    dive: Dive | None = None,
) -> Outcome:
    """Solves a program in a process of its own, or only dives for a first point; always returns, ``GRACE_SECONDS`` behind the limit at the latest."""
    progress = Progress()
    child = subprocess.Popen(
        [sys.executable, "-m", "solver.backends.child"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, start_new_session=True,
    )  # fmt: skip
    try:
        return _converse(child, program, options, _arrays(program, start, dive), progress, watch, stop)
    finally:
        child.kill()
        child.wait()
        for stream in (child.stdin, child.stdout, child.stderr):
            if stream is not None:
                try:
                    stream.close()
                except BrokenPipeError:
                    continue


def _converse(
    child: subprocess.Popen[bytes], program: Program, options: Options, arrays: dict[str, Any], progress: Progress,
    watch: Callable[[Progress], None] | None, stop: threading.Event | None,
) -> Outcome:  # fmt: skip
    assert child.stdin is not None
    assert child.stdout is not None
    messages: queue.Queue[Any] = queue.Queue()
    threading.Thread(target=_listen, args=(child.stdout, messages), daemon=True).start()
    left = options.time_limit - (time.monotonic() - progress.began)
    header = {"offset": program.offset, "options": {**asdict(options), "time_limit": max(left, 0.05)}}
    try:
        wire.send(child.stdin, header, arrays)
    except BrokenPipeError:
        raise SolverError(f"the solver's process ended at once: {_last_words(child)}") from None
    deadline, asked = progress.began + options.time_limit, None
    reason: Stopped = "time"
    while True:
        now = time.monotonic()
        if asked is None and (now > deadline or (stop is not None and stop.is_set())):
            reason = "stopped" if stop is not None and stop.is_set() else "time"
            child.send_signal(signal.SIGTERM)
            asked = now
        if asked is not None and now > asked + GRACE_SECONDS:
            return _outcome(progress, reason, "ended at its limit", _solver())
        try:
            message = messages.get(timeout=0.05)
        except queue.Empty:
            if watch is not None:
                watch(progress)
            continue
        if message is None:
            return _outcome(progress, "crashed", _last_words(child), _solver())
        ending = _take(message, progress)
        if watch is not None:
            watch(progress)
        if ending is not None:
            stopped: Stopped = reason if asked is not None and ending["stopped"] == "stopped" else ending["stopped"]
            return _outcome(progress, stopped, ending["message"], ending["solver"])


def _take(message: tuple[dict[str, Any], dict[str, Any]], progress: Progress) -> dict[str, Any] | None:
    """Keeps what a message brings; the message itself, if it is the last."""
    header, arrays = message
    if header["kind"] == "error":
        raise SolverError(header["message"])
    if "x" in arrays:
        progress.take_point(arrays["x"], header["objective"])
    if "bound" in header:
        progress.bound = header["bound"] if progress.bound is None else max(progress.bound, header["bound"])
    return header if header["kind"] == "end" else None


def _listen(stream: Any, messages: queue.Queue[Any]) -> None:
    while True:
        message = wire.receive(stream)
        messages.put(message)
        if message is None:
            return


def _arrays(program: Program, start: Floats | None, dive: Dive | None) -> dict[str, Any]:
    matrix = program.matrix
    arrays = {
        "cost": program.cost, "lower": program.lower, "upper": program.upper, "row_lower": program.row_lower,
        "row_upper": program.row_upper, "integer": program.integer, "indptr": matrix.indptr, "indices": matrix.indices,
        "data": matrix.data,
    }  # fmt: skip
    if start is not None:
        arrays["start"] = np.asarray(start, float)
    if dive is not None:
        arrays |= {
            "dive_columns": dive.columns, "dive_groups": dive.groups, "dive_probed": np.array([dive.probed]),
            "dive_switches": dive.switches, "dive_last_columns": dive.last, "dive_last_groups": np.arange(len(dive.last)),
        }  # fmt: skip
    return arrays


def _outcome(progress: Progress, stopped: Stopped, message: str, solver: str) -> Outcome:
    seconds = time.monotonic() - progress.began
    return Outcome(
        stopped, progress.x, progress.objective, progress.bound, solver, seconds, progress.first_point, message
    )


def _solver() -> str:
    """Name and version, where the process itself could not say it any more."""
    return f"HiGHS {importlib.metadata.version('highspy')}"


def _last_words(child: subprocess.Popen[bytes]) -> str:
    code = child.wait(timeout=5)
    text = child.stderr.read().decode(errors="replace").strip() if child.stderr is not None else ""
    return f"exit code {code}" + (f": {text.splitlines()[-1]}" if text else "")
