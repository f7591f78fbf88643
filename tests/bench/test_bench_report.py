"""The report of a benchmark, from lines made up for it."""

from __future__ import annotations

from typing import Any

import pytest

from api.bench.report import report_of, slug
from api.bench.rows import figures_of


def line(backend: str, objective: float | None, bound: float | None, seconds: float = 1.0) -> dict[str, Any]:
    where = {"grid": "all", "instance": "a", "scenario": None, "policy": "as it stands", "backend": backend, "seed": 1}
    asked = {"options": {}, "sha256": "s", "time_limit_seconds": 10.0, "gap_asked": 0.001}
    found = {"stopped": "time", "objective": objective, "bound": bound, "trace": [[seconds, objective, bound]]}
    circumstances = {"date": "2026-01-01", "machine": {"cpu": "c", "cores": 2, "memory_gb": 8}}
    return {**where, **asked, **found, **circumstances, "solver_version": backend}


def cells_of(report: str, begins: str) -> list[str]:
    found = next(row for row in report.splitlines() if row.startswith(begins))
    return [cell.strip() for cell in found.strip("|").split("|")]


@pytest.mark.parametrize(("costs", "ratio"), [((100.0, 150.0), "1.5"), ((-100.0, -150.0), "-"), ((-1.0, 2.0), "-")])
def test_plans_have_a_ratio_where_their_costs_are_positive(costs: tuple[float, float], ratio: str) -> None:
    """A program that maximises has negative costs, of which a ratio says nothing."""
    lines = [line(name, cost, cost - 1.0) for name, cost in zip("AB", costs, strict=True)]
    report = report_of("t", figures_of(lines), 0, (), False)
    ratios = report.partition("Ratios to A")[2]
    assert cells_of(ratios, "| B |")[3] == ratio


def test_a_bound_that_a_plan_of_another_refutes_is_told() -> None:
    """B has a plan of 90, so A's bound of 95 is wrong; its own plan would not have shown it."""
    report = report_of("t", figures_of([line("A", 100.0, 95.0), line("B", 90.0, 80.0)]), 0, (), False)
    assert "Contradictions" in report
    assert "a, A: bound 95.00, plan 90.00" in report
    fine = report_of("t", figures_of([line("A", 100.0, 89.0), line("B", 90.0, 80.0)]), 0, (), False)
    assert "Contradictions" not in fine


def test_names_of_files_are_plain() -> None:
    """Letters, digits and single dashes."""
    assert (slug("S, 60 seconds"), slug("***")) == ("s-60-seconds", "grid")
