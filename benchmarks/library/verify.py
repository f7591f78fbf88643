"""Whether everything that is recorded is true, as far as it can be checked; a bound is held against the plan."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from benchmarks.library.binding import binds
from benchmarks.library.entry import size_of
from benchmarks.library.named import NAMED
from benchmarks.library.page import NONE_YET, gap_text
from models.errors import InputError
from solver.check import check

if TYPE_CHECKING:
    from benchmarks.library.entry import Entry
    from benchmarks.library.named import Named
    from benchmarks.library.shelf import Shelf
    from models.instance import Instance
    from models.plan import Plan

STALE = "stale: the instance has changed since"


@dataclass(frozen=True)
class Row:
    """An instance and what is wrong with its entry; no entry: nothing is recorded yet."""

    name: str
    entry: Entry | None
    faults: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """The verdict as one line."""
        return "; ".join(self.faults) or ("true" if self.entry is not None else NONE_YET)

    def document(self) -> dict[str, Any]:
        """The row as JSON."""
        best, bound = (None, None) if self.entry is None else self.entry.standing
        return {
            "name": self.name,
            "instance_sha256": None if self.entry is None else self.entry.instance_sha256,
            "objective_usd": None if best is None else float(best.usd),
            "bound_usd": None if bound is None else float(bound.usd),
            "faults": list(self.faults),
        }

    def cells(self) -> list[str]:
        """The row as texts: name, objective, bound, gap, verdict."""
        best, bound = (None, None) if self.entry is None else self.entry.standing
        usd = [NONE_YET if one is None else f"{one.usd:,.2f}" for one in (best, bound)]
        return [self.name, *usd, "-" if self.entry is None else gap_text(self.entry), self.words]


def verified(shelf: Shelf, one: Named, entry: Entry | None) -> Row:
    """Verifies the entry of an instance: hash, size, plan, cost, bound, and what binds.

    Raises:
        InputError: when the instance itself cannot be read.
    """
    return Row(one.name, entry) if entry is None else Row(one.name, entry, tuple(_faults(shelf, entry, one.instance())))


def faults_of_plan(entry: Entry, instance: Instance, plan: Plan) -> list[str]:
    """What is wrong with the objective of an entry: its plan does not hold, or costs something else."""
    assert entry.best is not None
    verdict = check(instance, plan)
    faults = [*verdict.warnings]
    if verdict.breaches:
        faults.append(f"the plan does not hold: {len(verdict.breaches)} breaches, the first: {verdict.breaches[0]}")
    if verdict.cost_usd != entry.best.usd:
        faults.append(f"the plan costs {verdict.cost_usd:,.2f} USD, recorded are {entry.best.usd:,.2f}")
    return faults


def faults_of_files(shelf: Shelf) -> list[str]:
    """What is wrong beside the entries: a page that says something else, plans that nothing names, unknown names."""
    library, names = shelf.read(), {one.name for one in NAMED}
    faults = [
        f"LIBRARY.json: {entry.name} is no named instance" for entry in library.instances if entry.name not in names
    ]
    if not shelf.page_is_current(library):
        faults.append("LIBRARY.md does not say what LIBRARY.json says; `--improve` writes it anew")
    return faults + [f"{path.name}: no entry names this plan; `--improve` removes it" for path in shelf.strays(library)]


def _faults(shelf: Shelf, entry: Entry, instance: Instance) -> list[str]:
    if entry.instance_sha256 != instance.sha256:
        return [STALE]
    faults = [] if entry.size == size_of(instance) else ["the size is another"]
    if entry.best is None:
        return faults
    if entry.bound is not None and entry.bound.usd > entry.best.usd:
        faults.append("the bound is above the objective")
    try:
        plan = shelf.plan(entry, instance)
    except InputError as error:
        return [*faults, *map(str, error.problems[:1])]
    of_plan = faults_of_plan(entry, instance, plan)
    if not of_plan and entry.binds != binds(instance, plan):
        of_plan = ["other limits bind than recorded; `--improve` corrects this"]
    return faults + of_plan
