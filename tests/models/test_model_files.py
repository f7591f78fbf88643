"""Files: the same content whatever the form, written as a whole or not at all."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from models.errors import InputError
from models.files import instance_of, load_instance, load_plan, load_scenario, save, write_whole
from models.files.write import to_json, to_yaml
from models.files.yaml_text import parse_yaml
from models.instance import Instance, canonical
from models.plan import Order, Plan
from models.scenario import Change, Scenario
from tests.models.small import small

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def instance() -> Instance:
    return instance_of(small()).instance


def test_json_and_yaml_hold_the_same(instance: Instance, tmp_path: Path) -> None:
    """json -> yaml -> json is exact: same tree, same hash, same bytes."""
    save(instance, tmp_path / "a.json")
    first = load_instance(tmp_path / "a.json").instance
    save(first, tmp_path / "b.yaml")
    second = load_instance(tmp_path / "b.yaml").instance
    save(second, tmp_path / "c.json")
    assert instance == first == second
    assert instance.sha256 == first.sha256 == second.sha256
    assert (tmp_path / "a.json").read_bytes() == (tmp_path / "c.json").read_bytes()


def test_the_file_is_the_canonical_content(instance: Instance) -> None:
    """The file form differs from the canonical form in blanks only; lists of numbers stay on one line."""
    text = to_json(instance).decode()
    assert json.dumps(json.loads(text), separators=(",", ":"), ensure_ascii=False).encode() == canonical(instance)
    assert "[20000.0, 22000.0, 25000.0, 28000.0, 30000.0, 33000.0]" in text
    assert "[20000.0, 22000.0, 25000.0, 28000.0, 30000.0, 33000.0]" in to_yaml(instance).decode()


def test_order_of_fields_and_forms_of_numbers_do_not_matter() -> None:
    """5 and 5.0, and fields in another order, are the same instance."""
    data = small()
    data["sites"][0]["ready_mw"] = 3.0
    data["offers"][0]["bands"][0]["price_usd"] = 290_000.0
    shuffled = dict(reversed(data.items()))
    assert instance_of(shuffled).instance.sha256 == instance_of(small()).instance.sha256


def test_money_keeps_its_digits(instance: Instance, tmp_path: Path) -> None:
    """63.295 USD is read, and read again, as just that."""
    save(instance, tmp_path / "a.yml")
    again = load_instance(tmp_path / "a.yml").instance
    assert again.offers[3].bands[0].price_usd == Decimal("63.295")


@pytest.mark.parametrize(
    "text", ["NO", "yes", "null", "~", "1e3", "012", "2027-01-01", "a: b", "- a", "#x", "é ü", "a\u2028b", "\U0001f600",
             "\x85", "'", '"', "", " a", "a ", "{a}", "=", "<<", "*a", "&a", "0x1F", "0o7", ".inf", "1_000", "\ufeffx",
             "\x7f"],
)  # fmt: skip
def test_any_text_survives_yaml(text: str) -> None:
    """What looks like something else is quoted, what does not print is escaped."""
    scenario = Scenario(
        id="s",
        probability=1,
        known_on="2027-01-01",
        changes=(Change(path="policy/x", operation="set", value={"a": [text], "b": text}),),
    )
    data, problems = parse_yaml(to_yaml(scenario).decode(), None)
    assert not problems
    assert Scenario.model_validate(data) == scenario


def test_plans_and_scenarios_round_trip(instance: Instance, tmp_path: Path) -> None:
    """The other two trees, in both forms."""
    plan = Plan(
        instance_sha256=instance.sha256,
        orders=(Order(offer="a", pool="b", serves_from="2027-01-01", lots=2, place_by="2026-10-05"),),
    )
    for name in ("p.json", "p.yaml"):
        save(plan, tmp_path / name)
        assert load_plan(tmp_path / name) == plan
    save(instance.scenarios[1], tmp_path / "s.json")
    assert load_scenario(tmp_path / "s.json") == instance.scenarios[1]


def test_an_empty_plan_is_a_plan(tmp_path: Path) -> None:
    """Nothing decided is something that can be written down."""
    save(Plan(), tmp_path / "p.yaml")
    assert load_plan(tmp_path / "p.yaml") == Plan()


def test_a_file_is_replaced_as_a_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When writing fails half way, the old file stands and no rest is left beside it."""
    file = tmp_path / "a.json"
    write_whole(file, b"old")

    def fail(number: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", fail)
    with pytest.raises(InputError, match="No space left"):
        write_whole(file, b"new")
    assert file.read_bytes() == b"old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.json"]


def test_saving_where_one_cannot(instance: Instance, tmp_path: Path) -> None:
    """A folder that is missing, a suffix that says nothing."""
    with pytest.raises(InputError, match="cannot be written"):
        save(instance, tmp_path / "none" / "a.json")
    with pytest.raises(InputError, match=r"must be a \.json"):
        save(instance, tmp_path / "a.txt")


@pytest.mark.wall_clock
def test_three_megabytes_load_within_a_second_or_so(tmp_path: Path) -> None:
    """A file of a good 3 MB, mostly demand; generous, for slow machines."""
    import time

    data = small()
    metros = [f"m{i}" for i in range(60)]
    data["network"]["access_ms"] |= dict.fromkeys(metros, 5)
    for i in range(200):
        service = {**data["inference"][0], "id": f"s{i}", "serving_usd": []}
        service["demand"] = [{"metro": m, "demand": [1234.5678 + t + i for t in range(6)]} for m in metros]
        data["inference"].append(service)
    instance = instance_of(data).instance
    save(instance, tmp_path / "a.json")
    assert (tmp_path / "a.json").stat().st_size > 1_000_000
    began = time.perf_counter()
    load_instance(tmp_path / "a.json")
    assert time.perf_counter() - began < 3
