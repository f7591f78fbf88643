"""Searches from the recorded plan of an instance, and records what is better."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from benchmarks.library.binding import binds
from benchmarks.library.entry import Entry, Options, Origin, Program, Standing, size_of
from benchmarks.library.named import NAMED
from benchmarks.library.rule import Found, better, solved
from benchmarks.library.verify import faults_of_plan
from models.errors import InputError, SolverError
from models.files.text import refuse
from models.references import plan_problems
from solver.result import NO_PLAN_CLAIMED
from solver.solve import solve
from solver.versions import versions

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.library.named import Named
    from benchmarks.library.shelf import Shelf
    from models.instance import Instance
    from models.plan import Plan
    from solver.result import Result
    from solver.settings import Settings

    Search = Callable[[Instance, Settings, Plan | None], Result]


@dataclass(frozen=True)
class Change:
    """What became of an entry."""

    name: str
    before: Entry | None
    after: Entry | None
    note: str = ""  # what else there is to say

    @property
    def better(self) -> bool:
        """Whether a plan or a bound is new."""
        old, new = (Standing() if entry is None else entry.standing for entry in (self.before, self.after))
        return old != new

    @property
    def words(self) -> str:
        """The change as one line."""
        old, new = (Standing() if entry is None else entry.standing for entry in (self.before, self.after))
        parts = []
        if self.before and self.after and self.before.instance_sha256 != self.after.instance_sha256:
            parts.append("replaces an entry of an earlier version of the instance")
        for what, was, now in (("objective", old.best, new.best), ("bound", old.bound, new.bound)):
            if now is not None and (was is None or was.usd != now.usd):
                parts.append(f"{what} {now.usd:,.2f}" + ("" if was is None else f" (was {was.usd:,.2f})"))
        if not self.better:
            parts.append("nothing better")
            if self.before is not None and self.before != self.after:
                parts.append("what binds is corrected")
        return f"{self.name}: " + "; ".join([*parts, *([self.note] if self.note else [])])


def searched(instance: Instance, settings: Settings, start: Plan | None) -> Result:
    """Solves an instance from a plan, if there is one."""
    return solve(instance, settings, start=start)


def improve(shelf: Shelf, one: Named, settings: Settings, search: Search = searched) -> Change:
    """Searches for a better plan and a better bound of an instance, and records what is better.

    Raises:
        InputError: when what is recorded is not true, so that there is nothing to compare with; when a file cannot be
            read or written; when the solver is missing.
        SolverError: when the solver fails, or a plan refutes a bound. What a failed search leaves behind is recorded if
            it is a plan that holds; of its bounds nothing.
    """
    instance, library = one.instance(), shelf.read()
    before = library.entry(one.name)
    start = _start(shelf, before, instance)
    fresh = before is not None and before.instance_sha256 == instance.sha256
    if before is not None and fresh and solved(before.standing):
        with shelf.alone():
            shelf.put(_entry(one, instance, before.standing, start), None)
        return Change(one.name, before, shelf.read().entry(one.name), "solved")
    result = search(instance, settings, start)
    failed = result.stopped in ("crashed", *NO_PLAN_CLAIMED)
    holds = result.check is not None and not result.check.breaches
    found = Found(
        result.plan if holds or not failed else None,
        None if failed else result.bound_usd,
        result.proved_by,
        _origin(one, settings, result, start),
    )
    with shelf.alone():
        latest = shelf.read().entry(one.name)  # another run may have improved it meanwhile
        known = Standing() if latest is None or latest.instance_sha256 != instance.sha256 else latest.standing
        now = better(instance, known, found)
        new = found.plan if now.best is not known.best else None
        if now != Standing() or latest is None or latest.standing == Standing():
            plan = new or (shelf.plan(latest, instance) if latest is not None and known.best is not None else None)
            shelf.put(_entry(one, instance, now, plan), new)
    if failed:
        raise SolverError(f"{result.stopped}: {result.message}")
    return Change(one.name, before, shelf.read().entry(one.name), result.stopped)


def lay_out(shelf: Shelf) -> None:
    """Records name, hash and size of each instance that has no entry yet.

    Raises:
        InputError: when a file cannot be read or written.
    """
    library = shelf.read()
    for one in NAMED:
        if library.entry(one.name) is None:
            with shelf.alone():
                shelf.put(_entry(one, one.instance(), Standing(), None), None)


def _start(shelf: Shelf, entry: Entry | None, instance: Instance) -> Plan | None:
    """The recorded plan, checked; of an earlier version of the instance only if its names still exist."""
    if entry is None or entry.best is None:
        return None
    if entry.instance_sha256 != instance.sha256:
        try:
            plan = shelf.plan(entry, instance)
        except InputError:
            return None
        return None if plan_problems(plan, instance) else plan
    plan = shelf.plan(entry, instance)
    if faults := faults_of_plan(entry, instance, plan):
        fix = "find out why; remove the entry from LIBRARY.json to begin anew"
        raise refuse(str(shelf.path_of(entry)), f"is not what is recorded: {faults[0]}", fix)
    return plan


def _entry(one: Named, instance: Instance, now: Standing, plan: Plan | None) -> Entry:
    return Entry(
        name=one.name,
        instance_sha256=instance.sha256,
        size=size_of(instance),
        binds="" if plan is None else binds(instance, plan),
        best=now.best,
        bound=now.bound,
    )


def _origin(one: Named, settings: Settings, result: Result, start: Plan | None) -> Origin:
    words = (
        f"python -m benchmarks library --improve --only {one.name} --time-limit {settings.time_limit:g}",
        f"--solver {settings.solver} --seed {settings.seed}",
    )
    size = result.size
    return Origin(
        command=" ".join(words),
        options=Options(
            time_limit_seconds=settings.time_limit,
            gap=settings.gap,
            seed=settings.seed,
            threads=settings.threads,
            solver=settings.solver,
            strategy=settings.strategy,
        ),
        versions=versions(),
        cores=len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1,
        seconds=round(result.seconds, 1),
        on=datetime.now(UTC).date(),
        started_from_usd=None if start is None or result.start_usd is None else result.start_usd,
        program=None
        if size is None
        else Program(columns=size["columns"], rows=size["rows"], integers=size["integers"]),
    )
