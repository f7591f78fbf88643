"""Hostile and unlucky files: each is an InputError that says what is wrong, never a traceback, never a long wait."""

from __future__ import annotations

import json
import os
import random
import time
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.errors import InputError, Problem
from models.files import instance_of, load_instance, read_instance
from tests.models.small import small

if TYPE_CHECKING:
    from pathlib import Path


def refused(data: bytes, file: str = "x.json") -> list[Problem]:
    with pytest.raises(InputError) as caught:
        read_instance(data, file)
    assert all(problem.rule and problem.fix for problem in caught.value.problems)
    str(caught.value)
    return caught.value.problems


def only(data: bytes, file: str = "x.json") -> Problem:
    (problem,) = refused(data, file)
    return problem


@pytest.mark.parametrize(
    ("data", "rule", "line"),
    [
        (b"", "is empty", None),
        (b" \n\t\n", "is empty", None),
        (b"\xef\xbb\xbf{}", "UTF-8 with a byte order mark", 1),
        ("{}".encode("utf-16"), "UTF-16", 1),
        ("{}".encode("utf-32"), "UTF-32", 1),
        ("{}".encode("utf-16-le"), "NUL byte", 1),
        (b'{\n"a": "\xe4"}', "is not UTF-8", 2),
        (b"\x89PNG\r\n\x1a\n\x00", "NUL byte", 3),
        (b'{"a": 1,\n "b": }', "is not JSON: expecting value, column 7", 2),
        (b'{"a": 1}\n{', "is not JSON: extra data", 2),
        (b'{"a": 1', "at the end", 1),
        (b"nonsense", "is not JSON", 1),
        (b"[1, 2]", "must hold an object, holds a list", 1),
        (b"3", "must hold an object, holds a number", 1),
        (b'"x"', "must hold an object, holds a text", 1),
        (b"null", "must hold an object, holds nothing", 1),
        (b'{"a": "\t"}', "is not JSON: invalid control character", 1),
    ],
)
def test_json_that_is_none(data: bytes, rule: str, line: int | None) -> None:
    """Encodings, junk and broken syntax."""
    problem = only(data)
    assert rule in problem.rule
    assert problem.line == line


@pytest.mark.parametrize(
    ("text", "rule", "line"),
    [
        ("a: [1\nb: 2", "is not YAML", 2),
        ("a: 1\n\tb: 2", "is not YAML", 2),
        ("a: 1\n---\na: 2", "several documents", 2),
        ("- 1", "must hold an object, holds a list", 1),
        ("just words", "must hold an object, holds a text", 1),
        ("? [a, b]\n: 1", "a name must be plain text", 1),
        ("a: \x07", "is not YAML", None),
        ("a: 'b", "is not YAML", None),
        ("%YAML 9.9\n---\n", "YAML", None),
    ],
)
def test_yaml_that_is_none(text: str, rule: str, line: int | None) -> None:
    """Broken syntax, several documents, names that are no names."""
    problem = only(text.encode(), "x.yaml")
    assert rule in problem.rule
    assert line is None or problem.line == line


@pytest.mark.parametrize(
    ("text", "place", "rule", "line"),
    [
        ("policy: &p {}\n", "policy", "anchors are not read", 1),
        ("schema: x\npolicy: *p\n", "policy", "aliases are not read", 2),
        ("policy:\n  <<: {a: 1}\n", 'policy["<<"]', "merges are not read", 2),
        ("schema: !!str x\n", "schema", "tags are not read", 1),
        ("schema: !!python/object:os.system x\n", "schema", "tags are not read", 1),
        ("policy: {}\nschema: x\npolicy: {}\n", "policy", "appears twice", 3),
    ],
)
def test_what_yaml_can_do_and_instances_cannot(text: str, place: str, rule: str, line: int) -> None:
    """Anchors, aliases, merges, tags and names that stand twice are problems with a line."""
    assert any((p.place, p.line) == (place, line) and rule in p.rule for p in refused(text.encode(), "x.yaml"))


def test_a_name_that_stands_twice_in_json() -> None:
    """The second one is named; the rest of the file is judged all the same."""
    text = json.dumps(small(), indent=1).replace('"run_by": "us",', '"run_by": "us",\n"run_by": "us",')
    problem = only(text.encode())
    assert (problem.place, problem.rule) == ("sites[0].run_by", "appears twice")
    assert text.split("\n")[(problem.line or 0) - 1] == '"run_by": "us",'


@pytest.mark.wall_clock
@pytest.mark.parametrize("file", ["x.json", "x.yaml"])
@pytest.mark.parametrize(("opened", "levels"), [("[", 100_000), ('{"a":', 100_000), ('{"a": [', 40)])
def test_deep_nesting(file: str, opened: str, levels: int) -> None:
    """100,000 levels are refused in no time, and so are 80."""
    began = time.perf_counter()
    closed = "]}" * levels if levels == 40 else ""
    assert "nested deeper than 64 levels" in only((opened * levels + closed).encode(), file).rule
    assert time.perf_counter() - began < 2


def test_deep_nesting_where_anything_may_stand() -> None:
    """The value of a scenario's change is free, but not that deep."""
    data = small()
    deep: list[object] = []
    for _ in range(500):
        deep = [deep]
    data["scenarios"][1]["changes"][0]["value"] = deep
    assert "nested deeper" in only(json.dumps(data).encode()).rule
    with pytest.raises(InputError, match="nested deeper"):
        instance_of(data)


@pytest.mark.parametrize("file", ["x.json", "x.yaml"])
def test_numbers_that_are_none(file: str) -> None:
    """NaN, infinities and integers of thousands of digits, wherever they stand."""
    nan, infinite = ("NaN", "-Infinity") if file == "x.json" else (".nan", "-.inf")
    text = json.dumps(small(), indent=1)
    text = text.replace('"max_rack_kw": 45', f'"max_rack_kw": {nan}').replace('"latency_ms": 60', '"latency_ms": 1e999')
    text = text.replace('"node_kw": 10.2', f'"node_kw": {infinite}').replace('"limit": 40', '"limit": ' + "9" * 5000)
    text = text.replace('"value": 1.3', '"value": ' + "7" * 4000)
    found = {problem.place: problem for problem in refused(text.encode(), file)}
    assert set(found) == {
        "sites[0].halls[0].max_rack_kw",
        "inference[0].latency_ms",
        "accelerators[0].node_kw",
        "offers[3].limit",
        "scenarios[1].changes[0].value",
    }
    assert "more than 40 digits" in found["offers[3].limit"].rule
    assert "more than 40 digits" in found["scenarios[1].changes[0].value"].rule
    assert found["inference[0].latency_ms"].rule == "must be a finite number"
    lines = text.split("\n")
    assert all(place.split(".")[-1] in lines[(problem.line or 0) - 1] for place, problem in found.items())


def test_half_characters() -> None:
    """A lone surrogate can be escaped in JSON, but nobody can write it."""
    text = json.dumps(small()).replace('"facilities"', '"\\ud800x"')
    assert "half a character" in only(text.encode()).rule


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    """Missing, a folder, no regular file, another kind, a name that is none."""
    (tmp_path / "folder.json").mkdir()
    (tmp_path / "x.toml").write_text("a = 1")
    os.mkfifo(tmp_path / "pipe.json")
    for name, rule in [
        ("missing.json", "does not exist"),
        ("folder.json", "is a folder"),
        ("pipe.json", "is not a regular file"),
        ("x.toml", "must be a .json, .yaml or .yml file"),
        ("no\0name.json", "does not exist"),
    ]:
        with pytest.raises(InputError) as caught:
            load_instance(tmp_path / name)
        assert rule in caught.value.problems[0].rule


def test_a_file_that_may_not_be_read(tmp_path: Path) -> None:
    """Permissions are named."""
    if os.geteuid() == 0:
        pytest.skip("nothing is forbidden to root")
    file = tmp_path / "x.json"
    file.write_text("{}")
    file.chmod(0)
    with pytest.raises(InputError, match="Permission denied"):
        load_instance(file)


def test_a_file_that_is_too_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Refused by its size, before it is read."""
    monkeypatch.setattr("models.files.source.LARGEST_JSON", 10)
    file = tmp_path / "x.json"
    file.write_text("{" + " " * 20 + "}")
    with pytest.raises(InputError, match="is larger than"):
        load_instance(file)


_LEAVES = (
    "null", "true", "-1", "0", "3.5", "1e999", "NaN", '""', '"derived"', "[]", "{}", "[[]]", '{"what": "order"}',
    '"fra1"', "1" * 30, '"2027-01-01"', '["a", "a"]', '{"2027-01": 1}', "1e-9", "123456789",
)  # fmt: skip


def damage(instance: Any, chance: random.Random) -> None:
    """Replace, remove or rename one thing somewhere."""
    node = instance
    while True:
        step = chance.choice(list(node) if isinstance(node, dict) else range(len(node)))
        if not (isinstance(node[step], (dict, list)) and node[step] and chance.random() < 0.8):
            break
        node = node[step]
    match chance.choice(["replace", "replace", "remove", "rename"]):
        case "remove":
            del node[step]
        case "rename" if isinstance(node, dict):
            node[str(step)[:-1]] = node.pop(step)
        case _:
            node[step] = json.loads(chance.choice(_LEAVES))


@pytest.mark.parametrize("seed", range(6))
def test_any_damage_is_an_input_error(seed: int) -> None:
    """Whatever is damaged, once or several times: it loads, or it is an InputError with places and ways out."""
    chance = random.Random(seed)
    for _ in range(60):
        instance = small()
        for _ in range(chance.randint(1, 4)):
            damage(instance, chance)
        problems: list[Problem] = []
        try:
            read_instance(json.dumps(instance).encode())
        except InputError as error:
            problems = error.problems
            str(error)
        assert all(problem.line == 1 and problem.rule and problem.fix for problem in problems)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(st.binary(max_size=60) | st.text(alphabet="[]{}:,-?&*!|>'\"%@`#\n \tab1.<~", max_size=40).map(str.encode))
def test_any_junk_is_an_input_error(junk: bytes) -> None:
    """Random bytes and random YAML punctuation."""
    for file in ("x.json", "x.yaml"):
        with pytest.raises(InputError):
            read_instance(junk, file)
