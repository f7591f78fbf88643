"""The program as written in Pyomo and in linopy is the program of the engine, row by row and at its optimum."""

from __future__ import annotations

import math
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import highspy
import pyomo.environ as pyo
import pytest

from benchmarks.written import pyomo_model as in_pyomo
from benchmarks.written.prepared import prepare
from benchmarks.written.ways import HIGHS, arrays_of
from instances.generator import generate
from models.files.load import load_instance
from solver.backends.highs_program import load
from solver.formulation.formulate import FAMILIES, formulate, model_of
from solver.tables.tables import Tables, tables_of
from tests.benchmarks.matrices import flat, flat_linopy, flat_pyomo, told_apart
from tests.oracle.tiny import tiny_instance

if TYPE_CHECKING:
    from collections.abc import Iterable

    from solver.program import Program

ROOT = Path(__file__).parents[2]
TINY = 12  # tiny instances for every run of the tests
NAMED = ("XS 1", "XS 2", "small.yaml", "handmade.yaml")
NO_LINOPY = "linopy is not installed; `make peers` installs it"


@cache
def tables(name: str) -> Tables:
    """Tables of a generated, named or tiny instance."""
    if name.startswith("tiny"):
        return tables_of(tiny_instance(int(name.split()[1])))
    if " " in name:
        size, seed = name.split()
        return tables_of(generate(size, int(seed)))  # type: ignore[arg-type]
    return tables_of(load_instance(ROOT / "instances" / name).instance)


def tiny(seeds: Iterable[int]) -> list[str]:
    """Names of tiny instances."""
    return [f"tiny {seed}" for seed in seeds]


def in_linopy(name: str) -> tuple[Any, float]:
    """An instance in linopy; skips the test where linopy is not installed."""
    pytest.importorskip("linopy", reason=NO_LINOPY)
    from benchmarks.written.linopy_model import linopy_model

    return linopy_model(prepare(tables(name)))


def untightened(name: str) -> Program:
    """The program of the engine as it is stated, before its rows are tightened."""
    return model_of(tables(name))[0].program(tight=False)


def solved(solver: Any, relaxed: bool = False) -> float:
    """The optimum of what HiGHS holds; inf if there is none."""
    solver.setOptionValue("output_flag", False)
    solver.setOptionValue("threads", 1)
    solver.setOptionValue("mip_rel_gap", 1e-6)
    solver.setOptionValue("solve_relaxation", relaxed)
    solver.run()
    if solver.getModelStatus() == highspy.HighsModelStatus.kOptimal:
        return float(solver.getInfo().objective_function_value)
    infeasible = (highspy.HighsModelStatus.kInfeasible, highspy.HighsModelStatus.kUnboundedOrInfeasible)
    assert solver.getModelStatus() in infeasible
    return math.inf


def ours(program: Program, relaxed: bool = False) -> float:
    """The optimum of a program of the engine."""
    return solved(load({"options": HIGHS, "offset": program.offset}, arrays_of(program)), relaxed)


def optimum_in_pyomo(model: Any, relaxed: bool = False) -> float:
    """The optimum of a model in Pyomo; inf if there is none."""
    solver = pyo.SolverFactory("appsi_highs")
    solver.options = {"mip_rel_gap": 1e-6, "solve_relaxation": relaxed, "threads": 1}
    found = solver.solve(model, load_solutions=False)
    if str(found.solver.termination_condition) in ("infeasible", "infeasibleOrUnbounded"):
        return math.inf
    solver.load_vars()
    return float(pyo.value(model.cost))


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("way", ["pyomo", "linopy"])
def test_every_family_is_written(way: str, family: str) -> None:
    """Each family of the engine is a function of its own in Pyomo and in linopy."""
    if way == "pyomo":
        assert family in in_pyomo.FAMILIES
        return
    pytest.importorskip("linopy", reason=NO_LINOPY)
    from benchmarks.written import linopy_model

    assert family in linopy_model.FAMILIES


@pytest.mark.parametrize("name", [*NAMED, *tiny(range(TINY))])
def test_pyomo_has_the_same_program(name: str) -> None:
    """The same columns, bounds, costs and rows as ours before tightening, but for rows without any term."""
    program = untightened(name)
    assert told_apart(flat(program), flat_pyomo(in_pyomo.pyomo_model(prepare(tables(name))), program)) == []


@pytest.mark.slow
@pytest.mark.parametrize("name", ["S 1", "S 2", *tiny(range(TINY, 400))])
def test_pyomo_has_the_same_program_in_more(name: str) -> None:
    """The same of larger instances, and of more."""
    test_pyomo_has_the_same_program(name)


@pytest.mark.parametrize("name", ["XS 1", "tiny 0"])
def test_linopy_has_the_same_program(name: str) -> None:
    """The same columns, bounds, costs and rows as ours before tightening, but for rows without any term."""
    model, constant = in_linopy(name)
    program = untightened(name)
    assert told_apart(flat(program), flat_linopy(model, constant, program)) == []


@pytest.mark.slow
@pytest.mark.parametrize("name", ["S 1", "S 2", "XS 2", "small.yaml", "handmade.yaml", *tiny(range(1, 100))])
def test_linopy_has_the_same_program_in_more(name: str) -> None:
    """The same of larger instances, and of more."""
    test_linopy_has_the_same_program(name)


@pytest.mark.parametrize("name", ["handmade.yaml", *tiny(range(6))])
def test_pyomo_has_the_same_optimum(name: str) -> None:
    """HiGHS finds the optimum of our program in the one written in Pyomo, and the relaxation before tightening."""
    model = in_pyomo.pyomo_model(prepare(tables(name)))
    assert optimum_in_pyomo(model) == pytest.approx(ours(formulate(tables(name)).program), rel=1e-6, abs=1e-6)
    relaxed = ours(untightened(name), relaxed=True)
    assert optimum_in_pyomo(model, relaxed=True) == pytest.approx(relaxed, rel=1e-6, abs=1e-6)


@pytest.mark.parametrize("name", ["tiny 1"])
def test_linopy_has_the_same_optimum(name: str) -> None:
    """HiGHS finds the optimum of our program in the one written in linopy, and the relaxation before tightening."""
    model, constant = in_linopy(name)
    found = solved(model.to_highspy()) + constant
    assert found == pytest.approx(ours(formulate(tables(name)).program), rel=1e-6, abs=1e-6)
    relaxed = ours(untightened(name), relaxed=True)
    assert solved(model.to_highspy(), relaxed=True) + constant == pytest.approx(relaxed, rel=1e-6, abs=1e-6)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["small.yaml", "XS 1", "XS 2"])
def test_all_have_the_same_optimum_in_larger_ones(name: str) -> None:
    """The optimum of an instance with every family, in all three."""
    found = ours(formulate(tables(name)).program)
    assert optimum_in_pyomo(in_pyomo.pyomo_model(prepare(tables(name)))) == pytest.approx(found, rel=2e-6)
    model, constant = in_linopy(name)
    assert solved(model.to_highspy()) + constant == pytest.approx(found, rel=2e-6)
