"""The schema: every field says what it is, and the checked-in JSON Schemas are those of the trees."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from models.errors import Problem
from models.files import instance_of
from models.paths import path_of, place_of
from models.schema import SCHEMAS, path_of_schema, schema_of, text_of
from models.values import Tree
from tests.models.small import small

_KINDS = (  # what a kind of value says of itself is not what a field says
    "a name: letters",
    "USD; null: a commitment",
    "first day of a period, or begin",
)


def all_trees(kind: type[Tree] = Tree) -> Iterator[type[Tree]]:
    for inner in kind.__subclasses__():
        yield inner
        yield from all_trees(inner)


@pytest.mark.parametrize("tree", sorted(set(all_trees()), key=lambda t: t.__name__), ids=lambda t: t.__name__)
def test_every_field_is_described(tree: type[Tree]) -> None:
    """In its own words."""
    for name, field in tree.model_fields.items():
        assert field.description, f"{tree.__name__}.{name}"
        assert not field.description.startswith(_KINDS), f"{tree.__name__}.{name}"
    assert tree.__doc__


@pytest.mark.parametrize("name", SCHEMAS)
def test_the_checked_in_schema_is_up_to_date(name: str) -> None:
    """If not: `python -m models.schema`."""
    assert path_of_schema(name).read_text(encoding="utf-8") == text_of(name)


@pytest.mark.parametrize("name", SCHEMAS)
def test_the_schema_says_what_files_hold(name: str) -> None:
    """Names as in files, money as numbers, nothing but keywords that JSON Schema has."""
    text = json.dumps(schema_of(name))
    assert '"schema_"' not in text
    assert '"from_"' not in text
    assert '"ge":' not in text
    assert '"additionalProperties": false' in text


def test_defaults_are_those_of_the_trees() -> None:
    """What the schema names as a default is what an instance gets."""
    dumped = instance_of(small()).instance.model_dump(mode="json", by_alias=True)
    properties: dict[str, Any] = schema_of("instance")["$defs"]["Site"]["properties"]
    provider = dumped["sites"][1]
    for name in ("ready_mw", "metered", "availability", "roadmap", "commissioning_weeks"):
        assert provider[name] == properties[name]["default"]


@pytest.mark.parametrize(
    "path",
    [(), ("sites", 3, "halls", 1), ("network", "access_ms", "New York"), ("a", 'b"]', "c\\"), (0, 1), ("2027-01",)],
)
def test_places_and_paths(path: tuple[str | int, ...]) -> None:
    """A place reads back as the path that it was made of."""
    assert path_of(place_of(path)) == path


def test_a_problem_reads_as_one_sentence() -> None:
    """File, line, place, value, rule, way out."""
    problem = Problem("sites[3].ready_mw", -1, "must be at least 0", "correct it", "a.json", 7)
    assert str(problem) == "a.json:7 sites[3].ready_mw is -1: must be at least 0. To fix: correct it."
