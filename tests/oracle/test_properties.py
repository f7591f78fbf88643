"""What must hold of the optimum, whatever the instance: tiny ones, solved to optimality."""

from __future__ import annotations

import copy
import random
from typing import TYPE_CHECKING

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from models.calendar import calendar_of
from models.plan import Plan
from solver.check import check
from solver.formulation.formulate import Formulation, formulate
from solver.plan.read import read_plan
from solver.tables.tables import Tables, tables_of
from tests.oracle.matters import optimum, point_of
from tests.oracle.variants import HELPS, Data, dearer, instance_of, plain, renamed, reordered

if TYPE_CHECKING:
    from datetime import datetime

    from models.instance import Instance

MANY = settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
SEEDS = st.integers(0, 100_000)
CENT = 1e-5  # kUSD


def best(instance: Instance) -> float | None:
    """kUSD of the best plan, with what no decision changes; None: there is none."""
    program = formulate(tables_of(instance)).program
    found = optimum(program, program.cost)
    return None if found is None else found + program.offset


def at_most(one: float | None, other: float | None) -> bool:
    """Whether an optimum is no dearer than another; no plan at all is the dearest."""
    return other is None or (one is not None and one <= other + max(CENT, 1e-6 * abs(other)))


@MANY
@given(seed=SEEDS, number=st.integers(0, len(HELPS) - 1))
def test_what_helps_never_costs_more(seed: int, number: int) -> None:
    """More power, heat, racks, uplink, lots, capacity, quota, budget, carbon, share, another offer, a shorter lead
    time, water.
    """
    data = plain(seed)
    helped = copy.deepcopy(data)
    assume(HELPS[number](helped, random.Random(seed)))
    if HELPS[number].__name__ == "more_uplink":
        assume(not data["policy"]["lose_one_carrier"])
    before, after = best(instance_of(data)), best(instance_of(helped))
    assert at_most(after, before), f"seed {seed}: {HELPS[number].__name__} makes {before} kUSD {after}"


@MANY
@given(seed=SEEDS, value=st.sampled_from([0, 500, 20_000, 300_000]))
def test_a_further_training_costs_between_nothing_and_its_value(seed: int, value: int) -> None:
    """Without share caps of places and without negative costs: it can be dropped, and it gives nothing to
    anybody else.
    """
    data = without_gifts(plain(seed))
    before = best(instance_of(data))
    assume(before is not None)
    kind = data["pools"][0]["accelerator"]
    data["training"].append(
        {
            "id": "one more",
            "ways": [{"id": "way", "accelerator": kind, "nodes": 1, "hours": 300}],
            "data_class": "open",
            "earliest_start": data["horizon"]["start"],
            "value_usd": value,
        }
    )
    after = best(instance_of(data))
    assert (
        at_most(before, after) and before is not None and after is not None and after <= before + value / 1e3 + CENT
    ), f"seed {seed}: {before} {after}"


@MANY
@given(seed=SEEDS)
def test_names_and_order_change_nothing(seed: int) -> None:
    """Other ids, metros, grids and carriers; every list backwards."""
    data = plain(seed)
    before = best(instance_of(data))
    for changed in (renamed(data), reordered(data), renamed(reordered(data))):
        after = best(instance_of(changed))
        assert at_most(before, after) and at_most(after, before), f"seed {seed}: {before} {after}"


@MANY
@given(seed=SEEDS)
def test_ten_times_the_money_is_ten_times_the_cost(seed: int) -> None:
    """Every price, fee, value, budget and floor."""
    data = plain(seed)
    before, after = best(instance_of(data)), best(instance_of(dearer(data, 10)))
    assert (before is None) == (after is None), f"seed {seed}"
    if before is not None and after is not None:
        assert abs(after - 10 * before) <= max(CENT, 1e-6 * abs(after)), f"seed {seed}: {before} {after}"


@MANY
@given(seed=SEEDS, which=st.integers(0, 2), share=st.sampled_from([1 / 7, 0.5, 0.9]))
def test_a_cut_period_changes_no_plan_of_services(seed: int, which: int, share: float) -> None:
    """A plan without trainings, carried over to pieces of a period, keeps every family and costs the same to
    the cent.
    """
    data = plain(seed)
    data["training"], data["scenarios"], data["incumbent"] = [], [], None
    data["policy"]["pins"] = []
    for service in data["inference"]:
        service["after"] = None
    instance = instance_of(data)
    tables = tables_of(instance)
    formulation = formulate(tables)
    plan = best_plan(tables, formulation)
    assume(plan is not None)
    assert plan is not None
    periods = list(instance.calendar)
    cut = periods[which % len(periods)]
    middle = cut.begin + (cut.end - cut.begin) * share
    middle = middle.replace(second=0, microsecond=0)
    pieces = [
        {"begin": stamp(a), "end": stamp(b), "of": cut.first_day.isoformat()}
        for a, b in ((cut.begin, middle), (middle, cut.end))
    ]
    names = data["horizon"]["periods"]
    number = periods.index(cut)
    data["horizon"]["periods"] = [*names[:number], *pieces, *names[number + 1 :]]
    finer = instance_of(data)
    carried = carry(plan, number, finer)
    before, after = check(instance, plan), check(finer, carried)
    assert not before.breaches and not after.breaches, (
        f"seed {seed}: {[str(b) for b in (*before.breaches, *after.breaches)][:3]}"
    )
    assert before.cost_usd == after.cost_usd, f"seed {seed}: {before.terms_usd} {after.terms_usd}"


def without_gifts(data: Data) -> Data:
    """The instance without negative costs, and without share caps that more load elsewhere would loosen."""
    data["policy"]["share_caps"] = [
        cap for cap in data["policy"]["share_caps"] if cap["kind"] in ("supplier", "operator")
    ]
    for job in data["training"]:
        for price in job["placement_usd"]:
            price["usd"] = abs(price["usd"])
    for service in data["inference"]:
        for price in service["serving_usd"]:
            price["usd_per_unit_hour"] = abs(price["usd_per_unit_hour"])
    return data


def best_plan(tables: Tables, formulation: Formulation) -> Plan | None:
    """The best plan of an instance; None: there is none."""
    x = point_of(formulation.program)
    return None if x is None else read_plan(tables, formulation, x)


def stamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%MZ")


def carry(plan: Plan, number: int, finer: Instance) -> Plan:
    """A plan over periods as one over pieces, of which period ``number`` has two."""
    data = plan.model_dump(mode="json", by_alias=True)
    calendar = calendar_of(finer.horizon)
    names = [piece.name for piece in calendar]
    data["instance_sha256"] = ""
    for kind in ("rents", "serve", "load", "takeover", "uncovered", "unserved", "nodes", "powered", "stock"):
        for entry in data[kind]:
            for field in ("nodes", "demand"):
                if field in entry:
                    values = entry[field]
                    entry[field] = [*values[: number + 1], values[number], *values[number + 1 :]]
    whole = calendar[number].first_day.isoformat()
    for entry in data["live"]:
        entry["periods"] = [
            name
            for period in entry["periods"]
            for name in ([names[number], names[number + 1]] if period == whole else [period])
        ]
    for entry in data["services"]:
        if entry["launched"] == whole:
            entry["launched"] = names[number]
    return Plan.model_validate(data)
