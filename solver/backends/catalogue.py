"""The solvers that a program can be sent to, and what each can do. Listed without importing any of them."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import subprocess
from dataclasses import asdict, dataclass, replace
from typing import Any

from models.errors import InputError, Problem
from solver.backends.launch import command, environment

ABILITIES = ("integer", "continuous", "duals", "warm_start", "stop", "deterministic")
EXCUSED = {  # what a solver that lacks an ability is excused from
    "integer": "programs with integer columns: refused",
    "continuous": "programs with continuous columns: refused",
    "duals": "the bound of a relaxation: it claims none",
    "warm_start": "continuing from a plan: it takes none",
    "stop": "stopping on request: its process is killed",
    "streams": "points before the end: cut short, it holds none",
    "deterministic": "the same answer twice, and a work limit",
}
ANSWERS_WITHIN = 60.0  # seconds
DOOR, DOOR_MODULE = "pyomo:", "solver.backends.pyomo_door"  # followed by Pyomo's name of the solver


@dataclass(frozen=True)
class Backend:
    """A solver and its abilities."""

    name: str
    label: str  # its own name, without the version
    package: str  # the distribution that contains it
    module: str  # run in the solver's process
    integer: bool = True  # handles integer columns
    continuous: bool = True  # handles continuous columns
    duals: bool = True  # gives multipliers of the rows of a relaxation, which prove its bound
    warm_start: bool = True  # continues from a given point
    stop: bool = (
        True  # stops on request with what it has; otherwise its process is killed, and what it streamed is kept
    )
    deterministic: bool = True  # the same program, seed and work limit give the same answer
    streams: bool = True  # sends points as it finds them
    twin: str = ""  # a distribution that must be installed in the same version


BACKENDS = {
    backend.name: backend
    for backend in (
        Backend("highs", "HiGHS", "highspy", "solver.backends.highs"),
        Backend("hipo", "HiPO of HiGHS", "highspy_extras", "solver.backends.highs", integer=False, warm_start=False,
                streams=False, twin="highspy"),
        Backend("scip", "SCIP of OR-Tools", "ortools", "solver.backends.mathopt", duals=False),
        Backend("cp-sat", "CP-SAT of OR-Tools", "ortools", "solver.backends.cpsat", continuous=False, duals=False),
        Backend("glop", "GLOP of OR-Tools", "ortools", "solver.backends.mathopt", integer=False, warm_start=False,
                streams=False),
        Backend(f"{DOOR}highs", "Pyomo", "pyomo", DOOR_MODULE, duals=False, warm_start=False, stop=False,
                deterministic=False, streams=False),
    )
}  # fmt: skip


def backend(name: str, place: str = "settings.solver") -> Backend:
    """Look up a solver by name.

    Parameters:
        place: where the name stands in the input
    Raises:
        InputError: when there is no such solver or it cannot be used here
    """
    found = _named(name, place)
    reason = why_not(found)
    if reason is not None:
        pair = f"=={importlib.metadata.version(found.twin)}" if found.twin else ""
        fix = f"pip install {found.package}{pair}"
        raise InputError([Problem(place, name, f"cannot be used here: {reason}", fix)])
    return found


def refuse_unreachable(one: Backend, place: str = "settings.solver") -> str:
    """Refuse a solver behind Pyomo's door that Pyomo does not find.

    Parameters:
        place: where the name stands in the input
    Returns:
        the version of the solver behind the door, as Pyomo tells it; empty for a solver without a door
    Raises:
        InputError: when Pyomo does not find the solver or does not answer in time
    """
    if one.module != DOOR_MODULE:
        return ""
    name = one.name.removeprefix(DOOR)
    try:
        asked = subprocess.run(
            command(DOOR_MODULE, name),
            capture_output=True,
            text=True,
            check=False,
            timeout=ANSWERS_WITHIN,
            start_new_session=True,
            env=environment(),
            stdin=subprocess.DEVNULL,
        )
        said = asked.stdout.strip() or asked.stderr.strip() or f"exit code {asked.returncode}"
    except subprocess.TimeoutExpired:
        asked, said = None, f"it does not answer within {ANSWERS_WITHIN:g} seconds"
    if asked is None or asked.returncode:
        reason = said.splitlines()[-1]
        fix = f"install {name} so that Pyomo finds it, or use another solver"
        raise InputError([Problem(place, one.name, f"cannot be used here: {reason}", fix)])
    return said


def _named(name: str, place: str) -> Backend:
    if name in BACKENDS:
        return BACKENDS[name]
    if name.startswith(DOOR) and len(name) > len(DOOR):
        door = BACKENDS[f"{DOOR}highs"]
        return replace(door, name=name, label=f"Pyomo with {name.removeprefix(DOOR)}, Pyomo")
    rule = f"no such solver; there are {', '.join(BACKENDS)}, and `{DOOR}NAME` for what Pyomo calls NAME"
    raise InputError([Problem(place, name, rule, "name one of them")])


def why_not(one: Backend) -> str | None:
    """Say why a solver cannot be used here; None if it can."""
    if version_of(one) is None:
        return f"{one.package} is not installed"
    if one.twin and version_of(one) != importlib.metadata.version(one.twin):
        return f"{one.package} {version_of(one)} does not match {one.twin} {importlib.metadata.version(one.twin)}"
    return None


def version_of(one: Backend) -> str | None:
    """Return the version of the package that contains a solver; None if it is not installed."""
    if importlib.util.find_spec(one.package) is None:
        return None
    return importlib.metadata.version(one.package)


def refuse_unfit(one: Backend, integer: bool, continuous: bool, place: str = "settings.solver") -> None:
    """Refuse a solver that cannot handle the columns of a program.

    Parameters:
        integer: whether the program has integer columns
        continuous: whether the program has continuous columns
        place: where the name of the solver stands in the input
    Raises:
        InputError: when the solver handles no integer, or no continuous columns, and there are some
    """
    others = ", ".join(b.name for b in BACKENDS.values() if b.integer and b.continuous)
    if integer and not one.integer:
        rule = "solves relaxations only, and some columns are integer"
        raise InputError([Problem(place, one.name, rule, f"use one of {others}")])
    if continuous and not one.continuous:
        rule = "takes integer columns only, and some are continuous"
        raise InputError([Problem(place, one.name, rule, f"use one of {others}")])


def excuses(one: Backend) -> list[str]:
    """List what a solver is excused from in the suite that all solvers run."""
    return [words for ability, words in EXCUSED.items() if not getattr(one, ability)]


def described() -> list[dict[str, Any]]:
    """Describe every solver in one row each: what it is, whether it can be used here, and what it can do."""
    rows = []
    for one in BACKENDS.values():
        reason = why_not(one)
        facts = asdict(one)
        can = {name: facts[name] for name in ABILITIES}
        rows.append(
            {"name": one.name, "version": version_of(one), "available": reason is None, "why_not": reason} | can
        )
    return rows
