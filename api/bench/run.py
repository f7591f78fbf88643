"""The cells of a benchmark carried out. One that is ended in whatever way goes on where it was."""

from __future__ import annotations

import time
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from api.batch.cell_process import last_message
from api.batch.side_by_side import side_by_side
from api.bench.contenders import engine_sha256
from api.bench.load import machine
from api.bench.spec import ENGINE
from api.runs.child_folders import make_folder, remove_folder
from api.runs.child_process import start_child
from solver.backends.launch import environment
from solver.versions import versions

if TYPE_CHECKING:
    from collections.abc import Callable

    from api.batch.cell_process import Stop
    from api.batch.journal import Journal
    from api.bench.cells import BenchCell

JOURNAL = "bench.jsonl"
START = 6.0  # seconds for starting a process and reading the instance
LATE = 120.0  # seconds beyond its time limit after which a process is taken to hang


@dataclass(frozen=True)
class BenchProgress:
    """How far a benchmark is: cells that are done, of those that have to be, and the line of the last one."""

    done: int
    cells: int
    last: dict[str, Any]


@dataclass
class Bench:
    """The cells of a benchmark, and the journal of those that are done."""

    cells: tuple[BenchCell, ...]
    journal: Journal
    jobs: int = 1
    disturbed: float = float("inf")  # cores that other processes used: a cell with more is measured again

    def left(self) -> list[BenchCell]:
        """Cells that are not done yet, or were disturbed."""
        lines = self.journal.lines
        return [cell for cell in self.cells if cell.key not in lines or self._was_disturbed(lines[cell.key])]

    def _was_disturbed(self, line: dict[str, Any]) -> bool:
        return (line.get("other_cores") or 0.0) > self.disturbed

    def carry_out(
        self, cells: list[BenchCell], stop: Stop, told: Callable[[BenchProgress], None], until: float | None = None
    ) -> None:
        """Measures cells; returns when all are done or `stop` was asked for.

        Parameters:
            until: the moment, by the monotonic clock, after which no cell may end; one that could is not begun.
        """
        if until is not None:
            cells = _fitting(cells, until - time.monotonic(), self.jobs)
        with ThreadPoolExecutor(self.jobs, thread_name_prefix="cell") as executor:

            def submit(cell: BenchCell) -> Future[dict[str, Any]]:
                return executor.submit(measured, cell, stop)

            for finished, (cell, future) in enumerate(side_by_side(cells, submit, self.jobs, stop.asked), 1):
                line = self._line(cell, future.result())
                self.journal.add(line)
                told(BenchProgress(finished, len(cells), line))

    def lines(self) -> list[dict[str, Any]]:
        """The lines of the cells that are done, in the order of the specification."""
        return [line for cell in self.cells if (line := self.journal.lines.get(cell.key)) is not None]

    def _line(self, cell: BenchCell, found: dict[str, Any]) -> dict[str, Any]:
        return {
            "key": cell.key,
            **cell.coordinates,
            "solver": cell.contender.solver,
            "cuts": cell.contender.cuts,
            "own": cell.contender.options,
            "threads": cell.threads,
            "time_limit_seconds": cell.options.time_limit_seconds,
            "gap_asked": cell.options.gap,
            "sha256": cell.subject.sha256,
            "engine": engine_sha256() if cell.contender.solver == ENGINE else None,
            **found,
            "jobs": self.jobs,
            "date": datetime.now(UTC).date().isoformat(),
            "machine": machine(),
            "versions": versions(),
        }


def measured(cell: BenchCell, stop: Stop) -> dict[str, Any]:
    """Solves a cell in a process of its own. Whatever happens to that is a result of the cell."""
    folder = make_folder()
    try:
        (folder / cell.subject.file).write_bytes(cell.subject.content)
        process = start_child(folder, environment(TMPDIR=str(folder)), cell.header, "api.bench.measure")
        message = last_message(process, cell.options.time_limit_seconds + LATE, stop)
    except OSError as error:
        message = {"crashed": error.strerror or "the system refused"}
    finally:
        remove_folder(folder)
    if "done" in message:
        return dict(message["done"])
    reason = next(iter(message.values()))
    return {"stopped": "crashed", "holds": "none", "objective": None, "bound": None, "reason": reason, "trace": []}


def _fitting(cells: list[BenchCell], seconds: float, jobs: int) -> list[BenchCell]:
    """The first cells that end within some seconds even if each uses its whole time."""
    fitting: list[BenchCell] = []
    used = 0.0
    for cell in cells:
        used += (cell.options.time_limit_seconds + START) / jobs
        if used > seconds:
            break
        fitting.append(cell)
    return fitting
