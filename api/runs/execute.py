"""Carries out a request: reads it, solves it while reporting events, and reports the result."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from api.runs import folder
from api.runs.events import Started
from api.runs.exit_codes import Exit, State, exit_of, state_of
from api.runs.scratch import scratch
from api.runs.watch import Watch, Watcher
from solver.agreement import cross_checked
from solver.report.report import Report, report_of
from solver.solve import solve

if TYPE_CHECKING:
    import threading

    from api.runs.request import Request
    from models.errors import Problem
    from models.files import Loaded
    from models.instance import Instance
    from solver.report.crosscheck import CrossCheck
    from solver.result import Result

TO_WRITE = 0.2  # seconds of the time limit kept for what follows the search


@dataclass(frozen=True, eq=False)
class Run:
    """The outcome of a request. ``instance`` is the one that was solved, with the scenario applied if there was one."""

    request: Request
    instance: Instance
    result: Result
    report: Report | None  # None: there is no plan
    compared: CrossCheck | None  # None: no second solver was asked for
    warnings: tuple[Problem, ...]
    logs: dict[str, bytes] = field(repr=False)  # of the solvers, by file name

    @property
    def exit_code(self) -> Exit:
        """The exit code of the command `solve`."""
        return exit_of(self.result, self.request.options.gap, self.compared)

    @property
    def state(self) -> State:
        """How the run ended, in a word."""
        return state_of(self.exit_code)

    def document(self) -> dict[str, Any]:
        """The whole run as one JSON document, the content of `run.json`."""
        document: dict[str, Any] = {
            "state": self.state,
            "exit_code": int(self.exit_code),
            "request": self.request.document(),
            **self.result.document(),
            "report": None if self.report is None else self.report.document(),
            "warnings": [warning.document() for warning in self.warnings],
        }
        if self.compared is not None:
            document["cross_check"] = self.compared.document()
        return document

    def files(self) -> dict[str, bytes]:
        """The files of the run's folder, by name."""
        return folder.files_of(self.instance, self.result, self.report, self.document(), self.logs)

    def write(self, output: str | Path) -> folder.Written:
        """Writes the folder of the run, as a whole; ``folder.write_run`` says where it goes if it cannot."""
        holds = self.result.check is not None and not self.result.check.breaches
        return folder.write_run(Path(output), self.files(), holds)


def execute(
    request: Request,
    watch: Watch | None = None,
    stop: threading.Event | None = None,
    began: float | None = None,
    loaded: Loaded | None = None,
) -> Run:
    """Carries out a request. Finding no plan is not an error: the run says how it ended.

    Parameters:
        watch: called with each event as it happens.
        stop: ends the search once it is set; the best plan so far is kept.
        began: the moment, by the monotonic clock, from which the time limit counts; None: now.
        loaded: the instance, if the request has already been read.

    Raises:
        InputError: when the instance, the scenario, the plan to start from or the options are not usable, or when the
            temporary folder cannot be written.
    """
    began = time.monotonic() if began is None else began
    watcher, options = Watcher(watch, began), request.options
    loaded = request.read() if loaded is None else loaded
    instance = loaded.instance
    start = request.read_start(instance)
    watcher.starts(Started(watcher.seconds, instance.sha256, options.time_limit, loaded.warnings))
    compared: CrossCheck | None = None
    with scratch() as put_aside:
        first, second = Path(options.log or put_aside / folder.LOGS[0]), put_aside / folder.LOGS[1]
        left = max(0.0, options.time_limit - watcher.seconds - TO_WRITE)
        settings = replace(options, log=str(first), time_limit=left)
        if request.cross_check is None:
            result = solve(instance, settings, watcher.sees, stop, start)
        else:
            result, compared = cross_checked(
                instance, settings, request.cross_check, watcher.sees, stop, str(second), start
            )
        logs = {name: log.read_bytes() for name, log in zip(folder.LOGS, (first, second), strict=True) if log.exists()}
    of_start = [warning for warning in result.warnings if warning.place.partition(".")[0] == "start"]
    located = loaded.located([warning for warning in result.warnings if warning not in of_start])
    warnings = (*loaded.warnings, *located, *(_of_file(warning, request) for warning in of_start))
    run = Run(request, instance, result, report_of(result), compared, warnings, logs)
    watcher.ends(result, run.exit_code)
    return run


def _of_file(warning: Problem, request: Request) -> Problem:
    """A warning about the starting plan, by its place in the file that the plan came from."""
    return replace(warning, place=warning.place.partition(".")[2], file=request.document()["start"])
