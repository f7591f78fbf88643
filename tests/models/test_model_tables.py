"""An instance as a folder of CSV tables: nothing is lost, and what is wrong is named by file, line and column."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from instances.generator import generate
from models.errors import InputError
from models.files import load_instance, save
from models.files.tables import open_tables, tables_of_instance
from models.files.tables.__main__ import PAGE, listed
from models.files.tables.layout import every_table
from models.instance import Instance
from tests.oracle.tiny import tiny_instance

INSTANCES = Path(__file__).parents[2] / "instances"


def carried(instance: Instance, folder: Path) -> Instance:
    """The instance that comes back from its tables."""
    save(instance, folder)
    return load_instance(folder).instance


@pytest.mark.parametrize("name", ["small.yaml", "handmade.yaml", "quickstart.json"])
def test_nothing_is_lost(name: str, tmp_path: Path) -> None:
    """Out to tables and in again: the same content to the last digit."""
    instance = load_instance(INSTANCES / name).instance
    assert carried(instance, tmp_path / "tables").sha256 == instance.sha256


@pytest.mark.parametrize("seed", range(40))
def test_nothing_is_lost_of_odd_ones(seed: int, tmp_path: Path) -> None:
    """Tiny instances with every feature of the schema: months and quarters, pins of all kinds, earlier plans,
    `must`.
    """
    instance = tiny_instance(seed)
    assert carried(instance, tmp_path / "tables") == instance


def test_a_cut_horizon_and_changes_of_any_kind_come_back(tmp_path: Path) -> None:
    """Pieces of a period, lists by period and by piece, an incumbent with nothing in it, values of scenarios of every
    type.
    """
    data = tiny_instance(0).model_dump(mode="json", by_alias=True)
    data["horizon"] = {
        "today": "2026-12-01",
        "start": "2027-01-01",
        "periods": [
            {"begin": "2027-01-01T00:00Z", "end": "2027-01-08T06:00Z", "of": "2027-01-01"},
            {"begin": "2027-01-08T06:00Z", "end": "2027-02-01T00:00Z", "of": "2027-01-01"},
            "month",
        ],
    }
    for value, which in ((1.5, "ready_mw"), ([0.5, 1.0], "other_load_mw"), ([0.5, 0.75, 1.0], "availability")):
        data["sites"][0][which] = value
    data["incumbent"] = {}
    values = [
        1,
        -0.5,
        "text",
        "1",
        "true",
        '"quoted"',
        True,
        None,
        [1, "a"],
        {"x": [1]},
        "",
        ' line\nbreak, comma; "',
        "2027-01-01",
    ]
    changes = [{"path": "sites/a/owner", "operation": "set", "value": value} for value in values]
    data["scenarios"] = [{"id": "odd", "probability": 1, "known_on": "2026-12-02", "changes": changes}]
    instance = Instance.model_validate(data)
    folder = tmp_path / "tables"
    save(instance, folder)
    source = open_tables(str(folder))
    assert source.problems == ()
    assert Instance.model_validate(source.data).sha256 == instance.sha256


def test_headers_are_fields() -> None:
    """The tables of the quick start have exactly the headers of the layout, and every file of it is one of the
    layout's.
    """
    for name, rows in tables_of_instance(load_instance(INSTANCES / "quickstart.json").instance).items():
        assert tuple(rows[0]) == every_table()[name].header
        assert {len(row) for row in rows} == {len(rows[0])}


def test_the_page_lists_every_table() -> None:
    """`docs/tables.md` is up to date."""
    assert PAGE.read_text() == listed(PAGE.read_text())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The tables of an XS."""
    path = tmp_path / "tables"
    save(generate("XS", 1), path)
    return path


def cell(folder: Path, table: str, line: int, header: str, text: str) -> None:
    """Writes into one cell; lines are counted as an editor does."""
    with (folder / table).open(newline="") as file:
        rows = list(csv.reader(file))
    rows[line - 1][rows[0].index(header)] = text
    with (folder / table).open("w", newline="") as file:
        csv.writer(file).writerows(rows)


def problems(folder: Path) -> list[str]:
    """`file:line column rule` of each problem."""
    with pytest.raises(InputError) as caught:
        load_instance(folder)
    return [f"{Path(p.file or '').name}:{p.line} {p.place} {p.rule}" for p in caught.value.problems]


@pytest.mark.parametrize(
    ("table", "line", "header", "text", "said"),
    [
        ("sites.csv", 3, "ready_mw", "lots", "sites.csv:3 ready_mw must be a number"),
        ("sites.csv", 2, "region", "nowhere", "sites.csv:2 region unknown region"),
        ("sites.csv", 2, "ready_mw", "1,5", "sites.csv:2 ready_mw must be a number"),
        ("sites.csv", 2, "ready_mw", "1e999", "sites.csv:2 ready_mw must be a finite number"),
        ("sites.csv", 2, "run_by", "", "sites.csv:2 run_by missing"),
        ("sites.halls.csv", 2, "site", "nowhere", "sites.halls.csv:2 site there is no such site"),
        ("offers.csv", 2, "divisible", "perhaps", "offers.csv:2 divisible must be true or false"),
        ("offers.csv", 2, "lead_time_weeks.low", "-3", "offers.csv:2 lead_time_weeks.low must be at least 0"),
        ("offers.bands.csv", 2, "price_usd", "", "offers.bands.csv:2 price_usd missing"),
        ("horizon.csv", 2, "today", "tomorrow", "horizon.csv:2 today must be a day, YYYY-MM-DD"),
        ("horizon.csv", 2, "periods", "month;week", "horizon.csv:2 periods "),
        ("network.access_ms.csv", 2, "access_ms", "-1", "network.access_ms.csv:2 access_ms must be at least 0"),
        ("network.access_ms.csv", 2, "metro", "", "network.access_ms.csv:2 metro missing"),
        (
            "inference.demand.demand.csv",
            3,
            "period",
            "2031-01-01",
            "inference.demand.demand.csv:3 period is not a",
        ),
        ("inference.demand.demand.csv", 3, "demand", "many", "inference.demand.demand.csv:3 demand must be a number"),
        ("inference.demand.demand.csv", 3, "metro", "Nowhere", "inference.demand.demand.csv:3 metro there is no such"),
        ("policy.pins.csv", 2, "what", "wish", "policy.pins.csv:2 what must be one of"),
        ("training.csv", 2, "value_usd", "musst", "training.csv:2 value_usd must be"),
    ],
)
def test_a_wrong_cell_is_named(folder: Path, table: str, line: int, header: str, text: str, said: str) -> None:  # noqa: PLR0913  (the columns of the table)
    """Each by file, line and column, with the rule that it breaks."""
    cell(folder, table, line, header, text)
    assert any(found.startswith(said) for found in problems(folder)), problems(folder)


@pytest.mark.parametrize(
    ("table", "text", "said"),
    [
        ("operators.csv", "id;home_country\na;DE\n", "operators.csv:1  is not separated by commas"),
        ("operators.csv", "id,homecountry\na,DE\n", "operators.csv:1 homecountry unknown field"),
        ("operators.csv", "id,home_country,id\na,DE,b\n", "operators.csv:1 id appears twice"),
        ("operators.csv", "home_country\nDE\n", "operators.csv:1 id missing"),
        ("operators.csv", "id,home_country\na,DE,x\n", "operators.csv:2  has 3 cells, the header 2"),
        ("operators.csv", 'id,home_country\n"a,DE\n', "operators.csv:2  is not CSV: unexpected end of data"),
        ("operators.csv", "\n\n", "operators.csv:None  is empty"),
        (
            "horizon.csv",
            "today,start,periods\n2026-01-01,2026-02-01,month\n2026-01-01,2026-02-01,month\n",
            "horizon.csv:3  is a second row; only one is read",
        ),
        ("site.csv", "id\na\n", "site.csv:None  is not a table of an instance"),
        (
            "suppliers.capacity.csv",
            "supplier,period,capacity\nnobody,2027-01-01,3\n",
            "suppliers.capacity.csv:2 supplier there is no such supplier",
        ),
    ],
)
def test_a_wrong_table_is_named(folder: Path, table: str, text: str, said: str) -> None:
    """Separators, headers, widths, quotes, second rows, files and owners that nobody knows."""
    (folder / table).write_text(text)
    assert said in problems(folder)[0] or any(found.startswith(said) for found in problems(folder)), problems(folder)


def test_all_is_said_at_once(folder: Path) -> None:
    """Five planted errors in four tables come out as five."""
    cell(folder, "sites.csv", 2, "metered", "often")
    cell(folder, "sites.csv", 3, "commissioning_weeks", "-1")
    cell(folder, "pools.csv", 2, "nodes", "1.5")
    cell(folder, "offers.csv", 2, "paid", "never")
    cell(folder, "inference.csv", 2, "latency_ms", "fast")
    assert len(problems(folder)) == 5, problems(folder)


def test_a_period_that_is_lacking_is_named(folder: Path) -> None:
    """One row of a long table taken away: the series is named, and the period that it lacks."""
    path = folder / "inference.demand.demand.csv"
    lines = path.read_text().splitlines()
    path.write_text("\n".join([lines[0], *lines[2:]]) + "\n")
    found = problems(folder)
    assert len(found) == 1 and found[0].startswith("inference.demand.demand.csv:2 period lacks 2027-")


def test_a_cell_and_rows_for_the_same_are_refused(folder: Path) -> None:
    """Demand as one number in its row, and by period beside it."""
    cell(folder, "inference.demand.csv", 2, "demand", "5")
    assert any("is given in its row and here, too" in found for found in problems(folder))


def test_what_a_spreadsheet_saves_is_read(folder: Path) -> None:
    """A byte order mark, CRLF, quotes around everything, TRUE, blank lines, columns in another order and columns left
    out.
    """
    instance = load_instance(folder).instance
    for table in folder.iterdir():
        with table.open(newline="") as file:
            rows = list(csv.reader(file))
        order = sorted(range(len(rows[0])), key=lambda n: rows[0][n], reverse=True)
        if len(rows) > 1:  # a column in which nothing stands is left out
            order = [n for n in order if any(row[n] for row in rows[1:])] or order
        with table.open("w", newline="", encoding="utf-8-sig") as file:
            writer = csv.writer(file, quoting=csv.QUOTE_ALL)
            for row in rows:
                writer.writerow(row[n].upper() if row[n] in ("true", "false") else row[n] for n in order)
            file.write("\r\n\r\n")
    assert load_instance(folder).instance == instance


def test_writing_destroys_nothing(tmp_path: Path) -> None:
    """A folder with anything else in it is refused and stays as it is; one of tables is replaced."""
    instance = generate("XS", 1)
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "notes.txt").write_text("keep")
    with pytest.raises(InputError, match=r"holds notes\.txt, which would be lost"):
        save(instance, folder)
    assert [entry.name for entry in folder.iterdir()] == ["notes.txt"]
    (folder / "notes.txt").unlink()
    save(generate("XS", 2), folder)
    save(instance, folder)
    assert load_instance(folder).instance == instance
    assert [entry.name for entry in tmp_path.iterdir()] == ["mine"]


def test_a_folder_without_tables_is_refused(tmp_path: Path) -> None:
    """Said as such, not as an instance with everything missing."""
    with pytest.raises(InputError, match="is a folder without tables"):
        load_instance(tmp_path)
