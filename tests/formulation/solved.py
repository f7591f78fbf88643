"""Hand-sized instances through the solver: one month, one site that serves, and the numbers of a plan by name.

On top of `tests.check.small`: January only (744 hours), nodes that are worth nothing after a month, so that a node
bought costs its 1,000 USD. A node that serves draws 0.25 + 0.25 x 0.5 = 0.375 of 15 kW at the meter: 418.5 USD a month.
100 tokens/s that are not served cost 50 x 744 h x 1 USD = 37,200 USD a month.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from models.instance import Instance
from solver.check import Breach, check
from solver.settings import Settings
from solver.solve import solve
from tests.check.small import JANUARY, Tree, edited, service, small

if TYPE_CHECKING:
    from collections.abc import Iterable

    from models.plan import Plan
    from solver.result import Result

SERVING_USD = 418.5  # energy of a node that serves in January
UNSERVED_USD = 37200.0  # 100 tokens/s in January


def best(tree: Tree, *without: str) -> Result:
    """The best plan of an instance, proven."""
    settings = Settings(time_limit=30, gap=0.0, threads=1, without=without)
    return solve(Instance.model_validate(tree), settings)


def side_by_side(*asked: tuple[Tree, tuple[str, ...]]) -> list[Result]:
    """Several solves, two at a time: each is a process of its own."""
    with ThreadPoolExecutor(2) as pool:
        return [done.result() for done in [pool.submit(best, tree, *without) for tree, without in asked]]


def two(first: Tree, second: Tree) -> list[Result]:
    """The best plans of two instances, both proven and kept."""
    results = side_by_side((first, ()), (second, ()))
    for result in results:
        proven(result)
    return results


def proven(result: Result) -> Result:
    """Asserts that a plan keeps every family, and that nothing cheaper exists."""
    assert result.stopped == "optimal", result.message
    assert result.check is not None and result.check.breaches == []
    assert result.bound_usd == pytest.approx(cost(result), rel=1e-6, abs=1e-6)
    return result


def solved(tree: Tree) -> Result:
    """The proven best plan of an instance."""
    return proven(best(tree))


def binds(tree: Tree, family: str) -> tuple[Result, Result, list[Breach]]:
    """The best plan with a family and without it: the second is cheaper, and breaks that family and no other."""
    kept, free = side_by_side((tree, ()), (tree, (family,)))
    proven(kept)
    assert free.stopped == "optimal" and free.plan is not None
    assert cost(free) < cost(kept) - 0.01
    found = check(Instance.model_validate(tree), free.plan).breaches
    assert {breach.family for breach in found} == {family}, found
    return kept, free, found


def only(found: list[Breach]) -> tuple[dict[str, str], Any, str, Any]:
    """Place, amount, unit and limit of the one breach."""
    assert len(found) == 1, found
    breach = found[0]
    return breach.place, pytest.approx(breach.amount, abs=1e-6), breach.unit, pytest.approx(breach.limit, abs=1e-9)


def cost(result: Result) -> float:
    """What the check says the plan costs, before the cents are rounded."""
    assert result.check is not None
    return float(sum(result.check.terms_usd.values()))


def term(result: Result, name: str) -> Any:
    """A term of the cost, USD, to compare with a number computed by hand."""
    assert result.check is not None
    return pytest.approx(float(result.check.terms_usd[name]), abs=1e-4)


def about(*numbers: float) -> Any:
    """Numbers of a plan, to nine digits."""
    return pytest.approx(list(numbers), rel=1e-6, abs=1e-6)


def plan_of(result: Result) -> Plan:
    """The plan of a result."""
    assert result.plan is not None
    return result.plan


def rows(entries: Iterable[Any], amount: str, *keys: str) -> dict[Any, list[float]]:
    """A list of a plan as {key: numbers by period}; of one key the key itself."""
    found = {}
    for entry in entries:
        key = tuple(getattr(entry, name) for name in keys)
        found[key if len(keys) > 1 else key[0]] = list(getattr(entry, amount))
    return found


def powered(result: Result, pool: str = "own-h", mode: str = "full") -> list[float]:
    """Powered nodes by period."""
    return rows(plan_of(result).powered, "nodes", "pool", "mode").get((pool, mode), [])


def served(result: Result, site: str = "own", metro: str = "x") -> list[float]:
    """Demand served at a site, by period."""
    return rows(plan_of(result).serve, "demand", "metro", "site").get((metro, site), [])


def unserved(result: Result, metro: str = "x") -> list[float]:
    """Demand that is not served, by period."""
    return rows(plan_of(result).unserved, "demand", "metro").get(metro, [])


def rented(result: Result) -> list[float]:
    """Nodes on demand at `cloud`, by period."""
    return rows(plan_of(result).rents, "nodes", "pool").get("cloud-h", [])


def orders(result: Result) -> dict[tuple[str, str, str], float]:
    """Lots by offer, pool and period."""
    return {(o.offer, o.pool, o.serves_from): o.lots for o in plan_of(result).orders}


def starts(result: Result) -> dict[tuple[str, str, str], int]:
    """Copies started by workload, pool and period."""
    return {(s.workload, s.pool, s.period): s.copies for s in plan_of(result).training}


def started(result: Result) -> dict[tuple[str, str], int]:
    """Times of upgrades by upgrade and period."""
    return {(u.upgrade, u.serves_from): u.times for u in plan_of(result).upgrades}


def months(*periods: Any, today: str = "2026-12-01") -> Tree:
    """A horizon from January on."""
    return {"today": today, "start": JANUARY, "periods": list(periods)}


def month(*periods: str, **more: Any) -> Tree:
    """The small instance over one month (or more, if named), in which nodes last a month."""
    tree = small(horizon=months(*(periods or ("month",))), **more)
    return edited(tree, "accelerators", 0, life_months=1.0)


def near(demand: Any = 100.0, **more: Any) -> Tree:
    """A service that only `own` is near enough to serve."""
    return service("chat", demand=[{"metro": "x", "demand": demand}], latency_ms=15.0, **more)
