"""The families of instances that have a reader: which files, which variants, which mapping."""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.external import mappings, problems
from benchmarks.external.mappings import Mapped
from models.plan import Plan

ROUNDED = "rounded to 7 digits"
Solution = Callable[[Plan], dict[str, Any]]


@dataclass(frozen=True)
class Case:
    """An instance of a family in one of its variants. ``optimum`` is None where nobody has given one."""

    family: str
    instance: str
    variant: str
    optimum: float | None
    status: str = ""

    @property
    def tolerance(self) -> float:
        """Relative difference that counts as the same."""
        return 2e-6 if ROUNDED in self.status else 1e-6


@dataclass(frozen=True)
class Family:
    """How a family is read and said; ``variant`` is what its files are where nothing else is said."""

    variant: str
    load: Callable[[Path, str, str], tuple[Mapped, Solution]]


def _split(path: Path, name: str, variant: str) -> tuple[Mapped, Solution]:
    capacity = float(name.rsplit("_", 1)[1]) if "_" in name else None
    problem = problems.location_by_customer(path, capacity)
    single = variant == "single-source"
    return mappings.location(problem, single), lambda plan: mappings.location_solution(problem, plan)


def _single(path: Path, _: str, variant: str) -> tuple[Mapped, Solution]:
    problem = problems.location_by_site(path)
    return mappings.location(problem, variant != "splittable"), lambda plan: mappings.location_solution(problem, plan)


def _assignment(path: Path, _: str, variant: str) -> tuple[Mapped, Solution]:
    return mappings.assignment(problems.assignment(path), variant == "max"), mappings.assignment_solution


def _lots(path: Path, _: str, __: str) -> tuple[Mapped, Solution]:
    mapped = mappings.lot_sizing(problems.lot_sizing(path))
    periods = tuple(piece.name for piece in mapped.instance.calendar)
    return mapped, lambda plan: mappings.lot_sizing_solution(plan, periods)


FAMILIES = {
    "cflp_orlib": Family("splittable", _split),
    "sscflp_orlib": Family("single-source", _single),
    "sscflp_holmberg": Family("single-source", _single),
    "sscflp_diaz": Family("single-source", _single),
    "gap_cattrysse1994": Family("min", _assignment),
    "gap_chu1997": Family("min", _assignment),
    "gap_yagiura2004": Family("min", _assignment),
    "clsp_trigeiro": Family("multi-item", _lots),
}


def cases_of(folder: Path, only: str | None) -> tuple[list[Case], list[str]]:
    """What is to be solved, in order; and folders that no reader is for."""
    here = sorted(path.name for path in folder.iterdir() if path.is_dir() and (only is None or path.name == only))
    known = [name for name in here if name in FAMILIES]
    listed = _listed(folder / "optima.csv")
    cases = []
    for family in known:
        rows = [case for case in listed if case.family == family] if listed is not None else _all(folder, family)
        cases += rows
    return cases, [name for name in here if name not in FAMILIES]


def _listed(file: Path) -> list[Case] | None:
    if not file.is_file():
        return None
    with file.open(encoding="utf-8", newline="") as rows:
        return [
            Case(
                row["family"], row["instance"], row["variant"].split(maxsplit=1)[0].rstrip(","),
                float(row["optimum"]) if row["optimum"] else None, row["status"],
            )
            for row in csv.DictReader(rows)
        ]  # fmt: skip


def _all(folder: Path, family: str) -> list[Case]:
    names = sorted(path.name.split(".")[0] for path in (folder / family).iterdir() if path.is_file())
    return [Case(family, name, FAMILIES[family].variant, None) for name in names]


def file_of(folder: Path, case: Case) -> Path:
    """The file of a case: of its name, whatever the suffix; a number behind `_` is the capacity that the file leaves open."""
    wanted = {case.instance, case.instance.rsplit("_", 1)[0]}
    found = [path for path in sorted((folder / case.family).iterdir()) if path.name.split(".")[0] in wanted]
    exact = [path for path in found if path.name.split(".")[0] == case.instance]
    if not found:
        raise FileNotFoundError(f"{folder / case.family}: no file of the name {case.instance}")
    return (exact or found)[0]
