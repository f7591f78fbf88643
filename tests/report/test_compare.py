"""Two plans beside each other: what is told of what differs, and that it reads the same from both ends."""

from __future__ import annotations

import json
from typing import Any

import pytest

from models.instance import Instance
from models.plan import Plan
from solver.report import compare_text
from solver.report.compare import Comparison, compare, side
from solver.report.compare_text import comparison_text
from tests.check.small import (
    FEBRUARY,
    JANUARY,
    MARCH,
    Tree,
    edited,
    offer,
    order,
    policy,
    served,
    service,
    small,
    start,
    training,
    upgrade,
)

MIRROR = {
    "added": "dropped",
    "dropped": "added",
    "delayed": "earlier",
    "earlier": "delayed",
    "dearer": "cheaper",
    "cheaper": "dearer",
    "moved": "moved",
    "cancelled": "added",
}


def compared(instances: Tree | tuple[Tree, Tree], a: Tree | None, b: Tree | None) -> Comparison:
    """The comparison of two plans, of one instance or of one each; the other way round it is its mirror image."""
    first, second = instances if isinstance(instances, tuple) else (instances, instances)
    sides = [
        side(
            name,
            Instance.model_validate(tree),
            None if plan is None else Plan.model_validate(plan),
            ended=None if plan else "infeasible",
        )
        for name, tree, plan in (("one", first, a), ("other", second, b))
    ]
    found, back = compare(*sides), compare(*reversed(sides))
    assert_mirrored(found, back)
    for one in sides:
        assert compare(one, one).same and "nothing differs" in comparison_text(compare(one, one))
    json.dumps(found.document(), allow_nan=False)
    return found


def assert_mirrored(found: Comparison, back: Comparison) -> None:
    """Each entry of one has its mirror image in the other."""
    one, other = found.document(), back.document()
    for name in ("inputs", "launches", "indicators"):
        keys = ("place", "workload", "name")
        swapped = sorted(
            ([entry.get(key) for key in keys], entry["b"], entry["a"]) for entry in map(comparable, other[name])
        )
        assert (
            sorted(([entry.get(key) for key in keys], entry["a"], entry["b"]) for entry in map(comparable, one[name]))
            == swapped
        )
    assert [
        entry | {"change": MIRROR[entry["change"]], "before": entry["after"], "after": entry["before"]}
        for entry in one["decisions"]
        if entry["change"] != "added" or "line" not in (entry["after"] or {})
    ] == [entry for entry in other["decisions"] if entry["change"] != "cancelled"]
    for term, figure in one["terms_usd"].items():
        assert figure["a"] == other["terms_usd"][term]["b"]


def comparable(entry: dict[str, Any]) -> dict[str, Any]:
    """Values as text, which sorts whatever they are."""
    return entry | {"a": json.dumps(entry["a"]), "b": json.dumps(entry["b"])}


def changes(found: Comparison) -> list[tuple[str, str, str]]:
    """(what, id, change) of each decision."""
    return [(entry.what, entry.id, entry.change) for entry in found.decisions]


def both(*names: str) -> Tree:
    """An instance that offers `buy` to both our sites."""
    return small(offers=[offer(name) for name in ("buy", *names)])


def lots(*orders: tuple[float, str, str]) -> Tree:
    """A plan that orders so many lots for a pool from a period on."""
    return {"orders": [order(amount, since, pool=pool) for amount, pool, since in orders]}


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        ([(2, "own-h", FEBRUARY)], [], [("dropped", 2, None)]),
        ([(2, "own-h", FEBRUARY)], [(2, "own-h", MARCH)], [("delayed", 2, 2)]),
        ([(2, "own-h", FEBRUARY)], [(2, "far-h", FEBRUARY)], [("moved", 2, 2)]),
        ([(2, "own-h", FEBRUARY)], [(2, "far-h", MARCH)], [("moved", 2, 2)]),
        ([(2, "own-h", FEBRUARY)], [(3, "own-h", FEBRUARY)], [("dearer", 2, 3)]),
        ([(4, "own-h", FEBRUARY)], [(2, "own-h", FEBRUARY), (2, "far-h", FEBRUARY)], [("moved", 2, 2)]),
        (
            [(4, "own-h", FEBRUARY)],
            [(3, "own-h", FEBRUARY), (2, "own-h", MARCH)],
            [("delayed", 1, 1), ("added", None, 1)],
        ),
        (
            [(2, "own-h", JANUARY), (2, "own-h", MARCH)],
            [(2, "own-h", FEBRUARY), (2, "own-h", MARCH)],
            [("delayed", 2, 2)],
        ),
        (
            [(1, "own-h", JANUARY), (1, "far-h", MARCH)],
            [(1, "far-h", JANUARY), (1, "own-h", MARCH)],
            [("delayed", 1, 1), ("earlier", 1, 1)],
        ),
        ([(2, "own-h", FEBRUARY)], [(1, "own-h", FEBRUARY), (1, "own-h", FEBRUARY)], []),
    ],
)
def test_orders_of_one_offer(
    a: list[Any], b: list[Any], expected: list[tuple[str, float | None, float | None]]
) -> None:
    """Each lot is told once: what stays says nothing, what goes elsewhere or comes later is followed, the rest is added
    or dropped.
    """
    found = compared(both(), lots(*a), lots(*b)).decisions
    said = [
        (entry.change, *(None if facts is None else facts["lots"] for facts in (entry.before, entry.after)))
        for entry in found
    ]
    assert sorted(said, key=str) == sorted(expected, key=str)
    assert all((entry.what, entry.id) == ("order", "buy") for entry in found)


def test_more_lots_say_what_they_cost() -> None:
    """Two lots become three at 1,000 USD each."""
    (entry,) = compared(both(), lots((2, "own-h", FEBRUARY)), lots((3, "own-h", FEBRUARY))).decisions
    assert entry.before == {
        "lots": 2,
        "pool": "own-h",
        "serves_from": FEBRUARY,
        "place_by": "2027-01-18",
        "usd": 2000.0,
    }
    assert entry.after == {"lots": 3, "pool": "own-h", "serves_from": FEBRUARY, "place_by": "2027-01-18", "usd": 3000.0}


def test_another_supplier_is_another_order() -> None:
    """One offer is dropped, the other added."""
    plan = lots((1, "own-h", FEBRUARY))
    found = compared(both("other"), plan, edited(plan, "orders", 0, offer="other"))
    assert changes(found) == [("order", "buy", "dropped"), ("order", "other", "added")]


def test_a_price_and_a_lead_time_that_rise() -> None:
    """The same order is dearer where the offer is; with the same price, one that must be signed before is earlier."""
    plan, dear = (
        lots((2, "own-h", FEBRUARY)),
        edited(both(), "offers", 0, bands=[{"from_lots": 1.0, "price_usd": 1500}]),
    )
    found = compared((both(), dear), plan, plan)
    assert changes(found) == [("order", "buy", "dearer")]
    assert [(entry.place, entry.a, entry.b) for entry in found.inputs] == [("offers/buy/bands/0/price_usd", 1000, 1500)]
    assert found.terms_usd["hardware"].difference is not None and found.terms_usd["hardware"].difference > 0
    slow = {"orders": [order(2, place_by="2027-01-04")]}
    assert changes(compared(both(), plan, slow)) == [("order", "buy", "earlier")]


def test_what_is_signed_meanwhile_is_no_change() -> None:
    """An order of one plan is a signed line of the other's instance: nothing to tell; cancelled in part, it is."""
    line = {
        "id": "po-1",
        "offer": "buy",
        "pool": "own-h",
        "lots": 2.0,
        "ready_on": "2027-01-20",
        "cancellation_fee_usd": 1,
    }
    signed = both() | {"incumbent": {"lines": [line]}}
    assert compared((both(), signed), lots((2, "own-h", FEBRUARY)), {}).decisions == []
    found = compared((signed, signed), {}, {"kept": [{"line": "po-1", "lots": 1.0}]})
    assert changes(found) == [("order", "po-1", "cancelled")]
    assert [found.decisions[0].before["lots"], found.decisions[0].after["lots"]] == [2.0, 1.0]  # type: ignore[index]
    late = edited(signed, "incumbent", "lines", 0, ready_on="2027-02-20")
    assert changes(compared((both(), late), lots((2, "own-h", FEBRUARY)), {})) == [("order", "buy", "delayed")]


def test_upgrades() -> None:
    """One is put off, one is done twice, one is dropped."""
    tree = small(upgrades=[upgrade("grid", times=2, power_mw=1.0), upgrade("pumps"), upgrade("hall")])

    def started(name: str, since: str, times: int = 1) -> Tree:
        return {"upgrade": name, "serves_from": since, "times": times, "place_by": "2027-01-01"}

    a = {"upgrades": [started("grid", FEBRUARY), started("pumps", FEBRUARY), started("hall", FEBRUARY)]}
    b = {"upgrades": [started("grid", FEBRUARY, 2), started("pumps", MARCH)]}
    found = compared(tree, a, b)
    assert changes(found) == [
        ("upgrade", "grid", "dearer"),
        ("upgrade", "hall", "dropped"),
        ("upgrade", "pumps", "delayed"),
    ]


@pytest.mark.parametrize(
    ("after", "change"),
    [
        ({"period": FEBRUARY}, "delayed"),
        ({"pool": "far-h"}, "moved"),
        ({"pool": "far-h", "period": FEBRUARY}, "moved"),
        ({"copies": 2}, "added"),
        ({"copies": 0}, "dropped"),
        ({}, None),
    ],
)
def test_a_training(after: Tree, change: str | None) -> None:
    """Later in the same pool it is delayed, in another pool moved, whenever; copies are added and dropped."""
    found = compared(
        small(training=[training("train", copies=2)]), {"training": [start()]}, {"training": [start(**after)]}
    )
    assert changes(found) == ([] if change is None else [("training", "train", change)])


def test_periods_of_another_length_move_nothing() -> None:
    """Months here, a quarter there: the same run, finished on the same day, is the same, and so is an order from
    January on.
    """
    quarter = small(
        horizon={"today": "2026-12-01", "start": JANUARY, "periods": ["quarter"]}, training=[training("train")]
    )
    months = small(training=[training("train")])
    plan = {"training": [start()], **lots((1, "own-h", JANUARY))}
    found = compared((months, quarter), plan, plan)
    assert found.decisions == []
    assert [entry.place for entry in found.inputs] == ["horizon/periods"]
    assert any("periods are not the same" in note for note in found.notes)


def test_horizons_that_differ_are_told() -> None:
    """Another today and a longer horizon: the costs are not of the same days, and both notes say so."""
    longer = small(horizon={"today": "2026-12-15", "start": JANUARY, "periods": ["month"] * 4})
    notes = compared((small(), longer), {}, {}).notes
    assert any("discounted to 2026-12-01 in A" in note or "discounted to 2026-12-15 in A" in note for note in notes)
    assert any("2027-04-30" in note for note in notes)


def test_a_service_that_opens_later_moves_or_serves_less() -> None:
    """Launches tell the weeks; a service that is never open is dropped."""
    tree = small(inference=[service("chat")])

    def plan(first: str | None, *demand: float, where: str = "own") -> Tree:
        return {
            "services": [{"workload": "chat", "launched": first, "posture": "one region"}],
            **served(*demand, where=where),
        }

    full = plan(JANUARY, 100.0, 100.0, 100.0)
    late = compared(tree, full, plan(FEBRUARY, 0.0, 100.0, 100.0))
    assert changes(late) == [("service", "chat", "delayed")]
    (slip,) = late.launches
    assert (slip.workload, slip.a, slip.b, slip.slip_weeks) == ("chat", JANUARY, FEBRUARY, 4.4)
    assert changes(compared(tree, full, plan(JANUARY, 100.0, 100.0, 100.0, where="far"))) == [
        ("service", "chat", "moved")
    ]
    assert changes(compared(tree, full, plan(JANUARY, 100.0, 100.0, 50.0))) == [("service", "chat", "dropped")]
    never = compared(tree, full, {"services": [{"workload": "chat", "launched": None, "posture": "not served"}]})
    assert changes(never) == [("service", "chat", "dropped")]
    assert (never.launches[0].b, never.launches[0].slip_weeks) == (None, None)


def test_inputs_by_name() -> None:
    """An entry that stands elsewhere is the same; a field, an entry on one side, and a list are told as they are; notes
    are not.
    """
    one = small()
    other = small(sites=[one["sites"][2], {**one["sites"][0], "ready_mw": 2.0, "note": "asked again"}, one["sites"][1]])
    other["offers"] = other["offers"][:1]
    other["network"] = edited(one["network"], "round_trip_ms", "x", north=11.0)
    found = compared((one, other), {}, {})
    assert [(entry.place, entry.a, entry.b) for entry in found.inputs[:1]] == [("sites/own/ready_mw", 1.0, 2.0)]
    assert [entry.place for entry in found.inputs] == [
        "sites/own/ready_mw",
        "offers/hourly",
        "network/round_trip_ms/x/north",
    ]
    assert found.inputs[1].a["id"] == "hourly" and found.inputs[1].b is None


def test_scenarios_that_are_not_applied_are_no_inputs() -> None:
    """They decide nothing."""
    future = {"id": "s", "probability": 1, "known_on": JANUARY}
    assert compared((small(), small(scenarios=[future])), {}, {}).inputs == []


def test_cost_by_term() -> None:
    """Every term on both sides, differences B less A, and their sum is that of the cost."""
    found = compared(both(), {}, lots((2, "own-h", FEBRUARY)))
    assert found.cost_usd.difference == pytest.approx(
        sum(f.difference or 0.0 for f in found.terms_usd.values()), abs=0.01
    )
    assert found.terms_usd["energy"].difference == 0.0 and "dropped" in found.terms_usd
    spend = [entry for entry in found.indicators if entry.indicator == "spend"]
    assert [(entry.name, entry.figure.a, entry.figure.b) for entry in spend] == [("spend, maker", None, 2000.0)]


def test_a_side_without_a_plan() -> None:
    """What was given is compared, nothing else is claimed, and the text says why."""
    found = compared((both(), edited(both(), "sites", 0, ready_mw=0.0)), lots((2, "own-h", FEBRUARY)), None)
    assert [entry.place for entry in found.inputs] == ["sites/own/ready_mw"]
    assert found.decisions == [] and found.launches == [] and found.indicators == []
    assert found.cost_usd.b is None and found.cost_usd.difference is None
    text = comparison_text(found)
    assert "B has no plan (infeasible): only the inputs are compared" in text and "DECISIONS" not in text


def test_the_text_cuts_long_lists_and_data_do_not() -> None:
    """Thirty trainings are added: twelve are shown, eighteen counted, all of them are in the document."""
    names = [f"t{number:02}" for number in range(30)]
    found = compared(
        small(training=[training(name) for name in names]), {}, {"training": [start(name) for name in names]}
    )
    text = comparison_text(found)
    assert text.count("  training  ") == compare_text.MOST_ROWS and "... and 18 more trainings" in text
    assert len(found.document()["decisions"]) == 30


def test_the_text_says_it_all() -> None:
    """Names, notes, fields, decisions with what has become of them, cost."""
    dear = edited(both(), "offers", 0, bands=[{"from_lots": 1.0, "price_usd": 1500}])
    dear["policy"] = policy(counts_unverified=True)
    text = comparison_text(compared((both(), dear), lots((1, "own-h", FEBRUARY)), lots((1, "own-h", MARCH))))
    assert text.startswith("A  one: ") and "\nB  other: " in text
    assert "offers/buy/bands/0/price_usd" in text
    (line,) = [line for line in text.splitlines() if line.startswith("  order")]
    assert line.split() == [
        "order",
        "buy",
        "delayed",
        "1",
        "lot,",
        "own-h,",
        "sign",
        "by",
        "2027-01-18:",
        "from",
        "2027-02-01",
        "->",
        "2027-03-01,",
        "1.0",
        "k",
        "USD",
        "->",
        "1.5",
        "k",
        "USD",
    ]
    assert "total" in text and "B less A" in text
