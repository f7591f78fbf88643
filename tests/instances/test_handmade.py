"""The instance made by hand: its best plan and each line of its price, worked out here without the engine."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from models.files import instance_of, load_instance
from models.instance import canonical
from solver.check import check
from solver.report.report import report_of
from solver.report.summary import summary
from solver.report.tables_out import csv_tables
from solver.settings import Settings
from solver.solve import solve

if TYPE_CHECKING:
    from solver.result import Result

FILE = Path(__file__).parents[2] / "instances" / "handmade.yaml"
SETTINGS = Settings(time_limit=30.0, gap=0.0, threads=1)
TODAY = date(2026, 10, 1)
Q1, Q2, Q3, Q4 = "2027-01-01", "2027-04-01", "2027-07-01", "2027-10-01"
H1, H2, H3, H4 = Decimal(90 * 24), Decimal(91 * 24), Decimal(92 * 24), Decimal(92 * 24)
M1, M2, M3, M4 = 137, 227, 319, 411  # days from today to the middle of the quarters
END = 456  # 2027-12-31
CENT = Decimal("0.01")


def d(number: str) -> Decimal:
    """A given figure."""
    return Decimal(number)


def factor(days: int) -> Decimal:
    """1.1^(-days / 365.25), 12 decimals."""
    return (d("1.1") ** (Decimal(-days) / d("365.25"))).quantize(d("1e-12"))


def present(*payments: tuple[Decimal | int, int]) -> Decimal:
    """Value today of (USD, days from today)."""
    return sum((usd * factor(days) for usd, days in payments), Decimal(0))


def quarterly(*usd: Decimal | int) -> Decimal:
    """Value today of what is paid in the middle of the four quarters."""
    return present(*zip(usd, (M1, M2, M3, M4), strict=True))


# kW · PUE · (idle · H · switched on + (0.9 − 0.2) · node-hours of runs + (0.6 − 0.2) · 0.5 · H · serving)
def kwh(kw_pue: str, hours: Decimal, on: str, run: int, serving: str) -> Decimal:
    """Energy of a pool in a quarter."""
    return d(kw_pue) * (d("0.2") * hours * d(on) + d("0.7") * run + d("0.2") * hours * d(serving))


HOME = (  # 10 kW · 1.25 an a8, 100 kW · 1.2 an l72
    kwh("12.5", H1, "5", 2 * 800, "3"),
    kwh("12.5", H2, "5", 2 * 1000, "3"),
    kwh("12.5", H3, "7", 4 * 500, "3") + kwh("120", H3, "4", 4 * 1000, "0"),
    kwh("12.5", H4, "6", 2 * 200, "4"),
)
COLO = tuple(kwh("12.5", hours, "2", 0, "2") for hours in (H1, H2, H3, H4))
CLOUD = (  # 10 kW · 1.1
    Decimal(0),
    kwh("11", H2, "0.4", 0, "0.4"),
    kwh("11", H3, "1.4", 0, "1.4"),
    kwh("11", H4, "1.5", 0, "1.5"),
)


def hardware() -> Decimal:
    """Two l72 bought and two leased, three a8 leased at colo, one reserved and some rented at the cloud,
    upkeep, a fee.
    """
    bought = present((2 * 500_000, 133), (20_000, 133), (-2 * 500_000 * (1 - d("6") / 60), END))
    month = 2 * 20_000
    leased = present(
        (d("0.25") * 12 * month, 106), (-d("0.25") * 6 * month, END)
    )  # 6 of 12 months lie after the horizon
    leased += quarterly(0, 0, *2 * (d("0.75") * 3 * month,))
    colo = quarterly(*4 * (3 * 3 * 2_000,))
    reserved = quarterly(0, 0, 3 * 6_000, 3 * 6_000)
    rented = quarterly(0, d("0.4") * 10 * H2, d("0.4") * 10 * H3, d("0.5") * 10 * H4)
    upkeep_l72 = quarterly(0, 0, 4 * 3 * 1_000, 4 * 3 * 1_000)
    upkeep_a8 = quarterly(3 * 300, 3 * 300 + 2 * 300, 3 * 300 + 2 * 300, 3 * 300 + 2 * 300)  # colo; signed-buy from Q2
    cancelled = present((2 * 4_000, 0))
    return bought + leased + colo + reserved + rented + upkeep_l72 + upkeep_a8 + cancelled


def upgrades() -> Decimal:
    """The fit-out, started on 2027-02-25, six months old at the end of ten years' life."""
    return present((400_000, 147), (-400_000 * (1 - d("6") / 120), END))


def energy() -> Decimal:
    """100 USD per MWh at home, 120 at colo; the cloud has it in its price."""
    return quarterly(*(h * d("0.10") + c * d("0.12") for h, c in zip(HOME, COLO, strict=True)))


def carbon() -> Decimal:
    """50 USD a tonne; 100, 200 and 500 g per kWh."""
    tonnes = (h * d("1e-4") + c * d("2e-4") + w * d("5e-4") for h, c, w in zip(HOME, COLO, CLOUD, strict=True))
    return quarterly(*(50 * amount for amount in tonnes))


def water() -> Decimal:
    """2 litres per kWh before PUE, 5 USD a m3, at colo."""
    return quarterly(*(c / d("1.25") * d("0.002") * 5 for c in COLO))


def transfer() -> Decimal:
    """The copy of the images and its storage from Q2 on; the wait of customers; egress of the cloud to Gamma."""
    copy = present((200 * 1000 * d("0.02"), 182)) + quarterly(0, *3 * (200 * 10 * 3,))
    unit_ms = d("0.00005") * d("0.5")
    always = unit_ms * (1600 * (5 + 5) + 800 * (15 + 5) + 800 * (15 + 5))
    egress = d("1e-6") * 3600 * d("0.1") * d("0.5")
    assistant = unit_ms * (400 * (5 + 5) + 400 * (15 + 5))
    third = always + 1000 * (unit_ms * (5 + 5) + egress)
    fourth = always + 1100 * (unit_ms * (5 + 5) + egress) + assistant
    return copy + quarterly(always * H1, always * H2, third * H3, fourth * H4)


TERMS = {
    "hardware": hardware(),
    "upgrades": upgrades(),
    "energy": energy(),
    "carbon": carbon(),
    "water": water(),
    "transfer": transfer(),
    # search goes live at colo in Q1 and at the cloud in Q2, is live at home today; patients are placed at home
    "deployment": present((5_000, 92), (5_000, 182), (500, 92)) + quarterly(2 * 3_000, *3 * (3 * 3_000,)),
    # 900 / 0.9 h from 2027-07-01, the day behind the due day of pretrain; 98 + 2 of handover and 400 / 0.8 h of
    # finetune end in hour 1,600, 1,240 h behind 2027-07-15
    "lateness": present((10_000 * d("1000") / 24, 314), (2_000 * d("1240") / 24, 287)),
    "dropped": present((2 * 2_000, END)),
    "unserved": quarterly(0, 0, d("0.1") * d("0.5") * 1200 * H3, d("0.1") * d("0.5") * 1600 * H4),
    "uncovered": quarterly(d("0.05") * d("0.5") * 400 * H1, 0, 0, 0),
    "short": Decimal(0),
    "change": Decimal(1_000 + (2 + 2 + 1) * 100 + 500),  # a start given up; l72 and a8 ordered more; an upgrade more
}
# 2 · 50,000 due, value left of two nodes nine months old, upkeep of the 7 and then 6 that stand
SUNK = present((2 * 50_000, 61), (-2 * 200_000 * (1 - d("9") / 60), END)) + quarterly(2_100, 2_100, 1_800, 1_800)


@pytest.fixture(scope="module")
def solved() -> Result:
    """The instance, solved to optimality."""
    return solve(load_instance(FILE).instance, SETTINGS)


def decided(result: Result) -> Any:
    """The plan of a result that holds."""
    assert result.plan is not None and result.check is not None and not result.check.breaches
    return result.plan


def test_is_valid() -> None:
    """The command finds no errors.

    It warns that a year is short for a plan, of dates inside its quarters, of power that is too unsure to count, and of
    a metro that no site may serve.
    """
    done = subprocess.run(
        [Path(sys.executable).with_name("ampacity"), "validate", str(FILE), "--format", "json"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["errors"] == []
    assert {warning["place"] for warning in found["warnings"]} == {
        "horizon.periods",
        "sites[2].network_ready_on",
        "incumbent.lines[0].ready_on",
        "training[4].latest_start",
        "sites[0].roadmap[0]",
        "inference[1].demand[2].metro",
    }


def test_days_are_counted_right() -> None:
    """The days that the arithmetic counts from today."""
    counted = {
        61: date(2026, 12, 1),
        92: date(2027, 1, 1),
        106: date(2027, 1, 15),
        133: date(2027, 2, 11),
        147: date(2027, 2, 25),
        287: date(2027, 7, 15),
        182: date(2027, 4, 1),
        314: date(2027, 7, 1) + timedelta(days=1000 // 24),
        END: date(2027, 12, 31),
        M1: date(2027, 1, 1) + timedelta(90 // 2),
        M2: date(2027, 4, 1) + timedelta(91 // 2),
        M3: date(2027, 7, 1) + timedelta(92 // 2),
        M4: date(2027, 10, 1) + timedelta(92 // 2),
    }
    assert {days: TODAY + timedelta(days) for days in counted} == counted


def test_is_proven(solved: Result) -> None:
    """The bound meets the objective."""
    assert solved.stopped == "optimal"
    assert solved.bound_usd == pytest.approx(solved.objective_usd, rel=1e-6)


def test_orders_and_place_by_dates(solved: Result) -> None:
    """What is ordered, and when: weeks of the 75th percentile, weeks of commissioning, the end of an offer."""
    third = date(2027, 7, 1)
    orders = {(o.offer, o.pool, o.serves_from): (o.lots, o.place_by) for o in decided(solved).orders}
    assert orders == {
        ("buy-l72", "home-l72", Q3): (2, third - timedelta(weeks=16 + 4)),
        ("lease-a8", "colo-a8", Q1): (3, date(2027, 1, 1) - timedelta(weeks=7 + 2)),
        ("lease-l72", "home-l72", Q3): (2, date(2027, 1, 15)),
        ("reserve-a8", "cloud-a8", Q3): (1, third - timedelta(weeks=4)),
    }
    assert {key[0]: day for key, (_, day) in orders.items()} == {
        "buy-l72": date(2027, 2, 11),
        "lease-a8": date(2026, 10, 30),
        "lease-l72": date(2027, 1, 15),
        "reserve-a8": date(2027, 6, 3),
    }
    started = [(u.upgrade, u.serves_from, u.times, u.place_by) for u in decided(solved).upgrades]
    assert started == [("liquid-fit", Q3, 1, date(2027, 2, 25))]
    assert date(2027, 2, 25) == third - timedelta(weeks=14 + 4)


def test_signed_rented_and_copied(solved: Result) -> None:
    """The firm line stays, the other is cancelled; nodes on demand; the images come home."""
    plan = decided(solved)
    assert {k.line: k.lots for k in plan.kept} == {"signed-buy": 2, "signed-lease": 0}
    assert [(r.offer, r.pool, r.nodes) for r in plan.rents] == [
        ("rent-a8", "cloud-a8", pytest.approx((0, 0.4, 0.4, 0.5), abs=1e-6))
    ]
    assert [(c.dataset, c.region, c.from_) for c in plan.copies] == [("images", "north", Q2)]


def test_nodes(solved: Result) -> None:
    """What stands and what is switched on; one node is stranded at colo."""
    stock = {s.pool: s.nodes for s in decided(solved).stock}
    powered = {p.pool: p.nodes for p in decided(solved).powered}
    assert stock["home-a8"] == (7, 9, 8, 8)
    assert stock["colo-a8"] == (3, 3, 3, 3)
    assert stock["home-l72"] == (0, 0, 4, 4)
    assert stock["cloud-a8"] == (0, 0, 1, 1)
    assert powered["home-a8"] == pytest.approx((5, 5, 7, 6), abs=1e-6)
    assert powered["colo-a8"] == pytest.approx((2, 2, 2, 2), abs=1e-6)
    assert powered["home-l72"] == pytest.approx((0, 0, 4, 0), abs=1e-6)


def test_starts(solved: Result) -> None:
    """Each training where and when it was worked out; the probes are dropped."""
    plan = decided(solved)
    assert {(s.workload, s.pool, s.period, s.copies) for s in plan.training} == {
        ("patients", "home-a8", Q1, 1),
        ("vision", "home-a8", Q2, 1),
        ("pretrain", "home-l72", Q3, 1),
        ("finetune", "home-a8", Q3, 1),
        ("evaluate", "home-a8", Q4, 1),
    }
    assert [(x.workload, x.copies) for x in plan.dropped] == [("probe", 2)]


def test_services(solved: Result) -> None:
    """Who is served where, what stands by, what is unserved and uncovered."""
    plan = decided(solved)
    rows = {(s.workload, s.metro, s.site): s.demand for s in plan.serve}
    wanted = {
        ("search", "Alpha", "home"): (1600, 1600, 1600, 1600),
        ("search", "Beta", "home"): (800, 800, 800, 800),
        ("search", "Gamma", "colo"): (800, 800, 800, 800),
        ("search", "Gamma", "cloud"): (0, 0, 1000, 1100),
        ("assistant", "Alpha", "home"): (0, 0, 0, 400),
        ("assistant", "Beta", "home"): (0, 0, 0, 400),
    }
    assert rows == {key: pytest.approx(row, abs=1e-3) for key, row in wanted.items()}
    assert {(row.workload, row.site): row.demand for row in plan.load} == {
        ("search", "home"): pytest.approx((2400, 2400, 2400, 2400), abs=1e-3),
        ("search", "colo"): pytest.approx((1600, 1600, 1600, 1600), abs=1e-3),
        ("search", "cloud"): pytest.approx((0, 400, 1400, 1500), abs=1e-3),
        ("assistant", "home"): pytest.approx((0, 0, 0, 800), abs=1e-3),
    }
    assert {(row.workload, row.metro): row.demand for row in plan.unserved} == {
        ("assistant", "Alpha"): pytest.approx((0, 0, 200, 0), abs=1e-3),
        ("assistant", "Beta"): pytest.approx((0, 0, 200, 0), abs=1e-3),
        ("assistant", "Gamma"): pytest.approx((0, 0, 800, 1600), abs=1e-3),
    }
    assert [row.demand for row in plan.uncovered] == [pytest.approx((400, 0, 0, 0), abs=1e-3)]
    assert {s.workload: s.launched for s in plan.services} == {"search": Q1, "assistant": Q4}
    assert {v.site: v.periods for v in plan.live} == {
        "home": (Q1, Q2, Q3, Q4),
        "colo": (Q1, Q2, Q3, Q4),
        "cloud": (Q2, Q3, Q4),
    }


@pytest.mark.parametrize("term", TERMS)
def test_each_term(solved: Result, term: str) -> None:
    """A term costs what it was worked out to cost, to the cent."""
    assert solved.check is not None
    assert abs(solved.check.terms_usd[term] - TERMS[term]) < CENT


def test_terms_add_up(solved: Result) -> None:
    """The terms are the objective, and there is no other; sunk costs stand beside it."""
    assert solved.check is not None and solved.objective_usd is not None
    assert set(solved.check.terms_usd) == set(TERMS)
    total = sum(TERMS.values(), Decimal(0)).quantize(CENT)
    assert total == d("1571193.67")
    assert abs(Decimal(repr(solved.objective_usd)) - total) <= CENT
    assert abs(solved.check.sunk_usd - SUNK) <= CENT


def test_what_falls_due_behind_the_horizon(solved: Result) -> None:
    """Six more months of the two leased l72, less the quarter that is paid up front: a line of the summary, a row of
    the indicators.
    """
    owed = d("0.75") * 6 * 2 * 20_000
    assert solved.check is not None and solved.tables is not None
    assert solved.check.price.liability_usd == {"hardware": owed}
    assert solved.document()["liability_usd"] == owed
    assert "falls due after the horizon: 180.0 k, in no cost" in summary(solved)
    report = report_of(solved)
    assert report is not None
    texts = csv_tables(solved.tables, decided(solved), report)
    assert "due after the horizon,hardware,,180000.0,USD" in texts["indicators.csv"].splitlines()


def test_the_file_states_the_terms() -> None:
    """The comments of the file say the same factors and terms."""
    comments = [line for line in FILE.read_text().splitlines() if line.startswith("#")]
    stated = " ".join(comments)
    for days in (61, 92, 106, 133, M1, 147, 182, M2, 287, 314, M3, M4, END):
        assert f"{days} {factor(days):.6f}" in stated
    for term, usd in [*TERMS.items(), ("sunk", SUNK)]:
        assert term in stated
        assert not usd or f"{usd:,.2f}" in stated, f"{term} {usd:,.2f}"


def test_check_agrees_by_itself(solved: Result) -> None:
    """The check prices the plan, alone, as the run did."""
    found = check(load_instance(FILE).instance, decided(solved))
    assert not found.breaches
    assert float(found.cost_usd) == solved.objective_usd


Change = Callable[[dict[str, Any]], object]


def changed(change: Change) -> Result:
    """The instance with one thing changed, solved."""
    data = json.loads(canonical(load_instance(FILE).instance))
    change(data)
    return solve(instance_of(data).instance, SETTINGS)


def lots(result: Result) -> dict[tuple[str, str], float]:
    """Lots by offer and first quarter."""
    return {(o.offer, o.serves_from): o.lots for o in decided(result).orders}


def starts(result: Result) -> dict[str, tuple[str, str]]:
    """Pool and quarter by training."""
    return {s.workload: (s.pool, s.period) for s in decided(result).training}


def test_it_is_power_that_is_late() -> None:
    """Were the megawatts of April sure, all would come a quarter earlier and nothing would be late."""
    result = changed(lambda data: data["sites"][0]["roadmap"][0].update(confidence=0.9))
    assert starts(result)["pretrain"] == ("home-l72", Q2)
    assert result.check is not None and result.check.terms_usd["lateness"] == 0
    assert {s.launched for s in decided(result).services if s.workload == "assistant"} == {Q3}


def test_what_refuses_the_third_node(solved: Result) -> None:
    """Without share cap and budget a third l72 is bought; it saves the lease of one less the cost of owning it."""
    result = changed(lambda data: data["policy"].update(budgets=[], share_caps=[]))
    assert lots(result)["buy-l72", Q3] == 3 and lots(result)["lease-l72", Q3] == 1
    owned = present((500_000, 133), (-500_000 * d("0.9"), END))
    leased = present((d("0.25") * 12 * 20_000, 106), (-d("0.25") * 6 * 20_000, END))
    leased += quarterly(0, 0, *2 * (d("0.75") * 3 * 20_000,))
    assert solved.objective_usd is not None and result.objective_usd is not None
    assert solved.objective_usd - result.objective_usd == pytest.approx(float(leased - owned), abs=0.02)


@pytest.mark.parametrize(
    ("pins_left", "workload", "place", "usd"),
    [(slice(1, 2), "vision", ("cloud-a8", Q2), 4_389.15), (slice(0, 1), "evaluate", ("home-a8", Q3), 1_033.29)],
)
def test_what_the_pins_cost(
    solved: Result, pins_left: slice, workload: str, place: tuple[str, str], usd: float
) -> None:
    """Without a pin its training runs elsewhere, and the plan is cheaper by what the file says."""
    result = changed(lambda data: data["policy"].update(pins=data["policy"]["pins"][pins_left]))
    assert starts(result)[workload] == place
    assert solved.objective_usd is not None and result.objective_usd is not None
    assert solved.objective_usd - result.objective_usd == pytest.approx(usd, abs=0.011)


def test_the_freeze_strands_a_node() -> None:
    """Without the freeze colo leases the two nodes that it has a position for."""
    result = changed(lambda data: data["policy"].update(freeze_until=None))
    assert lots(result)["lease-a8", Q1] == 2


def test_the_law_keeps_gamma_out_of_the_cloud() -> None:
    """Without the rule on personal data the assistant serves the rest of what is open to Gamma at the cloud."""
    result = changed(lambda data: data["policy"].update(data_rules=data["policy"]["data_rules"][1:]))
    rows = {(s.workload, s.metro, s.site): s.demand for s in decided(result).serve}
    assert rows["assistant", "Gamma", "cloud"] == pytest.approx((0, 0, 0, 400), abs=1e-3)
