"""The command `solve`: a live line while it runs, two interrupts, the files that it writes."""

from __future__ import annotations

import json
import os
import signal
import sys
import tempfile
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil

from api.cli.output import Exit, Format, complain, emit
from models.errors import InputError, Problem
from models.files import load_instance, load_scenario, refuse_unwritable_folder, write_whole_folder
from models.instance import Instance, canonical
from models.scenario import Scenario
from models.scenario_apply import apply_scenario
from solver.backends.process import Progress
from solver.report.crosscheck import CrossCheck
from solver.report.summary import summary
from solver.report.tables_out import TABLES, csv_tables
from solver.result import Result
from solver.settings import Settings
from solver.solve import cross_checked
from solver.solve import solve as solve_instance

RUN_FILES = frozenset(
    ("plan.json", "run.json", "solver.log", "cross-check.log", *TABLES)
)  # what a run writes, and may write over
TO_WRITE = 0.2  # seconds that are kept for writing and for the end of the process


def run_solve(
    path: Path, output: Path | None, settings: Settings, scenario: str | None, form: Format, second: str | None = None
) -> Exit:
    """Solves, writes, prints; the exit code says how it ended."""
    stop = _interrupts()
    if output is not None:
        refuse_unwritable_folder(output, RUN_FILES)  # before the work, not after it
    instance = load_instance(path).instance
    if scenario is not None:
        instance = apply_scenario(instance, _scenario(instance, scenario))
    live = _Live()
    with tempfile.TemporaryDirectory() as scratch:
        log, other = Path(scratch) / "solver.log", Path(scratch) / "cross-check.log"
        settings = replace(settings, log=str(log), time_limit=max(0.0, settings.time_limit - _age() - TO_WRITE))
        compared, unwritten = None, None
        if second is None:
            result = solve_instance(instance, settings, live.show, stop)
        else:
            result, compared = cross_checked(instance, settings, second, live.show, stop, str(other))
        live.clear()
        document = result.document()
        if compared is not None:
            document["cross_check"] = compared.document()
        if output is not None:
            texts = csv_tables(result.tables, result.plan) if result.plan and result.tables else {}
            unwritten = write_run(output, result, document, texts, (log, other))
    emit(document, form, lambda: summary(result) + ("" if compared is None else _compared(compared, settings.solver)))
    if unwritten is not None:  # the disk is full, say: what was found is on stdout
        complain(unwritten)
        return Exit.BAD_INPUT
    if compared is not None and compared.findings:
        return Exit.DOES_NOT_HOLD
    if compared is not None and compared.failure:
        return Exit.SOLVER
    return exit_of(result, settings.gap)


def _age() -> float:
    """Seconds since this process began: the time limit counts from there."""
    return max(0.0, time.time() - psutil.Process().create_time())


def _compared(compared: CrossCheck, first: str) -> str:
    """What the second solver says, for people."""
    cost, bound = ("none" if usd is None else f"{usd:,.2f}" for usd in (compared.objective_usd, compared.bound_usd))
    said = f"\nCROSS-CHECK by {compared.solver}: plan {cost} USD, bound {bound} USD"
    if compared.failure and not compared.findings:
        return f"{said}; {compared.failure}\n"
    if compared.agrees:
        same = ", which is the same solver asked again" if compared.solver == first else ""
        return f"{said}; nothing that one says refutes the other{same}\n"
    return f"{said}\n" + "".join(f"  they cannot both be right: {finding}\n" for finding in compared.findings)


def _scenario(instance: Instance, name: str) -> Scenario:
    """One of the instance's scenarios, or a file."""
    for known in instance.scenarios:
        if known.id == name:
            return known
    if Path(name).suffix in (".json", ".yaml", ".yml"):
        return load_scenario(name)
    known_names = ", ".join(known.id for known in instance.scenarios) or "none"
    raise InputError(
        [
            Problem(
                "--scenario", name, f"no such scenario; the instance has {known_names}", "name one of them, or a file"
            )
        ]
    )


def exit_of(result: Result, gap: float) -> Exit:
    """0 proven within the gap; 5 a plan, but a limit was hit; 4 and 6 no plan; 7 a crash; 8 a plan that does not hold."""
    if result.check is not None and result.check.breaches:
        return Exit.DOES_NOT_HOLD
    if result.stopped == "crashed":
        return Exit.SOLVER
    if result.plan is None:
        return Exit.INFEASIBLE if result.stopped == "infeasible" else Exit.NO_PLAN
    return Exit.GOOD if result.within(gap) else Exit.LIMIT


def write_run(
    output: Path, result: Result, document: dict[str, Any], texts: dict[str, str], logs: tuple[Path, ...]
) -> InputError | None:
    """Writes the folder of a run: it is complete or not there. What was wrong, if it could not be written after all."""
    files = {"run.json": (json.dumps(document, indent=1) + "\n").encode()}
    if result.plan is not None:
        files["plan.json"] = canonical(result.plan) + b"\n"
    files |= {name: text.encode() for name, text in texts.items()}
    files |= {log.name: log.read_bytes() for log in logs if log.exists()}
    try:
        write_whole_folder(output, files, RUN_FILES)
    except InputError as error:
        return error
    return None


def _interrupts() -> threading.Event:
    """The first interrupt keeps the plan, the second ends at once.

    They are counted in a thread, where each arrives as it is sent: two that come while the main thread is deep in arithmetic
    would reach a handler as one.
    """
    stop = threading.Event()
    arrived, sent = os.pipe()
    os.set_blocking(sent, False)
    signal.set_wakeup_fd(sent, warn_on_full_buffer=False)
    for kind in (signal.SIGINT, signal.SIGTERM):
        signal.signal(kind, lambda *_: None)
    threading.Thread(target=_count, args=(arrived, stop), daemon=True).start()
    return stop


def _count(arrived: int, stop: threading.Event) -> None:
    os.read(arrived, 1)
    stop.set()
    os.read(arrived, 1)
    os._exit(int(Exit.KILLED))


class _Live:
    """One line on stderr, rewritten in place on a terminal, silent elsewhere."""

    def __init__(self) -> None:
        self.terminal = sys.stderr.isatty()
        self.shown = ""

    def show(self, progress: Progress) -> None:
        """Shows what is held so far."""
        if not self.terminal:
            return
        line = describe(progress)
        if line != self.shown:
            sys.stderr.write(f"\r\x1b[K{line}")
            sys.stderr.flush()
            self.shown = line

    def clear(self) -> None:
        """Removes the line."""
        if self.terminal:
            sys.stderr.write("\r\x1b[K")


def describe(progress: Progress) -> str:
    """Incumbent, bound, gap and time in one line."""
    seconds = int(time.monotonic() - progress.began)
    best = "no plan yet" if progress.objective is None else f"plan {progress.objective / 1e3:,.3f} M USD"
    bound = "no bound yet" if progress.bound is None else f"bound {progress.bound / 1e3:,.3f} M USD"
    gap = ""
    if progress.objective is not None and progress.bound is not None:
        gap = f", gap {100 * (progress.objective - progress.bound) / max(abs(progress.objective), 1e-3):.2f} %"
    return f"{best}, {bound}{gap}, {seconds} s"
