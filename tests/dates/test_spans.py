"""Periods with days of their own: months and limits by their share of days, the rest read on them as on any other."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest

from models.calendar import Horizon, calendar_of
from models.errors import InputError
from models.files import load_instance, save
from models.files.load import instance_of
from models.instance import Instance
from tests.check.small import (
    JANUARY,
    Tree,
    breaches,
    edited,
    offer,
    order,
    policy,
    powered,
    priced,
    served,
    service,
    small,
    start,
    training,
)
from tests.dates.best import best, optimal, starts_in

if TYPE_CHECKING:
    from pathlib import Path

MIDDLE = "2027-02-15"


def spans(*days: str) -> list[Tree]:
    """Periods between days."""
    return [{"begin": begin, "end": end} for begin, end in pairwise(days)]


def horizon(*periods: Any, start: str = JANUARY, today: str = "2026-12-01") -> Tree:
    """Periods from a day on."""
    return {"today": today, "start": start, "periods": list(periods)}


HALVES = horizon(*spans(JANUARY, MIDDLE, "2027-04-01"))  # 45 days: 31 and 14 of 28; 45 days: 14 of 28 and 31
MONTHS = horizon("month", "month", "month")


def test_months_of_a_span_are_the_shares_of_its_calendar_months() -> None:
    """Half of February goes to each: 1.5 months and 10 USD of upkeep each.

    Of a piece of 15 of 45 days a third of that.
    """
    instance = edited(small(horizon=HALVES), "accelerators", 0, upkeep_usd_per_node_month=10, life_months=1.5)
    plan = {"orders": [order(since=JANUARY, place_by="2026-12-18")], "powered": [powered(1, 0)]}
    assert breaches(instance, plan) == []
    assert priced(instance, plan).terms_usd["hardware"] == 1000 + 15
    pieces = [
        {"begin": f"{a}T00:00Z", "end": f"{b}T00:00Z", "of": JANUARY}
        for a, b in pairwise((JANUARY, "2027-01-16", MIDDLE))
    ]
    cut = edited(instance, "horizon", periods=[*pieces, {"begin": MIDDLE, "end": "2027-04-01"}])
    assert [piece.months for piece in calendar_of(Horizon.model_validate(cut["horizon"]))] == [0.5, 1.0, 1.5]
    plan["powered"] = [powered(1, 1, 0)]
    assert priced(cut, plan).terms_usd["hardware"] == 1015


@pytest.mark.parametrize("monthly", [False, True], ids=["bought", "leased"])
def test_spans_of_whole_months_are_months(monthly: bool) -> None:
    """January to March as {begin, end}: the plan and each term of months, with demand, fees, storage and
    discounting.
    """
    chat = service("chat", demand=[{"metro": "x", "demand": 700.0}], monthly_usd=30, golive_usd=20, latency_ms=15.0)
    terms = {"paid": "monthly", "label": "lease", "term_months": 2.0} if monthly else {}
    instance = small(inference=[chat], training=[training("train")], offers=[offer("buy", **terms)], horizon=MONTHS)
    instance["policy"] = {"discount_rate_per_year": 0.08, "carbon_usd_per_tonne": 50}
    same = instance | {"horizon": horizon(*spans(JANUARY, "2027-02-01", "2027-03-01", "2027-04-01"))}
    one, other = optimal(instance), optimal(same)
    assert one.check.terms_usd == other.check.terms_usd
    assert one.plan.model_dump(exclude={"instance_sha256"}) == other.plan.model_dump(exclude={"instance_sha256"})


def test_limits_by_month_give_a_span_its_share_of_days() -> None:
    """An offer has 4 lots a month, its supplier 3 units: in the first half 3 of February's lots, in all 6 and 4.5."""
    table = {"2027-01": 4.0, "2027-02": 4.0, "2027-03": 4.0}
    capacity = {"2027-01": 3.0, "2027-02": 3.0, "2027-03": 3.0}
    instance = small(horizon=HALVES, offers=[offer("buy", limit=table, use_per_lot=1.0, divisible=True)])
    place = "2026-12-18"

    def ordered(lots: float) -> Tree:
        return {"orders": [order(lots, since=JANUARY, place_by=place)]}

    assert breaches(instance, ordered(6.0)) == []
    assert [b.place.get("rule") for b in breaches(instance, ordered(6.01))] == ["limit"]
    limited = edited(instance, "suppliers", 0, capacity=capacity)
    assert breaches(limited, ordered(4.5)) == []
    assert [b.place.get("supplier") for b in breaches(limited, ordered(4.51))] == ["maker"]
    limited["pools"][0]["nodes"] = 0
    chat = service("chat", demand=[{"metro": "x", "demand": 900.0}], latency_ms=15.0)
    plan = optimal(limited | {"inference": [chat]})
    assert [o.lots for o in plan.plan.orders if o.serves_from == JANUARY] == [pytest.approx(4.5)]


def test_tables_by_month_are_read_over_the_months_that_a_span_touches() -> None:
    """Power the smallest, demand the largest, prices by hours: 31 days at 100 and 14 at 190 USD/MWh are 128."""
    instance = small(horizon=HALVES, inference=[service("chat", latency_ms=15.0)], offers=[])
    instance["regions"][0]["electricity_usd_per_mwh"] = {"2027-01": 100.0, "2027-02": 190.0, "2027-03": 100.0}
    instance["inference"][0]["demand"] = [
        {"metro": "x", "demand": {"2027-01": 100.0, "2027-02": 200.0, "2027-03": 50.0}}
    ]
    instance["sites"][0]["ready_mw"] = {"2027-01": 0.03, "2027-02": 0.03, "2027-03": 0.015}
    plan = optimal(instance)
    assert plan.served("own") == [200.0, 100.0]
    assert plan.term("unserved") == pytest.approx(50 * 45 * 24)
    usd_a_node = 45 * 24 * 15 * 0.375 * 0.128
    assert plan.term("energy") == pytest.approx(3 * usd_a_node)


def test_dates_inside_a_span_are_read_on_it() -> None:
    """The network comes on the 15th, with the second span: it counts there; a day later it counts in none."""
    instance = small(horizon=HALVES, inference=[service("chat", latency_ms=15.0)], offers=[])
    for day, amounts in ((MIDDLE, [0.0, 100.0]), ("2027-02-16", [])):
        plan = optimal(edited(instance, "sites", 0, network_ready_on=day))
        assert plan.served("own") == amounts
        found = breaches(edited(instance, "sites", 0, network_ready_on=day), served(0, 100))
        assert (found == []) == (amounts != [])


def test_a_horizon_may_begin_inside_a_month_with_a_span() -> None:
    """From 16 January on: a run of 200 hours that begins then, half a month of upkeep, and months behind it."""
    instance = small(
        horizon=horizon(*spans("2027-01-16", "2027-02-01"), "month", "month", start="2027-01-16"),
        training=[training("train", ways=[{"id": "w", "accelerator": "h", "nodes": 2.0, "hours": 200.0}])],
        offers=[],
    )
    assert {(pool, period) for _, pool, period in starts_in(instance)} == {
        ("own-h", "2027-01-16"),
        ("own-h", "2027-02-01"),
        ("own-h", "2027-03-01"),
    }
    plan = {"training": [start(period="2027-01-16")], "powered": [powered(2, 0, 0)]}
    assert breaches(instance, plan) == []
    assert float(priced(instance, plan).terms_usd["energy"]) == 2 * (200 * 0.9 + 184 * 0.25) * 15 * 0.1
    assert instance_of_months(instance) == pytest.approx(16 / 31 + 2)


def instance_of_months(tree: Tree) -> float:
    """Calendar months of a horizon."""
    return sum(float(piece.months) for piece in calendar_of(Horizon.model_validate(tree["horizon"])))


YEARS = horizon("month", "month", "month", "month", start="2027-11-01", today="2027-10-01")


def emitting(periods: Tree) -> Tree:
    """A run of 100 hours on 5 January 2028, 1.35 t of CO2e, and a cap of 0.5 t for that year."""
    way = {"id": "w", "accelerator": "h", "nodes": 1.0, "hours": 100.0}
    dates = {"earliest_start": "2028-01-05", "latest_start": "2028-01-05", "due": "2028-02-28"}
    run = training("train", ways=[way], value_usd=None, **dates)
    rules = policy(carbon_caps=[{"year": 2028, "tonnes": 0.5}])
    return small(horizon=periods, training=[run], offers=[], policy=rules)


def test_emissions_belong_to_their_calendar_year() -> None:
    """Idle hours of the month included, 1 node emits more than 0.5 t in January 2028: infeasible, however December is
    cut.
    """
    december = [
        {"begin": f"2027-12-{a}T00:00Z", "end": b, "of": "2027-12-01"}
        for a, b in (("01", "2027-12-11T00:00Z"), ("11", "2028-01-01T00:00Z"))
    ]
    weeks = spans("2028-01-01", "2028-01-05", "2028-01-12", "2028-02-01")
    for periods in (YEARS["periods"], ["month", *december, "month", "month"], ["month", "month", *weeks, "month"]):
        instance = emitting(YEARS | {"periods": list(periods)})
        assert best(instance) is None
        free = edited(instance, "policy", carbon_caps=[{"year": 2027, "tonnes": 0.0}])
        assert optimal(free).term("energy") > 0
    assert best(edited(emitting(YEARS), "policy", carbon_caps=[{"year": 2028, "tonnes": 2.0}])) is not None


CROSSING = [
    ("pieces", [{"begin": "2027-11-01T00:00Z", "end": "2028-02-01T00:00Z", "of": "2027-11-01"}]),
    ("a span", [{"begin": "2027-11-01", "end": "2028-02-01"}]),
    ("a span across a quarter", [*spans("2027-11-01", "2027-12-01"), {"begin": "2027-12-01", "end": "2028-01-02"}]),
]


@pytest.mark.parametrize("periods", [row[1] for row in CROSSING], ids=[row[0] for row in CROSSING])
def test_no_period_crosses_a_quarter_or_a_year(periods: list[Tree]) -> None:
    """Whatever it is made of: refused, with the day on which it should be cut."""
    with pytest.raises(InputError, match="inside one calendar month or quarter"):
        instance_of(emitting(YEARS | {"periods": periods}))


REFUSED: list[tuple[Any, str]] = [
    ([{"begin": JANUARY, "end": JANUARY}], "ends on 2027-01-01, not after it begins"),
    ([{"begin": JANUARY, "end": "2026-12-31"}], "ends on 2026-12-31, not after it begins"),
    ([{"begin": "2027-01-02", "end": "2027-02-01"}], "begins on 2027-01-02, but the one before ends on 2027-01-01"),
    ([{"begin": JANUARY, "end": "2027-01-20"}, "month"],
     "a month cannot begin on 2027-01-20: give {begin, end} up to the end"),
    ([{"begin": JANUARY, "end": "2027-02-01"}, "quarter"],
     "a quarter cannot begin on 2027-02-01: quarters are calendar ones"),
    ([{"begin": JANUARY, "end": "2027-02-30"}],
     "horizon.periods[0].end is '2027-02-30': must be a day of the calendar"),
    ([{"begin": JANUARY}], "horizon.periods[0].end missing"),
    ([{"begin": "2027-01-01T00:00Z", "end": "2027-02-01"}],
     "horizon.periods[0].begin is '2027-01-01T00:00Z': must be a day"),
    ([{"begin": JANUARY, "end": "2027-02-01", "of": JANUARY}],
     "horizon.periods[0].begin is '2027-01-01': must be an instant"),
    (["week"], "must be one of month, quarter"),
]  # fmt: skip


@pytest.mark.parametrize(("periods", "words"), REFUSED, ids=[row[1][:40] for row in REFUSED])
def test_a_wrong_period_is_refused_with_its_rule_only(periods: list[Any], words: str) -> None:
    """One message about the period that was meant, not about all that an entry could have been."""
    with pytest.raises(InputError) as error:
        instance_of(small(horizon=horizon(*periods)))
    about = [str(problem) for problem in error.value.problems if problem.place.startswith("horizon")]
    assert any(words in text for text in about), about
    assert sum("periods[" in text for text in about) <= 2


def test_a_start_inside_a_month_is_refused_with_the_way_out() -> None:
    """A month from the 16th on is none."""
    with pytest.raises(InputError, match="is not the first day of a month: begin with"):
        instance_of(small(horizon=horizon("month", start="2027-01-16")))


@pytest.mark.parametrize("name", ["a.json", "a.yaml", "tables"])
def test_spans_and_their_pieces_go_through_every_file(tmp_path: Path, name: str) -> None:
    """The same content, and so the same hash."""
    pieces = [
        {"begin": f"{a}T00:00Z", "end": f"{b}T00:00Z", "of": MIDDLE}
        for a, b in pairwise((MIDDLE, "2027-03-01", "2027-04-01"))
    ]
    tree = small(horizon=horizon(*spans("2027-01-16", MIDDLE), *pieces, "quarter", start="2027-01-16"), offers=[])
    tree["regions"][1]["provider"], tree["sites"][0]["availability"] = "aws", [1.0, 0.9, 0.8, 0.7]
    instance = Instance.model_validate(tree)
    save(instance, tmp_path / name)
    assert load_instance(tmp_path / name).instance.sha256 == instance.sha256
