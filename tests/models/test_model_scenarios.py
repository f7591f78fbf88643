"""Scenarios: paths find what they name, changes are exact, the result is validated."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from models.errors import InputError
from models.files import instance_of
from models.scenario import Change, Scenario
from models.scenario_apply import apply_scenario
from tests.models.small import small

if TYPE_CHECKING:
    from models.instance import Instance


@pytest.fixture(scope="module")
def instance() -> Instance:
    return instance_of(small()).instance


def scenario(*changes: tuple[str, str, Any]) -> Scenario:
    return Scenario(
        id="s",
        probability=1,
        known_on="2027-04-01",
        changes=[{"path": path, "operation": operation, "value": value} for path, operation, value in changes],
    )


def test_a_surge_multiplies_lists_and_tables(instance: Instance) -> None:
    """Every metro's demand, a list and a table by month, times 1.3; the instance itself stays as it is."""
    surge = apply_scenario(instance, instance.scenarios[1])
    frankfurt, dublin = surge.inference[0].demand
    assert frankfurt.demand == (26e3, 28.6e3, 32.5e3, 36.4e3, 39e3, 42.9e3)
    assert dublin.demand["2027-01"] == 10_400
    assert instance.inference[0].demand[0].demand[0] == 20_000
    assert surge.sites[0] is instance.sites[0]
    assert surge.sha256 != instance.sha256
    assert surge.calendar.last_day == instance.calendar.last_day


def test_no_changes_change_nothing(instance: Instance) -> None:
    """A baseline is the instance."""
    assert apply_scenario(instance, instance.scenarios[0]).sha256 == instance.sha256


def test_money_is_multiplied_exactly(instance: Instance) -> None:
    """63.295 x 1.1 = 69.6245, not a neighbour of it; whole numbers stay whole."""
    changed = apply_scenario(instance, scenario(("offers/*/bands/*/price_usd", "multiply", 1.1)))
    assert changed.offers[3].bands[0].price_usd == Decimal("69.6245")
    assert changed.offers[0].bands[1].price_usd == Decimal("302500")


def test_paths_by_id_by_what_it_is_about_and_by_number(instance: Instance) -> None:
    """Sites by id, loops by medium, uplinks by carrier, metros by name, bands and steps by number."""
    changed = apply_scenario(
        instance,
        scenario(
            ("sites/fra1/ready_mw", "set", [3, 3, 4, 4, 5, 5]),
            ("sites/fra1/loops/liquid/rejects_kw", "add", 250),
            ("sites/fra1/uplinks/dtag/gbps", "multiply", 0.5),
            ("sites/fra1/halls/air/positions", "add", -10),
            ("inference/chat/demand/Dublin/demand/2027-03", "set", 1),
            ("inference/chat/rollout/0/share", "set", 0.5),
            ("offers/buy-h200/bands/1/price_usd", "add", -5000),
            ("offers/*/lead_time_weeks/high", "add", 4),
            ("policy/carbon_usd_per_tonne", "multiply", 2),
            ("policy/water_caps/2027/m3", "multiply", 0.5),
            ("sites/*/water_usd_per_m3", "add", 1),
            ("network/round_trip_ms/*/fra", "add", 1),
            ("pools/aws-h200/quota_nodes/0", "set", 0),
        ),
    )
    site, service = changed.sites[0], changed.inference[0]
    assert site.ready_mw == (3, 3, 4, 4, 5, 5)
    assert site.loops[1].rejects_kw == 1750
    assert (site.uplinks[0].gbps, site.uplinks[1].gbps) == (100, 200)
    assert site.halls[0].positions == 190
    assert service.demand[1].demand["2027-03"] == 1
    assert service.rollout[0].share == 0.5
    assert changed.offers[0].bands[1].price_usd == 270_000
    assert changed.offers[0].lead_time_weeks is not None
    assert changed.offers[0].lead_time_weeks.high == 24
    assert changed.offers[3].lead_time_weeks is None
    assert changed.policy.carbon_usd_per_tonne == 181
    assert [cap.m3 for cap in changed.policy.water_caps] == [4_500, 8_000.5]
    assert [site.water_usd_per_m3 for site in changed.sites] == [4.5, 1.0]
    assert changed.network.round_trip_ms["Dublin"]["fra"] == 27
    assert changed.pools[2].quota_nodes == (0, 40, 60, 60, 80, 80)


def test_none_stays_none_under_a_star(instance: Instance) -> None:
    """`*` multiplies the limits there are; no limit stays none, derived stays derived."""
    changed = apply_scenario(
        instance, scenario(("offers/*/limit", "multiply", 0.5), ("training/*/value_usd", "multiply", 2))
    )
    assert [offer.limit for offer in changed.offers] == [15, None, None, 20]
    assert [job.value_usd for job in changed.training] == [10_000_000, "derived", 1_800_000]


def test_names_with_slashes() -> None:
    """A name that holds a slash is written as it is."""
    data = small()
    data["sites"][0]["id"] = "eu/fra1"
    for kind in ("pools", "offers", "upgrades"):
        for thing in data[kind]:
            if thing.get("site") == "fra1":
                thing["site"] = "eu/fra1"
            if "fra1" in thing.get("sites", []):
                thing["sites"] = ["eu/fra1"]
    data["training"][1]["placement_usd"][0]["site"] = "eu/fra1"
    data["inference"][0]["live_at"] = ["eu/fra1"]
    for cap in data["policy"]["water_caps"]:
        cap["site"] = "eu/fra1"
    changed = apply_scenario(instance_of(data).instance, scenario(("sites/eu/fra1/ready_mw", "set", 4)))
    assert changed.sites[0].ready_mw == 4


@pytest.mark.parametrize(
    ("path", "operation", "value", "words"),
    [
        ("site/fra1/ready_mw", "set", 1, "at step site; there are .*did you mean `sites`"),
        ("sites/fra2/ready_mw", "set", 1, "at step fra2; there are fra1, eu-west-1.*did you mean `fra1`"),
        ("sites/fra1/ready", "set", 1, "at step ready; there are id, region.*did you mean `ready_mw`"),
        ("inference/chat/demand/Cork/demand", "set", 1, "at step Cork; there are Frankfurt, Dublin"),
        ("sites/fra1/loops/9/rejects_kw", "set", 1, "at step 9; there are air, liquid"),
        ("upgrades/liquid/after/*/x", "set", 1, "continues with x after 'grid-2'"),
        ("policy/share_caps/0/of/x/y", "set", 1, "continues with x"),
        ("upgrades/grid-2/loops/*/kw", "multiply", 2, "there is no entry"),
        ("horizon/today", "set", "2027-01-01", "is the same in every scenario"),
        ("sites", "set", [], "names all of sites"),
        ("sites/fra1", "set", {}, "names a whole entry"),
        ("sites/fra1/id", "multiply", 2, "'fra1', which is not a number to multiply"),
        ("training/tune/value_usd", "multiply", 2, "'derived', which is not a number"),
        ("offers/lease-gb200/limit", "add", 2, "None, which is not a number to add"),
        ("sites/fra1/ready_mw", "multiply", "two", "needs a number"),
        ("sites/fra1/ready_mw", "add", True, "needs a number"),
        ("sites/fra1/ready_mw", "add", float("inf"), "needs a number"),
        ("sites/fra1/ready_mw", "multiply", -1, r"must be at least 0 \(in scenario s, at sites\[0\]\.ready_mw"),
        ("pools/fra1-air-h200/nodes", "multiply", 1.33, "must be a whole number"),
        ("sites/fra1/ready_mw", "set", [1, 2], r"must have 6 numbers, one per period, has 2 \(in scenario s"),
        ("sites/fra1/region", "set", "fre", "unknown region"),
    ],
)
def test_changes_that_cannot_be_made(instance: Instance, path: str, operation: str, value: object, words: str) -> None:
    """Each says which step failed and what there is, or which rule the result breaks."""
    with pytest.raises(InputError, match=words):
        apply_scenario(instance, scenario((path, operation, value)))


def test_every_change_that_fails_is_listed(instance: Instance) -> None:
    """Not only the first."""
    wrong = scenario(("sites/x/ready_mw", "set", 1), ("sites/fra1/ready_mw", "set", 1), ("policy/x", "set", 1))
    with pytest.raises(InputError) as caught:
        apply_scenario(instance, wrong)
    assert [problem.place for problem in caught.value.problems] == ["scenario s.changes[0]", "scenario s.changes[2]"]


def test_changes_are_made_in_order(instance: Instance) -> None:
    """Set, then multiply."""
    changed = apply_scenario(
        instance, scenario(("sites/fra1/ready_mw", "set", 2), ("sites/fra1/ready_mw", "multiply", 1.5))
    )
    assert changed.sites[0].ready_mw == 3


def test_a_change_is_a_tree() -> None:
    """What the helper builds is what the schema says."""
    assert isinstance(scenario(("a/b", "set", 1)).changes[0], Change)
