"""Trainings that follow one another: hand-sized, drawn at random, in a cut quarter, and finished as a clock would have
it.
"""

import random
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import Any

from models.instance import Instance
from models.plan import Plan
from tests.check.small import FEBRUARY, JANUARY, MARCH, Tree, small, training

QUARTERS = {"today": "2026-12-01", "start": JANUARY, "periods": ["quarter"] * 4}
Q1, Q2, Q3 = JANUARY, "2027-04-01", "2027-07-01"


def run(name: str, hours: float, **more: Any) -> Tree:
    """A training on one node."""
    return training(name, ways=[{"id": "w", "accelerator": "h", "nodes": 1.0, "hours": hours}]) | more


def due(day: str, **more: Any) -> Tree:
    """24 USD a day, so that a USD is an hour late."""
    return {"due": day, "lateness_usd_per_day": 24} | more


def pieces(*days: str) -> list[Tree]:
    """January to March cut at midnight of some days."""
    edges = ["2027-01-01", *days, "2027-04-01"]
    return [{"begin": f"{a}T00:00:00Z", "end": f"{b}T00:00:00Z", "of": "2027-01-01"} for a, b in pairwise(edges)]


def cut(instance: Tree, *days: str) -> Tree:
    """The instance with its first quarter cut."""
    return instance | {"horizon": QUARTERS | {"periods": [*pieces(*days), *QUARTERS["periods"][1:]]}}


def hours_until(day: str) -> int:
    """Hours from the begin of the horizon until a day."""
    return (date.fromisoformat(day) - date.fromisoformat(JANUARY)).days * 24


def simulated(instance: Tree, periods: dict[str, str]) -> dict[str, int]:
    """The hour at which each run is finished, by the clock: one runs from its own begin on, once all that it waits for
    is handed over.
    """
    runs = {tree["id"]: tree for tree in instance["training"] if tree["id"] in periods}
    begin = {name: max(hours_until(periods[name]), hours_until(tree["earliest_start"])) for name, tree in runs.items()}
    left = {name: tree["ways"][0]["hours"] for name, tree in runs.items()}
    finish: dict[str, int] = {}

    def handed_over(name: str, hour: int) -> bool:
        return name not in runs or (name in finish and finish[name] + runs[name].get("handover_hours", 0) <= hour)

    hour = 0
    while len(finish) < len(runs):
        for name, tree in runs.items():
            waits_for = tree.get("predecessors", ())
            if name not in finish and hour >= begin[name] and all(handed_over(p, hour) for p in waits_for):
                left[name] -= 1
        hour += 1
        finish |= {name: hour for name in runs if left[name] == 0 and name not in finish}
    return finish


def drawn(seed: int) -> tuple[Tree, dict[str, str]]:
    """Runs that wait for up to three others, in months or quarters, and a period for each that is not before theirs."""
    draw = random.Random(seed)
    whole = draw.random() < 0.5
    names = [Q1, Q2, Q3] if whole else [JANUARY, FEBRUARY, MARCH, Q2, "2027-05-01"]
    horizon = QUARTERS if whole else QUARTERS | {"periods": ["month"] * 9}
    runs: list[Tree] = []
    periods: dict[str, str] = {}
    for n in range(draw.randint(3, 8)):
        before = draw.sample([r["id"] for r in runs], draw.randint(0, min(3, len(runs))))
        day = f"2027-{draw.randint(1, 3):02d}-{draw.randint(1, 28):02d}"
        more: Tree = {"predecessors": before, "handover_hours": float(draw.choice((0, 0, 7, 90)))}
        more |= {"earliest_start": day} | due("2027-02-01")
        runs.append(run(f"r{n}", float(draw.randint(1, 500)), **more))
        first = max([0, *(names.index(periods[p]) for p in before if p in periods)])
        period = draw.choice(names[first:])
        while names.index(period) + 1 < len(names) and names[names.index(period) + 1] <= day:
            period = names[names.index(period) + 1]
        if draw.random() < 0.9 and all(p in periods for p in before):
            periods[f"r{n}"] = period
    return small(horizon=horizon, training=runs), periods


def cut_at_random(draw: random.Random, tree: Tree, plan: Plan) -> tuple[Instance, Plan]:
    """The instance with one of its periods cut at one or two instants, and the plan as it stands in the pieces."""
    calendar = Instance.model_validate(tree).calendar
    number = draw.randrange(3)
    period = calendar[number]
    minutes = int(period.hours * 60)
    edges = [0, *sorted(draw.sample(range(1, minutes), draw.randint(1, 2))), minutes]
    moments = [(period.begin + timedelta(minutes=m)).strftime("%Y-%m-%dT%H:%MZ") for m in edges]
    parts = [{"begin": a, "end": b, "of": period.name} for a, b in pairwise(moments)]
    periods = tree["horizon"]["periods"]
    finer = Instance.model_validate(
        tree | {"horizon": tree["horizon"] | {"periods": [*periods[:number], *parts, *periods[number + 1 :]]}}
    )
    whole = [piece.whole for piece in finer.calendar]
    first = {old.name: whole.index(t) for t, old in enumerate(calendar)}
    runs = {run.id: run for run in finer.runs}
    old = {entry.workload: entry.period for entry in plan.training}

    def piece_of(workload: str) -> int:
        """The piece in which a run begins: with its earliest start, and not before what it follows."""
        begin = datetime.combine(runs[workload].earliest_start, time(), UTC)
        pieces = [n for n in range(first[old[workload]], len(whole)) if finer.calendar[n].end > begin]
        return max([pieces[0], *(piece_of(p) for p in runs[workload].predecessors if p in old)])

    training = (
        entry.model_copy(update={"period": finer.calendar[piece_of(entry.workload)].name}) for entry in plan.training
    )
    orders = (o.model_copy(update={"serves_from": finer.calendar[first[o.serves_from]].name}) for o in plan.orders)
    rows = {
        kind: tuple(r.model_copy(update={"nodes": tuple(r.nodes[t] for t in whole)}) for r in getattr(plan, kind))
        for kind in ("powered", "stock", "rents")
    }
    return finer, plan.model_copy(update={"training": tuple(training), "orders": tuple(orders), **rows})
