"""``python -m benchmarks``: published instances, acceptance, the ladder of sizes, the library, building the program."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.cli.output import Format, complain, emit, guarded
from api.runs.exit_codes import Exit
from models.errors import AmpacityError, InputError, Problem
from models.files import refuse_unwritable_folder

if TYPE_CHECKING:
    from benchmarks.external.run import Row

LIBRARY = Path(__file__).parents[1] / "instances"

app = typer.Typer(help="Benchmarks against published results.", add_completion=False, no_args_is_help=True)


@app.callback()
def group() -> None:
    """Benchmarks against published results."""


@app.command()
def acceptance(
    folder: Annotated[Path, typer.Argument(help="folder for the batch", show_default=False)],
    jobs: Annotated[int, typer.Option(min=1, max=1024, help="cells at once")] = 2,
    form: Annotated[Format, typer.Option("--format", help="format of the output on stdout")] = "text",
) -> None:
    """Solve twelve small instances as a batch, for `ampacity accept` to judge against those of the version before."""
    from api.cli.batching import run_batch
    from api.cli.output import leave
    from benchmarks.acceptance import laid_out

    with guarded(form):
        leave(run_batch(laid_out(folder / "instances"), folder, jobs, None, False, form))


@app.command()
def external(
    folder: Annotated[
        Path, typer.Argument(help="folder with a subfolder for each family, and optima.csv", show_default=False)
    ],
    only: Annotated[str | None, typer.Option(help="solve this family only")] = None,
    time_limit: Annotated[float, typer.Option(min=1.0, max=86400.0, help="seconds for each instance")] = 30.0,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="folder for instances, plans and solutions")
    ] = None,
    form: Annotated[Format, typer.Option("--format", help="format of the output on stdout")] = "text",
) -> None:
    """Solve published instances and compare the results with the published optima.

    Exits with 8 if a published value is refuted, 7 if a solver failed, 3 if a file could not be read; the other rows
    are written all the same.
    """
    from benchmarks.external.families import cases_of
    from benchmarks.external.run import FILES, Row, folder_of, run

    with guarded(form):
        cases, left_out = cases_of(_folder(folder), only)
        for words in left_out if cases else (*left_out, f"{folder}: nothing to solve"):
            sys.stderr.write(f"{words}\n")
        if output is not None:
            for case in cases:
                refuse_unwritable_folder(folder_of(output, case), FILES)
    code, rows = Exit.GOOD, []
    try:
        for case in cases:
            try:
                row = run(folder, case, time_limit, output)
            except InputError as error:
                complain(error)
                code = max(code, Exit.BAD_INPUT)
                continue
            except AmpacityError as error:
                sys.stderr.write(f"{case.family}/{case.instance}, {case.variant}: ")
                complain(error)
                code = max(code, Exit.SOLVER)
                row = Row(case, None, None, 0.0)
            rows.append(row)
            if form == "text":
                sys.stdout.write(_line(row))
                sys.stdout.flush()
    except KeyboardInterrupt:  # the rows so far are still written
        code = Exit.KILLED
    emit([row.document() for row in rows], form, lambda: _last_line(rows))
    raise typer.Exit(Exit.DOES_NOT_HOLD if any(row.agrees is False for row in rows) else code)


@app.command()
def ladder(
    minutes: Annotated[
        float | None, typer.Option(min=0.0, help="measure only what ends within so many minutes; run again to go on")
    ] = None,
    disturbed: Annotated[
        float, typer.Option(metavar="CORES", min=0.0, help="measure again where other processes used more cores")
    ] = float("inf"),
    form: Annotated[Format, typer.Option("--format", help="format of the output on stdout")] = "text",
) -> None:
    """Compare the engine with other solvers on instances of sizes S, M and L; the report goes into RESULTS.md."""
    from api.cli.output import leave
    from benchmarks.ladder import run_ladder

    with guarded(form):
        leave(run_ladder(minutes, disturbed, form))


def _folder(folder: Path) -> Path:
    try:
        next(folder.iterdir(), None)
    except OSError as error:
        reason = error.strerror or "unknown reason"
        rule = f"is not a folder that can be read: {reason}"
        raise InputError([Problem("", None, rule, "check the name and its permissions", str(folder))]) from None
    return folder


def _last_line(rows: list[Row]) -> str:
    proven = sum(row.proven for row in rows)
    return f"{len(rows)} rows, {proven} proven, {sum(row.agrees is True for row in rows)} agree\n"


def _line(row: Row) -> str:
    figures = "  ".join(
        f"{name} {'-' if value is None else format(value, ',.3f')}"
        for name, value in (("optimum", row.case.optimum), ("objective", row.objective), ("bound", row.bound))
    )
    case = row.case
    return f"{case.family} {case.instance} {case.variant}  {figures}  {row.seconds:.2f} s  {row.verdict}\n"


@app.command()
def library(  # noqa: PLR0913 (each is an option of the command)
    improve: Annotated[
        bool, typer.Option("--improve", help="search for better plans and bounds, and record them")
    ] = False,
    only: Annotated[list[str] | None, typer.Option(metavar="NAME", help="this instance only; may be repeated")] = None,
    time_limit: Annotated[float, typer.Option(min=1.0, max=86400.0, help="seconds for each instance")] = 60.0,
    solver: Annotated[str, typer.Option(help="a name from `ampacity solvers`")] = "highs",
    seed: Annotated[int, typer.Option(min=0, max=2**31 - 1, help="of the search")] = 1,
    folder: Annotated[Path, typer.Option(help="folder with LIBRARY.json", show_default="instances")] = LIBRARY,
    form: Annotated[Format, typer.Option("--format", help="format of the output on stdout")] = "text",
) -> None:
    """Verify the best known objectives and bounds of the named instances, or improve them.

    Exits with 8 if something recorded is not true. With --improve: 7 if a solver failed, 3 if a file could not be read.
    """
    from api.cli.output import leave
    from benchmarks.library.command import improve_library, verify_library
    from solver.settings import Settings

    with guarded(form):
        if improve:
            settings = Settings(time_limit=time_limit, gap=0.0, seed=seed, solver=solver)
            leave(improve_library(folder, only or [], settings, form))
        leave(verify_library(folder, only or [], form))


@app.command()
def build(
    output: Annotated[Path, typer.Option("-o", "--output", help="folder for the results", show_default=False)],
    size: Annotated[list[str], typer.Option(help="size of a generated instance; may be repeated")] = ["S"],  # noqa: B006
    seed: Annotated[list[int], typer.Option(min=0, help="its seed; with several, each size has all")] = [1],  # noqa: B006
    repetitions: Annotated[int, typer.Option(min=1, max=100, help="measurements of each, of which medians count")] = 3,
    form: Annotated[Format, typer.Option("--format", help="format of the output on stdout")] = "text",
) -> None:
    """Compare the time and memory that stating the program takes with the same program in Pyomo and linopy."""
    from benchmarks.written.build import measure, table

    with guarded(form):
        rows = measure(output, [(a, b) for a in size for b in seed], repetitions, sys.stderr.write)
        emit(rows, form, lambda: table(rows))


if __name__ == "__main__":
    app()
