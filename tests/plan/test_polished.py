"""The plan by hand is made cheaper at the end, also if the search finds nothing better."""

from __future__ import annotations

from instances.generator import generate
from solver.settings import Settings
from solver.solve import solve


def test_a_plan_by_hand_is_polished_where_the_search_finds_nothing() -> None:
    """With six units of work HiGHS finds no plan of this XS; the flows of the one by hand are worth a tenth."""
    settings = Settings(time_limit=120, threads=1, gap=1e-4, deterministic=True, work_limit=6)
    result = solve(generate("XS", 12), settings)
    assert result.holds == "plan" and result.objective_usd is not None and result.constructive_usd is not None
    assert result.objective_usd < 0.9 * result.constructive_usd
