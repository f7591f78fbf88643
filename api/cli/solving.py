"""The command `solve`: carries out a run, shows its progress on stderr, and makes sure that the result is kept."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import psutil

from api.cli.interrupts import stop_on_signals
from api.cli.output import Format, as_json, complain, emit, warn, warning_lines
from api.cli.progress import Form, Teller
from api.cli.streams import say, write_out
from api.runs.execute import Run, execute
from api.runs.exit_codes import Exit
from api.runs.folder import Written, refuse_folder, write_elsewhere
from models.errors import InputError
from solver.report.summary import summary

if TYPE_CHECKING:
    from pathlib import Path

    from api.runs.request import Request
    from solver.report.crosscheck import CrossCheck


def run_solve(request: Request, output: Path | None, form: Format, progress: Form = "auto") -> Exit:
    """Solves an instance, writes the folder of the run and prints the summary.

    Parameters:
        output: the folder to write; None: none is written.
        form: the format of stdout.
        progress: how progress is shown on stderr.

    Returns:
        The exit code, which says how the run ended.

    Raises:
        InputError: when the request is not usable or the output folder cannot be written.
        SolverError: when a solver fails outside the search.
    """
    stop = stop_on_signals()
    if output is not None:
        refuse_folder(output, request)
    loaded = request.read()
    if form == "text":
        warn(loaded.warnings)
    began = time.monotonic() - _age()
    with Teller(progress, began) as teller:
        run = execute(request, teller.show, stop, began, loaded)
    return Exit.BAD_INPUT if _deliver(output, run, form) else run.exit_code


def _deliver(output: Path | None, run: Run, form: Format) -> bool:
    """Writes the folder and stdout; returns True if either could not be written and the result went elsewhere.

    If the folder cannot be written, the run goes to the system's temporary folder; if that fails too, the plan goes to
    stdout as JSON.
    """
    written, document = Written(None), run.document()
    if output is not None:
        written = run.write(output)
        _tell_of(written)
        document["written"] = None if written.folder is None else str(written.folder)
    try:
        if written.error is not None and written.folder is None:
            plan = run.result.plan
            tree = None if plan is None else plan.model_dump(mode="json", by_alias=True)
            write_out(as_json({**document, "plan": tree}))
        else:
            emit(document, form, lambda: _text(run))
    except InputError as error:
        complain(error)
        if written.folder is None and run.result.plan is not None:
            _tell_of(write_elsewhere(run.files()))
        return True
    return written.error is not None


def _tell_of(written: Written) -> None:
    if written.error is not None:
        complain(written.error)
    say(written.said)


def _age() -> float:
    """Seconds since this process started, which is when the time limit starts to count."""
    return max(0.0, time.time() - psutil.Process().create_time())


def _text(run: Run) -> str:
    text = summary(run.result, run.report, warning_lines(run.warnings))
    return text if run.compared is None else text + _compared(run.compared, run.request.options.solver)


def _compared(compared: CrossCheck, first: str) -> str:
    """The result of the second solver, as text."""
    cost, bound = ("none" if usd is None else f"{usd:,.2f}" for usd in (compared.objective_usd, compared.bound_usd))
    said = f"\nCROSS-CHECK by {compared.solver}: plan {cost} USD, bound {bound} USD"
    if compared.failure and not compared.findings:
        return f"{said}; {compared.failure}\n"
    if compared.agrees:
        same = ", but it is the same solver" if compared.solver == first else ""
        return f"{said}; neither refutes the other{same}\n"
    return f"{said}\n" + "".join(f"  they cannot both be right: {finding}\n" for finding in compared.findings)
