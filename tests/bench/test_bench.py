"""The command `bench`: what it measures, how it resumes, and what it refuses."""

from __future__ import annotations

import csv
import io
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from api.bench.cells import bench_cells
from api.bench.spec import read_bench
from api.bench.subjects import DrawnSeeds
from instances.generator import generate
from models.errors import InputError
from models.files import load_instance
from solver.backends.written import write_program
from solver.problem import PlanningProblem

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT = Path(__file__).parents[2]
STARTER = ROOT / "instances" / "starter.yaml"
OPTIONS = "{time_limit_seconds: 20, gap: 0.5, threads: 1}"


def words_of(path: Path, *more: str) -> list[str]:
    return [sys.executable, "-m", "api.cli", "bench", str(path), "-o", str(path.parent / "out"), *more]


def bench(path: Path, *more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(words_of(path, *more), cwd=ROOT, capture_output=True, text=True, check=False)


def specification(folder: Path, text: str) -> Path:
    path = folder / "spec.yaml"
    path.write_text(text)
    return path


def lines(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "out" / "bench.jsonl").read_text().splitlines()]


def cells(folder: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO((folder / "out" / "cells.csv").read_text())))


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An instance by the engine, HiGHS and SCIP, and its program from a file by two of them."""
    folder = tmp_path_factory.mktemp("bench")
    write_program(
        PlanningProblem.of(load_instance(ROOT / "instances" / "starter.yaml").instance).program, folder / "p.mps"
    )
    spec = specification(
        folder,
        f"""grids:
  - name: Ours
    instances: [{STARTER}]
    backends:
      - ampacity
      - highs
      - {{name: bare, solver: highs, cuts: false, options: {{mip_heuristic_effort: 0.1}}}}
      - scip
    options: [{OPTIONS}]
  - name: Programs
    instances: [p.mps]
    backends: [highs, scip]
    options: [{OPTIONS}]
""",
    )
    done = bench(spec)
    assert done.returncode == 0, done.stderr
    return folder


def test_every_cell_has_a_checked_plan_and_a_bound(measured: Path) -> None:
    """Six cells; no bound is above the best plan, be it in kUSD, as in the file, or in USD."""
    found = lines(measured)
    assert len({line["key"] for line in found}) == len(found) == 6
    ours, programs = found[:4], found[4:]
    for group, factor in ((ours, 1.0), (programs, 1e3)):
        best = min(line["objective"] for line in group) * factor
        for line in group:
            assert line["holds"] == "plan"
            assert line["bound"] * factor <= best * (1 + 1e-6)
            assert line["trace"]
            assert line["memory_gb"] > 0
            assert line["machine"]["cores"] == os.cpu_count()
    assert ours[2]["size"]["rows"] <= ours[1]["size"]["rows"]


def test_the_folder_holds_report_table_and_plots(measured: Path) -> None:
    """Each plot is an SVG of its own, the report names every contender, the table has a row for each cell."""
    report = (measured / "out" / "report.md").read_text()
    for name in ("ampacity", "highs", "bare", "scip", "starter.yaml", "p.mps", "Wilcoxon", "PAR10"):
        assert name in report
    assert "Contradictions" not in report
    assert len(cells(measured)) == 6
    for grid in ("ours", "programs"):
        for plot in ("gap", "profile"):
            assert (measured / "out" / f"{plot}-{grid}.svg").read_text().rstrip().endswith("</svg>")


def test_what_is_done_is_not_measured_again(measured: Path) -> None:
    """The same benchmark once more adds no line; reports are byte for byte those of before."""
    journal = measured / "out" / "bench.jsonl"
    before = {path.name: path.read_bytes() for path in (measured / "out").iterdir()}
    done = bench(measured / "spec.yaml")
    assert done.returncode == 0
    assert "6 cells, 6 of them done" in done.stderr
    assert {path.name: path.read_bytes() for path in (measured / "out").iterdir()} == before
    assert journal.read_bytes() == before["bench.jsonl"]


def test_a_benchmark_that_grows_measures_what_is_new(measured: Path, tmp_path: Path) -> None:
    """A further seed is a further cell; the rest is taken over, and a torn last line is cut off."""
    ours = (measured / "spec.yaml").read_text().partition("  - name: Programs")[0]
    spec = specification(tmp_path, ours.replace("      - ampacity\n", "") + "    seeds: [1, 2]\n")
    (tmp_path / "out").mkdir()
    content = (measured / "out" / "bench.jsonl").read_bytes()
    (tmp_path / "out" / "bench.jsonl").write_bytes(content + content[:50])
    done = bench(spec)
    assert done.returncode == 0, done.stderr
    assert "6 cells, 3 of them done" in done.stderr
    assert sorted(line["seed"] for line in lines(tmp_path))[-3:] == [2, 2, 2]


def test_a_disturbed_cell_is_measured_again(tmp_path: Path) -> None:
    """The cell that others disturbed, once; the last line of a key counts."""
    spec = specification(tmp_path, f"instances: [{STARTER}]\nbackends: [highs]\noptions: [{OPTIONS}]\nseeds: [1, 2]\n")
    assert bench(spec).returncode == 0
    first, second = lines(tmp_path)
    loud = [first | {"other_cores": 7.0}, second | {"other_cores": 0.0}]
    (tmp_path / "out" / "bench.jsonl").write_text("".join(json.dumps(line) + "\n" for line in loud))
    done = bench(spec, "--disturbed", "6.5")
    assert "2 cells, 1 of them done" in done.stderr
    assert [line["key"] for line in lines(tmp_path)] == [first["key"], second["key"], first["key"]]
    assert "2 cells, 2 of them done" in bench(spec, "--disturbed", "6.5").stderr
    assert len(cells(tmp_path)) == 2


def test_kills_lose_no_cell_and_repeat_none(tmp_path: Path) -> None:
    """Killed three times with its whole group, a benchmark of six cells ends with each once."""
    spec = specification(
        tmp_path,
        f"instances: [{STARTER}]\nbackends: [highs, scip]\noptions: [{OPTIONS}]\nseeds: [1, 2, 3]\n",
    )
    for kill in range(3):
        process = subprocess.Popen(words_of(spec), cwd=ROOT, stderr=subprocess.DEVNULL, start_new_session=True)
        until = time.monotonic() + 60
        while time.monotonic() < until and process.poll() is None:
            path = tmp_path / "out" / "bench.jsonl"
            if path.exists() and path.read_bytes().count(b"\n") > kill:
                break
            time.sleep(0.05)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    done = bench(spec)
    assert done.returncode == 0, done.stderr
    found = lines(tmp_path)
    assert len(found) == len({line["key"] for line in found}) == 6


def test_a_drawn_seed_is_above_a_thousand_and_stays(tmp_path: Path) -> None:
    """The seed is printed, kept in the folder, and used again."""
    spec = specification(tmp_path, f"instances: [{{size: XS, seed: drawn}}]\nbackends: [highs]\noptions: [{OPTIONS}]\n")
    first, second = bench(spec, "--format", "json"), bench(spec, "--format", "json")
    drawn = json.loads(first.stdout)["drawn"]["XS"]
    assert drawn > 1000
    assert f"seed drawn for XS: {drawn}" in first.stderr
    assert json.loads(second.stdout)["drawn"]["XS"] == drawn
    assert [line["instance"] for line in lines(tmp_path)] == [f"XS-{drawn}"]
    assert lines(tmp_path)[0]["sha256"] == generate("XS", drawn).model_copy(update={"scenarios": ()}).sha256


def test_minutes_leave_the_rest_for_later(tmp_path: Path) -> None:
    """Nothing is begun that could end too late; the report says what is missing."""
    spec = specification(tmp_path, f"instances: [{{size: XS, seed: 1}}]\nbackends: [highs]\noptions: [{OPTIONS}]\n")
    done = bench(spec, "--minutes", "0.1")
    assert (done.returncode, "0 of 1 cells are done" in done.stdout) == (0, True)
    assert "1 more are not done yet" in (tmp_path / "out" / "report.md").read_text()


def test_a_solver_that_fails_is_a_result(tmp_path: Path) -> None:
    """SCIP refuses an option; its cell says so, the others are measured, and the exit code is 0."""
    spec = specification(
        tmp_path,
        f"instances: [{STARTER}]\noptions: [{OPTIONS}]\n"
        "backends: [{name: odd, solver: scip, options: {no/such/thing: 3}}, highs]\n",
    )
    done = bench(spec)
    assert done.returncode == 0, done.stderr
    assert [(line["backend"], line["holds"]) for line in lines(tmp_path)] == [("odd", "none"), ("highs", "plan")]
    assert lines(tmp_path)[0]["stopped"] == "crashed"


REFUSED: Sequence[tuple[str, str]] = (
    ("backends: [highs]", "instances is empty"),
    ("instances: [{size: XS, seed: 1}]", "backends is empty"),
    ("instances: [{size: XXL, seed: 1}]\nbackends: [highs]", "size"),
    ("instances: [none.json]\nbackends: [highs]", "none.json"),
    ("instances: [none.mps]\nbackends: [highs]", "none.mps"),
    ("instances: [{size: XS, seed: 1}]\nbackends: [nobody]", "no such solver"),
    ("instances: [{size: XS, seed: 1}]\nbackends: [glop]", "relaxations only"),
    ("instances: [{size: XS, seed: 1}]\nbackends: [cp-sat]", "integer columns only"),
    ("instances: [{size: XS, seed: 1}]\nbackends: ['pyomo:nobody']", "cannot be used here"),
    ("instances: [{size: XS, seed: 1}]\nbackends: [highs, highs]", "backends[1]"),
    ("instances: [{size: XS, seed: 1}, {size: XS, seed: 1}]\nbackends: [highs]", "appears twice"),
    ("instances: [{size: XS, seed: 1}]\nbackends: [highs]\noptions: [{seed: 3}]", "say it in `seeds`"),
    ("instances: [{size: XS, seed: 1}]\nbackends: [highs]\noptions: [{solver: scip}]", "say it in `backends`"),
    ("instances: [{size: XS, seed: 1}]\nbackends: [highs]\nscenarios: [nobody]", "nobody"),
    (
        "instances: [{size: XS, seed: 1}]\nbackends: [{name: a, solver: highs, options: {nobody: 1}}]",
        "no option of HiGHS",
    ),
    (
        "instances: [{size: XS, seed: 1}]\nbackends: [{name: a, solver: ampacity, options: {nobody: 1}}]",
        "no option of a run",
    ),
    (
        "instances: [{size: XS, seed: 1}]\nbackends: [{name: a, solver: ampacity, options: {strategy: odd}}]",
        "backends[0].options.strategy",
    ),
    ("grids: [{instances: [{size: XS, seed: 1}], backends: [nobody]}]", "grids[0].backends[0]"),
)


@pytest.mark.parametrize(("text", "words"), REFUSED)
def test_what_is_wrong_is_told_before_anything_is_measured(tmp_path: Path, text: str, words: str) -> None:
    """With its place in the specification."""
    path = specification(tmp_path, text + "\n")
    with pytest.raises(InputError) as caught:
        bench_cells(read_bench(path), path, DrawnSeeds(tmp_path))
    assert any(words in str(problem) for problem in caught.value.problems), caught.value


def test_a_wrong_specification_exits_with_3(tmp_path: Path) -> None:
    """No traceback, and nothing is written into the journal."""
    done = bench(specification(tmp_path, "instances: [{size: XS, seed: 1}]\nbackends: [nobody]\n"))
    assert (done.returncode, "Traceback" in done.stderr, "spec.yaml:2" in done.stderr) == (3, False, True), done.stderr
    assert not lines(tmp_path)


def test_a_program_is_refused_for_the_engine_and_for_scenarios(measured: Path, tmp_path: Path) -> None:
    """The engine solves instances; a program has no scenarios."""
    for text, words in (
        (f"instances: [{measured / 'p.mps'}]\nbackends: [ampacity]\n", "is the engine, which solves instances"),
        (f"instances: [{measured / 'p.mps'}]\nbackends: [highs]\nscenarios: [growth]\n", "has no scenarios"),
    ):
        path = specification(tmp_path, text)
        with pytest.raises(InputError, match=words):
            bench_cells(read_bench(path), path, DrawnSeeds(tmp_path))


def test_a_missing_solver_that_is_optional_is_skipped_with_a_word(tmp_path: Path) -> None:
    """The rest is measured, and the report says who is missing."""
    spec = specification(
        tmp_path,
        f"instances: [{STARTER}]\noptions: [{OPTIONS}]\n"
        "backends: [highs, {name: Nobody, solver: 'pyomo:nobody', optional: true}]\n",
    )
    done = bench(spec)
    assert done.returncode == 0, done.stderr
    assert "Nobody is skipped" in done.stderr
    assert "Nobody is skipped" in (tmp_path / "out" / "report.md").read_text()
    assert len(lines(tmp_path)) == 1
