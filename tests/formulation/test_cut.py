"""A cut that changes nothing changes nothing: the same plan holds at the same cost, and the best plan costs no more."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest

from models.plan import Plan
from solver.check import check
from solver.formulation.formulate import formulate
from solver.plan.read import read_plan
from solver.tables.tables import tables_of
from tests.check.small import edited, training
from tests.check.test_pieces import cut
from tests.formulation.solved import best, cost, proven, starts, term
from tests.oracle.matters import point_of
from tests.oracle.variants import instance_of, plain

if TYPE_CHECKING:
    from models.calendar import Period
    from models.instance import Instance

Tree = dict[str, Any]
CENT = 0.011


def with_cuts(tree: Tree, calendar: Any, chance: random.Random) -> Tree:
    """The same instance with some of its periods cut into two or three pieces."""
    periods: list[Any] = []
    for entry, period in zip(tree["horizon"]["periods"], calendar, strict=True):
        count = chance.choice((1, 2, 3))
        periods += [entry] if count == 1 else _pieces(period, sorted(chance.sample(range(1, 20), count - 1)))
    if all(isinstance(entry, str) or "of" not in entry for entry in periods):
        periods[:1] = _pieces(calendar[0], [7])
    return tree | {"horizon": tree["horizon"] | {"periods": periods}}


def _pieces(period: Period, twentieths: list[int]) -> list[Tree]:
    """Pieces of a period, cut after so many twentieths of it, in whole minutes."""
    inside = [period.begin + (period.end - period.begin) * share / 20 for share in twentieths]
    moments = [period.begin, *(moment.replace(second=0, microsecond=0) for moment in inside), period.end]
    names = [moment.strftime("%Y-%m-%dT%H:%MZ") for moment in moments]
    of = period.first_day.isoformat()
    return [{"begin": begin, "end": end, "of": of} for begin, end in pairwise(names)]


def carried(plan: Plan, before: Instance, after: Instance) -> Plan:
    """A plan over uncut periods as one over their pieces; a run begins in the piece in which it may begin first."""
    tree = plan.model_dump(mode="json", by_alias=True) | {"instance_sha256": ""}
    pieces = list(after.calendar)
    for entries in tree.values():
        for entry in entries if isinstance(entries, list) else ():
            for field in {"nodes", "demand"} & entry.keys():
                if isinstance(entry[field], list):
                    entry[field] = [entry[field][piece.whole] for piece in pieces]
    earliest = {run.id: run.earliest_start for run in before.runs}
    for start in tree["training"]:
        day = earliest[start["workload"]]
        begin = datetime(day.year, day.month, day.day, tzinfo=UTC)
        inside = [p for p in pieces if p.first_day.isoformat() == start["period"] and p.end > begin]
        start["period"] = inside[0].name
    for entry in tree["live"]:
        entry["periods"] = [p.name for p in pieces if p.first_day.isoformat() in entry["periods"]]
    return Plan.model_validate(tree)


@pytest.mark.parametrize("seed", range(40))
def test_a_cut_that_changes_nothing_changes_nothing(seed: int) -> None:
    """Tiny instances of all kinds, their periods cut anywhere: nothing becomes infeasible, and nothing dearer."""
    tree = plain(seed)
    before = instance_of(tree)
    tables = tables_of(before)
    formulation = formulate(tables)
    x = point_of(formulation.program)
    if x is None:
        pytest.skip("nothing is possible, cut or not")
    plan = read_plan(tables, formulation, x)
    after = instance_of(with_cuts(tree, before.calendar, random.Random(seed)))
    old, new = check(before, plan), check(after, carried(plan, before, after))
    assert [breach.family for breach in new.breaches] == [breach.family for breach in old.breaches]
    assert {name: float(usd) for name, usd in new.terms_usd.items()} == pytest.approx(
        {name: float(usd) for name, usd in old.terms_usd.items()}, abs=CENT
    )
    program = formulate(tables_of(after)).program
    y = point_of(program)
    assert y is not None
    dearest, least = float(formulation.program.cost @ x), float(program.cost @ y)
    assert least + program.offset <= dearest + formulation.program.offset + 1e-6 * max(1.0, abs(dearest))


def test_the_solver_reads_a_cut_period_alike() -> None:
    """Two runs that have to end in January follow one another on two nodes, cut or not.

    With an outage there one is dropped.
    """
    runs = [training(name, due="2027-01-31") for name in "ab"]
    tree = edited(cut(training=runs, offers=[]), "pools", 0, nodes=2)
    result = proven(best(tree))
    assert len(starts(result)) == 2 and term(result, "dropped") == 0.0
    whole = tree | {"horizon": tree["horizon"] | {"periods": ["month"] * 3}}
    assert cost(result) == pytest.approx(cost(proven(best(whole))))
    outage = edited(tree, "sites", 0, availability=[1.0, 0.5, 0.0, 0.0])
    assert term(proven(best(outage)), "dropped") == 5000.0
