"""Solves cases with the ordinary engine and compares the results with the published values."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from benchmarks.external.families import FAMILIES, Case, Solution, file_of
from models.errors import SolverError
from models.files.whole import write_whole_folder
from models.files.write import to_json
from solver.settings import Settings
from solver.solve import solve

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.external.mappings import Mapped
    from models.plan import Plan
    from solver.result import Result

PROVEN = 1e-6  # relative gap
FILES = frozenset(("instance.json", "plan.json", "solution.json"))


@dataclass(frozen=True)
class Row:
    """The result of a case, in the terms of the source."""

    case: Case
    objective: float | None
    bound: float | None
    seconds: float
    infeasible: bool = False

    @property
    def proven(self) -> bool:
        """Whether bound and objective are equal within the tolerance."""
        if self.objective is None or self.bound is None:
            return False
        return abs(self.objective - self.bound) <= PROVEN * max(1.0, abs(self.objective))

    @property
    def agrees(self) -> bool | None:
        """Whether the result agrees with the published optimum; None if that cannot be said.

        A published value is the value of a solution, so a result that excludes it refutes it (False). A better result
        refutes it only if it was published as proven. Otherwise the result must be proven to be compared.
        """
        if self.case.optimum is None:
            return None
        if self.infeasible or (self.bound is not None and self._off(self.bound) > 1.0):
            return False
        if self.better:
            return False if self.case.is_proven else None
        if self.objective is None or not self.proven:
            return None
        return self._off(self.objective) <= 1.0

    @property
    def verdict(self) -> str:
        """How the result compares with the published value, in words."""
        if self.agrees is not None:
            return "agrees" if self.agrees else "REFUTED"
        if self.better:
            return "better than published"
        return "proven, none published" if self.proven else "open"

    @property
    def better(self) -> bool:
        """Whether the objective is better than the published value."""
        return self.case.optimum is not None and self.objective is not None and self._off(self.objective) < -1.0

    def _off(self, value: float) -> float:
        """By how many tolerances a value is worse than the published one; negative if it is better."""
        optimum = self.case.optimum or 0.0
        worse = optimum - value if self.case.variant == "max" else value - optimum
        return worse / (self.case.tolerance * max(1.0, abs(optimum)))

    def document(self) -> dict[str, Any]:
        """The row as JSON."""
        return {
            "family": self.case.family,
            "instance": self.case.instance,
            "variant": self.case.variant,
            "optimum": self.case.optimum,
            "objective": self.objective,
            "bound": self.bound,
            "seconds": round(self.seconds, 2),
            "proven": self.proven,
            "agrees": self.agrees,
        }


def run(folder: Path, case: Case, time_limit: float, output: Path | None) -> Row:
    """Reads and solves a case.

    Parameters:
        folder: the folder with the families.
        time_limit: seconds, reading included.
        output: the folder in which instance, plan and solution are written; None: nowhere.

    Raises:
        InputError: when the file is not in the format of its family, or the output cannot be written.
        SolverError: when a solver fails.
    """
    began = time.monotonic()
    mapped, solution = FAMILIES[case.family].load(file_of(folder, case), case.instance, case.variant)
    left = max(0.0, time_limit - (time.monotonic() - began))
    result = solve(mapped.instance, Settings(time_limit=left, gap=0.0))
    seconds = time.monotonic() - began
    holds = result.check is not None and not result.check.breaches
    objective, bound = _in_terms_of_source(mapped, result, holds)
    if output is not None:
        _write(folder_of(output, case), mapped, result.plan if holds else None, solution, objective)
    if result.stopped == "crashed":
        raise SolverError(result.message)
    return Row(case, objective, bound, seconds, result.stopped == "infeasible")


def folder_of(output: Path, case: Case) -> Path:
    """The folder in which a case is written."""
    return output / case.family / f"{case.instance}-{case.variant}"


def _in_terms_of_source(mapped: Mapped, result: Result, holds: bool) -> tuple[float | None, float | None]:
    """Objective and bound; the cost is summed from the terms of the check, since its total is rounded to the cent."""
    objective = float(sum(result.check.terms_usd.values())) if holds and result.check is not None else None
    return tuple(
        None if value is None else mapped.sign * value + mapped.constant for value in (objective, result.bound_usd)
    )  # type: ignore[return-value]


def _write(folder: Path, mapped: Mapped, plan: Plan | None, solution: Solution, objective: float | None) -> None:
    files = {"instance.json": to_json(mapped.instance)}
    if plan is not None:
        document = solution(plan) | {"objective": objective}
        files |= {"plan.json": to_json(plan), "solution.json": (json.dumps(document) + "\n").encode()}
    write_whole_folder(folder, files, FILES)
