"""``python -m benchmarks external FOLDER``: what others have published, solved by the ordinary engine."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

app = typer.Typer(help="Measurements against what others have published.", add_completion=False, no_args_is_help=True)


@app.callback()
def group() -> None:
    """Measurements against what others have published."""


@app.command()
def external(
    folder: Annotated[
        Path,
        typer.Argument(help="a folder with a folder for each family, and optima.csv", exists=True, file_okay=False),
    ],
    only: Annotated[str | None, typer.Option(help="one family")] = None,
    time_limit: Annotated[float, typer.Option(min=1.0, max=86400.0, help="seconds for each instance")] = 30.0,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="folder for instances, plans and solutions")
    ] = None,
    form: Annotated[Literal["text", "json"], typer.Option("--format", help="what stdout holds")] = "text",
) -> None:
    """Solve the instances that others wrote, and compare with their optima; 8 if one is refuted."""
    from benchmarks.external.families import cases_of
    from benchmarks.external.run import run

    cases, unread = cases_of(folder, only)
    for name in unread:
        sys.stderr.write(f"{name}: no reader for this folder\n")
    rows: list[dict[str, Any]] = []
    for case in cases:
        row = run(folder, case, time_limit, output).document()
        rows.append(row)
        if form == "text":
            sys.stdout.write(_line(row))
            sys.stdout.flush()
    if form == "json":
        sys.stdout.write(json.dumps(rows, indent=1) + "\n")
    else:
        proven = [row for row in rows if row["proven"]]
        sys.stdout.write(
            f"{len(rows)} rows, {len(proven)} proven, {sum(row['agrees'] is True for row in rows)} agree\n"
        )
    raise typer.Exit(8 if any(row["agrees"] is False for row in rows) else 0)


def _line(row: dict[str, Any]) -> str:
    figures = "  ".join(
        f"{name} {'-' if row[name] is None else format(row[name], ',.3f')}"
        for name in ("optimum", "objective", "bound")
    )
    verdict = {True: "agrees", False: "REFUTED", None: "open"}[row["agrees"]]
    return f"{row['family']} {row['instance']} {row['variant']}  {figures}  {row['seconds']} s  {verdict}\n"


if __name__ == "__main__":
    app()
