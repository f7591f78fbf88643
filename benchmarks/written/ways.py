"""The three ways to state the program, and to hand it to HiGHS: ours, Pyomo's and linopy's."""

from __future__ import annotations

import importlib.util
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from solver.program import Program
    from solver.tables.tables import Tables

HIGHS: dict[str, Any] = {
    "log": None,
    "seed": 0,
    "threads": 1,  # in one process, all that HiGHS solves has to use as many
    "gap": 1e-6,
    "tolerance": 1e-7,
    "heuristics": True,
    "relaxed": False,
    "own": {},
}


@dataclass(frozen=True, eq=False)
class Stated:
    """A model that has been stated: how large it is, and how to hand it to HiGHS."""

    prepared: float  # seconds of the statement that went into lists, limits and prices
    columns: int
    rows: int
    hand_over: Callable[[], Any]


def arrays_of(program: Program) -> dict[str, Any]:
    """Return the arrays of a program by the names that the adapter of HiGHS knows."""
    matrix = program.matrix
    return {
        "cost": program.cost,
        "lower": program.lower,
        "upper": program.upper,
        "integer": program.integer,
        "row_lower": program.row_lower,
        "row_upper": program.row_upper,
        "indptr": matrix.indptr,
        "indices": matrix.indices,
        "data": matrix.data,
    }


def ours(tables: Tables) -> Stated:
    """State the program with the formulation of the engine, which also tightens and scales its rows."""
    from solver.backends.highs_program import load
    from solver.formulation.formulate import formulate

    program = formulate(tables).program

    def hand_over() -> Any:
        return load({"options": HIGHS, "offset": program.offset}, arrays_of(program))

    return Stated(0.0, program.columns, program.matrix.shape[0], hand_over)


def pyomo(tables: Tables) -> Stated:
    """State the program in Pyomo, and hand it over as an LP file, which is faster than through an interface."""
    model, prepared = _in_pyomo(tables)

    def hand_over() -> Any:
        import highspy

        with tempfile.TemporaryDirectory() as folder:
            path = str(Path(folder) / "program.lp")
            model.write(path)
            solver: Any = highspy.Highs()  # type: ignore[no-untyped-call]
            solver.setOptionValue("output_flag", False)
            solver.readModel(path)
        return solver

    return Stated(prepared, model.nvariables(), model.nconstraints(), hand_over)


def pyomo_appsi(tables: Tables) -> Stated:
    """State the program in Pyomo, and hand it over through its appsi interface, without files."""
    from pyomo.contrib.appsi.solvers import Highs

    model, prepared = _in_pyomo(tables)

    def hand_over() -> Any:
        solver = Highs()
        solver.set_instance(model)
        return solver

    return Stated(prepared, model.nvariables(), model.nconstraints(), hand_over)


def _in_pyomo(tables: Tables) -> tuple[Any, float]:
    """Return the model, and the seconds that went into preparing its data."""
    from benchmarks.written.prepared import prepare
    from benchmarks.written.pyomo_model import pyomo_model

    began = time.perf_counter()
    data = prepare(tables)
    prepared = time.perf_counter() - began
    return pyomo_model(data), prepared


def linopy(tables: Tables) -> Stated:
    """State the program in linopy, which hands it over as arrays."""
    from benchmarks.written.linopy_model import linopy_model
    from benchmarks.written.prepared import prepare

    began = time.perf_counter()
    data = prepare(tables)
    prepared = time.perf_counter() - began
    model, _ = linopy_model(data)
    return Stated(prepared, model.nvars, model.ncons, model.to_highspy)


WAYS: dict[str, Callable[[Tables], Stated]] = {
    "ours": ours,
    "pyomo": pyomo,
    "pyomo-appsi": pyomo_appsi,
    "linopy": linopy,
}


def installed(way: str) -> bool:
    """Whether what a way needs is installed."""
    return way != "linopy" or importlib.util.find_spec("linopy") is not None
