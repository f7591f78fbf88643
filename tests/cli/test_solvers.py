"""Other solvers by the command line: listed, asked, refused, and served with files."""

from __future__ import annotations

import dataclasses
import gzip
import json
import re
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest

from api.cli import solving
from api.runs import execute
from api.runs.exit_codes import exit_of
from api.runs.request import Request
from instances.generator import generate
from models.errors import SolverError
from models.files import load_instance, save
from solver import agreement
from solver import solve as engine
from solver.settings import Settings
from solver.strategies import chosen
from solver.strategies import search as searching
from tests.cli.as_json import ampacity

if TYPE_CHECKING:
    from pathlib import Path

HIGHS = """
import sys, highspy
solver = highspy.Highs(); solver.setOptionValue("output_flag", False)
status = solver.readModel(sys.argv[1]); solver.run()
read = status == highspy.HighsStatus.kOk
print("READ", read, solver.getInfo().objective_function_value, solver.getLp().col_names_[0])
"""
SCIP = """
import sys
from ortools.linear_solver.python import model_builder_helper as helper
model = helper.ModelBuilderHelper(); read = model.import_from_mps_file(sys.argv[1])
solver = helper.ModelSolverHelper("scip"); solver.set_time_limit_in_seconds(60); solver.solve(model)
print("READ", read, solver.objective_value(), model.var_name(0))
"""


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An XS that is proven in seconds."""
    file = tmp_path_factory.mktemp("tiny") / "xs.json"
    save(generate("XS", 10), file)
    return file


@pytest.fixture(scope="module")
def proven(tiny: Path) -> dict[str, Any]:
    """What HiGHS says of it."""
    code, found = ampacity("solve", str(tiny), "--strategy", "direct", "--gap", "0", "--time-limit", "60")
    assert code == 0, found
    return dict(found)


def test_solvers_are_listed() -> None:
    """Every one with its version, what it can do, and why not if it is not there."""
    code, rows = ampacity("solvers")
    assert code == 0
    keys = {
        "name",
        "version",
        "available",
        "why_not",
        "integer",
        "continuous",
        "duals",
        "warm_start",
        "stop",
        "deterministic",
    }
    assert all(set(row) == keys for row in rows)
    assert [row["name"] for row in rows] == ["highs", "hipo", "scip", "cp-sat", "glop", "pyomo:highs"]
    assert all(row["available"] == (row["why_not"] is None) for row in rows)
    assert all(row["available"] and row["version"] for row in rows if row["name"] != "hipo")  # its package is an extra


@pytest.mark.parametrize("solver", ["scip", "pyomo:highs"])
def test_another_solver_proves_the_same(tiny: Path, proven: dict[str, Any], solver: str) -> None:
    """The optimum of an XS, to a millionth, said to be its own."""
    code, found = ampacity("solve", str(tiny), "--solver", solver, "--gap", "0", "--time-limit", "60")
    assert code == 0, found
    assert found["objective_usd"] == pytest.approx(proven["objective_usd"], rel=1e-6)
    assert found["bound_usd"] == pytest.approx(proven["objective_usd"], rel=1e-6)
    assert found["check"] == {"breaches": []}
    assert {"scip": "SCIP of OR-Tools", "pyomo:highs": "Pyomo with highs"}[solver] in found["proved_by"]


@pytest.mark.parametrize(
    ("solver", "word"), [("glop", "relaxations only"), ("cp-sat", "integer columns only"), ("none", "no such solver")]
)
def test_what_cannot_solve_it_is_refused(tiny: Path, solver: str, word: str) -> None:
    """Exit 3, with the names of those that can."""
    code, found = ampacity("solve", str(tiny), "--solver", solver)
    assert code == 3
    (problem,) = found["errors"]
    assert (problem["place"], problem["value"]) == ("--solver", solver)
    assert word in problem["rule"]
    assert "highs" in problem["rule"] + problem["fix"]


@pytest.mark.wall_clock
def test_a_solver_behind_pyomo_that_is_not_there_is_said(tiny: Path) -> None:
    """Exit 3: the name, where it was given, and what to do; as a second solver it is missed before the first begins."""
    for flag in ("--solver", "--cross-check"):
        began = time.monotonic()
        code, found = ampacity("solve", str(tiny), flag, "pyomo:gurobi", "--gap", "0", "--time-limit", "60")
        assert code == 3
        assert time.monotonic() - began < 20
        (problem,) = found["errors"]
        assert (problem["place"], problem["value"]) == (flag, "pyomo:gurobi")
        assert "Pyomo finds no gurobi" in problem["rule"]
        assert "install gurobi" in problem["fix"]


def fails(*_: Any, **__: Any) -> Any:
    """A solver that cannot be started."""
    raise SolverError("it cannot be started")


def test_a_second_solver_that_fails_leaves_the_plan(
    tmp_path: Path, tiny: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The plan of the first is written and printed, nobody is said to agree, and the exit code is 7."""
    monkeypatch.setattr(chosen, "direct", fails)
    settings = Settings(time_limit=7200, gap=0.01)  # from the start of this process, in which other tests have run
    assert solving.run_solve(Request(tiny, None, settings, "scip"), tmp_path / "run", "json") == 7
    document = json.loads(capsys.readouterr().out)
    assert document["objective_usd"] is not None
    assert document["cross_check"]["agrees"] is None
    assert document["cross_check"]["findings"] == ["scip failed: it cannot be started"]
    assert (tmp_path / "run" / "plan.json").is_file()


@pytest.mark.parametrize(
    ("module", "name", "settings"),
    [(chosen, "direct", Settings(strategy="direct")), (searching, "prove", Settings())],
)
def test_a_solver_that_fails_leaves_the_constructive_plan(
    tiny: Path, monkeypatch: pytest.MonkeyPatch, module: Any, name: str, settings: Settings
) -> None:
    """Whatever was there before is kept, checked, and said to have ended by a crash."""
    monkeypatch.setattr(module, name, fails)
    result = engine.solve(load_instance(tiny).instance, settings)
    assert (result.stopped, result.holds, result.message) == ("crashed", "plan", "it cannot be started")
    assert result.check is not None
    assert not result.check.breaches
    assert exit_of(result, 0.001) == 7


@pytest.mark.parametrize(
    ("name", "reader"), [("m.mps", HIGHS), ("m.mps.gz", HIGHS), ("m.lp", HIGHS), ("m.mps", SCIP), ("m.mps.gz", SCIP)]
)
def test_an_exported_program_has_the_same_optimum(
    tmp_path: Path, tiny: Path, proven: dict[str, Any], name: str, reader: str
) -> None:
    """Read back by another program, names and optimum are kept, offset included."""
    file = tmp_path / name
    code, said = ampacity("export", str(tiny), "-o", str(file))
    assert (code, said["written"]) == (0, str(file))
    if reader is SCIP and name.endswith(".gz"):  # it does not unpack: what is packed is the same
        (tmp_path / "m.mps").write_bytes(gzip.decompress(file.read_bytes()))
        file = tmp_path / "m.mps"
    run = subprocess.run([sys.executable, "-c", reader, str(file)], capture_output=True, text=True, check=True)
    (line,) = [line for line in run.stdout.splitlines() if line.startswith("READ")]
    _, good, optimum, first = line.split()
    assert good == "True"
    assert re.fullmatch(r"stock\.\S+\.20\d\d[-_]\d\d", first)
    assert float(optimum) * 1e3 == pytest.approx(proven["objective_usd"], rel=1e-6)


def test_an_export_is_named_by_its_suffix(tmp_path: Path, tiny: Path) -> None:
    """Another suffix is refused and nothing is written; the same program gives the same bytes, packed too."""
    code, found = ampacity("export", str(tiny), "-o", str(tmp_path / "m.txt"))
    assert code == 3
    assert "must be a .mps, .mps.gz or .lp file" in found["errors"][0]["rule"]
    assert list(tmp_path.iterdir()) == []
    for name in ("a.mps.gz", "b.mps.gz"):
        ampacity("export", str(tiny), "-o", str(tmp_path / name))
    assert (tmp_path / "a.mps.gz").read_bytes() == (tmp_path / "b.mps.gz").read_bytes()


def test_a_cross_check_is_reported_and_both_logs_are_kept(tmp_path: Path, tiny: Path) -> None:
    """The second solver's plan and bound, and that nothing refutes anything."""
    code, found = ampacity(
        "solve",
        str(tiny),
        "--strategy",
        "direct",
        "--cross-check",
        "scip",
        "--gap",
        "0.001",
        "-o",
        str(tmp_path / "run"),
    )
    assert code == 0
    compared = found["cross_check"]
    assert set(compared) == {"solver", "objective_usd", "bound_usd", "agrees", "findings"}
    assert (compared["solver"], compared["agrees"], compared["findings"]) == ("scip", True, [])
    assert compared["bound_usd"] <= found["objective_usd"] * (1 + 1e-6)
    assert {"solver.log", "cross-check.log", "run.json"} <= {file.name for file in (tmp_path / "run").iterdir()}
    assert json.loads((tmp_path / "run" / "run.json").read_text())["cross_check"] == compared


def test_a_disagreement_ends_with_8(
    tmp_path: Path, tiny: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What cannot both be right is said, the run is written with both figures, and the exit code is 8."""
    honest = agreement.cross_checked

    def lying(*arguments: Any) -> Any:
        result, compared = honest(*arguments)
        return result, dataclasses.replace(
            compared, findings=("scip proves at least 9 USD, the first has a plan of 8",)
        )

    monkeypatch.setattr(execute, "cross_checked", lying)
    settings = Settings(time_limit=30, gap=0.01, strategy="direct")
    assert solving.run_solve(Request(tiny, None, settings, "scip"), tmp_path / "run", "text") == 8
    assert "they cannot both be right: scip proves at least 9 USD" in capsys.readouterr().out
    assert not json.loads((tmp_path / "run" / "run.json").read_text())["cross_check"]["agrees"]
