"""The cells of a batch carried out side by side. A batch that is ended in whatever way goes on where it was."""

from __future__ import annotations

import json
import os
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from api.batch.cell_process import Done, Stop, Work, carried_out
from api.batch.figures import figures_of
from api.batch.journal import RUNS
from api.batch.rows import as_csv, as_parquet, rows_of
from api.batch.side_by_side import side_by_side
from api.batch.summary import page_of, text_of
from api.runs.comparison import compare
from api.runs.folder import RUN, RUN_FILES
from api.runs.stored import read_run
from models.errors import InputError, Problem
from models.files import write_whole, write_whole_folder
from solver.report.compare_text import decision_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from api.batch.cells import Cell, Grid
    from api.batch.journal import Journal

AHEAD = 2  # cells handed over per job, so that none waits for the next
FACTS = (
    "exit_code", "state", "stopped", "holds", "objective_usd", "bound_usd", "gap", "first_plan_seconds",
    "constructive_usd", "unserved_share", "dropped_value_share", "terms_usd",
)  # fmt: skip


@dataclass(frozen=True)
class BatchProgress:
    """How far a batch is: cells that are done, of those that have to be, and the line of the last one."""

    done: int
    cells: int
    last: dict[str, Any]


@dataclass
class Batch:
    """A grid, and the folder that holds what becomes of it."""

    grid: Grid
    folder: Path
    journal: Journal
    jobs: int = 1
    scheduler: str | None = None

    def left(self) -> list[Cell]:
        """Cells that are not done yet; those whose run is there but not in the journal are entered into it."""
        left = []
        for cell in self.grid.cells:
            line = self.journal.lines.get(cell.key)
            there = (self._home(cell) / RUN).is_file()
            if line is not None and (there or not line["files"]):
                continue
            if there:  # its run was written, but the line was not
                self._enter(cell, json.loads((self._home(cell) / RUN).read_bytes()), None, True)
            else:
                left.append(cell)
        return left

    def carry_out(self, cells: list[Cell], stop: Stop, told: Callable[[BatchProgress], None]) -> None:
        """Solves cells; returns when all are done, or `stop` was asked for.

        Raises:
            InputError: when the folder cannot be written, or the scheduler is not there.
        """
        with _executor(self.jobs, self.scheduler) as executor:
            work: Callable[[Work], Done] = carried_out if self.scheduler else partial(carried_out, stop=stop)
            ended = side_by_side(
                cells, lambda cell: executor.submit(work, self._work(cell)), AHEAD * self.jobs, stop.asked
            )
            for finished, (cell, future) in enumerate(ended, 1):
                told(BatchProgress(finished, len(cells), self._keep(cell, future)))

    def conclude(self) -> list[dict[str, Any]]:
        """Writes the tables and summaries of all cells that are done; their lines, in the order of the grid.

        Raises:
            InputError: when the folder cannot be written.
        """
        lines = [line for cell in self.grid.cells if (line := self.journal.lines.get(cell.key)) is not None]
        columns, rows = rows_of(lines)
        different = self._different(lines)
        title = f"Batch {self.folder.absolute().name}"
        for name, content in (
            ("cells.csv", as_csv(columns, rows)),
            ("cells.parquet", as_parquet(columns, rows)),
            ("summary.txt", text_of(lines, different).encode()),
            ("summary.html", page_of(lines, different, title).encode()),
        ):
            write_whole(self.folder / name, content)
        return lines

    def _home(self, cell: Cell) -> Path:
        return self.folder / RUNS / cell.key

    def _work(self, cell: Cell) -> Work:
        settings = asdict(cell.options.settings())
        del settings["log"]
        if settings["threads"] == 0:
            settings["threads"] = max(1, (os.cpu_count() or 1) // self.jobs)
        return Work(cell.key, cell.content, settings, cell.options.cross_check)

    def _keep(self, cell: Cell, future: Future[Done]) -> dict[str, Any]:
        """Writes the run of a cell, and then its line."""
        try:
            done = future.result()
        except Exception as error:  # of the machine that it ran on
            done = Done(cell.key, {}, {"exit_code": 7, "state": "crashed", "reason": type(error).__name__}, 0.0)
        if done.files:
            write_whole_folder(self._home(cell), done.files, RUN_FILES)
            return self._enter(cell, json.loads(done.files[RUN]), done.seconds, True)
        return self._enter(cell, done.end, done.seconds, False)

    def _enter(self, cell: Cell, run: dict[str, Any], seconds: float | None, files: bool) -> dict[str, Any]:
        line = {
            "key": cell.key,
            **cell.coordinates,
            "seed": cell.options.seed,
            "instance_sha256": cell.solved.sha256,
            **{name: run.get(name) for name in FACTS},
            **figures_of(run),
            "seconds": run.get("seconds") if seconds is None else seconds,
            "reason": run.get("reason") or run.get("message") or None,
            "files": files,
        }
        line["holds"] = line["holds"] or "none"
        self.journal.add(line)
        return line

    def _different(self, lines: list[dict[str, Any]]) -> dict[str, tuple[str, ...]]:
        """What each cell with a plan decides otherwise than the first of its instance and options."""
        bases: dict[tuple[str, str], dict[str, Any]] = {}
        found: dict[str, tuple[str, ...]] = {}
        for line in lines:
            group = (line["instance"], json.dumps(line["options"], sort_keys=True))
            base = bases.setdefault(group, line)
            if base is line or "none" in (base["holds"], line["holds"]):
                continue
            a, b = (read_run(self.folder / RUNS / one["key"]) for one in (base, line))
            found[line["key"]] = tuple(map(decision_text, compare(a, b).decisions))
        return found


@contextmanager
def _executor(jobs: int, scheduler: str | None) -> Iterator[Executor]:
    """Threads, each of which holds a process; or whatever a Dask scheduler has.

    Raises:
        InputError: when Dask is not installed or there is no scheduler at the address.
    """
    if scheduler is None:
        with ThreadPoolExecutor(jobs, thread_name_prefix="cell") as executor:
            yield executor
        return
    try:
        from distributed import Client
    except ImportError:
        rule, fix = "needs Dask, which is not installed", "pip install 'ampacity[cluster]'"
        raise InputError([Problem("--scheduler", scheduler, rule, fix)]) from None
    try:
        client = Client(scheduler, timeout=10)  # type: ignore[no-untyped-call]
    except (OSError, ValueError) as error:
        rule, fix = f"no scheduler answers there ({type(error).__name__})", "start one with `dask scheduler`"
        raise InputError([Problem("--scheduler", scheduler, rule, fix)]) from None
    with client:
        yield client.get_executor(pure=False)  # type: ignore[no-untyped-call]
