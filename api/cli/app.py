"""The commands. They import everything heavy themselves, so that `ampacity --help` answers at once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from api.cli.output import Format, emit, flagged, guarded, leave, warning_lines
from api.runs.exit_codes import Exit
from solver.settings import RANGES, Settings, Strategy

app = typer.Typer(
    name="ampacity",
    help="Decides where AI workloads run and what has to be bought for them, with a proof of how good the plan is.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # its help takes twice as long to come up
)

InstanceFile = Annotated[
    Path,
    typer.Argument(metavar="INSTANCE", help="instance: .json, .yaml or a folder of CSV tables", show_default=False),
]
Scenario = Annotated[str | None, typer.Option(help="name of a scenario of the instance, or a file with one")]
Set = Annotated[
    list[str] | None, typer.Option("--set", metavar="PATH=VALUE", help="set a field of the instance; may be repeated")
]
Without = Annotated[list[str] | None, typer.Option(help="family of constraints to leave out; may be repeated")]
Form = Annotated[Format, typer.Option("--format", help="format of the output on stdout")]


@app.command(short_help="Write a small instance to start from.")
def init(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="folder to write to; created if missing", show_default=False)
    ],
    tables: Annotated[bool, typer.Option("--tables", help="CSV tables instead of one commented YAML file")] = False,
    form: Form = "text",
) -> None:
    """Write a small instance to start from: two regions, a provider, one training, one service."""
    from api.cli.starting import write_starter

    with guarded(form):
        written = write_starter(folder, tables)
        text = f"{written}: written; next, `ampacity validate {written}` and `ampacity solve {written}`\n"
        emit({"written": str(written)}, form, lambda: text)


@app.command(short_help="List what is wrong with an instance, and what looks odd.")
def validate(instance: InstanceFile, scenario: Scenario = None, set_: Set = None, form: Form = "text") -> None:
    """List everything that is wrong with an instance or a scenario of it, and what looks odd."""
    from api.runs.documents import oddities, validation
    from api.runs.inputs import given
    from models.errors import InputError

    with guarded(form):
        try:
            loaded = given(instance, scenario, parsed(set_))
        except InputError as error:
            if form == "text":
                raise
            problems = [flagged(problem) if problem.file is None else problem for problem in error.problems]
            emit(validation(problems, []), form, str)
            leave(Exit.BAD_INPUT)
        warnings = oddities(loaded)
        verdict = f"{instance}: good" if scenario is None else f"{instance} in scenario {scenario}: good"
        text = "".join(f"{line}\n" for line in [*warning_lines(warnings), verdict])
        emit(validation([], warnings), form, lambda: text)


@app.command(short_help="Find the best plan within the limits, with a proof.")
def solve(  # noqa: PLR0913 (each is an option of the command)
    instance: InstanceFile,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="folder for plan.json, tables, run.json and the log")
    ] = None,
    time_limit: Annotated[
        float, typer.Option(min=1.0, max=RANGES["time_limit"][1], help="seconds for the whole command")
    ] = Settings.time_limit,
    gap: Annotated[
        float, typer.Option(min=RANGES["gap"][0], max=RANGES["gap"][1], help="relative gap at which to stop")
    ] = Settings.gap,
    seed: Annotated[int, typer.Option(min=0, max=int(RANGES["seed"][1]))] = Settings.seed,
    threads: Annotated[int, typer.Option(min=0, max=int(RANGES["threads"][1]), help="0: all cores")] = Settings.threads,
    scenario: Scenario = None,
    set_: Set = None,
    without: Without = None,
    solver: Annotated[str, typer.Option(help="a name from `ampacity solvers`, or pyomo:NAME")] = Settings.solver,
    strategy: Annotated[
        Strategy,
        typer.Option(help="direct: one solver gets the whole program, as with any but highs; decomposed: none does"),
    ] = Settings.strategy,
    start: Annotated[
        Path | None, typer.Option(help="plan.json to start from; if it holds, the result costs no more")
    ] = None,
    cross_check: Annotated[
        str | None, typer.Option(help="second solver, which solves again with the same limits; exit 8 if they disagree")
    ] = None,
    deterministic: Annotated[
        bool,
        typer.Option("--deterministic", help="same input, same plan; run.json says whether a clock decided after all"),
    ] = False,
    work_limit: Annotated[
        int | None, typer.Option(min=1, help="limit on the solver's units of work, see docs/solvers.md")
    ] = None,
    memory_limit_gb: Annotated[
        float | None,
        typer.Option(min=0.1, max=RANGES["memory_limit_gb"][1], help="for the engine and its solvers together"),
    ] = None,
    progress: Annotated[
        Literal["auto", "plain", "off"],
        typer.Option(
            help="auto: a live line on a terminal, else a line for each new plan or bound; plain: lines; off: nothing"
        ),
    ] = "auto",
    form: Form = "text",
) -> None:
    """Find the best plan within the limits, check it, and prove how far from optimal it can be."""
    from api.cli.solving import run_solve
    from api.runs.request import Request

    with guarded(form):
        settings = Settings(
            time_limit,
            gap,
            seed,
            threads,
            tuple(without or ()),
            solver=solver,
            strategy=strategy,
            deterministic=deterministic,
            work_limit=work_limit,
            memory_limit_gb=memory_limit_gb,
        )
        leave(
            run_solve(Request(instance, scenario, settings, cross_check, start, parsed(set_)), output, form, progress)
        )


@app.command(short_help="Check a plan against an instance, and price it.")
def check(  # noqa: PLR0913 (each is an option of the command)
    instance: InstanceFile,
    plan: Annotated[Path, typer.Argument(metavar="PLAN", help="plan.json", show_default=False)],
    scenario: Scenario = None,
    set_: Set = None,
    without: Without = None,
    form: Form = "text",
) -> None:
    """Check a plan against an instance and price it, with code that is independent of the optimisation model."""
    from api.runs.documents import checking
    from api.runs.inputs import given
    from models.files import load_plan
    from solver.check import check as check_plan

    with guarded(form):
        loaded = given(instance, scenario, parsed(set_))
        result = check_plan(loaded.instance, load_plan(plan), frozenset(without or ()))
        lines = [f"warning: {warning}" for warning in result.warnings]
        lines += [str(breach) for breach in result.breaches]
        verdict = "keeps every family" if not result.breaches else f"breaks {_counted(len(result.breaches), 'limit')}"
        lines.append(f"the plan {verdict}; it costs {float(result.cost_usd):,.2f} USD")
        emit(checking(result), form, lambda: "\n".join(lines) + "\n")
        leave(Exit.GOOD if not result.breaches else Exit.DOES_NOT_HOLD)


@app.command(short_help="Report on a plan without a search.")
def report(  # noqa: PLR0913 (each is an option of the command)
    instance: InstanceFile,
    plan: Annotated[Path, typer.Argument(metavar="PLAN", help="plan.json", show_default=False)],
    scenario: Scenario = None,
    set_: Set = None,
    without: Without = None,
    form: Form = "text",
) -> None:
    """Report on a plan without a search: what to sign, what is late and why, what runs where, cash and cost."""
    from dataclasses import replace

    from api.runs.documents import reporting
    from api.runs.inputs import given
    from models.errors import InputError
    from models.files import load_plan
    from solver.report.report import report as report_plan
    from solver.report.summary import report_text

    with guarded(form):
        loaded = given(instance, scenario, parsed(set_))
        try:
            found = report_plan(loaded.instance, load_plan(plan), tuple(without or ()))
        except InputError as error:
            raise InputError([replace(problem, file=problem.file or str(plan)) for problem in error.problems]) from None
        warnings = [*loaded.warnings, *loaded.located(found.warnings)]
        emit(reporting(found, warnings), form, lambda: report_text(found, warning_lines(warnings)))
        leave(Exit.GOOD if not found.check.breaches else Exit.DOES_NOT_HOLD)


@app.command(short_help="Compare two runs, plans or batches.")
def compare(  # noqa: PLR0913 (each is an option of the command)
    a: Annotated[Path, typer.Argument(metavar="A", help="folder of a run or a batch, or a plan", show_default=False)],
    b: Annotated[Path, typer.Argument(metavar="B", help="folder of a run or a batch, or a plan", show_default=False)],
    instance: Annotated[Path | None, typer.Option(help="the instance, for plans; a run has its own")] = None,
    scenario: Scenario = None,
    without: Without = None,
    form: Form = "text",
) -> None:
    """Compare inputs, decisions, launches, cost and indicators of two runs, plans or batches; 0 even if they differ."""
    from api.batch.stored import is_batch
    from api.cli.comparing import compared
    from solver.report.compare_text import comparison_text

    with guarded(form):
        if is_batch(a) and is_batch(b):
            from api.batch.compare import compared_batches, comparison_of_batches

            batches = compared_batches(a, b)
            emit(batches, form, lambda: comparison_of_batches(batches))
            return
        found = compared((a, b), instance, scenario, without or ())
        emit(found.document(), form, lambda: comparison_text(found))


@app.command(short_help="Solve a grid of runs; goes on after an interruption.")
def batch(  # noqa: PLR0913 (each is an option of the command)
    specification: Annotated[
        Path, typer.Argument(metavar="SPEC", help="grid of instances, scenarios, policies and options, YAML or JSON")
    ],
    output: Annotated[Path, typer.Option("-o", "--output", help="folder for cells, tables and summaries")],
    jobs: Annotated[int, typer.Option(min=1, max=1024, help="cells at once; each gets its share of the cores")] = 1,
    scheduler: Annotated[str | None, typer.Option(metavar="ADDRESS", help="solve on the machines of Dask")] = None,
    strict: Annotated[bool, typer.Option("--strict", help="exit 8 if a cell has no plan")] = False,
    form: Form = "text",
) -> None:
    """Solve a grid of runs side by side; run again after an interruption, it goes on where it was."""
    from api.cli.batching import run_batch

    with guarded(form):
        leave(run_batch(specification, output, jobs, scheduler, strict, form))


@app.command(short_help="Compare solvers on many instances.")
def bench(  # noqa: PLR0913 (each is an option of the command)
    specification: Annotated[
        Path, typer.Argument(metavar="SPEC", help="instances, backends, options, seeds", show_default=False)
    ],
    output: Annotated[Path, typer.Option("-o", "--output", help="folder of the benchmark", show_default=False)],
    jobs: Annotated[int, typer.Option(min=1, max=1024, help="cells at once; more than one disturb each other")] = 1,
    minutes: Annotated[
        float | None, typer.Option(min=0.0, help="measure only what ends within so many minutes; run again to go on")
    ] = None,
    disturbed: Annotated[
        float, typer.Option(metavar="CORES", min=0.0, help="measure again where other processes used more cores")
    ] = float("inf"),
    form: Form = "text",
) -> None:
    """Compare solvers: instances or MPS files x backends x options x seeds, each measured in a process of its own.

    Run again to go on: what is done is not measured again. The folder gets `report.md`, `cells.csv` and plots.
    """
    from api.cli.benching import run_bench

    with guarded(form):
        leave(run_bench(specification, output, jobs, minutes, disturbed, form))


@app.command(short_help="Judge a batch against an earlier one.")
def accept(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="folder of a batch", show_default=False)],
    baseline: Annotated[
        Path, typer.Argument(metavar="BASELINE", help="folder of an earlier batch", show_default=False)
    ],
    thresholds: Annotated[Path, typer.Argument(metavar="THRESHOLDS", help="what may be worse, and by how much")],
    junit: Annotated[Path | None, typer.Option(help="file for the findings in the format of JUnit")] = None,
    form: Form = "text",
) -> None:
    """Judge a batch against an earlier one: cost, unserved demand, lateness, headroom; exit 8 if one is worse."""
    from api.cli.batching import run_accept

    with guarded(form):
        leave(run_accept(folder, baseline, thresholds, junit, form))


@app.command(short_help="Convert an instance to another format.")
def convert(
    source: Annotated[
        Path, typer.Argument(metavar="A", help="instance: .json, .yaml or a folder of CSV tables", show_default=False)
    ],
    target: Annotated[
        Path,
        typer.Argument(
            metavar="B", help="output: .json, .yaml, or a folder (no suffix) for CSV tables", show_default=False
        ),
    ],
    form: Form = "text",
) -> None:
    """Convert an instance to another format; its content, and so its hash, stays the same."""
    from models.files import load_instance, save

    with guarded(form):
        instance = load_instance(source).instance
        save(instance, target)
        emit(
            {"written": str(target), "sha256": instance.sha256},
            form,
            lambda: f"{target}: written, content {instance.sha256[:12]}\n",
        )


@app.command(short_help="Generate an instance from public figures.")
def generate(
    size: Annotated[
        Literal["XS", "S", "M", "L", "XL"], typer.Argument(help="3, 8, 24, 69 or 168 sites", show_default=False)
    ],
    output: Annotated[
        Path, typer.Option("-o", "--output", help="output: .json, .yaml or a folder (no suffix)", show_default=False)
    ],
    seed: Annotated[int, typer.Option(min=0, max=2**31 - 1)] = 1,
    water: Annotated[
        bool, typer.Option("--water", help="sites use water at a price, some of them under a cap")
    ] = False,
    form: Form = "text",
) -> None:
    """Generate an instance from the catalogue of public figures; same size and seed, same instance."""
    from instances.generator import generate as make
    from models.files import save

    with guarded(form):
        instance = make(size, seed, water)
        save(instance, output)
        emit(
            {"written": str(output), "sha256": instance.sha256},
            form,
            lambda: f"{output}: {size} of seed {seed}, content {instance.sha256[:12]}\n",
        )


@app.command(short_help="List the solvers and what each can do.")
def solvers(form: Form = "text") -> None:
    """List the solvers, whether each is available here, and what it can do."""
    from api.cli.listing import solver_lines
    from solver.backends.catalogue import described

    with guarded(form):
        rows = described()
        emit(rows, form, lambda: solver_lines(rows))


@app.command(short_help="Export the program of an instance for other solvers.")
def export(  # noqa: PLR0913 (each is an option of the command)
    instance: InstanceFile,
    output: Annotated[Path, typer.Option("-o", "--output", help="output: .mps, .mps.gz or .lp", show_default=False)],
    scenario: Scenario = None,
    set_: Set = None,
    without: Without = None,
    form: Form = "text",
) -> None:
    """Export the mixed-integer program of an instance for other solvers; costs are in thousands of USD."""
    from api.runs.inputs import given
    from solver.backends.written import write_program
    from solver.problem import PlanningProblem

    with guarded(form):
        program = PlanningProblem.of(given(instance, scenario, parsed(set_)).instance, without or ()).program
        write_program(program, output)
        facts = {"columns": program.columns, "rows": len(program.row_lower), "coefficients": program.coefficients}
        emit(
            {"written": str(output), **facts},
            form,
            lambda: f"{output}: {program.columns:,} columns, {len(program.row_lower):,} rows, costs in kUSD\n",
        )


@app.command(short_help="Print the JSON Schema of an instance, plan or scenario.")
def schema(
    what: Annotated[Literal["instance", "plan", "scenario"], typer.Argument(help="which schema")] = "instance",
) -> None:
    """Print the JSON Schema of an instance, a plan or a scenario."""
    from models.schema import schema_of

    emit(schema_of(what), "json", str)


@app.command(short_help="Print the versions of all that computes.")
def version(form: Form = "text") -> None:
    """Print the versions of ampacity, of Python and of the libraries in use."""
    from solver.versions import versions

    found = versions()
    emit(found, form, lambda: "".join(f"{name} {number}\n" for name, number in found.items()))


def parsed(sets: list[str] | None) -> tuple[tuple[str, Any], ...]:
    """The fields of `--set`, with their values."""
    from api.runs.sets import parse_set

    return tuple(parse_set(text) for text in sets or ())


def _counted(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"
