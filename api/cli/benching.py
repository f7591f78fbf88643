"""The command `bench`."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from api.batch.cell_process import Stop
from api.batch.journal import Journal
from api.bench.cells import bench_cells
from api.bench.plots import gap_plot, profile_plot, refuse_without_matplotlib
from api.bench.report import by_grid, profile_of, report_of, slug
from api.bench.rows import as_csv, figures_of
from api.bench.run import JOURNAL, START, Bench, BenchProgress
from api.bench.spec import read_bench
from api.bench.subjects import DrawnSeeds
from api.cli.cells_bar import CellsBar, duration, ended_by_signals
from api.cli.output import emit
from api.cli.streams import say
from api.runs.exit_codes import Exit
from models.files import write_whole

if TYPE_CHECKING:
    from pathlib import Path

    from api.cli.output import Format


def run_bench(  # noqa: PLR0913 (each is an option of the command)
    path: Path, output: Path, jobs: int, minutes: float | None, disturbed: float, form: Format
) -> Exit:
    """Carries out the benchmark of a specification; its exit code.

    Parameters:
        disturbed: cells during which other processes used more cores than this are measured again.
        minutes: cells that could end later are left for the next time; None: all are measured.

    Raises:
        InputError: with everything that is wrong with the specification, before anything is solved; when the folder
            cannot be written or is in use.
    """
    until = None if minutes is None else time.monotonic() + 60 * minutes
    refuse_without_matplotlib()
    specification = read_bench(path)
    stop = Stop()
    with Journal(output, JOURNAL) as journal:
        drawn = DrawnSeeds(output)
        contest = bench_cells(specification, path, drawn, jobs)
        drawn.keep()
        bench = Bench(contest.cells, journal, jobs, disturbed)
        left = bench.left()
        for words in contest.skipped:
            say(f"{words}\n")
        for size, seed in drawn.seeds.items():
            say(f"seed drawn for {size}: {seed}\n")
        most = sum(cell.options.time_limit_seconds + START for cell in left) / jobs
        words = f"{len(contest.cells)} cells, {len(contest.cells) - len(left)} of them done"
        say(words + (f"; at most about {duration(most)}\n" if left else "\n"))
        with ended_by_signals(stop), CellsBar(len(left)) as bar:

            def told(progress: BenchProgress) -> None:
                bar.tell(progress.done, progress.cells, _words(progress.last))

            bench.carry_out(left, stop, told, until)
        lines = bench.lines()
        _write(output, lines, len(contest.cells) - len(lines), contest.skipped)
    document = {"cells": len(contest.cells), "done": len(lines), "folder": str(output), "drawn": drawn.seeds}
    emit(document, form, lambda: _text(output, document))
    return Exit.LIMIT if stop.asked.is_set() else Exit.GOOD


def _write(output: Path, lines: list[dict[str, Any]], missing: int, skipped: tuple[str, ...]) -> None:
    figures = figures_of(lines)
    title = f"Benchmark {output.absolute().name}"
    write_whole(output / "cells.csv", as_csv(figures))
    for grid, by_backend in by_grid(figures).items():
        write_whole(output / f"gap-{slug(grid)}.svg", gap_plot(f"{grid}: gap over time", by_backend))
        write_whole(
            output / f"profile-{slug(grid)}.svg",
            profile_plot(f"{grid}: performance profile of the primal-dual integral", profile_of(by_backend)),
        )
    write_whole(output / "report.md", report_of(title, figures, missing, skipped, True).encode())


def _words(line: dict[str, Any]) -> str:
    cost = "no plan" if line["objective"] is None else f"{line.get('sign', 1.0) * line['objective']:,.2f}"
    return f"{line['instance']}, {line['backend']}, seed {line['seed']}: {line['stopped']}, {cost}"


def _text(output: Path, document: dict[str, Any]) -> str:
    if document["done"] < document["cells"]:
        return f"{document['done']} of {document['cells']} cells are done; run it again to go on\n"
    return f"{document['cells']} cells: see {output / 'report.md'}\n"
