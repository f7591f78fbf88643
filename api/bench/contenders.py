"""What is compared: whether it can be used here, and its version."""

from __future__ import annotations

import ast
import hashlib
import importlib.metadata
import importlib.util
import os
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import models
import solver
from api.bench.spec import ENGINE, OF_THE_GRID
from api.runs.options import SolveOptions
from models.errors import InputError, Problem
from models.files.load import tree_of
from solver.backends.catalogue import backend, refuse_unfit, refuse_unreachable, version_of
from solver.backends.highs_options import refuse_wrong_options
from solver.versions import versions

if TYPE_CHECKING:
    from api.bench.spec import Contender


CBC = "pyomo:cbc"


@cache
def engine_sha256() -> str:
    """SHA-256 of what the engine does: its code without comments, docstrings and layout."""
    total = hashlib.sha256()
    for package in (models, solver):
        assert package.__file__ is not None
        for path in sorted(Path(package.__file__).parent.rglob("*.py")):
            tree = ast.parse(path.read_bytes())
            for node in ast.walk(tree):
                if (
                    isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef))
                    and ast.get_docstring(node) is not None
                ):
                    node.body = node.body[1:]
            total.update(path.name.encode() + ast.dump(tree).encode())
    return total.hexdigest()


def version_at(contender: Contender, place: str) -> dict[str, Any]:
    """What has to be the same for a cell to give the same result: versions, and for the engine its code.

    Parameters:
        place: of the contender in the specification.

    Raises:
        InputError: when the solver is missing, or does not take its options.
    """
    if contender.solver == ENGINE:
        _check_options(contender, place)
        return {"engine": engine_sha256(), **versions()}
    engine = backend(contender.solver, f"{place}.solver")
    refuse_unfit(engine, integer=True, continuous=True, place=f"{place}.solver")
    behind = refuse_unreachable(engine, f"{place}.solver")
    if contender.solver == CBC and importlib.util.find_spec("cbcbox") is not None:
        behind = (
            f"cbcbox {importlib.metadata.version('cbcbox')}"  # a development build, of which Pyomo reads no version
        )
    if engine.name == "highs":
        refuse_wrong_options(contender.options, f"{place}.options")
    return {"solver": f"{engine.label} {version_of(engine)}", "behind": behind}


def cores(threads: int, jobs: int) -> int:
    """The threads that a cell may use: those of its options, otherwise its share of all cores."""
    return threads or max(1, (os.cpu_count() or 1) // jobs)


def _check_options(contender: Contender, place: str) -> None:
    for name in contender.options:
        if name in OF_THE_GRID or name not in SolveOptions.model_fields:
            known = ", ".join(field for field in SolveOptions.model_fields if field not in OF_THE_GRID)
            raise InputError([Problem(f"{place}.options.{name}", None, "is no option of a run", f"use one of {known}")])
    try:
        tree_of(SolveOptions, contender.options).settings()
    except InputError as error:
        raise InputError(
            [Problem(f"{place}.options.{p.place}", p.value, p.rule, p.fix) for p in error.problems]
        ) from None
