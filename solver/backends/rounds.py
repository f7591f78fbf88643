"""A relaxation by rounds, inside the solver's process, and a dive from its point.

Each round takes lazy rows that its point violates. The optimum of a round is that of a relaxation of the whole program:
its multipliers, 0 for rows that are not there, prove a bound of it (`certify`), which is sent at once. A round that is
interrupted proves nothing.

If asked for, all this happens in what the presolve of HiGHS leaves of the *integer* program. That has the same optimum,
which presolve warrants, and a stronger relaxation; the bound is proven on what is left.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, BinaryIO

import highspy
import numpy as np

from solver.backends import wire
from solver.backends.branch.serve import branch
from solver.backends.branch.tree import EVERY
from solver.backends.certify import Certifier
from solver.backends.dive import Diver
from solver.backends.highs_program import Arrays, version
from solver.backends.presolved import presolved
from solver.backends.relaxation import OPTIMAL, Relaxation, Values

if TYPE_CHECKING:
    import threading

    from solver.backends.presolved import Presolved

WORTH = 1e-4  # share of the cost by which a round has to raise it to be worth a proof of its bound
ENOUGH = 5e-4  # the same to be worth another round, if only a dive follows
ENDLESS = (highspy.HighsModelStatus.kUnbounded, highspy.HighsModelStatus.kUnboundedOrInfeasible)


def serve_rounds(header: dict[str, Any], arrays: Arrays, replies: BinaryIO, stop: threading.Event) -> None:
    """Solve the relaxation by rounds; send each bound that is better than those before, at last the point.

    With a dive, the point is that of its last stage that was made integer.

    Raises:
        ValueError: when HiGHS refuses the program
    """
    deadline = time.monotonic() + float(header["options"]["time_limit"])
    rest = presolved(header, arrays) if arrays["round_presolved"][0] else None
    inside = (header, arrays) if rest is None else (rest.header, rest.arrays)
    rounds = _Rounds(*inside, stop, deadline)
    proves = bool(arrays["round_proves"][0])

    def whole(x: Values) -> Values:
        """The point of the program that one of what presolve has left stands for."""
        return x if rest is None else rest.whole(x)

    guides, next_guide = "branch_columns" in arrays and not header["options"]["in_turn"], time.monotonic() + EVERY
    while True:
        stopped = rounds.solve()
        if stopped != "optimal":
            break
        violated = rounds.relaxation.violated()
        if guides and time.monotonic() > next_guide and len(violated):
            next_guide = time.monotonic() + EVERY
            wire.send(
                replies, {"kind": "guide", "objective": rounds.relaxation.cost}, {"x": whole(rounds.relaxation.x)}
            )
        gain = rounds.gain()
        if proves and (gain > WORTH or not len(violated)):  # a proof takes longer than a round of little gain
            bound = rounds.bound()
            if np.isfinite(bound):
                wire.send(replies, {"kind": "bound", "bound": bound})
        if not len(violated) or not (proves or gain > ENOUGH):
            break
        rounds.relaxation.take(violated)
    message = f"{rounds.number} rounds, {len(rounds.relaxation.rows):,} of {rounds.relaxation.count:,} rows"
    ending: dict[str, Any] = {"kind": "end", "solver": version(), "stopped": stopped, "work": rounds.number}
    x = rounds.relaxation.x if stopped == "optimal" else None
    if x is not None and "branch_columns" in inside[1]:
        integer = arrays["integer"] if rest is None else rest.integer
        ended = branch(header, rounds.relaxation, integer, deadline, whole, replies)
        wire.send(replies, {**ending, **ended, "message": f"{message}; {ended['message']}"})
        return
    if x is not None and "dive_stage" in inside[1]:
        rest, relaxation = _without_dear(header, arrays, rest, rounds.relaxation)
        diver = Diver(header, relaxation, deadline, spent=rounds.number)
        x = diver.run()
        message = f"{message}; {diver.message}"
        ending["work"] += diver.work
        ending["stopped"] = "time" if diver.late else "work"
    found: Arrays = {}
    if x is not None:
        found["x"] = whole(x)
        ending["objective"] = float(arrays["cost"] @ found["x"] + header["offset"])
    wire.send(replies, {**ending, "message": message}, found)


def _without_dear(
    header: dict[str, Any], arrays: Arrays, rest: Presolved | None, relaxation: Relaxation
) -> tuple[Presolved | None, Relaxation]:
    """Presolve again without the columns that the relaxation shows to be too dear for the dive, if it asks for that.

    The relaxation of what is left begins with the rows that were taken before.
    """
    kept = int(arrays["dive_kept"][0])
    if not kept or rest is None:
        return rest, relaxation
    upper, dear = arrays["upper"].copy(), rest.dear(kept, relaxation)
    upper[dear] = arrays["lower"][dear]
    waiting = arrays["round_lazy"].copy()
    taken = rest.rows[relaxation.rows]
    waiting[taken[taken >= 0]] = False
    less = presolved(header, {**arrays, "upper": upper, "round_lazy": waiting})
    if less is None:
        return rest, relaxation
    return less, Relaxation(less.header, less.arrays, relaxation.stop)


class _Rounds:
    """A relaxation, its proofs, and the limits of time and work."""

    def __init__(self, header: dict[str, Any], arrays: Arrays, stop: threading.Event, deadline: float) -> None:
        self.deadline, self.stop = deadline, stop
        self.work = header["options"]["work"]
        self.certifier = Certifier(arrays)
        self.relaxation = Relaxation(header, arrays, stop)
        self.proved, self.plain = -np.inf, False

    @property
    def number(self) -> int:
        """Rounds so far."""
        return self.relaxation.solved

    def solve(self) -> str:
        """Solve with the rows that are there; return why it ended."""
        relaxation = self.relaxation
        if time.monotonic() >= self.deadline:
            return "time"
        if self.stop.is_set():
            return "stopped"
        if self.work is not None and self.number >= self.work:
            return "work"
        status = relaxation.run(self.deadline)
        if status == OPTIMAL:
            return "optimal"
        if status == highspy.HighsModelStatus.kInfeasible:
            return "infeasible"  # without some rows, so with them as well
        if status in ENDLESS:
            if relaxation.waiting.any():  # a row that waits may end it
                relaxation.take(np.flatnonzero(relaxation.waiting))
                return self.solve()
            if not self.plain:
                self.plain = True
                relaxation.solver.setOptionValue("presolve", "off")  # without presolve, HiGHS says which
                return self.solve()
            return "unbounded"
        if self.stop.is_set():
            return "stopped"
        return "time" if time.monotonic() >= self.deadline else "crashed"

    def gain(self) -> float:
        """By what share the last round is dearer than the last one whose gain was more than is worth a proof."""
        cost = self.relaxation.cost
        gain = (cost - self.proved) / max(abs(cost), 1e-9)
        if gain > WORTH:
            self.proved = cost
        return gain

    def bound(self) -> float:
        """The bound that the multipliers of the last round prove, with 0 for rows that are not there."""
        relaxation = self.relaxation
        costs = relaxation.cost - relaxation.offset
        return relaxation.offset + self.certifier.bound(relaxation.multipliers(), costs, relaxation.offset)
