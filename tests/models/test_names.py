"""Names: how they may be written, that they have one form, and that look-alikes are told."""

from __future__ import annotations

import json
import unicodedata
from pathlib import Path
from typing import Any

import pytest

from models.errors import InputError, Problem
from models.files import instance_of, load_instance, save
from models.references.lookalikes import KIND, outline
from tests.models.small import small
from tests.models.test_model_broken import drop, put
from tests.models.test_model_rules import both

DECOMPOSED = unicodedata.normalize("NFD", "Zürich")


def refused(name: str) -> Problem:
    data = small()
    data["suppliers"].append({"id": name})
    with pytest.raises(InputError) as caught:
        instance_of(data)
    (problem,) = caught.value.problems
    assert problem.place == "suppliers[3].id" and problem.rule.startswith("must be a name")
    return problem


@pytest.mark.parametrize(
    ("name", "fix"),
    [
        ("maker ", "write `maker`, without the blank at its end"),
        (" maker", "write `maker`, without the blank at its start"),
        ("maker\n", "write `maker`"),
        ("ma\x07ker", "remove U+0007 (a control character)"),
        ("ma\u00a0ker", "write `ma ker`, with ordinary blanks"),
        ("maker#2", "write it without #"),
        ("=1+1", "remove `=`"),
        ("-maker", "start it with a letter or a digit, not with `-`"),
        ("a;b", "remove `;`"),
        ("x" * 121, "it has 121 characters"),
        ("", "give it a name"),
        (" ", "give it a name"),
    ],
)
def test_a_name_that_is_none_says_how_to_write_it(name: str, fix: str) -> None:
    """Blanks at the ends, control characters, marks that names do not have, and lengths."""
    assert fix in refused(name).fix


@pytest.mark.parametrize(
    "name", ["AT&T", "L'Aquila", "L’Aquila", "Washington, D.C.", "Frankfurt (FRA12)", "line #4", "x" * 120]
)
def test_names_of_the_world_are_names(name: str) -> None:
    """Carriers, metros and teams are called as they are; ids have fewer marks."""
    data = small()
    data["sites"][0]["uplinks"][0]["carrier"] = name
    data["sites"][0]["owner"] = name
    instance_of(data)


def test_a_reference_may_name_a_run() -> None:
    """`refresh#1` is run 1 of a training that repeats: as a predecessor, in a pin, not as a name of one's own."""
    data = small()
    data["training"][0]["predecessors"] = ["refresh#1"]
    data["policy"]["pins"].append({"what": "forbid", "workload": "refresh#1", "pool": "aws-h200"})
    instance_of(data)
    data["training"][0]["id"] = "pretrain#1"
    with pytest.raises(InputError, match="without #"):
        instance_of(data)


def in_zurich(metro: str, other: str) -> dict[str, Any]:
    """The small instance with a metro that is written in two ways."""
    data = small()
    for table in (data["network"]["access_ms"], data["network"]["round_trip_ms"]):
        table[metro] = table.pop("Dublin")
    data["network"]["egress_usd_per_gb"]["aws-eu-west-1"] = {}
    data["inference"][0]["demand"][1]["metro"] = other
    data["inference"][0]["serving_usd"] = []
    return data


@pytest.mark.parametrize("escaped", [True, False])
def test_a_name_has_one_form(tmp_path: Path, escaped: bool) -> None:
    """`ü` as two characters in one place and as one in the other: the same metro, with a warning at each place that
    changed.
    """
    file = tmp_path / "a.json"
    file.write_text(json.dumps(in_zurich(DECOMPOSED, "Zürich"), indent=1, ensure_ascii=escaped), encoding="utf-8")
    loaded = load_instance(file)
    assert "Zürich" in loaded.instance.network.access_ms
    changed = [w for w in loaded.warnings if "composed form" in w.rule]
    assert [w.place for w in changed] == ["network.access_ms.Zürich", "network.round_trip_ms.Zürich"]
    lines = file.read_text(encoding="utf-8").split("\n")
    assert all("rich" in lines[(w.line or 0) - 1] for w in changed)


def test_nothing_is_said_of_names_in_their_form(tmp_path: Path) -> None:
    """The same instance, composed throughout."""
    file = tmp_path / "a.json"
    file.write_text(json.dumps(in_zurich("Zürich", "Zürich")), encoding="utf-8")
    assert not [w for w in load_instance(file).warnings if "composed form" in w.rule]


def test_tables_have_one_form_too(tmp_path: Path) -> None:
    """A cell that was decomposed by the spreadsheet of another system: read, and named by file, line and column."""
    save(instance_of(in_zurich("Zürich", "Zürich")).instance, tmp_path / "t")
    table = tmp_path / "t" / "network.access_ms.csv"
    table.write_text(unicodedata.normalize("NFD", table.read_text(encoding="utf-8")), encoding="utf-8")
    loaded = load_instance(tmp_path / "t")
    assert "Zürich" in loaded.instance.network.access_ms
    (warning,) = [w for w in loaded.warnings if "composed form" in w.rule]
    assert (Path(warning.file or "").name, warning.line, warning.place) == ("network.access_ms.csv", 3, "metro")


def test_two_names_that_become_one_are_an_error() -> None:
    """Both forms in one table: one of the two must go."""
    data = in_zurich("Zürich", "Zürich")
    data["network"]["access_ms"][DECOMPOSED] = 5
    with pytest.raises(InputError, match="appears twice"):
        instance_of(data)


@pytest.mark.parametrize(
    ("change", "place", "said"),
    [
        (put("suppliers", 1, {"id": "Maker"}), "suppliers[1].id",
         "differs from the supplier 'maker' at suppliers[0].id by case"),
        (put("suppliers", 1, {"id": "mаker"}), "suppliers[1].id", "looks like the supplier 'maker'"),  # Cyrillic а
        (put("suppliers", 1, {"id": "ｍaker"}), "suppliers[1].id", "looks like"),  # full-width m
        (put("suppliers", 1, {"id": "ma\u200dker"}), "suppliers[1].id", "looks like"),  # a joiner, which is not drawn
        (both(put("suppliers", 1, {"id": "lessor 1"}), put("suppliers", 2, {"id": "lessor l"})), "suppliers[2].id",
         "looks like"),
        (put("sites", 0, "uplinks", 1, "carrier", "DTAG"), "sites[0].uplinks[1].carrier", "by case"),
        (put("regions", 1, "metro", "Frаnkfurt"), "regions[1].metro",
         "looks like the metro 'Frankfurt' at network.access_ms"),
        (put("training", 0, "data_class", "Personal"), "training[0].data_class", "by case"),
        (put("regions", 1, "jurisdictions", ["IE", "EU", "ΕU"]), "regions[1].jurisdictions[2]",
         "looks like the law 'EU'"),
    ],
)  # fmt: skip
def test_names_that_are_taken_for_one_another(change: Any, place: str, said: str) -> None:
    """Case, Greek, Cyrillic and full-width letters, l and 1, what is not drawn at all: told where the second one
    stands.
    """
    data = small()
    drop("offers", 1)(data)
    data["offers"] = [offer for offer in data["offers"] if offer["supplier"] == "maker"]
    data["training"][0]["value_usd"], data["training"][1]["value_usd"] = 5e6, 5e6
    data["inference"][0] |= {"unserved_usd_per_unit_hour": 1, "uncovered_usd_per_unit_hour": 1}
    change(data)
    found = [w for w in instance_of(data).warnings if w.kind == KIND]
    assert [w.place for w in found] == [place], found
    assert said in found[0].rule


def test_names_that_nobody_mixes_up() -> None:
    """Numbers in names, accents, other words: nothing to say."""
    names = [
        "pool-1",
        "pool-10",
        "pool-11",
        "pool-2",
        "Zürich",
        "Zurich",
        "fra1",
        "frai",
        "h100",
        "h200",
        "modern",
        "modem",
    ]
    assert len({outline(name) for name in names}) == len(names)
