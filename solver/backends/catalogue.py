"""The solvers that a program can go to, and what each can do. Known without importing any of them."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import subprocess
from dataclasses import asdict, dataclass, replace
from typing import Any

from models.errors import InputError, Problem
from solver.backends.launch import command, environment

ABILITIES = ("integer", "continuous", "duals", "warm_start", "stop", "deterministic")
EXCUSED = {  # what a solver is excused from that lacks an ability
    "integer": "programs with whole columns: refused",
    "continuous": "programs with columns that need not be whole: refused",
    "duals": "a bound of a relaxation: none is claimed",
    "warm_start": "going on from a plan: it is not given one",
    "stop": "ending when asked: its process is ended",
    "streams": "points before the end: what is ended early holds none",
    "deterministic": "the same answer twice, and a limit of work",
}
ANSWERS_WITHIN = 60.0  # seconds
DOOR, DOOR_MODULE = "pyomo:", "solver.backends.pyomo_door"  # and behind it whatever Pyomo calls a solver


@dataclass(frozen=True)
class Backend:
    """What a solver is and can do."""

    name: str
    label: str  # as it calls itself, version aside
    package: str  # the distribution that brings it
    module: str  # of the solver's process
    integer: bool = True  # columns that must be whole
    continuous: bool = True  # columns that need not be
    duals: bool = True  # multipliers of the rows of a relaxation, from which its bound is proven
    warm_start: bool = True  # goes on from a point that is given
    stop: bool = (
        True  # ends when it is asked to, with what it has; else its process is ended and what it streamed is kept
    )
    deterministic: bool = True  # the same program, seed and work limit give the same answer
    streams: bool = True  # points, as they are found
    twin: str = ""  # a distribution that has to be there in the same version


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
    """The solver of a name.

    InputError, about what is given at ``place``, where there is none or it is not installed.
    """
    found = _named(name, place)
    reason = why_not(found)
    if reason is not None:
        pair = f"=={importlib.metadata.version(found.twin)}" if found.twin else ""
        fix = f"pip install {found.package}{pair}"
        raise InputError([Problem(place, name, f"cannot be used here: {reason}", fix)])
    return found


def refuse_unreachable(one: Backend, place: str = "settings.solver") -> None:
    """InputError where Pyomo does not find the solver behind its door.

    Asked in a process of its own, which takes a second.
    """
    if one.module != DOOR_MODULE:
        return
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
        fix = f"install {name} so that Pyomo finds it, or take another solver"
        raise InputError([Problem(place, one.name, f"cannot be used here: {reason}", fix)])


def _named(name: str, place: str) -> Backend:
    if name in BACKENDS:
        return BACKENDS[name]
    if name.startswith(DOOR) and len(name) > len(DOOR):
        door = BACKENDS[f"{DOOR}highs"]
        return replace(door, name=name, label=f"Pyomo with {name.removeprefix(DOOR)}, Pyomo")
    rule = f"no such solver; there are {', '.join(BACKENDS)}, and `{DOOR}NAME` for what Pyomo calls NAME"
    raise InputError([Problem(place, name, rule, "name one of them")])


def why_not(one: Backend) -> str | None:
    """Why a solver cannot be used here; None: it can."""
    if version_of(one) is None:
        return f"{one.package} is not installed"
    if one.twin and version_of(one) != importlib.metadata.version(one.twin):
        return f"{one.package} {version_of(one)} does not go with {one.twin} {importlib.metadata.version(one.twin)}"
    return None


def version_of(one: Backend) -> str | None:
    """Version of the package that brings a solver; None where it is not installed."""
    if importlib.util.find_spec(one.package) is None:
        return None
    return importlib.metadata.version(one.package)


def refuse_unfit(one: Backend, integer: bool, continuous: bool, place: str = "settings.solver") -> None:
    """InputError where a program has columns that a solver cannot treat."""
    others = ", ".join(b.name for b in BACKENDS.values() if b.integer and b.continuous)
    if integer and not one.integer:
        rule = "solves relaxations only, and some columns must be whole"
        raise InputError([Problem(place, one.name, rule, f"take one of {others}")])
    if continuous and not one.continuous:
        rule = "takes whole columns only, and some need not be whole"
        raise InputError([Problem(place, one.name, rule, f"take one of {others}")])


def excuses(one: Backend) -> list[str]:
    """What the suite that all solvers run does not ask of one."""
    return [words for ability, words in EXCUSED.items() if not getattr(one, ability)]


def described() -> list[dict[str, Any]]:
    """Every solver as a row: what it is, whether it can be used here, what it can do."""
    rows = []
    for one in BACKENDS.values():
        reason = why_not(one)
        facts = asdict(one)
        can = {name: facts[name] for name in ABILITIES}
        rows.append(
            {"name": one.name, "version": version_of(one), "available": reason is None, "why_not": reason} | can
        )
    return rows
