"""Notes: on everything that has a row of its own, carried by every file, and not part of the content."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from models.errors import InputError
from models.files import instance_of, load_instance, save, to_json
from models.instance import Instance
from models.trees import trees
from tests.models.small import small

if TYPE_CHECKING:
    import pathlib

    from models.paths import Path
    from models.values import Tree

WITHOUT = {
    "Weeks",
    "Validity",
    "Scaling",
    "ChangePrices",
    "OutageHours",
    "Growth",
    "Piece",
    "Span",
}  # no row of their own
TEXT = 'Waiting for the utility, see "grid-2";\n\tcall 7 May = =1+1'


def parts(instance: Instance) -> list[tuple[Path, Tree]]:
    """Every tree of an instance, with its path; the instance itself first."""
    below = [found for name in Instance.model_fields for found in trees(getattr(instance, name), (name,))]
    return [((), instance), *below]


def noted(text: str = TEXT) -> Instance:
    """The small instance with a note on every tree that can have one, each with its place."""
    instance = instance_of(small()).instance
    dumped = instance.model_dump(mode="json", by_alias=True)
    for path, tree in parts(instance):
        if "note" in type(tree).model_fields:
            place: Any = dumped
            for step in path:
                place = place[step]
            place["note"] = f"{text} {path}"
    return instance_of(dumped).instance


@pytest.mark.parametrize("name", ["a.json", "a.yaml", "a"])
def test_every_file_carries_every_note(tmp_path: pathlib.Path, name: str) -> None:
    """Notes of several lines with quotes, commas and what a spreadsheet would take for a formula, on all kinds
    of tree.
    """
    instance = noted()
    save(instance, tmp_path / name)
    assert load_instance(tmp_path / name).instance == instance


def test_a_note_changes_no_content() -> None:
    """The hash is that of the instance without notes; equality sees them."""
    plain, full = instance_of(small()).instance, noted()
    assert full.sha256 == plain.sha256
    assert full != plain


def test_a_file_without_notes_does_not_mention_them() -> None:
    """Null is not written."""
    assert b'"note"' not in to_json(instance_of(small()).instance)


def test_whatever_has_a_row_may_have_a_note() -> None:
    """Every tree of an instance but those that stand in the row of another, and those of a plan."""
    for path, tree in parts(noted()):
        if path[:2] != ("incumbent", "plan"):
            assert (type(tree).__name__ in WITHOUT) == ("note" not in type(tree).model_fields), type(tree).__name__


@pytest.mark.parametrize("text", ["", " ", "\n"])
def test_an_empty_note_is_none(text: str) -> None:
    """As an empty cell is."""
    data = small()
    data["note"] = text
    assert instance_of(data).instance.note is None


@pytest.mark.parametrize(
    ("note", "rule"), [("a\x00b", "control"), ("x" * 10_001, "at most 10,000"), (5, "must be text")]
)
def test_notes_that_are_none(note: object, rule: str) -> None:
    """Control characters, novels and numbers."""
    data = small()
    data["sites"][0]["note"] = note
    with pytest.raises(InputError) as caught:
        instance_of(data)
    (problem,) = caught.value.problems
    assert problem.place == "sites[0].note" and rule in problem.rule, problem


def test_a_metro_may_be_called_note() -> None:
    """A name in a table is no note: it stays in the content."""
    data = json.loads(json.dumps(small()).replace('"Dublin"', '"note"'))
    instance = instance_of(data).instance
    other = json.loads(json.dumps(data).replace('"note": 9', '"note": 10'))
    assert instance.network.access_ms["note"] == 9
    assert instance_of(other).instance.sha256 != instance.sha256
