"""The schema: every field says what it is, and the checked-in JSON Schemas are those of the trees."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from models.errors import Problem
from models.files import instance_of
from models.instance import canonical
from models.paths import path_of, place_of
from models.schema import SCHEMAS, path_of_schema, schema_of, text_of
from models.values import Tree
from tests.models.small import small

if TYPE_CHECKING:
    from collections.abc import Iterator

_KINDS = (  # what a kind of value says of itself is not what a field says
    "a name: letters",
    "USD; null: a commitment",
    "first day of a period, or start",
)


def all_trees(kind: type[Tree] = Tree) -> Iterator[type[Tree]]:
    for inner in kind.__subclasses__():
        yield inner
        yield from all_trees(inner)


def _name(tree: object) -> str:
    assert isinstance(tree, type)
    return tree.__name__


@pytest.mark.parametrize("tree", sorted(set(all_trees()), key=_name), ids=_name)
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


def test_a_field_that_came_later_is_in_no_file_that_does_not_give_it() -> None:
    """So the content, and its hash, are as before it came; where it is given it is carried."""
    data = small()
    del data["policy"]["water_caps"], data["sites"][0]["water_l_per_kwh"], data["sites"][0]["water_usd_per_m3"]
    assert b"water" not in canonical(instance_of(data).instance)
    assert b'"water_l_per_kwh":1.8,"water_usd_per_m3":3.5' in canonical(instance_of(small()).instance)


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
