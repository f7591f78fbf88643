"""What else a planner must know: promises, headroom, cash, value left, what was left out.

As data and as lines of the summary.
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from models.files import save
from models.instance import Instance
from solver.report.indicators import indicators
from solver.report.summary import summary
from solver.settings import Settings
from solver.solve import solve
from tests.check.small import FEBRUARY, JANUARY, MARCH, Tree, edited, hourly, offer, policy, service, small, training
from tests.conflicts.told import own_site
from tests.formulation.solved import month, near
from tests.report.told import reported, section

SITE = [{"share": 0.8, "kind": "site"}]
KEYS = {
    "orders", "upgrades", "late", "dropped", "services", "sites", "cash", "used_up", "value_left_usd", "cost_usd",
    "terms_usd", "sunk_usd", "liability_usd", "indicators", "left_out", "breaches", "warnings",
}  # fmt: skip
DAYS = {"begin": "2026-01-01", "end": "2027-01-01"}


def backed(price: float, quota: float = 0.2, **more: object) -> Tree:
    """`chat` is served at `own` alone.

    Of the 80 of its 100 tokens/s that must survive, `cloud` takes over 100 x its quota.
    """
    chat = near(
        promises=SITE, uncovered_usd_per_unit_hour=price, takeover_latency_ms=100.0, unserved_usd_per_unit_hour=100
    )
    pools = [small()["pools"][0], small()["pools"][2] | {"quota_nodes": quota}]
    return month(inference=[chat | more], pools=pools, offers=[hourly()])


def test_a_promise_that_is_not_kept() -> None:
    """80 % of 100 are promised, 20 survive; 60 tokens/s x 744 h x 0.5 mean to peak x 10 USD = 223,200."""
    report, text = reported(backed(10.0))
    (broken,) = report.promises
    assert (broken.workload, broken.domain, broken.periods) == ("chat", "site:own", (JANUARY,))
    assert [broken.promised, broken.kept] == [pytest.approx(0.8), pytest.approx(0.2)]
    assert broken.usd == pytest.approx(223200.0)
    (row,) = section(text, "PROMISES NOT KEPT")[1:]
    assert row.split() == ["chat", "site:own", JANUARY, "80", "%", "20", "%", "223.2", "k"]


def test_a_promise_without_a_price_is_told_too() -> None:
    """At a price of 0 nothing is kept ready, and it costs nothing: it is told all the same."""
    report, _ = reported(backed(0.0))
    (broken,) = report.promises
    assert [broken.promised, broken.kept, broken.usd] == [pytest.approx(0.8), 0.0, 0.0]


def test_promises_that_are_kept() -> None:
    """With room for 80 of 100: one line says so; without any promise there is none."""
    report, text = reported(backed(10.0, quota=0.8))
    assert report.promises == [] and "PROMISES  all kept" in text
    assert "PROMISES" not in reported(month(inference=[near()]))[1]


def test_coverage_is_the_kept_share_of_what_is_promised() -> None:
    """20 of 80 tokens/s survive: 25 %, not 40 % of the demand that is not uncovered."""
    result = solve(Instance.model_validate(backed(10.0)), Settings(time_limit=60, gap=0.0, threads=1))
    assert result.tables is not None and result.plan is not None
    (found,) = [i for i in indicators(result.tables, result.plan) if i.indicator == "failover coverage"]
    assert [found.of, found.period, found.value] == ["chat", JANUARY, pytest.approx(0.25)]


def test_headroom_counts_from_the_period_in_which_a_site_opens() -> None:
    """Power of 0.1 MW comes for February: 2 nodes for 1 month leave 0.07 of it then, not 0 of 0 in January."""
    site = own_site(ready_mw=0.0, roadmap=[{"on": FEBRUARY, "mw": 0.1, "confidence": 1.0}])
    report, text = reported(small(training=[training("train", earliest_start=FEBRUARY)], offers=[], **site))
    own = report.sites[0].least
    assert own is not None
    assert (own.site, own.opens) == ("own", FEBRUARY)
    assert own.power is not None and own.heat is not None and own.racks is not None
    assert [own.power.left, own.power.limit, own.power.period] == [pytest.approx(0.07), pytest.approx(0.1), FEBRUARY]
    assert [own.heat.of, own.heat.left] == ["air", pytest.approx(180.0)]
    assert [own.racks.of, own.racks.left] == ["hall", pytest.approx(9.0)]
    assert "0.07 of 0.10 in 2027-02-01" in section(text, "HEADROOM")[1]


def test_a_site_that_never_opens() -> None:
    """Its network is ready after the horizon: no figures, and it says that it does not open."""
    report, text = reported(small(training=[training("train", value_usd=1)], **own_site(network_ready_on="2028-01-01")))
    own = report.sites[0].least
    assert own is not None and own.opens is None and own.power is None
    assert "not yet" in section(text, "HEADROOM")[1]


def test_cash_beside_each_budget() -> None:
    """2 nodes of 1,000 USD on 2026-12-18, and a firm line of 1,500 in that year: 3,500 of 5,000, nothing of the year
    after.
    """
    line = {
        "id": "l",
        "offer": "buy",
        "pool": "own-h",
        "lots": 1.0,
        "ready_on": JANUARY,
        "price_usd": 1500,
        "payments": [{"on": "2026-12-15", "usd": 1500}],
    }
    ways = [{"id": "w", "accelerator": "h", "nodes": 7.0, "hours": 744.0}]
    budgets = [{"id": "b26", "usd": 5000} | DAYS, {"id": "b27", "begin": "2027-01-01", "end": "2028-01-01", "usd": 400}]
    tree = month(
        training=[training("train", ways=ways, value_usd=1e6)],
        offers=[offer("buy", sites=["own"])],
        policy=policy(budgets=budgets),
        incumbent={"lines": [line]},
    )
    report, text = reported(tree)
    assert [(c.name, c.paid, c.signed, c.limit) for c in report.cash] == [
        ("b26", 3500.0, 1500.0, 5000.0),
        ("b27", 0.0, 0.0, 400.0),
    ]
    row = section(text, "CASH")[1]
    assert row.split()[-8:] == ["3.5", "k", "1.5", "k", "5.0", "k", "1.5", "k"]


def test_cash_by_year_where_there_is_no_budget() -> None:
    """1,000 USD for a node in 2026, the energy of five nodes in 2027."""
    ways = [{"id": "w", "accelerator": "h", "nodes": 5.0, "hours": 744.0}]
    tree = month(training=[training("train", ways=ways, value_usd=1e6)], offers=[offer("buy", sites=["own"])])
    report, _ = reported(tree)
    assert [(c.name, c.limit) for c in report.cash] == [("2026", None), ("2027", None)]
    assert report.cash[0].paid == 1000.0
    assert report.cash[1].paid == pytest.approx(5 * 10 * 0.9 * 744 * 1.5 * 0.1, rel=1e-6)


def test_value_left_has_a_line_of_its_own() -> None:
    """A node of 1,000 USD that lasts 4 months has three quarters of its price left after one."""
    ways = [{"id": "w", "accelerator": "h", "nodes": 5.0, "hours": 744.0}]
    tree = month(training=[training("train", ways=ways, value_usd=1e6)], offers=[offer("buy", sites=["own"])])
    report, text = reported(edited(tree, "accelerators", 0, life_months=4.0))
    assert report.value_left_usd == {"hardware": 750.0}
    assert "  value left on 2027-01-31: hardware 750 (undiscounted; deducted from the cost)" in text.splitlines()


def test_what_was_left_out_is_said() -> None:
    """Without power twice as much runs as there is power for: said at the top, at the check, and in the document."""
    tree = month(training=[training("train")], offers=[], **own_site(ready_mw=0.015))
    report, text = reported(tree, without=("power",))
    assert report.left_out == ("power",)
    assert text.startswith("LEFT OUT  power: the plan need not keep it")
    assert "keeps every family but what is left out (power)" in text
    assert "LEFT OUT" not in reported(tree)[1]


def test_what_is_used_up_is_said() -> None:
    """A budget of 1,000 USD for a node of 1,000: nothing is left of it."""
    ways = [{"id": "w", "accelerator": "h", "nodes": 5.0, "hours": 744.0}]
    tree = month(
        training=[training("train", ways=ways, value_usd=1e6)],
        offers=[offer("buy", sites=["own"])],
        policy=policy(budgets=[{"id": "b26", "usd": 1000} | DAYS]),
    )
    report, text = reported(tree)
    assert report.used_up == ("budget b26",) and "  used up: budget b26" in text


def test_a_cap_of_water_that_is_used_up_is_said_with_its_site() -> None:
    """6.696 m3 for a gang of 1 node at 0.9 for all of January; what all that is on could use is an indicator."""
    ways = [{"id": "w", "accelerator": "h", "nodes": 1.0, "hours": 744.0}]
    caps = [{"site": "own", "year": 2027, "m3": 6.7}]
    tree = month(training=[training("train", ways=ways, value_usd=1e6)], offers=[], policy=policy(water_caps=caps))
    report, text = reported(edited(tree, "sites", 0, water_l_per_kwh=1.0))
    assert report.used_up == ("water of own in 2027",) and "  used up: water of own in 2027" in text
    found = [(i.of, i.value, i.unit) for i in report.indicators if i.indicator == "water, everything on"]
    assert found == [("own", 7.44, "m3")]


def test_warnings_stand_at_the_end() -> None:
    """Each as it was told before; a plan is not needed for it."""
    result = solve(Instance.model_validate(month()), Settings(time_limit=60, gap=0.0, threads=1))
    for outcome in (result, replace(result, plan=None, check=None, stopped="infeasible")):
        text = summary(outcome, warnings=["warning: one", "two"])
        assert section(text, "WARNINGS") == ["  one", "  two"] and text.rstrip().endswith("two")


def test_a_run_repeats_the_warnings_of_its_instance(tmp_path: Path) -> None:
    """A carbon cap for a year that is not planned: a line at the end of the text, an entry of the document."""
    tree = edited(month(policy=policy(carbon_caps=[{"year": 2031, "tonnes": 1.0}])), "regions", 1, provider="aws")
    save(Instance.model_validate(tree), tmp_path / "odd.json")
    words = [sys.executable, "-m", "api.cli", "solve", str(tmp_path / "odd.json"), "--time-limit", "60"]
    text = subprocess.run(words, capture_output=True, text=True, check=False).stdout
    assert any("policy.carbon_caps[0].year" in line for line in section(text, "WARNINGS"))
    done = subprocess.run([*words, "--format", "json"], capture_output=True, text=True, check=False)
    places = [warning["place"] for warning in json.loads(done.stdout)["warnings"]]
    assert "policy.carbon_caps[0].year" in places


def test_the_document_of_a_run_holds_it_all(tmp_path: Path) -> None:
    """run.json and stdout have the report as data: what is late, not served, promised; headroom, cash, value left."""
    root = Path(__file__).parents[2]
    words = [sys.executable, "-m", "api.cli", "solve", str(root / "instances" / "handmade.yaml"), "--time-limit", "60"]
    done = subprocess.run(
        [*words, "-o", str(tmp_path / "out"), "--format", "json"], capture_output=True, text=True, check=False
    )
    report = json.loads(done.stdout)["report"]
    assert json.loads((tmp_path / "out" / "run.json").read_text())["report"] == report
    assert set(report) == KEYS
    assert {entry["workload"]: entry["cause"]["kind"] for entry in report["late"]} == {
        "pretrain": "capacity",
        "finetune": "waits",
        "assistant": "waits",
    }
    assert [entry["name"] for entry in report["cash"]] == ["fy2026", "fy2027"]


def test_a_promise_of_several_months() -> None:
    """A promise since February is none in January: two periods are named."""
    tree = backed(10.0, promises=[SITE[0] | {"since": FEBRUARY}])
    report, text = reported(tree | {"horizon": small()["horizon"]})
    (broken,) = report.promises
    assert broken.periods == (FEBRUARY, MARCH)
    assert f"{FEBRUARY} and 1 more" in section(text, "PROMISES NOT KEPT")[1]


def test_the_domain_that_is_worst_is_charged_once() -> None:
    """Half of the demand at each of two sites that back each other: losing either is as bad; the cost is told once."""
    chat = service("chat", promises=SITE, uncovered_usd_per_unit_hour=0.01, unserved_usd_per_unit_hour=100)
    tree = month(inference=[chat | {"demand": [{"metro": "x", "demand": 500.0}]}], offers=[hourly()])
    result = solve(Instance.model_validate(tree), Settings(time_limit=60, gap=0.0, threads=1))
    report, _ = reported(tree)
    assert result.check is not None
    assert sum(broken.usd for broken in report.promises) == pytest.approx(
        float(result.check.terms_usd["uncovered"]), rel=1e-6
    )
