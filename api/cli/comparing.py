"""The command `compare`: each side is the folder of a run, or a plan of an instance."""

from __future__ import annotations

from typing import TYPE_CHECKING

from api.runs.comparison import located, side_of
from api.runs.inputs import given
from models.errors import InputError, Problem
from models.files import load_plan
from solver.report.compare import Comparison, Side, compare, side

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from models.instance import Instance


def compared(paths: Sequence[Path], instance: Path | None, scenario: str | None, without: Sequence[str]) -> Comparison:
    """Compares the runs or plans at two paths.

    Parameters:
        paths: two paths, each the folder of a run or the file of a plan.
        instance: the instance of the plans.
        scenario: the scenario in which the plans are read.
        without: families that the plans need not keep.

    Raises:
        InputError: when a path is neither a run nor a plan of the instance, or when an option for plans is given
            without any plan.
    """
    plans = [path for path in paths if not path.is_dir()]
    _refuse_useless(paths, plans, instance, scenario, without)
    read = None if instance is None else given(instance, scenario).instance
    first, second = (_side(path, read, tuple(without)) for path in paths)
    return compare(first, second)


def _side(path: Path, instance: Instance | None, without: tuple[str, ...]) -> Side:
    if path.is_dir():
        return side_of(path, str(path))
    plan = load_plan(path)
    assert instance is not None, "refused before"
    try:
        return side(str(path), instance, plan, without)
    except InputError as error:
        raise located(error, path) from None


def _refuse_useless(
    paths: Sequence[Path], plans: Sequence[Path], instance: Path | None, scenario: str | None, without: Sequence[str]
) -> None:
    missing = [path for path in plans if not path.exists()]
    if missing:
        fix = "name the folder of a run, or a plan and its --instance"
        raise InputError([Problem("", None, "does not exist", fix, str(path)) for path in missing])
    if plans and instance is None:
        rule = "is not the folder of a run, and a plan needs its instance"
        raise InputError([Problem("", None, rule, "name the instance with --instance", str(plans[0]))])
    flags = {"--instance": instance, "--scenario": scenario, "--without": tuple(without) or None}
    useless = [(flag, value) for flag, value in flags.items() if value is not None and not plans]
    if useless:
        rule = f"applies to plans only; {paths[0]} and {paths[1]} are folders of runs, which have their own"
        raise InputError([Problem(flag, str(value), rule, "leave it out") for flag, value in useless])
