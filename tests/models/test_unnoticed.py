"""What would be ignored in silence is told: each warning with an instance that has it and one that has not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from models.errors import InputError, Problem
from models.files import instance_of, load_instance
from models.references.law import IDLE, UNNAMED
from models.references.neighbours import KIND as FAR
from models.references.never import ALONE, LATE, UNSURE, UNVERIFIED
from models.references.unusual import FAR_AWAY
from tests.models.small import small
from tests.models.test_model_broken import Break, drop, put
from tests.models.test_model_rules import add, both

INSTANCES = Path(__file__).parents[2] / "instances"
SITE, POLICY = ("sites", 0), ("policy",)
STRICT = put(*POLICY, "counts_unverified", False)
SECOND = {"on": "2027-06-15", "mw": 7.5, "confidence": 0.9}


def warnings(*changes: Break) -> list[Problem]:
    """The warnings of the small instance with changes."""
    data = small()
    both(*changes)(data)
    return list(instance_of(data).warnings)


def offers_at(price: float) -> Break:
    """A third price of a node of h200 that is bought, beside 290,000 and 275,000 USD."""
    return add("offers", 0, "bands", {"from_lots": 24, "price_usd": price})


def regions_at(field: str, *prices: Any) -> Break:
    """Prices of the two regions."""
    return both(*(put("regions", i, field, price) for i, price in enumerate(prices)))


# (what it is about, the change that has it, the place, part of the rule, the kind, a change like it that has it not)
CASES: list[tuple[str, Break, str, str, str, Break]] = [
    ("roadmap below the least confidence", add(*SITE, "roadmap", {**SECOND, "confidence": 0.79}), "sites[0].roadmap[1]",
     "confidence 0.79 is below policy.least_confidence 0.8", UNSURE,
     add(*SITE, "roadmap", {**SECOND, "confidence": 0.8})),
    ("roadmap that is not verified", both(STRICT, add(*SITE, "roadmap", SECOND)), "sites[0].roadmap[1]",
     "is not verified", UNVERIFIED, add(*SITE, "roadmap", SECOND)),
    ("a verification too long ago",
     both(STRICT, put(*POLICY, "verification_months", 1), put(*SITE, "roadmap", 0, "verified_on", "2026-08-31")),
     "sites[0].roadmap[0]", "of 2026-08-31 is older than policy.verification_months 1", UNVERIFIED,
     both(STRICT, put(*POLICY, "verification_months", 1), put(*SITE, "roadmap", 0, "verified_on", "2026-09-01"))),
    ("roadmap after the horizon", add(*SITE, "roadmap", {**SECOND, "on": "2028-04-02"}), "sites[0].roadmap[1]",
     "no period begins on or after 2028-04-02", LATE, add(*SITE, "roadmap", {**SECOND, "on": "2028-04-01"})),
    ("a hall that opens after the horizon", put(*SITE, "halls", 0, "operable_on", "2028-04-02"), "sites[0].halls[0]",
     "never count in hall air: no period begins", LATE, put(*SITE, "halls", 0, "operable_on", "2028-04-01")),
    ("positions that are not verified", both(STRICT, put(*SITE, "halls", 0, "positions",
                                                         [200, 200, 200, 260, 260, 260])),
     "sites[0].halls[0]", "still to come, but never count", UNVERIFIED,
     both(STRICT, put(*SITE, "halls", 0, "positions", [200, 200, 200, 180, 180, 180]))),
    ("heat that is not verified", both(STRICT, put(*SITE, "loops", 0, "rejects_kw",
                                                   [2500, 2500, 2500, 2500, 2600, 2600])),
     "sites[0].loops[0]", "still to come, but never count", UNVERIFIED,
     both(STRICT, put(*SITE, "loops", 0, "rejects_kw", [2500, 2500, 2500, 2500, 2600, 2600]),
          put(*SITE, "loops", 0, "verified_on", "2026-09-01"))),
    ("a hall without pools", add(*SITE, "halls", {"id": "new", "cooling": "air", "positions": 60, "max_rack_kw": 45,
                                                  "pue": 1.4}),
     "sites[0].halls[2]", "no pool stands in hall new", ALONE,
     both(add(*SITE, "halls", {"id": "new", "cooling": "air", "positions": 60, "max_rack_kw": 45, "pue": 1.4}),
          add("pools", {"id": "new-h200", "site": "fra1", "hall": "new", "accelerator": "h200"}))),
    ("a hall without positions", both(drop("upgrades", 1, "positions"), put("upgrades", 1, "after", [])),
     "sites[0].halls[1]", "no upgrade adds any", ALONE, put("upgrades", 1, "after", [])),
    ("a hall without the loop of its cooling", both(drop(*SITE, "loops", 1), drop("upgrades", 1, "loops")),
     "sites[0].halls[1]", "has no liquid loop, which every pool in hall dtc needs", ALONE, drop(*SITE, "loops", 1)),
    ("a loop that nothing gives heat to", add(*SITE, "loops", {"medium": "immersion", "rejects_kw": 900}),
     "sites[0].loops[2]",
     "no pool at site fra1 gives heat to a immersion loop", ALONE, put(*SITE, "owner", "facilities")),
    ("a class that nobody names", put("training", 0, "data_class", "personnel"), "training[0].data_class",
     "no rule, approval or dataset names", UNNAMED, put("training", 0, "data_class", "personal")),
    ("an approval of nothing", add(*SITE, "approvals", {"data_class": "health", "on": "2026-01-01"}),
     "sites[0].approvals[1].data_class", "the approval concerns nothing", IDLE,
     both(add(*SITE, "approvals", {"data_class": "open", "on": "2026-01-01"}),
          add("sites", 1, "approvals", {"data_class": "open", "on": "2026-01-01"}))),
    ("a condition of nothing", put(*SITE, "conditions_met", ["health"]), "sites[0].conditions_met[0]",
     "the condition concerns nothing", IDLE,
     both(put(*SITE, "conditions_met", ["personal"]), put(*POLICY, "data_rules", 0, "conditional", ["IE"]))),
    ("a condition that no rule asks for", put(*SITE, "conditions_met", ["personal"]), "sites[0].conditions_met[0]",
     "none of this class has `conditional`", IDLE,
     both(put(*SITE, "conditions_met", ["personal"]), put(*POLICY, "data_rules", 0, "conditional", ["IE"]))),
    ("a rule of nothing", add(*POLICY, "data_rules", {"data_class": "health", "permitted": ["DE"]}),
     "policy.data_rules[1].data_class", "the rule concerns nothing", IDLE,
     add(*POLICY, "data_rules", {"data_class": "open", "permitted": ["EU"]})),
    ("a metro without round trips", both(drop("network", "round_trip_ms", "Dublin"),
                                         put("inference", 0, "serving_usd", [])),
     "network.access_ms.Dublin", "nobody there can be served", FAR_AWAY, put("network", "access_ms", "Cork", 5)),
    ("a price in thousands", offers_at(270), "offers[0].bands[2].price_usd", "1 / 1,019 of the 275,000", FAR,
     offers_at(2_750_000)),
    ("one month of electricity in another unit", regions_at("electricity_usd_per_mwh", [88, 80, 82, 0.8, 90, 84]),
     "regions[0].electricity_usd_per_mwh", "1 / 103.8 of the 83", FAR,
     regions_at("electricity_usd_per_mwh", [88, 80, -82, 0, 90, 8])),
    ("storage in cents", both(put("regions", 1, "storage_usd_per_tb_month", {"hot": 2150})),
     "regions[1].storage_usd_per_tb_month.hot", "is 100 times the 21.5", FAR,
     both(put("regions", 1, "storage_usd_per_tb_month", {"hot": 215, "cold": 2150}))),
]  # fmt: skip


@pytest.mark.parametrize(
    ("change", "place", "rule", "kind", "without"), [c[1:] for c in CASES], ids=[c[0] for c in CASES]
)
def test_what_is_ignored_is_told(change: Break, place: str, rule: str, kind: str, without: Break) -> None:
    """Once, at its place, with its reason; and nothing is told of its kind where it counts."""
    (found,) = [w for w in warnings(change) if w.kind == kind]
    assert found.place == place and rule in found.rule and found.fix, found
    assert not [w for w in warnings(without) if w.kind == kind]


def test_a_slip_of_spelling_is_recognised() -> None:
    """`personnel` where there are rules for `personal`."""
    (found,) = [w for w in warnings(put("training", 0, "data_class", "personnel")) if w.kind == UNNAMED]
    assert "did you mean `personal`" in found.fix


def test_nothing_is_asked_where_nothing_is_ruled() -> None:
    """Without rules and approvals no class is missed."""
    silent = both(put(*POLICY, "data_rules", []), put(*SITE, "approvals", []), put("sites", 1, "approvals", []))
    assert not [w for w in warnings(silent, put("training", 0, "data_class", "secret")) if w.kind == UNNAMED]


@pytest.mark.parametrize(
    ("path", "kind"), [(("roadmap", 0), "roadmap[0]"), (("halls", 0), "halls[0]"), (("loops", 1), "loops[1]")]
)
def test_nothing_is_verified_in_the_future(path: tuple[Any, ...], kind: str) -> None:
    """Today is fine, tomorrow is an error."""
    warnings(put(*SITE, *path, "verified_on", "2026-10-01"))
    with pytest.raises(InputError) as caught:
        warnings(put(*SITE, *path, "verified_on", "2026-10-02"))
    (problem,) = caught.value.problems
    assert problem.place == f"sites[0].{kind}.verified_on" and "after today, 2026-10-01" in problem.rule


def test_a_providers_site_has_no_such_clocks() -> None:
    """Its hall has neither positions nor loops, and none is missed."""
    assert not [w for w in warnings() if w.place.startswith("sites[1]")]


# What each of ours is known to have, by kind or else by what it is about.
ENABLES = "dates that enable lie inside a period, and count from the next one on"
LAUNCHES = "launches lie inside a period, and are asked for in all of it"
OPENS = "what must be done is asked for in a period, inside which what it needs comes"
KNOWN = {
    "small.yaml": set(),
    "starter.yaml": set(),
    "handmade.yaml": {"covers 12 months", UNSURE, ENABLES, OPENS},
    "quickstart.json": {"can never be powered", UNSURE, UNVERIFIED, ENABLES, LAUNCHES},
    "quarterly.json": {"can never be powered", UNSURE, UNVERIFIED, ENABLES, LAUNCHES},
}


@pytest.mark.parametrize("name", KNOWN)
def test_our_own_instances_have_what_they_are_known_to_have(name: str) -> None:
    """Pools on a floor that does not bear them, power that is promised too vaguely: part of what they show.

    Nothing else.
    """
    said = {
        warning.kind or next((about for about in KNOWN[name] if about in warning.rule), warning.rule)
        for warning in load_instance(INSTANCES / name).warnings
    }
    assert said == KNOWN[name]


def test_warnings_have_the_line_of_what_they_are_about(tmp_path: Path) -> None:
    """In a file of many lines."""
    data = small()
    data["sites"][0]["roadmap"].append({**SECOND, "confidence": 0.1})
    file = tmp_path / "a.json"
    file.write_text(json.dumps(data, indent=1))
    (warning,) = [w for w in load_instance(file).warnings if w.kind == UNSURE]
    line = warning.line or 0
    assert '"mw": 7.5' in "".join(file.read_text().split("\n")[line - 1 : line + 5])
