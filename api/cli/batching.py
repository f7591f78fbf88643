"""The commands `batch` and `accept`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from api.batch.accept import Finding, accepted, junit, read_thresholds
from api.batch.cell_process import Stop
from api.batch.cells import cells_of
from api.batch.journal import Journal
from api.batch.run import Batch, BatchProgress
from api.batch.spec import read_specification
from api.cli.cells_bar import CellsBar, duration, ended_by_signals
from api.cli.output import emit
from api.cli.streams import say
from api.runs.exit_codes import Exit
from models.files import write_whole

if TYPE_CHECKING:
    from pathlib import Path

    from api.cli.output import Format

GRACE = 6.0  # seconds that a run may take beyond its limit


def run_batch(  # noqa: PLR0913 (each is an option of the command)
    path: Path, output: Path, jobs: int, scheduler: str | None, strict: bool, form: Format
) -> Exit:
    """Carries out the batch of a specification; its exit code.

    Raises:
        InputError: with everything that is wrong with the specification, before anything is solved; when the folder
            cannot be written or is in use; when there is no scheduler.
    """
    specification = read_specification(path)
    grid = cells_of(specification, path)
    stop = Stop()
    with Journal(output) as journal:
        batch = Batch(grid, output, journal, jobs, scheduler)
        left = batch.left()
        say(_plan_of_work(len(grid.cells), left, jobs, len(grid.same)))
        with ended_by_signals(stop), CellsBar(len(left)) as bar:

            def told(progress: BatchProgress) -> None:
                bar.tell(progress.done, progress.cells, _words(progress.last))

            batch.carry_out(left, stop, told)
        if stop.asked.is_set():
            lines = [line for cell in grid.cells if (line := journal.lines.get(cell.key)) is not None]
        else:
            lines = batch.conclude()
    without = [line for line in lines if line["holds"] == "none"]
    document = {
        "cells": len(grid.cells),
        "done": len(lines),
        "with_plan": len(lines) - len(without),
        "same": [{**coordinates, "key": key} for coordinates, key in grid.same],
        "folder": str(output),
    }
    emit(document, form, lambda: _text(output, document))
    if stop.asked.is_set():
        return Exit.LIMIT
    return Exit.DOES_NOT_HOLD if strict and without else Exit.GOOD


def run_accept(folder: Path, baseline: Path, thresholds: Path, to: Path | None, form: Format) -> Exit:
    """Judges a batch against a baseline; its exit code.

    Raises:
        InputError: when a folder holds no batch, the thresholds are wrong, or the JUnit file cannot be written.
    """
    findings = accepted(folder, baseline, read_thresholds(thresholds))
    failed = [finding for finding in findings if finding.verdict in ("failed", "missing")]
    if to is not None:
        write_whole(to, junit(findings, f"accept {folder.absolute().name}"))
    document = {"accepted": not failed, "findings": [finding.document() for finding in findings]}
    emit(document, form, lambda: _verdict(findings, failed))
    return Exit.DOES_NOT_HOLD if failed else Exit.GOOD


def _verdict(findings: list[Finding], failed: list[Finding]) -> str:
    lines = [f"failed: {finding}" for finding in failed]
    new = sum(finding.verdict == "new" for finding in findings)
    words = f"{len(findings) - len(failed) - new} passed, {len(failed)} failed"
    lines.append(words + (f", {new} not in the baseline" if new else ""))
    return "\n".join(lines) + "\n"


def _plan_of_work(cells: int, left: list[Any], jobs: int, same: int) -> str:
    each = [cell.options.time_limit_seconds + GRACE for cell in left]
    most = sum(each) / jobs + max(each, default=0.0) * (1 - 1 / jobs)  # of any order in which jobs take them
    words = f"{cells} cells, {cells - len(left)} of them done"
    if same:
        words += f"; {same} more would solve the same as one of them"
    return words + (f"; at most {duration(most)}\n" if left else "\n")


def _text(output: Path, document: dict[str, Any]) -> str:
    if document["done"] < document["cells"]:
        return f"{document['done']} of {document['cells']} cells are done; run it again to go on\n"
    return f"{document['cells']} cells, {document['with_plan']} with a plan: see {output / 'summary.txt'}\n"


def _words(line: dict[str, Any]) -> str:
    names = ", ".join(part for part in (line["instance"], line["scenario"], line["policy"]) if part)
    cost = "" if line["objective_usd"] is None else f", {line['objective_usd']:,.0f} USD"
    return f"{names}: {line['state']}{cost}"
