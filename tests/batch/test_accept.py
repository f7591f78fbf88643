"""Acceptance of a batch against a baseline, and two batches side by side."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import pytest

from api.batch.accept import Thresholds, accepted, junit, read_thresholds
from models.errors import InputError
from tests.cli.as_json import ampacity

if TYPE_CHECKING:
    from pathlib import Path


def line(instance: str, **more: Any) -> dict[str, Any]:
    """A cell with a plan of 100 USD."""
    facts: dict[str, Any] = {"key": instance, "instance": instance, "scenario": None, "policy": "base", "options": {}}
    facts |= {"state": "proven", "holds": "plan", "objective_usd": 100.0, "unserved_share": 0.1, "headroom_mw": 5.0}
    return facts | more


def batch(folder: Path, *lines: dict[str, Any]) -> Path:
    """A folder with such cells."""
    folder.mkdir()
    (folder / "cells.jsonl").write_text("".join(json.dumps(one) + "\n" for one in lines))
    return folder


@pytest.mark.parametrize(
    ("figure", "threshold", "good", "bad"),
    [
        ("objective_usd", {"cost_usd": {"relative": 0.01}}, 101.0, 101.1),
        ("objective_usd", {"cost_usd": {"relative": 0.01, "absolute": 1}}, 102.0, 102.1),
        ("objective_usd", {"cost_usd": {}}, 100.0, 100.01),
        ("unserved_share", {"unserved_share": {"absolute": 0.05}}, 0.15, 0.16),
        ("headroom_mw", {"headroom_mw": {"relative": 0.1}}, 4.5, 4.4),
    ],
)
def test_a_figure_may_be_worse_by_its_threshold(
    tmp_path: Path, figure: str, threshold: dict[str, Any], good: float, bad: float
) -> None:
    """Up to it and no further; what is better passes whatever the threshold."""
    thresholds = Thresholds.model_validate(threshold)
    baseline = batch(tmp_path / "before", line("a"))
    better = 1000.0 if figure == "headroom_mw" else 0.0
    for number, (value, verdict) in enumerate(((good, "passed"), (bad, "failed"), (better, "passed"))):
        folder = batch(tmp_path / f"after{number}", line("a", **{figure: value}))
        assert [one.verdict for one in accepted(folder, baseline, thresholds)] == [verdict], value


def test_a_lost_plan_fails_and_a_new_cell_does_not(tmp_path: Path) -> None:
    """Both are named; a CI service reads them as a failure and as skipped."""
    lost = {"holds": "none", "objective_usd": None, "state": "no plan"}
    before = batch(tmp_path / "before", line("a"), line("b"), line("c", **lost))
    after = batch(tmp_path / "after", line("a", **lost), line("c"), line("d"))
    findings = accepted(after, before, Thresholds.model_validate({"cost_usd": {}}))
    assert [(one.cell.where[0], one.verdict) for one in findings] == [
        ("a", "missing"), ("b", "missing"), ("c", "new"), ("d", "new"),
    ]  # fmt: skip
    suite = ET.fromstring(junit(findings, "x"))
    assert (suite.get("tests"), suite.get("failures"), suite.get("skipped")) == ("4", "2", "2")


def test_the_command_ends_with_8_where_one_fails(tmp_path: Path) -> None:
    """And names cell, figure, values and limit; 0 where none does; the JUnit file is whole."""
    before, after = batch(tmp_path / "before", line("a")), batch(tmp_path / "after", line("a", objective_usd=110.0))
    thresholds = tmp_path / "t.yaml"
    for allowed, code in ((0.05, 8), (0.2, 0)):
        thresholds.write_text(f"cost_usd: {{relative: {allowed}}}\n")
        words = ("accept", str(after), str(before), str(thresholds), "--junit", str(tmp_path / "j.xml"))
        ended, found = ampacity(*words)
        assert (ended, found["accepted"]) == (code, code == 0)
        assert ET.parse(tmp_path / "j.xml").getroot().get("tests") == "1"
    assert found["findings"][0] | {"limit": 0} == {
        "instance": "a",
        "scenario": None,
        "policy": "base",
        "options": {},
        "figure": "cost_usd",
        "verdict": "passed",
        "baseline": 100.0,
        "value": 110.0,
        "limit": 0,
    }


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("cost: {relative: 1}", "t.yaml:1 cost"),
        ("cost_usd: {relative: -1}", "t.yaml:1 cost_usd.relative"),
        ("cost_usd: 3", "t.yaml:1 cost_usd"),
        ("[", "t.yaml"),
    ],
)
def test_wrong_thresholds_are_told(tmp_path: Path, text: str, words: str) -> None:
    """With their line."""
    path = tmp_path / "t.yaml"
    path.write_text(text)
    with pytest.raises(InputError, match=words.replace("[", r"\[")):
        read_thresholds(path)


def test_a_folder_without_a_batch_is_told(tmp_path: Path) -> None:
    """Exit 3 and the way out, for either side."""
    before = batch(tmp_path / "before", line("a"))
    (tmp_path / "t.yaml").write_text("cost_usd: {}\n")
    for words in ((tmp_path / "none", before), (before, tmp_path / "none")):
        code, found = ampacity("accept", *map(str, words), str(tmp_path / "t.yaml"))
        assert code == 3
        assert "ampacity batch -o" in found["errors"][0]["fix"]


def test_the_baseline_of_the_project_names_its_cells() -> None:
    """Every cell of `make accept` has a plan in the baseline."""
    from api.batch.stored import read_batch
    from benchmarks.acceptance import CELLS

    lines = read_batch(CELLS.parent / "baseline")
    assert {where[0] for where in lines} == {f"xs{seed}.json" for seed in range(1, 13)}
    assert all(one["holds"] == "plan" for one in lines.values())
