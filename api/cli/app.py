"""The commands. Everything heavy is imported inside a command, so that `ampacity --help` answers at once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from api.cli.output import Exit, Format, emit, guarded, leave, problem_document

app = typer.Typer(
    name="ampacity",
    help="Decides where AI workloads run and what has to be bought for them, with a proof of how good the plan is.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

InstanceFile = Annotated[
    Path,
    typer.Argument(metavar="INSTANCE", help="instance: .json, .yaml or a folder of CSV tables", show_default=False),
]
Form = Annotated[Format, typer.Option("--format", help="what stdout holds")]


@app.command()
def validate(instance: InstanceFile, form: Form = "text") -> None:
    """Say everything that is wrong with an instance, and what looks odd."""
    from models.errors import InputError
    from models.files import load_instance

    with guarded(form):
        try:
            loaded = load_instance(instance)
        except InputError as error:
            if form == "text":
                raise
            emit({"errors": [problem_document(p) for p in error.problems], "warnings": []}, form, str)
            leave(Exit.BAD_INPUT)
        document = {"errors": [], "warnings": [problem_document(p) for p in loaded.warnings]}
        text = "".join(f"warning: {problem}\n" for problem in loaded.warnings) + f"{instance}: good\n"
        emit(document, form, lambda: text)


@app.command()
def solve(
    instance: InstanceFile,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="folder for plan.json, tables, run.json and the log")
    ] = None,
    time_limit: Annotated[float, typer.Option(min=1.0, max=604800.0, help="seconds, from start to end")] = 300.0,
    gap: Annotated[float, typer.Option(min=0.0, max=1.0, help="relative gap that suffices")] = 0.001,
    seed: Annotated[int, typer.Option(min=0, max=2**31 - 1)] = 1,
    threads: Annotated[int, typer.Option(min=0, max=1024, help="0: all cores")] = 0,
    scenario: Annotated[str | None, typer.Option(help="a scenario of the instance, or a file with one")] = None,
    without: Annotated[list[str] | None, typer.Option(help="a family to leave out; may be given again")] = None,
    solver: Annotated[str, typer.Option(help="a name of `ampacity solvers`, or pyomo:NAME")] = "highs",
    strategy: Annotated[
        Literal["auto", "direct"], typer.Option(help="direct: the whole program to one solver; any other than highs is")
    ] = "auto",
    cross_check: Annotated[
        str | None, typer.Option(help="a second solver that solves it again, with the same limits; 8 if they disagree")
    ] = None,
    deterministic: Annotated[
        bool,
        typer.Option("--deterministic", help="the same plan again; run.json says whether a clock decided after all"),
    ] = False,
    work_limit: Annotated[
        int | None, typer.Option(min=1, help="units of work of the solver, see docs/solvers.md")
    ] = None,
    memory_limit_gb: Annotated[
        float | None, typer.Option(min=0.1, max=1e6, help="of the engine and its solvers together")
    ] = None,
    form: Form = "text",
) -> None:
    """Decide: the best plan that can be found in time, checked, with a bound."""
    from api.cli.solving import run_solve
    from solver.settings import Settings

    with guarded(form):
        settings = Settings(
            time_limit, gap, seed, threads, tuple(without or ()), solver=solver, strategy=strategy,
            deterministic=deterministic, work_limit=work_limit, memory_limit_gb=memory_limit_gb,
        )  # fmt: skip
        leave(run_solve(instance, output, settings, scenario, form, cross_check))


@app.command()
def check(
    instance: InstanceFile,
    plan: Annotated[Path, typer.Argument(metavar="PLAN", help="plan.json", show_default=False)],
    without: Annotated[list[str] | None, typer.Option(help="a family to leave out; may be given again")] = None,
    form: Form = "text",
) -> None:
    """Check a plan against an instance, by code that has never seen the mathematics, and price it."""
    from models.files import load_instance, load_plan
    from solver.check import check as check_plan

    with guarded(form):
        given = load_instance(instance).instance
        decided = load_plan(plan)
        result = check_plan(given, decided, frozenset(without or ()))
        warnings = [str(warning) for warning in result.warnings]
        document = {
            "ok": not result.breaches,
            "breaches": [breach.document() for breach in result.breaches],
            "cost_usd": float(result.cost_usd),
            "terms_usd": {name: float(value) for name, value in result.terms_usd.items()},
            "sunk_usd": float(result.sunk_usd),
            "warnings": warnings,
        }
        lines = [f"warning: {warning}" for warning in warnings]
        lines += [str(breach) for breach in result.breaches]
        verdict = "keeps every family" if not result.breaches else f"breaks {len(result.breaches)} limits"
        lines.append(f"the plan {verdict}; it costs {float(result.cost_usd):,.2f} USD")
        emit(document, form, lambda: "\n".join(lines) + "\n")
        leave(Exit.GOOD if not result.breaches else Exit.DOES_NOT_HOLD)


@app.command()
def convert(
    source: Annotated[
        Path, typer.Argument(metavar="A", help="instance: .json, .yaml or a folder of CSV tables", show_default=False)
    ],
    target: Annotated[
        Path,
        typer.Argument(
            metavar="B", help="to write: .json, .yaml, or a folder (no suffix) of CSV tables", show_default=False
        ),
    ],
    form: Form = "text",
) -> None:
    """Write an instance in another form; the content, and so its hash, stays the same."""
    from models.files import load_instance, save

    with guarded(form):
        instance = load_instance(source).instance
        save(instance, target)
        emit(
            {"written": str(target), "sha256": instance.sha256},
            form,
            lambda: f"{target}: written, content {instance.sha256[:12]}\n",
        )


@app.command()
def generate(
    size: Annotated[
        Literal["XS", "S", "M", "L", "XL"], typer.Argument(help="3, 8, 24, 69 or 168 sites", show_default=False)
    ],
    output: Annotated[
        Path, typer.Option("-o", "--output", help="to write: .json, .yaml or a folder (no suffix)", show_default=False)
    ],
    seed: Annotated[int, typer.Option(min=0, max=2**31 - 1)] = 1,
    form: Form = "text",
) -> None:
    """Make an instance from the catalogue of public figures; the same size and seed give the same instance."""
    from instances.generator import generate as make
    from models.files import save

    with guarded(form):
        instance = make(size, seed)
        save(instance, output)
        emit(
            {"written": str(output), "sha256": instance.sha256},
            form,
            lambda: f"{output}: {size} of seed {seed}, content {instance.sha256[:12]}\n",
        )


@app.command()
def solvers(form: Form = "text") -> None:
    """List the solvers, whether they can be used here, and what each can do."""
    from api.cli.listing import solver_lines
    from solver.backends.catalogue import described

    with guarded(form):
        rows = described()
        emit(rows, form, lambda: solver_lines(rows))


@app.command()
def export(
    instance: InstanceFile,
    output: Annotated[Path, typer.Option("-o", "--output", help="to write: .mps, .mps.gz or .lp", show_default=False)],
    without: Annotated[list[str] | None, typer.Option(help="a family to leave out; may be given again")] = None,
    form: Form = "text",
) -> None:
    """Write the program of an instance for other solvers; costs are in thousands of USD."""
    from models.files import load_instance
    from solver.backends.written import write_program
    from solver.solve import program_of

    with guarded(form):
        program = program_of(load_instance(instance).instance, tuple(without or ()))
        write_program(program, output)
        facts = {"columns": program.columns, "rows": len(program.row_lower), "coefficients": program.coefficients}
        emit(
            {"written": str(output), **facts},
            form,
            lambda: f"{output}: {program.columns:,} columns, {len(program.row_lower):,} rows, costs in kUSD\n",
        )


@app.command()
def schema(what: Annotated[Literal["instance", "plan", "scenario"], typer.Argument(help="which")] = "instance") -> None:
    """Print the JSON Schema of an instance, a plan or a scenario."""
    from models.schema import schema_of

    emit(schema_of(what), "json", str)


@app.command()
def version(form: Form = "text") -> None:
    """Say which versions compute."""
    from solver.solve import versions

    found = versions()
    emit(found, form, lambda: "".join(f"{name} {number}\n" for name, number in found.items()))
