"""The families of instances that can be read: their files, variants and mappings."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from benchmarks.external import mappings, problems
from models.errors import InputError, Problem
from models.files.text import decode, read_bytes
from models.plan import Plan

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.external.mappings import Mapped

ROUNDED = "rounded to 7 digits"
Solution = Callable[[Plan], dict[str, Any]]


@dataclass(frozen=True)
class Case:
    """An instance of a family in one of its variants. ``optimum`` is the published value; None: none is given."""

    family: str
    instance: str
    variant: str
    optimum: float | None
    status: str = ""

    @property
    def is_proven(self) -> bool:
        """Whether the ``optimum`` is published as proven."""
        return self.optimum is not None and self.status.strip().lower().startswith("proven")

    @property
    def tolerance(self) -> float:
        """The relative difference up to which two values count as equal."""
        return 2e-6 if ROUNDED in self.status else 1e-6


@dataclass(frozen=True)
class Family:
    """How to read a family. ``variants``: the first is the default; ``load``: reads a file, given name and variant."""

    variants: tuple[str, ...]
    load: Callable[[Path, str, str], tuple[Mapped, Solution]]


def _split(path: Path, name: str, variant: str) -> tuple[Mapped, Solution]:
    problem = problems.location_by_customer(path, None if _stem(path) == name else _capacity(name))
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


LOCATION, MANY = ("splittable", "single-source"), "multi-item"
FAMILIES = {
    "cflp_orlib": Family(LOCATION, _split),
    "sscflp_orlib": Family(LOCATION[::-1], _single),
    "sscflp_holmberg": Family(LOCATION[::-1], _single),
    "sscflp_diaz": Family(LOCATION[::-1], _single),
    "gap_cattrysse1994": Family(("min", "max"), _assignment),
    "gap_chu1997": Family(("min", "max"), _assignment),
    "gap_yagiura2004": Family(("min", "max"), _assignment),
    "clsp_trigeiro": Family((MANY,), _lots),
}
LIST = "optima.csv"
COLUMNS = ("family", "instance", "optimum", "variant", "status")


def cases_of(folder: Path, only: str | None) -> tuple[list[Case], list[str]]:
    """Lists the cases of a folder.

    Parameters:
        folder: a folder with a subfolder for each family and, if there is one, the list of optima.
        only: a family, if only that is to be solved.

    Returns:
        The cases to solve, in order, and a line for each folder, file or row that is left out.

    Raises:
        InputError: when ``only`` is not a family, or the list of optima is not valid.
    """
    here = sorted(path.name for path in folder.iterdir() if path.is_dir() and (only is None or path.name == only))
    if only is not None and only not in FAMILIES and not here:
        rule = f"neither a folder nor a family; there are {', '.join(FAMILIES)}"
        raise InputError([Problem("--only", only, rule, "name one of them")])
    left_out = [f"{name}: no reader for this folder" for name in here if name not in FAMILIES]
    listed = _listed(folder / LIST) if (folder / LIST).is_file() else None
    cases = []
    for family in FAMILIES if only is None else {only} & set(FAMILIES):
        files = _names(folder / family) if family in here else {}
        rows = [case for case in listed or () if case.family == family]
        if listed is None:
            rows = [Case(family, name, FAMILIES[family].variants[0], None) for name in files]
        elif family in here:
            unlisted = sorted(set(files) - {_name(case, files) for case in rows})
            left_out += [f"{family}/{name}: not in {LIST}" for name in unlisted]
        left_out += [
            f"{family}/{case.instance}: in {LIST}, but no such file" for case in rows if not _name(case, files)
        ]
        cases += [case for case in rows if _name(case, files)]
    return sorted(cases, key=lambda case: case.family), left_out


def _listed(file: Path) -> list[Case]:
    """The rows of families that can be read; InputError with everything that is wrong with them."""
    rows = csv.DictReader(io.StringIO(decode(read_bytes(file), str(file))), strict=True)
    wrong, cases = [], []
    try:
        lacking = [name for name in COLUMNS if name not in (rows.fieldnames or ())]
        if lacking:
            rule = f"must have the columns {', '.join(COLUMNS)}; {lacking[0]} is missing"
            raise InputError([Problem("header", None, rule, "name the columns in the first line", str(file), 1)])
        for row in rows:
            if row["family"] in FAMILIES:
                found = _case(row)
                if isinstance(found, Case):
                    cases.append(found)
                else:
                    place, value, rule = found
                    wrong.append(Problem(place, value, rule, "correct the row", str(file), rows.line_num))
    except csv.Error as error:
        raise InputError([Problem("", None, str(error), "save it as CSV", str(file), rows.line_num)]) from None
    if wrong:
        raise InputError(wrong)
    return cases


def _case(row: dict[str, str | None]) -> Case | tuple[str, str | None, str]:
    """The case of a row, or the place, value and rule of what is wrong with it."""
    family, instance, text = row["family"] or "", row["instance"] or "", (row["optimum"] or "").strip()
    variant, known = (row["variant"] or "").strip(), FAMILIES[family].variants
    word = variant.split(maxsplit=1)[0].rstrip(",") if variant else ""
    if not instance or "/" in instance or instance.startswith("."):
        return "instance", instance, "must be the name of a file of the family"
    if word not in known:
        return "variant", variant, f"must begin with {' or '.join(known)}"
    try:
        optimum = float(text) if text else None
    except ValueError:
        return "optimum", text, "must be a number, or empty"
    if optimum is not None and not math.isfinite(optimum):
        return "optimum", text, "must be finite, or empty"
    return Case(family, instance, word, optimum, row["status"] or "")


def _stem(path: Path) -> str:
    """The name of a file without its suffixes."""
    return path.name.split(".")[0]


def _names(folder: Path) -> dict[str, list[Path]]:
    """The files of instances by name without suffix; hidden files and .md files are left out."""
    names: dict[str, list[Path]] = {}
    for path in sorted(folder.iterdir()):
        if path.is_file() and not path.name.startswith(".") and path.suffix.lower() != ".md":
            names.setdefault(_stem(path), []).append(path)
    return names


def _name(case: Case, files: dict[str, list[Path]]) -> str | None:
    """The name of a case's file: that of the instance, or the part before a capacity that the file leaves open."""
    if case.instance in files:
        return case.instance
    name = case.instance.rsplit("_", 1)[0]
    return name if name in files and _capacity(case.instance) is not None else None


def _capacity(name: str) -> float | None:
    """The number after the last `_` of a name, if it is a positive one."""
    try:
        capacity = float(name.rsplit("_", 1)[1]) if "_" in name else math.nan
    except ValueError:
        return None
    return capacity if 0 < capacity < math.inf else None


def file_of(folder: Path, case: Case) -> Path:
    """Finds the file of a case.

    Raises:
        InputError: when there is no such file, or more than one of that name.
    """
    files = _names(folder / case.family)
    found = files.get(_name(case, files) or "", [])
    if len(found) != 1:
        rule = f"there are {found[0].name} and {found[1].name}" if found else "there is no such file"
        raise InputError([Problem(case.instance, None, rule, "keep one", str(folder / case.family))])
    return found[0]
