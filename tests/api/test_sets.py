"""`--set PATH=VALUE`: one field of an instance, by the ways in which a path can be written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from api.runs.inputs import given
from api.runs.sets import parse_set, with_sets
from models.errors import InputError
from models.files import load_instance
from models.instance import Instance

SMALL = Path(__file__).parents[2] / "instances" / "small.yaml"


@pytest.mark.parametrize(
    ("text", "path", "value"),
    [
        ("sites[fra1].ready_mw=12", "sites[fra1].ready_mw", 12),
        ("sites[0].ready_mw = 1.5", "sites[0].ready_mw", 1.5),
        ("policy/least_confidence=null", "policy/least_confidence", None),
        ("sites[a=b].owner=c=d", "sites[a=b].owner", "c=d"),
        ('a.b="3"', "a.b", "3"),
        ("a.b=NaN", "a.b", "NaN"),
        ("a.b=", "a.b", ""),
    ],
)
def test_path_and_value_are_split(text: str, path: str, value: Any) -> None:
    """At the first `=` outside of brackets; the value is JSON where it is, else text."""
    assert parse_set(text) == (path, value)


@pytest.mark.parametrize("text", ["", "=3", "sites", "sites[a.b=3", "sites[a"])
def test_what_is_no_assignment_is_refused(text: str) -> None:
    """The way out says how to write one."""
    with pytest.raises(InputError, match="is not PATH=VALUE"):
        parse_set(text)


@pytest.mark.parametrize(
    "path", ["sites[fra1].ready_mw", "sites[0].ready_mw", "sites/fra1/ready_mw", "sites.fra1.ready_mw"]
)
def test_every_way_to_write_a_path_leads_to_the_field(path: str) -> None:
    """By name or number, in brackets, with dots or slashes; the file's own instance stays as it is."""
    before = load_instance(SMALL).instance
    after = with_sets(before, [(path, 12.5)])
    assert (after.sites[0].id, after.sites[0].ready_mw) == ("fra1", 12.5)
    assert before.sites[0].ready_mw != 12.5
    assert after.sites[1:] == before.sites[1:]


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        ("sites[nowhere].ready_mw", 1, "matches nothing at step nowhere"),
        ("sites[fra1].ready_mw", -1, "sites.0..ready_mw"),
        ("sites[fra1]..ready_mw", 1, "is not the path of a field"),
        ("sites[fra1]ready_mw", 1, "is not the path of a field"),
        ("horizon.today", "2026-01-01", "is the same in every scenario"),
        ("sites[fra1].region", "atlantis", "atlantis"),
    ],
)
def test_what_cannot_be_set_is_told(path: str, value: Any, words: str) -> None:
    """A path that leads nowhere, a value that breaks a rule, a reference to nothing."""
    with pytest.raises(InputError, match=words):
        with_sets(load_instance(SMALL).instance, [(path, value)])


def test_what_is_set_has_the_last_word() -> None:
    """After the scenario, and one after the other."""
    scenario = {"id": "less", "probability": 1.0, "known_on": "2027-01-01"}
    scenario |= {"changes": [{"path": "sites/fra1/ready_mw", "operation": "set", "value": 2.0}]}
    data = load_instance(SMALL).instance.model_dump(mode="json", by_alias=True)
    instance = Instance.model_validate(data | {"scenarios": [scenario]})
    assert given(instance, "less").instance.sites[0].ready_mw == 2.0
    sets = [("sites[fra1].ready_mw", 3.0), ("sites[fra1].ready_mw", 4.0)]
    assert given(instance, "less", sets).instance.sites[0].ready_mw == 4.0
