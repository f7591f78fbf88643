"""Comparison of two runs, in memory or in their folders."""

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
    """Compares two runs: inputs, options, decisions, launches, cost by term, indicators.

    Parameters:
        a: a run, the folder of a run, or a side made by ``solver.report.compare.side``.
        b: likewise; differences are b less a.

    Raises:
        InputError: when a folder holds no run or an incomplete one, or when its files are not valid.
    """
    return compare_sides(side_of(a, "A"), side_of(b, "B"))


def side_of(run: RunLike, name: str) -> Side:
    """Returns a run as one side of a comparison.

    Parameters:
        run: a run, the folder of a run, or a side, which is returned unchanged.
        name: the name of a run in memory; a stored run goes by its folder.

    Raises:
        InputError: when a folder holds no run or an incomplete one, or when its files are not valid.
    """
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
    """Adds the name of the plan's file to the problems that name none."""
    return InputError([replace(problem, file=problem.file or str(file)) for problem in error.problems])


def _asked(request: Mapping[str, Any]) -> dict[str, Any]:
    """Scenario, options and second solver as one flat dictionary; the name of the instance file is left out."""
    return {"scenario": request.get("scenario"), **request["options"], "cross_check": request.get("cross_check")}
