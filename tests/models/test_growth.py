"""What grows, and periods that are counted: read in one place, carried by every file, changed by scenarios."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from models.calendar import Horizon, calendar_of
from models.errors import InputError
from models.files import instance_of, load_instance, save
from models.scenario_apply import apply_scenario
from models.values import Growth
from tests.models.small import small
from tests.models.test_model_broken import put

if TYPE_CHECKING:
    from pathlib import Path

GROWTH = {"from": 1200, "growth": 0.05, "per": "quarter"}
DEMAND = ("inference", 0, "demand", 0, "demand")


def calendar(periods: Any, start: str = "2027-01-01") -> Any:
    return calendar_of(Horizon.model_validate({"today": "2026-10-01", "start": start, "periods": periods}))


def growing(growth: float, per: str) -> Growth:
    return Growth.model_validate({"from": 1000, "growth": growth, "per": per})


@pytest.mark.parametrize(
    ("periods", "growth", "numbers"),
    [
        ({"quarters": 3}, growing(0.1, "quarter"), [1000, 1100, 1210]),
        ({"quarters": 5}, growing(0.21, "year"), [1000, 1000 * 1.21**0.25, 1100, 1000 * 1.21**0.75, 1210]),
        ({"months": 3, "quarters": 2}, growing(0.01, "month"), [1000, 1010, 1020.1, 1030.301, 1000 * 1.01**6]),
        ({"quarters": 2}, growing(-0.5, "quarter"), [1000, 500]),
        ({"quarters": 2}, growing(0, "month"), [1000, 1000]),
        (
            [{"begin": "2027-01-01", "end": "2027-01-11"}, {"begin": "2027-01-11", "end": "2027-02-01"}, "month"],
            growing(0.1, "month"),
            [1000, 1000 * 1.1 ** (10 / 31), 1100],
        ),
    ],
)
def test_a_period_has_the_number_of_its_begin(periods: Any, growth: Growth, numbers: list[float]) -> None:
    """Compounded from the begin of the horizon, by calendar months; whatever it is read as."""
    for how in ("smallest", "largest", "sum", "mean"):
        assert calendar(periods).read(growth, how) == pytest.approx(numbers, rel=1e-12)


def test_whole_steps_are_exact() -> None:
    """Demand of 1,200 that grows by 5 % a quarter: 1,200, 1,260 and 1,323, as by hand."""
    read = calendar({"quarters": 3}).read(Growth.model_validate(GROWTH), "largest")
    assert read == pytest.approx([1200, 1260, 1323], rel=1e-15)


def test_pieces_have_the_number_of_their_period() -> None:
    """An event that cuts February in two changes nothing."""
    cut = [
        "month",
        {"begin": "2027-02-01T00:00Z", "end": "2027-02-10T06:00Z", "of": "2027-02-01"},
        {"begin": "2027-02-10T06:00Z", "end": "2027-03-01T00:00Z", "of": "2027-02-01"},
        "month",
    ]
    assert calendar(cut).read(growing(0.1, "month"), "largest") == pytest.approx([1000, 1100, 1100, 1210])


@pytest.mark.parametrize(
    ("counts", "words"),
    [
        ({"quarters": 2}, ["quarter", "quarter"]),
        ({"quarters": 1, "months": 3}, ["month", "month", "month", "quarter"]),
        ({"months": 2}, ["month", "month"]),
    ],
)
def test_counted_periods_are_the_listed_ones(counts: Any, words: list[str]) -> None:
    """Months first, whatever is written first; the same content as the list."""
    listed, counted = ({"today": "2026-10-01", "start": "2027-01-01", "periods": p} for p in (words, counts))
    assert Horizon.model_validate(listed) == Horizon.model_validate(counted)


@pytest.mark.parametrize(
    ("value", "place", "rule"),
    [
        ({"quarter": 8}, "horizon.periods", "counts months and quarters, not `quarter`"),
        ({"quarters": "8"}, "horizon.periods", "`quarters` must be a whole number from 0 to 400"),
        ({"quarters": True}, "horizon.periods", "must be a whole number"),
        ({"quarters": -1}, "horizon.periods", "must be a whole number"),
        ({"quarters": 401}, "horizon.periods", "from 0 to 400"),
        ({"months": 300, "quarters": 300}, "horizon.periods", "must have at most 400"),
        ({"months": 0}, "horizon.periods", "counts no periods"),
        ({}, "horizon.periods", "counts no periods"),
    ],
)
def test_counts_that_are_none(value: Any, place: str, rule: str) -> None:
    """One problem each, in the words of the rule."""
    data = small()
    data["horizon"]["periods"] = value
    with pytest.raises(InputError) as caught:
        instance_of(data)
    (problem,) = caught.value.problems
    assert problem.place == place and rule in problem.rule


@pytest.mark.parametrize(
    ("value", "place", "rule"),
    [
        ({"from": 1, "growth": 0.1}, "per", "missing"),
        ({"form": 1, "growth": 0.1, "per": "year"}, "form", "unknown field"),
        ({"from": 1, "growth": "5 %", "per": "year"}, "growth", "must be a number"),
        ({"from": 1, "growth": 5, "per": "week"}, "per", "must be one of month, quarter, year"),
        ({"from": -1, "growth": 0.1, "per": "year"}, "from", "must be at least 0"),
        ({"from": 1, "growth": -1, "per": "year"}, "growth", "must be more than -1"),
        ({"from": 1e12, "growth": 10, "per": "month"}, None, "grows to 4.18e+27 by the last period"),
    ],
)
def test_growth_that_is_none(value: Any, place: str | None, rule: str) -> None:
    """One problem each, at the field that is wrong; what grows beyond all numbers is told so."""
    data = small()
    put(*DEMAND, value)(data)
    with pytest.raises(InputError) as caught:
        instance_of(data)
    (problem,) = caught.value.problems
    assert problem.place == "inference[0].demand[0].demand" + (f".{place}" if place else "")
    assert rule in problem.rule


@pytest.mark.parametrize(
    ("growth", "per", "fix"),
    [
        (5, "quarter", "write 0.05 for 5 %, unless this is meant"),
        (1, "month", "write 0.01 for 1 %, unless this is meant"),
        (1, "year", None),
        (0.3, "month", None),
    ],
)
def test_growth_in_percent_is_warned_of(growth: float, per: str, fix: str | None) -> None:
    """Sixfold each quarter was meant as 5 %; twice as much each year may be meant."""
    data = small()
    put(*DEMAND, {"from": 1, "growth": growth, "per": per})(data)
    place = "inference[0].demand[0].demand.growth"
    assert [w.fix for w in instance_of(data).warnings if w.place == place] == ([] if fix is None else [fix])


def test_shares_and_counts_do_not_grow() -> None:
    """They could not: a share ends at 1, half a position is none."""
    for path in (("sites", 0, "availability"), ("sites", 0, "halls", 0, "positions")):
        data = small()
        put(*path, GROWTH)(data)
        with pytest.raises(InputError):
            instance_of(data)


@pytest.mark.parametrize("name", ["a.json", "a.yaml", "a"])
def test_every_file_carries_it(tmp_path: Path, name: str) -> None:
    """JSON, YAML and tables; the content is the same."""
    data = small()
    put(*DEMAND, GROWTH)(data)
    put("regions", 0, "electricity_usd_per_mwh", {"from": 80, "growth": -0.03, "per": "year"})(data)
    data["horizon"]["periods"] = {"quarters": 6}
    instance = instance_of(data).instance
    save(instance, tmp_path / name)
    again = load_instance(tmp_path / name).instance
    assert again == instance and again.sha256 == instance.sha256


def test_a_table_may_count_its_periods(tmp_path: Path) -> None:
    """`{"quarters": 6}` in the cell of the periods, as a spreadsheet quotes it; spans come back, too."""
    instance = instance_of(small()).instance
    save(instance, tmp_path / "a")
    table = tmp_path / "a" / "horizon.csv"
    table.write_text('today,start,periods\n2026-10-01,2027-01-01,"{""quarters"": 6}"\n')
    assert load_instance(tmp_path / "a").instance == instance
    spans = [{"begin": "2027-01-01", "end": "2027-02-15"}, {"begin": "2027-02-15", "end": "2027-04-01"}]
    data = json.loads(
        json.dumps(small()).replace("[88.5, 80.0,", "[88.5, 88.5, 80.0,").replace("[40, 40,", "[40, 40, 40,")
    )
    data["inference"][0]["demand"][0]["demand"] = GROWTH
    data["horizon"]["periods"] = [*spans, *["quarter"] * 5]
    instance = instance_of(data).instance
    save(instance, tmp_path / "b")
    assert load_instance(tmp_path / "b").instance == instance


def test_scenarios_change_it() -> None:
    """Multiply changes where it begins; add makes a list of it; its fields can be set like any other."""
    data = small()
    put(*DEMAND, GROWTH)(data)
    here = "inference/chat/demand/Frankfurt/demand"
    changes = [
        [{"path": here, "operation": "multiply", "value": 1.5}],
        [{"path": "inference/chat/demand/*/demand", "operation": "add", "value": 10}],
        [{"path": f"{here}/growth", "operation": "set", "value": 0.2}],
    ]
    probability = [0.5, 0.25, 0.25]
    data["scenarios"] = [
        {"id": f"s{i}", "probability": probability[i], "known_on": "2027-04-01", "changes": change}
        for i, change in enumerate(changes)
    ]
    instance = instance_of(data).instance
    more, shifted, faster = (apply_scenario(instance, s).inference[0].demand[0].demand for s in instance.scenarios)
    assert more == Growth.model_validate({**GROWTH, "from": 1800})
    assert shifted == pytest.approx([1200 * 1.05**n + 10 for n in range(6)])
    assert faster == Growth.model_validate({**GROWTH, "growth": 0.2})


def test_ranges_are_those_of_all_periods() -> None:
    """A PUE that shrinks below 1, and a demand in the wrong unit at the end of its growth, are told like any number."""
    data = small()
    put("sites", 0, "halls", 0, "pue", {"from": 1.1, "growth": -0.5, "per": "year"})(data)
    with pytest.raises(InputError, match="must be at least 1"):
        instance_of(data)
