"""The specification of a batch: its grid, and everything that is wrong with it before anything is solved."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from api.batch.cells import cells_of
from api.batch.spec import read_specification
from instances.generator import generate
from models.errors import InputError
from models.files import save

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two small instances."""
    found = tmp_path_factory.mktemp("batch")
    for seed in (1, 2):
        save(generate("XS", seed), found / f"xs{seed}.json")
    return found


def written(folder: Path, text: str) -> Path:
    path = folder / "spec.yaml"
    path.write_text(text)
    return path


def problems(folder: Path, text: str) -> list[str]:
    """What is told of a specification that is wrong."""
    path = written(folder, text)
    with pytest.raises(InputError) as refused:
        cells_of(read_specification(path), path)
    return [str(problem) for problem in refused.value.problems]


def test_the_grid_is_the_product(folder: Path) -> None:
    """Every instance in every scenario under every policy with all options; each cell has a key of its own."""
    text = """
instances: [xs1.json, xs2.json]
scenarios: [null, growth]
policies: [{name: base}, {name: half, set: {policy.least_confidence: 0.5}}]
options: [{seed: 1}, {seed: 2}, {seed: 3}]
"""
    path = written(folder, text)
    specification = read_specification(path)
    grid = cells_of(specification, path)
    assert len(grid.cells) == specification.size == 24
    assert len({cell.key for cell in grid.cells}) == 24
    assert {cell.solved.policy.least_confidence for cell in grid.cells if cell.policy == "half"} == {0.5}


def test_keys_are_the_same_again_and_name_what_is_solved(folder: Path) -> None:
    """Another order gives the same keys; another limit gives others."""
    keys = []
    for text in (
        "instances: [xs1.json, xs2.json]",
        "instances: [xs2.json, xs1.json]",
        "instances: [xs1.json, xs2.json]\noptions: [{time_limit_seconds: 7}]",
    ):
        path = written(folder, text)
        keys.append({cell.key for cell in cells_of(read_specification(path), path).cells})
    assert keys[0] == keys[1]
    assert not keys[0] & keys[2]


def test_what_would_solve_the_same_is_solved_once(folder: Path) -> None:
    """A policy that sets what is there already makes no cell of its own, and is named."""
    value = generate("XS", 1).policy.least_confidence
    text = f"instances: [xs1.json]\npolicies: [{{name: a}}, {{name: b, set: {{policy.least_confidence: {value}}}}}]"
    path = written(folder, text)
    grid = cells_of(read_specification(path), path)
    assert len(grid.cells) == 1
    assert [(where["policy"], key) for where, key in grid.same] == [("b", grid.cells[0].key)]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("instances: []", ["instances"]),
        ("instances: [none.json]", ["none.json"]),
        ("instances: [xs1.json, xs1.json]", ["spec.yaml:1 instances[1] is 'xs1.json': appears twice"]),
        ("instances: [xs1.json]\nscenarios: [boom]", ["spec.yaml:2 scenarios[0] is 'boom': no such scenario"]),
        ("instances: [xs1.json]\nevents: []", ["spec.yaml:2 events", "unknown field"]),
        ("instances: [xs1.json]\noptions: [{gap: 2}]", ["spec.yaml:2 options[0].gap is 2"]),
        ("instances: [xs1.json]\noptions: [{time_limit: 2}]", ["options[0].time_limit", "unknown field"]),
        ("instances: [xs1.json]\noptions: [{solver: cplex}]", ["options[0].solver is 'cplex'"]),
        ("instances: [xs1.json]\noptions: [{without: [gravity]}]", ["options[0].without", "gravity"]),
        (
            "instances: [xs1.json]\npolicies: [{name: a, set: {sites.nowhere.ready_mw: 1}}]",
            ['spec.yaml:2 policies[0].set["sites.nowhere.ready_mw"]', "matches nothing at step nowhere"],
        ),
        (
            "instances: [xs1.json]\npolicies: [{name: a, set: {policy.least_confidence: 7}}]",
            ["policies[0]", "must be at most 1"],
        ),
        ("instances: [xs1.json]\npolicies: [{name: a}, {name: a}]", ["policies[1].name is 'a': appears twice"]),
        ("instances: [", ["spec.yaml"]),
    ],
)
def test_what_is_wrong_is_told_with_its_line(folder: Path, text: str, words: list[str]) -> None:
    """Place, value and rule, before anything is solved."""
    told = "\n".join(problems(folder, text))
    assert all(word in told for word in words), told


def test_everything_wrong_is_told_at_once(folder: Path) -> None:
    """A missing file, a scenario that is not there and a bad option together."""
    text = "instances: [xs1.json, none.json]\nscenarios: [boom]\noptions: [{solver: cplex}]"
    assert len(problems(folder, text)) == 3
