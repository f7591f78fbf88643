"""After a proven infeasibility: which commitments collide with each other and with which limits, and by how much.

First the least that commitments have to give, limits as they are: each of them that gives is in a conflict of its own
with those that are kept. Then, for each, the least that limits have to give instead, read off that plan by the check.
Then which of the kept ones are in the conflict, by halves (QuickXplain: Junker, AAAI 2004), so that none of them can be
left out, and what each of them alone would have to give. What is not done when the time is up is left out, and said.
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

MOST = 6  # conflicts that are worked out, and commitments of one that are each asked what they would have to give
AT_ONCE, TO_TRY = 0.5, 0.1  # of the time that is left: for a question, and for one that can be done without


@dataclass(frozen=True, eq=False)
class Explanation:
    """What was found; ``message`` says what is missing, and why.

    ``point``: of the program itself, so that there is a plan after all.
    """

    conflicts: list[Conflict] = field(default_factory=list)
    message: str = ""
    point: Floats | None = None


def explain(  # noqa: PLR0913  (what was solved, and what may still be spent)
    tables: Tables, formulation: Formulation, without: frozenset[str], options: Options, limits: Limits, reserve: float
) -> Explanation:
    """The conflicts of a program of which a solver has proven that it has no point; ``reserve`` seconds are kept."""
    search = _Search(tables, formulation, without, options, limits, reserve)
    try:
        return search.run()
    except _OutOfTimeError:
        limits.decided = True
        message = f"{WHY[limits.reason]} before everything that collides was found"
    except SolverError as error:
        message = f"what collides was not found: {error}"
    return Explanation(search.conflicts(), message)


class _OutOfTimeError(Exception):
    """A limit came before an answer."""


class _Search:
    """Conflict by conflict; what is known so far stands in ``found``."""

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
        self.kept: list[int] = []  # commitments that all can be kept together
        self.exact = True  # less is proven not to do

    def run(self) -> Explanation:
        """Everything about each conflict in turn, what matters most first."""
        everything = range(len(self.commitments))
        x = self.least(priced=everything)
        if x is None:
            raise SolverError("even without what must be, the solver finds no plan")
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
            return Explanation(self.conflicts(), f"{more} conflicts more were not worked out")
        self.limits.decided |= not self.exact
        message = "" if self.exact else "there was no time to prove that smaller amounts would not do"
        return Explanation(self.conflicts(), message)

    def keep_more(self, giving: list[int]) -> bool:
        """Moves to those that are kept whom the others can let in by giving more, so that each one left is in a
        conflict.
        """
        before = len(giving)
        for number in giving[: MOST if before > 1 else 0]:
            if len(giving) > 1 and not self.collide([number, *self.kept]):
                giving.remove(number)
                self.kept.append(number)
        return len(giving) < before

    def conflicts(self) -> list[Conflict]:
        """What is known, one entry each, in the order of conflicts."""
        return [
            replace(entry, number=number)
            for number, parts in enumerate(self.found, 1)
            for part in parts
            for entry in part
        ]

    def limits_under(self, together: list[int]) -> list[Conflict]:
        """What limits give so that all of these are kept: of as few families as will do, the dearest are left out
        first.
        """
        x = self.least(hard=together, limits=self.elastic.families)
        if x is None:  # they exclude each other, whatever gives
            return []
        families = list(self.elastic.limits_that_give(x))
        for name in reversed(families):
            fewer = [other for other in families if other != name]
            instead = self.tried(together, fewer) if fewer else None
            if instead is not None:
                x, families = instead, fewer
        families = list(self.elastic.limits_that_give(x))
        exact = polish(self.elastic.asked(together, limits=families), x, self.left(), self.options.threads)
        x = x if exact.x is None else exact.x
        return limit_entries(self.tables, self.formulation, self.elastic, self.without, x, families)

    def tried(self, together: list[int], families: list[str]) -> Floats | None:
        """A point in which only these families of limits give; None where there is none, or none is found soon."""
        try:
            return self.point(self.elastic.asked(together, limits=families), TO_TRY)
        except _OutOfTimeError:
            self.limits.decided = True
            return None

    def find_others(self, at: int, number: int) -> None:
        """Which commitments that are kept are in the conflict of one that is not, and what each of them alone would
        have to give.
        """
        entries = self.found[at][0]
        others = self.others_with(number)
        entries += [self.entry(other, None) for other in others]
        for place, other in enumerate(others[:MOST], 1):
            x = self.least(hard={number, *others} - {other}, priced=[other])
            entries[place] = entries[place] if x is None else self.entry(other, x)

    def others_with(self, number: int) -> list[int]:
        """The smallest choice of kept commitments that a commitment collides with; none where it has no place alone."""
        if not self.kept or self.collide([number]):
            return []
        if not self.exact and not self.collide([number, *self.kept]):
            return []  # more gave than had to
        return smallest([number], self.kept, self.collide)

    def entry(self, number: int, x: Floats | None) -> Conflict:
        """A commitment, and what it gives in a point."""
        commitment = self.commitments[number]
        return commitment_entry(self.tables, self.formulation, self.elastic, commitment, number, x)

    def collide(self, hard: Iterable[int]) -> bool:
        """Whether these commitments cannot all be kept."""
        return self.point(self.elastic.asked(hard), 1.0) is None

    def least(self, hard: Iterable[int] = (), priced: Iterable[int] = (), limits: Iterable[str] = ()) -> Floats | None:
        """A point in which the least gives, as far as there was time to find it; None where there is none."""
        return self.point(self.elastic.asked(hard, priced, limits), AT_ONCE)

    def point(self, asked: Program, share: float) -> Floats | None:
        """The best point that is found in a share of the time that is left; None where there is none."""
        outcome = solve(asked, replace(self.options, time_limit=share * self.left()), stop=self.limits.stop)
        if outcome.x is None and outcome.stopped == "crashed":
            raise SolverError(outcome.message)
        if outcome.x is None and outcome.stopped != "infeasible":
            raise _OutOfTimeError
        self.exact &= outcome.stopped in ("optimal", "gap", "infeasible")
        return outcome.x

    def left(self) -> float:
        """Seconds."""
        left = self.limits.left(self.reserve)
        if left <= 0:
            raise _OutOfTimeError
        return left


def smallest(given: list[int], others: list[int], collide: Callable[[list[int]], bool]) -> list[int]:
    """A smallest choice of ``others`` that collides with ``given``, where all of them do and none of them does not."""
    if len(others) == 1:
        return others
    first, second = others[: len(others) // 2], others[len(others) // 2 :]
    in_second = [] if collide([*given, *first]) else smallest([*given, *first], second, collide)
    in_first = [] if in_second and collide([*given, *in_second]) else smallest([*given, *in_second], first, collide)
    return [*in_first, *in_second]
