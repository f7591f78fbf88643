"""Runs beside each other: two folders, or two runs that are held."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from api.runs.execute import Run
from api.runs.folder import PLAN
from api.runs.stored import StoredRun, read_run
from models.errors import InputError
from solver.report.compare import Comparison, Side, side
from solver.report.compare import compare as compare_sides

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

RunLike = str | os.PathLike[str] | Run | StoredRun | Side


def compare(a: RunLike, b: RunLike) -> Comparison:
    """What differs between two runs: inputs, options, decisions, launches, cost by term, indicators.

    Each may be the folder of a run, a run, or a side made by ``solver.report.compare.side``. Raises InputError where a
    folder holds no run, or a part of one.
    """
    return compare_sides(side_of(a, "A"), side_of(b, "B"))


def side_of(run: RunLike, name: str) -> Side:
    """A run as a side to be compared; ``name`` is for one that lies in no folder."""
    if isinstance(run, Side):
        return run
    if isinstance(run, Run):
        return Side(name, run.instance, run.result.plan, run.report, run.state, _asked(run.request.document()))
    stored = run if isinstance(run, StoredRun) else read_run(run)
    try:
        asked = _asked(stored.request)
        return side(str(stored.folder), stored.instance, stored.plan, stored.without, stored.state, asked)
    except InputError as error:
        raise located(error, stored.folder / PLAN) from None


def located(error: InputError, file: Path) -> InputError:
    """Problems of a plan, told of its file."""
    return InputError([replace(problem, file=problem.file or str(file)) for problem in error.problems])


def _asked(request: Mapping[str, Any]) -> dict[str, Any]:
    """Scenario, options and second solver, flat; the name of the file is no matter."""
    return {"scenario": request.get("scenario"), **request["options"], "cross_check": request.get("cross_check")}
