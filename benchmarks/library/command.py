"""The command ``python -m benchmarks library``: verifies what is recorded, or improves on it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from api.cli.output import complain, emit
from api.cli.streams import say
from api.runs.exit_codes import Exit
from benchmarks.library.improve import improve, lay_out
from benchmarks.library.named import chosen
from benchmarks.library.shelf import Shelf
from benchmarks.library.verify import faults_of_files, verified
from models.errors import InputError, SolverError
from solver.refusals import refuse_unfit_solver
from solver.report.table import table

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from api.cli.output import Format
    from solver.settings import Settings


def verify_library(folder: Path, only: Sequence[str], form: Format) -> Exit:
    """Verifies entries and prints a table; 8 if anything recorded is not true.

    Raises:
        InputError: when a name is unknown, or ``LIBRARY.json`` or an instance cannot be read.
    """
    shelf, named = Shelf(folder), chosen(only)
    library = shelf.read()
    rows = [verified(shelf, one, library.entry(one.name)) for one in named]
    faults = faults_of_files(shelf)
    head = ["instance", "objective", "bound", "gap", "verdict"]
    lines = [*table(head, [row.cells() for row in rows], "lrrrl"), *(f"  {fault}" for fault in faults)]
    document = {"instances": [row.document() for row in rows], "faults": faults}
    emit(document, form, lambda: "\n".join(lines) + "\n")
    return Exit.DOES_NOT_HOLD if faults or any(row.faults for row in rows) else Exit.GOOD


def improve_library(folder: Path, only: Sequence[str], settings: Settings, form: Format) -> Exit:
    """Improves entries one by one; each is on disk before the next one begins.

    Returns:
        7 if a solver failed or a plan refuted a bound, 3 if something recorded was not true or a file could not be read
        or written, 130 if interrupted; the others are improved all the same.

    Raises:
        InputError: when a name is unknown, the solver cannot be used, or ``LIBRARY.json`` cannot be read.
    """
    shelf, named, code, changes = Shelf(folder), chosen(only), Exit.GOOD, []
    refuse_unfit_solver(settings)
    lay_out(shelf)
    try:
        for one in named:
            try:
                change = improve(shelf, one, settings)
            except (InputError, SolverError) as error:
                say(f"{one.name}: ")
                complain(error)
                code = max(code, Exit.BAD_INPUT if isinstance(error, InputError) else Exit.SOLVER)
                continue
            changes.append(change)
            if form == "text":
                sys.stdout.write(f"{change.words}\n")
                sys.stdout.flush()
    except KeyboardInterrupt:
        say("interrupted; what was better so far is recorded\n")
        code = Exit.KILLED
    better = [change for change in changes if change.better]
    document = {"improved": [change.name for change in better], "searched": [change.name for change in changes]}
    emit(document, form, lambda: f"{len(better)} of {len(changes)} improved\n")
    return code
