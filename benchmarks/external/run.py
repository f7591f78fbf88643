"""Solves cases with the ordinary engine and compares with what was published."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.external.families import FAMILIES, Case, Solution, file_of
from benchmarks.external.mappings import Mapped
from models.files import save
from solver.result import Result
from solver.settings import Settings
from solver.solve import solve

PROVEN = 1e-6  # relative gap


@dataclass(frozen=True)
class Row:
    """What came out, in the terms of the source."""

    case: Case
    objective: float | None
    bound: float | None
    seconds: float
    proven: bool

    @property
    def agrees(self) -> bool | None:
        """Whether it is the published optimum; None where it was not proven in time or none is given, unless it is refuted."""
        optimum, case = self.case.optimum, self.case
        if optimum is None or self.objective is None:
            return None
        least = case.tolerance * max(1.0, abs(optimum))
        worse = -1.0 if case.variant == "max" else 1.0
        if "proven" in case.status.lower():
            if worse * (optimum - self.objective) > least:
                return False  # better than what is proven to be the best
            if self.bound is not None and worse * (self.bound - optimum) > least:
                return False  # a bound that the optimum refutes
        return abs(self.objective - optimum) <= least if self.proven else None

    def document(self) -> dict[str, Any]:
        """As JSON."""
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
    """Reads, solves, compares; writes what was solved and found."""
    began = time.monotonic()
    mapped, solution = FAMILIES[case.family].load(file_of(folder, case), case.instance, case.variant)
    result = solve(mapped.instance, Settings(time_limit=time_limit, gap=0.0))
    seconds = time.monotonic() - began
    proven = result.gap is not None and result.gap <= PROVEN
    objective, bound = _in_terms_of_source(mapped, result)
    row = Row(case, objective, bound, seconds, proven)
    if output is not None:
        _write(output / case.family / f"{case.instance}-{case.variant}", mapped, result, solution, objective)
    return row


def _in_terms_of_source(mapped: Mapped, result: Result) -> tuple[float | None, float | None]:
    """Objective and bound; the terms of the check are finer than its cost, which is rounded to the cent."""
    objective = None if result.check is None else float(sum(result.check.terms_usd.values()))
    return tuple(
        None if value is None else mapped.sign * value + mapped.constant for value in (objective, result.bound_usd)
    )  # type: ignore[return-value]


def _write(folder: Path, mapped: Mapped, result: Result, solution: Solution, objective: float | None) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    save(mapped.instance, folder / "instance.json")
    if result.plan is None:
        return
    save(result.plan, folder / "plan.json")
    document = solution(result.plan) | {"objective": objective}
    (folder / "solution.json").write_text(json.dumps(document) + "\n", encoding="utf-8")
