"""Numbers as people write them are refused, with a number that can be written instead."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from models.errors import InputError
from models.files import instance_of, load_instance, save
from models.numerals import advice_for_number
from tests.models.small import small
from tests.models.test_model_tables import cell

if TYPE_CHECKING:
    from pathlib import Path

WRITTEN: list[tuple[str, list[float]]] = [
    ("200,000", [200_000, 200]),
    ("200.000", [200_000, 200]),
    ("1,234.5", [1234.5]),
    ("1.234,5", [1234.5]),
    ("1,234,567", [1_234_567]),
    ("1 000", [1000]),
    ("1\u202f000,5", [1000.5]),
    ("1'000", [1000]),
    ("1_000", [1000]),
    ("1,5", [1.5]),
    ("12 %", [0.12]),
    ("12%", [0.12]),
    ("$5", [5]),
    ("5 USD", [5]),
    ("$1,200", [1200, 1.2]),
    ("290k", [290_000]),
    ("1e3", [1000]),
    ("−5", [-5]),
    ("١٢", [12]),
]
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?= (?:if|without)|, without)")


def named(fix: str) -> list[float]:
    """The numbers that a way out names."""
    return [float(number) for number in _NUMBER.findall(fix.split(" (")[0])]


@pytest.mark.parametrize(("text", "numbers"), WRITTEN)
def test_the_way_out_names_the_number(text: str, numbers: list[float]) -> None:
    """One number, or two where the mark may stand between thousands or before decimals."""
    fix = advice_for_number(text, "USD per lot")
    assert named(fix) == numbers, fix
    assert ("two ways" in fix) == (len(numbers) == 2)


@pytest.mark.parametrize("text", ["lots", "", "5-6", "1..2", "1,23,4", "-", "1e400", "12 of 3", "0x10", "nan"])
def test_what_is_no_number_has_no_number_named(text: str) -> None:
    """Words, ranges, sums: nothing is guessed."""
    assert not named(advice_for_number(text, "USD per lot"))


@pytest.mark.parametrize("suffix", ["json", "yaml", "csv"])
@pytest.mark.parametrize(("text", "numbers"), [pair for pair in WRITTEN if pair[1][0] > 0 and pair[0] != "1e3"])
def test_the_way_out_works(tmp_path: Path, suffix: str, text: str, numbers: list[float]) -> None:
    """Written into the same place of the same file, each number that the message names is read as itself."""
    data: Any = small()
    bands = data["offers"][0]["bands"]
    bands[1]["price_usd"] = text

    def read(value: Any) -> float:
        path = tmp_path / f"a.{suffix}"
        if suffix == "csv":
            save(instance_of(small()).instance, tmp_path / "a")
            path = tmp_path / "a"
            cell(path, "offers.bands.csv", 3, "price_usd", str(value))
        else:
            bands[1]["price_usd"] = value
            path.write_text(json.dumps(data), encoding="utf-8")  # JSON is YAML, too
        return float(load_instance(path).instance.offers[0].bands[1].price_usd)

    with pytest.raises(InputError) as caught:
        read(text)
    (problem,) = caught.value.problems
    assert problem.rule == "must be a number"
    assert named(problem.fix) == numbers
    for number in re.findall(_NUMBER, problem.fix.split(" (")[0]):
        assert read(number if suffix == "csv" else json.loads(number)) == float(number)


def test_a_field_in_hundredths_keeps_them() -> None:
    """`80 %` of a percentile is 80, of a share 0.8."""
    data = small()
    data["policy"] |= {"lead_time_percentile": "80 %", "least_confidence": "80 %"}
    with pytest.raises(InputError) as caught:
        instance_of(data)
    assert [named(problem.fix) for problem in caught.value.problems] == [[0.8], [80]] or [
        named(problem.fix) for problem in caught.value.problems
    ] == [[80], [0.8]]


def test_the_unit_of_the_field_may_go() -> None:
    """`4 MW` where MW are asked is 4; `4 GW` is a number in another unit, which nobody converts here."""
    assert named(advice_for_number("4 MW", "MW ready now")) == [4]
    fix = advice_for_number("4 GW", "MW ready now")
    assert not named(fix) and "in the unit of the field" in fix


@pytest.mark.parametrize(
    ("text", "number"), [("0.250", 0.25), ("1.125", 1.125), ("200.0", 200), ("1000.000", 1000), ("1e3", 1000)]
)
def test_decimals_of_a_table_are_read(tmp_path: Path, text: str, number: float) -> None:
    """Only what may be thousands is refused: one to three digits, a point and three more of which the last is 0."""
    save(instance_of(small()).instance, tmp_path / "a")
    cell(tmp_path / "a", "offers.bands.csv", 3, "price_usd", text)
    assert float(load_instance(tmp_path / "a").instance.offers[0].bands[1].price_usd) == number


def test_whole_numbers_of_a_table_may_have_a_point(tmp_path: Path) -> None:
    """`20.0` nodes, as programs write a column with gaps in it, are 20; `20.5` are refused."""
    save(instance_of(small()).instance, tmp_path / "a")
    cell(tmp_path / "a", "pools.csv", 2, "nodes", "20.0")
    assert load_instance(tmp_path / "a").instance.pools[0].nodes == 20
    cell(tmp_path / "a", "pools.csv", 2, "nodes", "20.5")
    with pytest.raises(InputError, match="must be a whole number"):
        load_instance(tmp_path / "a")
