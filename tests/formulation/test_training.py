"""Group training: each family with the solver, and the same instance without it."""

from tests.check.small import FEBRUARY, JANUARY, MARCH, Tree, training
from tests.formulation.solved import binds, cost, month, only, plan_of, proven, side_by_side, solved, starts, term


def run(name: str, hours: float, **more: object) -> Tree:
    """A training on 2 nodes that must run."""
    ways = [{"id": "w", "accelerator": "h", "nodes": 2.0, "hours": hours}]
    return training(name, ways=ways, value_usd=None) | more


def test_placed_every_copy_runs_or_is_dropped_at_its_value() -> None:
    """A run of half of January costs (0.25 + 0.65 x 0.5) x 2 x 1,116 = 1,283.40 USD and is worth 5,000.

    Or it is left out.
    """
    instance = month(training=[training("train")], offers=[])
    kept, free = side_by_side((instance, ()), (instance, ("placed",)))
    assert starts(proven(kept)) == {("train", "own-h", JANUARY): 1}
    assert round(cost(kept), 6) == 1283.4
    # a plan lists as dropped what does not run, so it cannot break the rule: only the bound shows that it is gone
    assert free.bound_usd == 0.0


def test_placed_a_dropped_run_costs_its_value() -> None:
    """Worth 1,200 USD it is dropped; without the family it is not run either, and the plan is still priced as it is."""
    instance = month(training=[training("train", value_usd=1200)], offers=[])
    kept, free = side_by_side((instance, ()), (instance, ("placed",)))
    assert (starts(proven(kept)), cost(kept)) == ({}, 1200.0)
    assert starts(free) == {}


def test_placed_what_must_run_is_not_left_out() -> None:
    """The same with a commitment in place of a value: without the family it is neither run nor dropped."""
    kept, free, found = binds(month(training=[run("train", 372.0)], offers=[]), "placed")
    assert (starts(kept), starts(free)) == ({("train", "own-h", JANUARY): 1}, {})
    assert only(found) == ({"workload": "train"}, 1.0, "copies", 1.0)


def test_precedence_what_follows_waits() -> None:
    """`base` begins in February and `tune` in January or never: it is dropped for 5,000 USD."""
    tune = run("tune", 300.0, predecessors=["base"], latest_start="2027-01-31", value_usd=5000)
    instance = month("month", "month", training=[run("base", 300.0, earliest_start=FEBRUARY), tune], offers=[])
    kept, free, found = binds(instance, "precedence")
    assert (starts(kept), term(kept, "dropped")) == ({("base", "own-h", FEBRUARY): 1}, 5000.0)
    assert starts(free)["tune", "own-h", JANUARY] == 1
    assert only(found) == ({"workload": "tune", "after": "base", "period": JANUARY}, 1.0, "copies", 0.0)


def test_precedence_copies_wait_for_the_period_behind_the_end() -> None:
    """Two copies each: those of `base` are out in January, so those of `tune` begin in February, 12.5 days late
    twice.
    """
    tune = run("tune", 300.0, predecessors=["base"], due="2027-01-31", lateness_usd_per_day=1000, copies=2)
    instance = month("month", "month", training=[run("base", 300.0, copies=2), tune], offers=[])
    kept, _, found = binds(instance, "precedence")
    assert starts(kept)["tune", "own-h", FEBRUARY] == 2
    assert term(kept, "lateness") == 25000.0
    assert only(found) == ({"workload": "tune", "after": "base", "period": JANUARY}, 2.0, "copies", 0.0)


def test_chain_runs_that_follow_one_another_take_their_hours() -> None:
    """Twice 0.6 of January do not fit one after the other: `tune` begins in February, 446.4 hours are 18.6 days
    late.
    """
    tune = run("tune", 446.4, predecessors=["base"], due="2027-01-31", lateness_usd_per_day=1000)
    instance = month("month", "month", training=[run("base", 446.4), tune], offers=[])
    kept, free, found = binds(instance, "chain")
    assert starts(kept)["tune", "own-h", FEBRUARY] == 1
    assert term(kept, "lateness") == 18600.0
    assert starts(free) == {("base", "own-h", JANUARY): 1, ("tune", "own-h", JANUARY): 1}
    assert only(found) == ({"workload": "tune", "period": JANUARY}, 0.2, "periods", 1.0)


def test_chain_counts_the_handover() -> None:
    """300 + 300 hours fit into January, with 200 hours of evaluation between them they do not (800 of 744)."""
    tune = run("tune", 300.0, predecessors=["base"], due="2027-01-31", lateness_usd_per_day=1000)
    instance = month("month", "month", training=[run("base", 300.0, handover_hours=200.0), tune], offers=[])
    kept, _, found = binds(instance, "chain")
    assert starts(kept)["tune", "own-h", FEBRUARY] == 1
    place, amount, unit, limit = only(found)
    assert (place["workload"], unit, limit) == ("tune", "periods", 1.0)
    assert amount == 56 / 744


def test_data_is_where_a_run_begins() -> None:
    """2 TB come from the south for 20 USD and are kept for a month at 2 x 20 USD."""
    data = {"id": "d", "regions": ["south"], "size_tb": 2.0, "tier": "hot", "data_class": "plain"}
    instance = month(training=[run("train", 372.0, dataset="d")], datasets=[data], offers=[])
    instance["network"]["routes"] = {"south": {"north": {"usd_per_gb": 0.01, "gbps": 10.0}}}
    kept, free, found = binds(instance, "data")
    assert [(c.dataset, c.region, c.from_) for c in plan_of(kept).copies] == [("d", "north", JANUARY)]
    assert (term(kept, "transfer"), plan_of(free).copies) == (60.0, ())
    assert round(cost(kept) - cost(free), 6) == 60.0
    assert only(found) == ({"workload": "train", "region": "north", "period": JANUARY}, 1.0, "copies", 0.0)


def test_runs_of_a_repeated_training_each_keep_their_dates() -> None:
    """Due monthly: one run a month, and with 744 hours in January alone each waits for its own month."""
    again = run("again", 372.0, due="2027-01-31", repeats_every_months=1, lateness_usd_per_day=1000)
    plan = solved(month("month", "month", "month", training=[again], offers=[]))
    months = {"again": JANUARY, "again#1": FEBRUARY, "again#2": MARCH}
    assert starts(plan) == {(name, "own-h", period): 1 for name, period in months.items()}
