"""What `validate`, `check` and `report` answer, as JSON: the same on the command line and over HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from models.errors import Problem
    from models.files import Loaded
    from solver.check import CheckResult
    from solver.report.report import Report


def oddities(loaded: Loaded) -> list[Problem]:
    """Everything that is odd about an instance, commitments that no place may ever take included."""
    from solver.conflicts.unplaced import unplaced
    from solver.tables.tables import candidates_of

    return [*loaded.warnings, *loaded.located(unplaced(candidates_of(loaded.instance)))]


def validation(errors: Sequence[Problem], warnings: Sequence[Problem]) -> dict[str, Any]:
    """The answer of `validate`."""
    return {
        "errors": [problem.document() for problem in errors],
        "warnings": [problem.document() for problem in warnings],
    }


def checking(result: CheckResult) -> dict[str, Any]:
    """The answer of `check`."""
    return {
        "ok": not result.breaches,
        "breaches": [breach.document() for breach in result.breaches],
        "cost_usd": float(result.cost_usd),
        "terms_usd": {name: float(value) for name, value in result.terms_usd.items()},
        "sunk_usd": float(result.sunk_usd),
        "liability_usd": float(result.price.liability_total_usd),
        "warnings": [str(warning) for warning in result.warnings],
    }


def reporting(found: Report, warnings: Sequence[Problem]) -> dict[str, Any]:
    """The answer of `report`, with what is odd about the instance and the plan."""
    return found.document() | {"warnings": [warning.document() for warning in warnings]}
