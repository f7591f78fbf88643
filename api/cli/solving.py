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

from api.cli.output import Exit, Format, emit
from models.errors import InputError, Problem
from models.files import load_instance, load_scenario, refuse_foreign_folder, write_whole_folder
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
        refuse_foreign_folder(output, RUN_FILES)  # before the work, not after it
    instance = load_instance(path).instance
    if scenario is not None:
        instance = apply_scenario(instance, _scenario(instance, scenario))
    live = _Live()
    with tempfile.TemporaryDirectory() as scratch:
        log, other = Path(scratch) / "solver.log", Path(scratch) / "cross-check.log"
        settings = replace(settings, log=str(log), time_limit=max(0.0, settings.time_limit - _age() - TO_WRITE))
        compared = None
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
            write_run(output, result, document, texts, (log, other))
    emit(document, form, lambda: summary(result) + ("" if compared is None else _compared(compared)))
    return exit_of(result, settings.gap) if compared is None or compared.agrees else Exit.DOES_NOT_HOLD


def _age() -> float:
    """Seconds since this process began: the time limit counts from there."""
    return max(0.0, time.time() - psutil.Process().create_time())


def _compared(compared: CrossCheck) -> str:
    """What the second solver says, for people."""
    cost, bound = ("none" if usd is None else f"{usd:,.2f}" for usd in (compared.objective_usd, compared.bound_usd))
    said = f"\nCROSS-CHECK by {compared.solver}: plan {cost} USD, bound {bound} USD"
    if compared.agrees:
        return f"{said}; nothing that one says refutes the other\n"
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
    """0 proven within the gap; 5 a plan, but a limit was hit; 4 and 6 no plan; 8 a plan that does not hold."""
    if result.plan is None:
        if result.stopped == "infeasible":
            return Exit.INFEASIBLE
        return Exit.SOLVER if result.stopped == "crashed" else Exit.NO_PLAN
    if result.check is not None and result.check.breaches:
        return Exit.DOES_NOT_HOLD
    return Exit.GOOD if result.gap is not None and result.gap <= gap + 1e-9 else Exit.LIMIT


def write_run(
    output: Path, result: Result, document: dict[str, Any], texts: dict[str, str], logs: tuple[Path, ...]
) -> None:
    """Writes the folder of a run: it is complete or not there."""
    files = {"run.json": (json.dumps(document, indent=1) + "\n").encode()}
    if result.plan is not None:
        files["plan.json"] = canonical(result.plan) + b"\n"
    files |= {name: text.encode() for name, text in texts.items()}
    files |= {log.name: log.read_bytes() for log in logs if log.exists()}
    write_whole_folder(output, files, RUN_FILES)


def _interrupts() -> threading.Event:
    """The first interrupt keeps the plan, the second ends at once."""
    stop = threading.Event()

    def interrupted(*_: Any) -> None:
        if stop.is_set():
            os._exit(int(Exit.KILLED))
        stop.set()

    signal.signal(signal.SIGINT, interrupted)
    signal.signal(signal.SIGTERM, interrupted)
    return stop


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
