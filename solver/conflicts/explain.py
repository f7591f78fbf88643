"""Explaining a proven infeasibility: which commitments and limits are in conflict, and by how much.

First, the least that commitments have to give with the limits as they are: each commitment that gives is in a conflict
of its own with commitments that are kept. Then, for each of them, the least that limits have to give instead, read off
that plan by the check. Then which kept commitments belong to the conflict, by bisection (QuickXplain: Junker, AAAI
2004), so that none can be left out, and what each of them alone would have to give. Whatever is not done when the time
is up is left out, and the message says so.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from models.errors import SolverError
from solver.backends.process import solve
from solver.conflicts.commitments import commitments_of
from solver.conflicts.read import commitment_entry, limit_entries
from solver.conflicts.relax import relaxed
from solver.limits import WHY, Limits
from solver.plan.polish import polish

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from solver.arrays import Floats
    from solver.backends.outcome import Options
    from solver.conflicts.conflict import Conflict
    from solver.formulation.formulate import Formulation
    from solver.program import Program
    from solver.tables.tables import Tables

MOST = 6  # conflicts that are worked out, and commitments of each whose amount is worked out
AT_ONCE, TO_TRY = 0.5, 0.1  # shares of the time left: for a solve, and for one that can be done without


@dataclass(frozen=True, eq=False)
class Explanation:
    """The conflicts found; ``message`` says what is missing, and why.

    ``point`` is a point of the program itself, if there is a plan after all.
    """

    conflicts: list[Conflict] = field(default_factory=list)
    message: str = ""
    point: Floats | None = None


def explain(  # noqa: PLR0913  (what was solved, and what may still be spent)
    tables: Tables, formulation: Formulation, without: frozenset[str], options: Options, limits: Limits, reserve: float
) -> Explanation:
    """Find the conflicts of a program that a solver has proven infeasible.

    Parameters:
        formulation: an elastic one, in which each limit stands in rows of its own.
        options: solver options; their time limit is replaced.
        reserve: seconds kept for the end of the run.

    Returns:
        What was found before the time was up or a solver's process failed; neither is raised.
    """
    search = _Search(tables, formulation, without, options, limits, reserve)
    try:
        return search.run()
    except _OutOfTimeError:
        limits.decided = True
        message = f"{WHY[limits.reason]} before all conflicts were found"
    except SolverError as error:
        message = f"the conflicts were not found: {error}"
    return Explanation(search.conflicts(), message)


class _OutOfTimeError(Exception):
    """A limit of the run was reached before the answer."""


class _Search:
    """Works out conflict by conflict; ``found`` has what is known so far."""

    def __init__(  # noqa: PLR0913  (what was solved, and what may still be spent)
        self,
        tables: Tables,
        formulation: Formulation,
        without: frozenset[str],
        options: Options,
        limits: Limits,
        reserve: float,
    ):
        self.tables, self.formulation, self.without = tables, formulation, without
        self.options, self.limits, self.reserve = options, limits, reserve
        self.commitments = commitments_of(tables, without)
        self.elastic = relaxed(tables, formulation, self.commitments)
        self.found: list[tuple[list[Conflict], list[Conflict]]] = []  # commitments and limits of each conflict
        self.kept: list[int] = []  # commitments that can all be kept together
        self.exact = True  # every amount is proven to be the least

    def run(self) -> Explanation:
        """Work out all conflicts, what matters most first.

        Raises:
            SolverError: when a solver's process fails, or finds no point even if every commitment gives.
            _OutOfTimeError: when a limit of the run is reached.
        """
        everything = range(len(self.commitments))
        x = self.least(priced=everything)
        if x is None:
            raise SolverError("even without the commitments, the solver finds no plan")
        giving = [number for number in everything if self.elastic.gives(number, x)]
        if not giving:
            return Explanation(message="asked again, everything can be kept", point=self.elastic.original(x))
        self.kept = [number for number in everything if number not in giving]
        self.found = [([self.entry(number, x)], []) for number in giving]
        if self.keep_more(giving):
            x = self.least(hard=self.kept, priced=giving)
            self.found = [([self.entry(number, x)], []) for number in giving]
        worked_out = list(enumerate(giving[:MOST]))
        for at, number in worked_out:
            self.found[at][1].extend(self.limits_under([number, *self.kept]))
        for at, number in worked_out:
            self.find_others(at, number)
        more = len(giving) - MOST
        if more > 0:
            return Explanation(self.conflicts(), f"{more} more conflicts were not worked out")
        self.limits.decided |= not self.exact
        message = "" if self.exact else "there was no time to prove that smaller amounts would not suffice"
        return Explanation(self.conflicts(), message)

    def keep_more(self, giving: list[int]) -> bool:
        """Keep the commitments that fit if the others give more, so that each one left is in a conflict.

        Returns whether there were any.
        """
        before = len(giving)
        for number in giving[: MOST if before > 1 else 0]:
            if len(giving) > 1 and not self.collide([number, *self.kept]):
                giving.remove(number)
                self.kept.append(number)
        return len(giving) < before

    def conflicts(self) -> list[Conflict]:
        """All entries found so far, numbered by conflict."""
        return [
            replace(entry, number=number)
            for number, parts in enumerate(self.found, 1)
            for part in parts
            for entry in part
        ]

    def limits_under(self, together: list[int]) -> list[Conflict]:
        """The limits that give so that all of these commitments are kept, in as few families as will do.

        Families are left out one by one if the others suffice, those that cost most to give first.
        """
        x = self.least(hard=together, limits=self.elastic.families)
        if x is None:  # they exclude each other, whatever limits give
            return []
        families = list(self.elastic.limits_that_give(x))
        for name in reversed(families):
            fewer = [other for other in families if other != name]
            instead = self.tried(together, fewer) if fewer else None
            if instead is not None:
                x, families = instead, fewer
        families = list(self.elastic.limits_that_give(x))
        try:
            exact = polish(self.elastic.asked(together, limits=families), x, self.left(), self.options.threads)
            x = x if exact.x is None else exact.x
        except _OutOfTimeError:  # what has been found is not exact, but it is found
            self.limits.decided = True
        return limit_entries(self.tables, self.formulation, self.elastic, self.without, x, families)

    def tried(self, together: list[int], families: list[str]) -> Floats | None:
        """A point in which only these families of limits give; None if there is none, or none is found soon enough."""
        try:
            return self.point(self.elastic.asked(together, limits=families), TO_TRY)
        except _OutOfTimeError:
            self.limits.decided = True
            return None

    def find_others(self, at: int, number: int) -> None:
        """Add the kept commitments that conflict with one that gives, and what each alone would have to give."""
        entries = self.found[at][0]
        others = self.others_with(number)
        entries += [self.entry(other, None) for other in others]
        for place, other in enumerate(others[:MOST], 1):
            x = self.least(hard={number, *others} - {other}, priced=[other])
            entries[place] = entries[place] if x is None else self.entry(other, x)

    def others_with(self, number: int) -> list[int]:
        """A minimal set of kept commitments in conflict with this one; empty if it cannot be kept even alone."""
        if not self.kept or self.collide([number]):
            return []
        if not self.exact and not self.collide([number, *self.kept]):
            return []  # without a proof, it may have given without need
        return smallest([number], self.kept, self.collide)

    def entry(self, number: int, x: Floats | None) -> Conflict:
        """The entry of a commitment, with what it gives in a point."""
        commitment = self.commitments[number]
        return commitment_entry(self.tables, self.formulation, self.elastic, commitment, number, x)

    def collide(self, hard: Iterable[int]) -> bool:
        """Whether these commitments cannot all be kept."""
        return self.point(self.elastic.asked(hard), 1.0) is None

    def least(self, hard: Iterable[int] = (), priced: Iterable[int] = (), limits: Iterable[str] = ()) -> Floats | None:
        """The point in which the least gives, or the best one found in time; None if there is none."""
        return self.point(self.elastic.asked(hard, priced, limits), AT_ONCE)

    def point(self, asked: Program, share: float) -> Floats | None:
        """The best point found in a share of the time left; None if there is none.

        Raises:
            SolverError: when the solver's process fails.
            _OutOfTimeError: when the time is up before there is a point or a proof that there is none.
        """
        outcome = solve(asked, replace(self.options, time_limit=share * self.left()), stop=self.limits.stop)
        if outcome.x is None and outcome.stopped == "crashed":
            raise SolverError(outcome.message)
        if outcome.x is None and outcome.stopped != "infeasible":
            raise _OutOfTimeError
        self.exact &= outcome.stopped in ("optimal", "gap", "infeasible")
        return outcome.x

    def left(self) -> float:
        """Seconds left.

        Raises:
            _OutOfTimeError: when there are none.
        """
        left = self.limits.left(self.reserve)
        if left <= 0:
            raise _OutOfTimeError
        return left


def smallest(given: list[int], others: list[int], collide: Callable[[list[int]], bool]) -> list[int]:
    """Find a minimal subset of ``others`` that conflicts with ``given``.

    All ``others`` together conflict with ``given``, and ``given`` alone does not.
    """
    if len(others) == 1:
        return others
    first, second = others[: len(others) // 2], others[len(others) // 2 :]
    in_second = [] if collide([*given, *first]) else smallest([*given, *first], second, collide)
    in_first = [] if in_second and collide([*given, *in_second]) else smallest([*given, *in_second], first, collide)
    return [*in_first, *in_second]
