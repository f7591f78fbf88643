"""Batches by the command line: interrupted in every way, they end with each cell once."""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow.parquet
import pytest

from instances.generator import generate
from models.files import load_instance, load_plan, save
from solver.check import check

if TYPE_CHECKING:
    from collections.abc import Sequence

pytestmark = pytest.mark.wall_clock

ROOT = Path(__file__).parents[2]
QUICK = "{time_limit_seconds: 20, gap: 0.5"


def quick(folder: Path, seeds: int) -> Path:
    """The instance of `ampacity init`, which is solved within two seconds, with a few seeds."""
    shutil.copy(ROOT / "instances" / "starter.yaml", folder / "a.yaml")
    listed = ", ".join(f"{QUICK}, seed: {seed}}}" for seed in range(1, seeds + 1))
    path = folder / "spec.yaml"
    path.write_text(f"instances: [a.yaml]\noptions: [{listed}]\n")
    return path


def specification(folder: Path, instances: int, seeds: int, options: str = QUICK) -> Path:
    """Small instances, each with a few seeds."""
    for seed in range(1, instances + 1):
        save(generate("XS", seed), folder / f"xs{seed}.json")
    names = ", ".join(f"xs{seed}.json" for seed in range(1, instances + 1))
    listed = ", ".join(f"{options}, seed: {seed}}}" for seed in range(1, seeds + 1))
    path = folder / "spec.yaml"
    path.write_text(f"instances: [{names}]\noptions: [{listed}]\n")
    return path


def words_of(path: Path, *more: str) -> list[str]:
    return [sys.executable, "-m", "api.cli", "batch", str(path), "-o", str(path.parent / "out"), *more]


def batch(path: Path, *more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(words_of(path, *more), cwd=ROOT, capture_output=True, text=True, check=False)


def lines(path: Path) -> list[dict[str, Any]]:
    text = (path.parent / "out" / "cells.jsonl").read_text()
    return [json.loads(line) for line in text.splitlines()]


def killed(path: Path, after: int, more: Sequence[str]) -> None:
    """`kill -9` of the process group once so many lines are there."""
    process = subprocess.Popen(
        words_of(path, *more), cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    journal = path.parent / "out" / "cells.jsonl"
    until = time.monotonic() + 120
    while process.poll() is None and time.monotonic() < until:
        if journal.exists() and journal.read_bytes().count(b"\n") >= after:
            break
        time.sleep(0.02)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def interrupted(path: Path, cells: int, kills: int, seed: int, *more: str) -> None:
    """Kills a batch at seeded moments, and lets it end."""
    chance = random.Random(seed)
    for after in sorted(chance.sample(range(cells), kills)):
        killed(path, after, more)
    before = {line["key"] for line in lines(path)}
    done = batch(path, *more)
    assert done.returncode == 0, done.stderr
    keys = [line["key"] for line in lines(path)]
    assert len(keys) == len(set(keys)) == cells, f"seed {seed}"
    solved = re.search(r"(\d+) cells, (\d+) of them done", done.stderr)
    assert solved is not None
    assert int(solved[2]) >= len(before), "something is solved twice"
    for line in lines(path):
        run = path.parent / "out" / "runs" / line["key"]
        if line["holds"] == "none":  # a second was not enough
            assert line["state"] == "no plan"
            continue
        checked = check(load_instance(run / "instance.json").instance, load_plan(run / "plan.json"))
        assert not checked.breaches
        assert float(checked.cost_usd) == pytest.approx(line["objective_usd"], abs=0.01)


def test_a_batch_that_is_killed_goes_on_where_it_was(tmp_path: Path) -> None:
    """24 cells, two at a time, two kills of the process group: 24 keys, each once, and nothing is solved twice."""
    interrupted(specification(tmp_path, 4, 6, "{time_limit_seconds: 1, gap: 0.9"), 24, 2, 1, "--jobs", "2")


@pytest.mark.slow
def test_three_hundred_cells_survive_three_kills(tmp_path: Path) -> None:
    """300 cells of five seconds, two at a time, about fifteen minutes."""
    interrupted(specification(tmp_path, 20, 15, "{time_limit_seconds: 5, gap: 0"), 300, 3, 2, "--jobs", "2")


def test_the_tables_and_summaries_hold_what_was_found(tmp_path: Path) -> None:
    """A row for each cell in CSV and Parquet with units, text and page; the page refers to nothing elsewhere."""
    path = specification(tmp_path, 2, 1)
    path.write_text(
        path.read_text() + "policies: [{name: base}, {name: '<b>tight', set: {policy.least_confidence: 1}}]\n"
    )
    done = batch(path, "--jobs", "2", "--format", "json")
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    out, count = tmp_path / "out", document["cells"]
    assert document["done"] == document["with_plan"] == count == 4 - len(document["same"])
    table = pyarrow.parquet.read_table(out / "cells.parquet")
    assert table.num_rows == count
    assert table.schema.field("objective_usd").metadata == {b"unit": b"USD"}
    costs = {line["key"]: line["objective_usd"] for line in lines(path)}
    assert dict(zip(table["key"].to_pylist(), table["objective_usd"].to_pylist(), strict=True)) == costs
    assert (out / "cells.csv").read_text().count("\n") == count + 1
    page, text = (out / "summary.html").read_text(), (out / "summary.txt").read_text()
    assert not re.search(r"(src|href|url)\s*[=(]|https?:|<script", page)
    assert "<b>tight" not in page
    for line in lines(path):
        assert f"{line['objective_usd']:,.0f}" in page
        assert f"{line['objective_usd']:,.0f}" in text


def test_what_is_unchanged_is_reused(tmp_path: Path) -> None:
    """A seed more solves one cell; a torn last line is cut off and its run is found again."""
    path = quick(tmp_path, 2)
    assert batch(path).returncode == 0
    first = lines(path)
    journal = tmp_path / "out" / "cells.jsonl"
    journal.write_bytes(journal.read_bytes()[:-40])
    quick(tmp_path, 3)
    done = batch(path)
    assert done.returncode == 0
    assert "3 cells, 2 of them done" in done.stderr
    after = lines(path)
    assert [line["key"] for line in after[:2]] == [line["key"] for line in first]
    assert len({line["key"] for line in after}) == len(after) == 3


def test_a_cell_without_a_plan_is_a_result(tmp_path: Path) -> None:
    """No time for a plan: the batch ends with 0, with `--strict` with 8; a broken line in the middle is told."""
    save(generate("M", 1), tmp_path / "m.json")
    path = tmp_path / "spec.yaml"
    path.write_text("instances: [m.json]\noptions: [{time_limit_seconds: 1}]\n")
    assert batch(path).returncode == 0
    assert [(line["state"], line["holds"]) for line in lines(path)] == [("no plan", "none")]
    assert batch(path, "--strict").returncode == 8
    journal = tmp_path / "out" / "cells.jsonl"
    journal.write_text("not a line\n" + journal.read_text())
    done = batch(path)
    assert (done.returncode, "cells.jsonl:1" in done.stderr) == (3, True)
    assert "Traceback" not in done.stderr


def test_a_folder_is_used_by_one_batch_at_a_time(tmp_path: Path) -> None:
    """The second one is refused with a clear word; an interrupt ends the first, which can go on."""
    path = specification(tmp_path, 1, 2, "{time_limit_seconds: 30, gap: 0")
    first = subprocess.Popen(words_of(path), cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert first.stderr is not None
    assert "2 cells, 0 of them done" in first.stderr.readline()
    second = batch(path)
    assert (second.returncode, "is in use by another process" in second.stderr) == (3, True)
    first.send_signal(signal.SIGINT)
    said, errors = first.communicate(timeout=30)
    assert first.returncode == 5, errors
    assert "0 of 2 cells are done; run it again to go on" in said
    assert lines(path) == []
