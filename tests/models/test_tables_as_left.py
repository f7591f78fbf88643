"""Tables as spreadsheets and people leave them: blanks mean nothing, one cause is one message, any name is carried."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.errors import InputError
from models.files import instance_of, load_instance, save
from models.files.composed import compose
from models.files.tables import open_tables
from models.files.tables.out import save_tables
from models.instance import Instance
from tests.models.small import small

if TYPE_CHECKING:
    from collections.abc import Callable

Rows = list[list[str]]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The small instance as tables."""
    save(instance_of(small()).instance, tmp_path / "tables")
    return tmp_path / "tables"


def edit(table: Path, change: Callable[[Rows], object]) -> None:
    """Rewrites a table."""
    with table.open(newline="", encoding="utf-8") as file:
        rows = list(csv.reader(file))
    change(rows)
    with table.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(rows)


def said(folder: Path) -> list[str]:
    """`table:line column rule` of each problem."""
    with pytest.raises(InputError) as caught:
        load_instance(folder)
    return [f"{Path(p.file or '').name}:{p.line} {p.place} {p.rule}" for p in caught.value.problems]


def with_blanks(rows: Rows, blank: str) -> None:
    """Blank rows first, in between and last; a blank column in between and last."""
    wide = len(rows[0]) + 2
    rows[:] = [[row[0], blank, *row[1:], blank] for row in rows]
    rows[1:1] = [[blank] * wide]
    rows[:0] = [[blank] * wide, []]
    rows += [[blank] * wide, [blank] * (wide + 3), [blank]]


@pytest.mark.parametrize("blank", ["", " ", "\u00a0", "\t"])
def test_blank_rows_and_columns_mean_nothing(folder: Path, blank: str) -> None:
    """Rows of nothing but commas and columns without a name, in every table: the same instance, and nothing to say."""
    before = load_instance(folder)
    for table in folder.iterdir():
        edit(table, lambda rows: with_blanks(rows, blank))
    after = load_instance(folder)
    assert after.instance == before.instance
    assert [w.rule for w in after.warnings] == [w.rule for w in before.warnings]


def blank_line_and_word(rows: list[list[str]]) -> None:
    """A word for the number of nodes of the second pool, and a blank line above the first."""
    rows[2][4] = "many"
    rows.insert(1, [""] * 7)


def test_lines_are_counted_with_blank_ones(folder: Path) -> None:
    """A problem behind blank rows stands on the line that an editor shows."""
    edit(folder / "pools.csv", blank_line_and_word)
    assert said(folder) == ["pools.csv:4 nodes must be a whole number"]


def test_a_row_may_be_wider_by_blanks_only(folder: Path) -> None:
    """Cells beyond the header that are blank are nothing; one in which something stands is a comma too many."""
    edit(folder / "operators.csv", lambda rows: rows[1].extend(["", " "]))
    load_instance(folder)
    edit(folder / "operators.csv", lambda rows: rows[1].extend(["x"]))
    assert any("operators.csv:2  has" in problem for problem in said(folder))


def test_what_stands_without_a_name_is_told_once(folder: Path) -> None:
    """A header that was deleted: one problem, not one for each row."""
    edit(folder / "accelerators.cooling.csv", lambda rows: rows[0].__setitem__(2, ""))
    assert said(folder) == ["accelerators.cooling.csv:2  is in a column without a name"]


CAUSES: list[tuple[str, Callable[[Rows], object], list[str]]] = [
    ("accelerators.cooling.csv", lambda rows: rows[0].__setitem__(1, "coolng"),
     ["accelerators.cooling.csv:1 coolng unknown field"]),
    ("accelerators.cooling.csv", lambda rows: rows[1].__setitem__(0, "h20"),
     ["accelerators.cooling.csv:2 accelerator there is no such accelerator"]),
    ("accelerators.cooling.csv", lambda rows: rows[1].append("x"),
     ["accelerators.cooling.csv:2  has 5 cells, the header 4"]),
    ("accelerators.cooling.rackings.csv", lambda rows: rows[1].__setitem__(0, "h20"),
     ["accelerators.cooling.rackings.csv:2 cooling there is no such cooling of that accelerator"]),
    ("sites.halls.csv", lambda rows: rows[3].__setitem__(0, "eu-west-2"),
     ["sites.halls.csv:4 site there is no such site"]),
    ("offers.bands.csv", lambda rows: [row.__setitem__(2, "") for row in rows[1:]],
     [f"offers.bands.csv:{line} price_usd missing" for line in range(2, 7)]),
]  # fmt: skip


@pytest.mark.parametrize(("table", "change", "problems"), CAUSES, ids=[cause[2][0] for cause in CAUSES])
def test_one_cause_is_one_message(
    folder: Path, table: str, change: Callable[[Rows], object], problems: list[str]
) -> None:
    """A row that is lost takes its tables with it, and a list whose rows belong to nothing is not missing as well."""
    edit(folder / table, change)
    assert said(folder) == problems


def test_a_list_of_wrong_entries_is_not_too_short_as_well() -> None:
    """Three periods that are none: said of each, and not that there must be at least one."""
    data = small()
    data["horizon"]["periods"] = ["week"] * 3
    data["offers"][0]["bands"] = [{"from_lots": 1}]
    with pytest.raises(InputError) as caught:
        instance_of(data)
    assert sorted(p.place for p in caught.value.problems) == [
        *(f"horizon.periods[{i}]" for i in range(3)),
        "offers[0].bands[0].price_usd",
    ]


_MARKS = "&'’(),#.:/@+- "
_LETTERS = st.characters(categories=("Lu", "Ll", "Lo", "Nd"), max_codepoint=0x2FFF)
names = st.builds(
    "".join, st.tuples(_LETTERS, st.text(st.one_of(_LETTERS, st.sampled_from(_MARKS)), max_size=118), _LETTERS)
)
ids = st.builds(lambda name: "".join("_" if c in "&'’(),#" else c for c in name), names)
scraps = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30)
values = st.one_of(
    scraps, st.sampled_from(["=1+1", '"', "a\rb", "a\r\nb", "\n", " ", "\r", "1", "must", "[", "{}", ";", ",", "true"])
)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(ids, ids, names, names, st.lists(values, max_size=4))
def test_what_the_schema_allows_the_tables_carry(  # noqa: PLR0913  (what is drawn)
    tmp_path_factory: pytest.TempPathFactory, first: str, second: str, metro: str, name: str, texts: list[str]
) -> None:
    """Names of any letters with commas, quotes and slashes, up to 120 characters, and texts of scenarios of any
    characters.
    """
    data = _called(first, second, metro, name, texts)
    instance = Instance.model_validate(data)
    folder = tmp_path_factory.mktemp("tables") / "t"
    save_tables(instance, folder)
    source = open_tables(str(folder))
    assert source.problems == ()
    assert Instance.model_validate(source.data) == _in_form(instance)


def _called(first: str, second: str, metro: str, name: str, texts: list[str]) -> dict[str, Any]:
    """The small instance with other names: a site and its operator, a workload, a metro, carriers, classes."""
    names = {"fra1": first, "tune": second, "Dublin": metro, "dtag": name, "personal": name, "facilities": name}
    text = json.dumps(small(), ensure_ascii=False)
    for old, new in names.items():
        text = text.replace(json.dumps(old), json.dumps(new, ensure_ascii=False))
    data: dict[str, Any] = json.loads(text)
    data["scenarios"] = [
        {
            "id": "a",
            "probability": 1,
            "known_on": "2027-04-01",
            "changes": [{"path": "sites/x/owner", "operation": "set", "value": value} for value in texts],
        }
    ]
    return data


def _in_form(instance: Instance) -> Instance:
    """As it is read: composed."""
    return Instance.model_validate(compose(instance.model_dump(mode="json", by_alias=True))[0])
