"""What breaks the schema: each planted error comes out once, with its place, its line, its rule and a way out."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from models.errors import InputError, Problem
from models.files import load_instance, load_plan, load_scenario
from tests.models.small import small

if TYPE_CHECKING:
    from pathlib import Path

Break = Callable[[dict[str, Any]], object]


def problems_of(file: Path) -> list[Problem]:
    with pytest.raises(InputError) as caught:
        load_instance(file)
    return caught.value.problems


def written(folder: Path, data: Any, name: str = "broken.json") -> Path:
    file = folder / name
    file.write_text(json.dumps(data, indent=1), encoding="utf-8")
    return file


def put(*path: Any) -> Break:
    """Put the last of ``path`` where the rest of it leads."""
    *way, step, value = path

    def change(data: dict[str, Any]) -> None:
        node: Any = data
        for part in way:
            node = node[part]
        node[step] = value

    return change


def drop(*path: Any) -> Break:
    *way, step = path

    def change(data: dict[str, Any]) -> None:
        node: Any = data
        for part in way:
            node = node[part]
        del node[step]

    return change


# (change, place, part of the rule, part of the fix, text on the line where it must be reported)
CASES: list[tuple[Break, str, str, str, str]] = [
    (put("sites", 0, "halls", 1, "max_rack_kw", -7531), "sites[0].halls[1].max_rack_kw", "must be more than 0", "kW",
     "-7531"),
    (put("sites", 0, "roadmap", 0, "confidence", 7.25), "sites[0].roadmap[0].confidence", "must be at most 1", "",
     "7.25"),
    (put("sites", 0, "uplinks", 0, "gbp", 1), "sites[0].uplinks[0].gbp", "unknown field", "remove it", '"gbp"'),
    (put("pools", 0, "node", 4), "pools[0].node", "unknown field", "known are", '"node"'),
    (put("policy", "carbon_price", 4), "policy.carbon_price", "unknown field", "carbon_", '"carbon_price"'),
    (put("training", 0, "lateness_per_day", 4), "training[0].lateness_per_day", "unknown field", "",
     "lateness_per_day"),
    (drop("datasets", 0, "tier"), "datasets[0].tier", "missing", "add `tier`: storage tier", '"crawl"'),
    (put("horizon", "today", "1735689600"), "horizon.today", "must be a day, YYYY-MM-DD", "", "1735689600"),
    (put("horizon", "today", "2026-02-30"), "horizon.today", "must be a day of the calendar", "", "2026-02-30"),
    (put("horizon", "today", 20261001), "horizon.today", "must be a day", "", "20261001"),
    (put("horizon", "today", "3026-10-01"), "horizon.today", "must be at most 2199-12-31", "", "3026-10-01"),
    (put("horizon", "periods", 1, "week"), "horizon.periods[1]", "must be one of month, quarter", "", '"week"'),
    (put("offers", 0, "label", "bye"), "offers[0].label", "must be one of buy, lease", "did you mean `buy`", '"bye"'),
    (put("offers", 0, "bands", 0, "price_usd", "290k"), "offers[0].bands[0].price_usd", "must be a number",
     "write 290000", "290k"),
    (put("offers", 0, "bands", []), "offers[0].bands", "must have at least 1, has 0", "", '"bands": []'),
    (put("offers", 0, "divisible", "no"), "offers[0].divisible", "must be true or false", "", '"divisible"'),
    (put("pools", 0, "nodes", 20.5), "pools[0].nodes", "must be a whole number", "", "20.5"),
    (put("pools", 0, "nodes", True), "pools[0].nodes", "must be a whole number", "", '"nodes": true'),
    (put("pools", 2, "quota_nodes", 3, "sixty"), "pools[2].quota_nodes[3]", "must be a number", "", "sixty"),
    (put("inference", 0, "demand", 1, "demand", "2027-13", 5), 'inference[0].demand[1].demand.2027-13',
     "must name a calendar month", "", "2027-13"),
    (put("inference", 0, "serving_sites", "every"), "inference[0].serving_sites", "must be a whole number or be all",
     "", '"every"'),
    (put("training", 0, "value_usd", "much"), "training[0].value_usd", "must be a number or be derived", "", '"much"'),
    (put("training", 0, "copies", 0), "training[0].copies", "must be at least 1", "", '"copies"'),
    (put("training", 2, "repeats_every_months", 10**9), "training[2].repeats_every_months", "must be at most 1200", "",
     "1000000000"),
    (put("regions", 0, "id", "-fra\n"), "regions[0].id", "must be a name", "", "-fra"),
    (put("regions", 0, "jurisdictions", 1, None), "regions[0].jurisdictions[1]", "must be text", "", "null"),
    (put("policy", "pins", 0, "what", "ordr"), "policy.pins[0].what", "must be one of order, upgrade", "", '"ordr"'),
    (drop("policy", "pins", 0, "what"), "policy.pins[0]", "missing `what`", "add `what`", '"pins"'),
    (drop("policy", "pins", 0, "pool"), "policy.pins[0].pool", "missing", "add `pool`", '"pins"'),
    (put("policy", "pins", 0, "value", -1), "policy.pins[0].value", "must be at least 0", "", "-1"),
    (put("policy", "data_rules", 0, 5), "policy.data_rules[0]", "must be an object", "", " 5"),
    (put("network", "access_ms", "New York", "x"), 'network.access_ms["New York"]', "must be a number", "", "New York"),
    (put("network", "routes", "fra", "aws-eu-west-1", {"usd_per_gb": 1}), "network.routes.fra.aws-eu-west-1.gbps",
     "missing", "add `gbps`", "aws-eu-west-1"),
    (put("scenarios", 1, "changes", 0, "path", "/x"), "scenarios[1].changes[0].path", "must be names joined by /", "",
     '"/x"'),
    (put("incumbent", "lines", 0, "lots", -3), "incumbent.lines[0].lots", "must be at least 0", "", "-3"),
    (put("incumbent", "plan", "orders", 0, "serves_from", "spring"), "incumbent.plan.orders[0].serves_from",
     "must name a period", "", "spring"),
    (put("schema", "ampacity/instance/2"), "schema", "must be ampacity/instance/1", "", "instance/2"),
    (put("upgrades", {}), "upgrades", "must be a list", "", '"upgrades"'),
    (put("horizon", "periods", []), "horizon.periods", "must have at least 1", "", '"periods"'),
]  # fmt: skip


@pytest.mark.parametrize(("change", "place", "rule", "fix", "needle"), CASES, ids=[f"{c[1]} {c[2]}" for c in CASES])
def test_each_broken_field_is_one_problem(  # noqa: PLR0913  (the columns of the table)
    tmp_path: Path, change: Break, place: str, rule: str, fix: str, needle: str
) -> None:
    """One error in, one problem out: at its place and line, saying the rule and the way out."""
    data = small()
    change(data)
    file = written(tmp_path, data)
    (problem,) = problems_of(file)
    assert problem.place == place
    assert rule in problem.rule
    assert fix in problem.fix
    assert problem.fix
    assert problem.file == str(file)
    lines = file.read_text().split("\n")
    assert problem.line is not None
    if problem.rule.startswith("missing"):  # nothing stands there: the line of what it is missing from
        assert needle in "".join(lines[problem.line - 2 : problem.line + 1])
    else:
        assert needle in lines[problem.line - 1]


def test_a_misspelt_field_is_recognised(tmp_path: Path) -> None:
    """`ready_mv` for `ready_mw`."""
    data = small()
    data["sites"][0]["ready_mv"] = data["sites"][0].pop("ready_mw")
    (problem,) = problems_of(written(tmp_path, data))
    assert (problem.place, problem.rule) == ("sites[0].ready_mv", "unknown field")
    assert "did you mean `ready_mw`" in problem.fix


SEVEN = [
    (put("sites", 0, "halls", 1, "max_rack_kw", -7531), "sites[0].halls[1].max_rack_kw"),
    (put("pools", 1, "accelerator", "gb20"), "pools[1].accelerator"),
    (put("offers", 3, "pric", 1), "offers[3].pric"),
    (put("inference", 0, "demand", 0, "demand", [1, 2]), "inference[0].demand[0].demand"),
    (put("upgrades", 0, "after", ["liquid"]), "upgrades[0].after"),
    (drop("datasets", 0, "size_tb"), "datasets[0].size_tb"),
    (put("policy", "pins", 0, "serves_from", "2027-07-02"), "policy.pins[0].serves_from"),
]


@pytest.mark.parametrize("suffix", ["json", "yaml"])
def test_seven_planted_errors_come_out_as_seven(tmp_path: Path, suffix: str) -> None:
    """Of the schema and of the references alike, in one reading, each with its own line; JSON is YAML too."""
    data = small()
    for change, _ in SEVEN:
        change(data)
    problems = problems_of(written(tmp_path, data, f"broken.{suffix}"))
    assert sorted(problem.place for problem in problems) == sorted(place for _, place in SEVEN)
    lines = [problem.line for problem in problems]
    assert None not in lines
    assert lines == sorted(lines)  # type: ignore[type-var]
    assert len(set(lines)) == 7


def test_a_broken_name_is_not_reported_by_those_who_use_it(tmp_path: Path) -> None:
    """A site whose id breaks the schema is one problem, not one for each pool and offer there."""
    data = small()
    data["sites"][0]["id"] = 5
    (problem,) = problems_of(written(tmp_path, data))
    assert problem.place == "sites[0].id"


def test_a_file_that_is_wrong_throughout_stays_readable(tmp_path: Path) -> None:
    """A thousand problems are listed; the rest is counted."""
    data = small()
    data["pools"] = [{"id": i} for i in range(2000)]
    problems = problems_of(written(tmp_path, data))
    assert len(problems) == 1001
    assert "more problems" in problems[0].rule + problems[-1].rule


def test_plans_and_scenarios_are_read_alike(tmp_path: Path) -> None:
    """The same words for the other two files."""
    plan = written(tmp_path, {"schema": "ampacity/plan/1", "orders": [{"offer": "a"}]}, "plan.json")
    with pytest.raises(InputError) as caught:
        load_plan(plan)
    assert [p.place for p in caught.value.problems] == [
        "orders[0].pool",
        "orders[0].serves_from",
        "orders[0].lots",
        "orders[0].place_by",
    ]
    scenario = tmp_path / "s.yaml"
    scenario.write_text("id: surge\nprobability: 1.5\nknown_on: 2027-04-01\n")
    with pytest.raises(InputError) as caught:
        load_scenario(scenario)
    (problem,) = caught.value.problems
    assert (problem.place, problem.line) == ("probability", 2)
    scenario.write_text("id: surge\nprobability: 1\nknown_on: 2027-04-01\n")
    assert load_scenario(scenario).id == "surge"


YAML = """\
# a comment
horizon:
  today: 2026-10-01
  start: 2027-01-01
  periods: [quarter,
            quarter,
            week]
regions:
  - id: fra
    country: NO
    metro: Oslo
    jurisdictions: [NO]
    latitude: north
    longitude: 8
    grid: g
    electricity_usd_per_mwh:
      2027-01: 80
      2027-02: yes
    carbon_gco2e_per_kwh: 1_000
"""


def test_lines_of_yaml(tmp_path: Path) -> None:
    """Lines in block and flow style; `NO`, `yes` and `1_000` are texts, dates are days."""
    file = tmp_path / "a.yml"
    file.write_text(YAML)
    found = {problem.place: problem for problem in problems_of(file)}
    assert found["horizon.periods[2]"].line == 7
    assert found["regions[0].latitude"].line == 13
    assert found["regions[0].electricity_usd_per_mwh.2027-02"].line == 18
    assert found["regions[0].electricity_usd_per_mwh.2027-02"].value == "yes"
    assert found["regions[0].carbon_gco2e_per_kwh"].value == "1_000"
    assert found["sites"].rule == "missing"
    assert not any(place.startswith("regions[0].country") for place in found)
    assert not any(place.startswith("horizon.today") for place in found)
