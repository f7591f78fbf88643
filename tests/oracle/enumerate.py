"""Tries every combination of integer decisions; what is left is a linear program, solved for each."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from tests.oracle.as_plan import plan_of
from tests.oracle.build import Build, Choice
from tests.oracle.capacity import write_capacity, write_nodes
from tests.oracle.hardware import write_hardware
from tests.oracle.inference import write_inference
from tests.oracle.linear import THOUSAND, Arrays, Program
from tests.oracle.policy import write_policy
from tests.oracle.reading import Facts
from tests.oracle.runs import Trainings
from tests.oracle.training import write_training

if TYPE_CHECKING:
    from models.instance import Instance
    from models.plan import Plan

WHOLE = 1e-7


@dataclass
class OracleResult:
    """The optimum of a tiny instance, or that it has none."""

    cost_usd: float | None
    plan: dict[str, float] = field(default_factory=dict)  # columns that are not 0
    combinations: int = 0  # of integer decisions
    solved: int = 0  # linear programs
    terms: dict[str, float] = field(default_factory=dict)  # USD
    as_plan: Plan | None = None  # the same decisions for the check of the engine


def build_of(instance: Instance, without: frozenset[str] = frozenset()) -> Build:
    """The whole program of an instance, less the rows of some families."""
    facts = Facts(instance)
    build = Build(facts, Program(without))
    trainings = Trainings(facts)
    write_hardware(build)
    write_nodes(build)
    write_training(build, trainings)
    write_inference(build, trainings)
    write_capacity(build, trainings)
    write_policy(build)
    return build


def combinations_of(build: Build) -> int:
    """How many combinations of integer decisions there are."""
    return math.prod(len(choice.options) for choice in build.choices)


def oracle(instance: Instance, without: frozenset[str] = frozenset(), prune: bool = True) -> OracleResult:
    """The optimum by trying all.

    With ``prune`` a combination is not tried to its end where the decisions made so far, with all others free, already
    cost no less than the best that is known; without it every single one is.
    """
    build = build_of(instance, without)
    search = _Search(build, prune)
    if not build.program.impossible:
        search.run()
    if search.best is None:
        return OracleResult(None, {}, combinations_of(build), search.solved, {})
    program, values = build.program, search.best
    plan = {_name(key): float(values[n]) for n, key in enumerate(program.keys) if abs(values[n]) > 1e-9}
    terms = program.terms_of(values)
    return OracleResult(sum(terms.values()), plan, combinations_of(build), search.solved, terms, plan_of(build, values))


def _name(key: tuple[Any, ...]) -> str:
    return " ".join(":".join(part) if isinstance(part, tuple) else str(part) for part in key)


class _Search:
    """Walks the tree of choices."""

    def __init__(self, build: Build, prune: bool):
        self.arrays: Arrays = build.program.arrays()
        self.choices: list[Choice] = sorted(
            (c for c in build.choices if any(c.options)), key=lambda choice: -len(choice.options)
        )
        self.prune = prune
        self.whole = np.array(build.program.whole, dtype=bool)
        self.low = np.array(build.program.low)
        self.high = np.array(build.program.high)
        self.solved = 0
        self.best: np.ndarray | None = None
        self.best_cost = math.inf

    def run(self) -> None:
        """Finds the best combination."""
        if self.prune:
            self._pruned(list(self.choices), self.low, self.high)
        else:
            self._every(0, self.low, self.high)

    def _solve(self, low: np.ndarray, high: np.ndarray) -> tuple[float, np.ndarray] | None:
        self.solved += 1
        return self.arrays.solve(low, high)

    def _every(self, depth: int, low: np.ndarray, high: np.ndarray) -> None:
        if depth < len(self.choices):
            for option in self.choices[depth].options:
                self._every(depth + 1, *_fixed(low, high, option))
            return
        self._accept(self._solve(low, high))

    def _accept(self, answer: tuple[float, np.ndarray] | None) -> None:
        if answer is not None and answer[0] < self.best_cost:
            self.best_cost, self.best = answer

    def _pruned(self, left: list[Choice], low: np.ndarray, high: np.ndarray) -> None:
        answer = self._solve(low, high)
        if answer is None or answer[0] >= self.best_cost - 1e-9 * max(1.0, abs(self.best_cost)):
            return
        part = np.abs(answer[1] - np.round(answer[1])) * self.whole
        if part.max(initial=0.0) < WHOLE:
            # The free decisions came out whole: with them fixed exactly so it is a combination like any other.
            exact_low, exact_high = low.copy(), high.copy()
            exact_low[self.whole] = exact_high[self.whole] = np.round(answer[1][self.whole])
            exact = self._solve(exact_low, exact_high)
            if exact is not None and abs(exact[0] - answer[0]) <= 1e-9 * max(1.0, abs(answer[0])):
                self._accept(exact)
                return
        if not left:
            self._accept(answer)
            return
        choice = max(left, key=lambda c: max(part[column] for column in c.options[0]))
        rest = [other for other in left if other is not choice]
        for option in choice.options:
            self._pruned(rest, *_fixed(low, high, option))


def _fixed(low: np.ndarray, high: np.ndarray, option: dict[int, tuple[float, float]]) -> tuple[np.ndarray, np.ndarray]:
    low, high = low.copy(), high.copy()
    for column, (least, most) in option.items():
        low[column], high[column] = max(low[column], least), min(high[column], most)
    return low, high


__all__ = ["THOUSAND", "WHOLE", "OracleResult", "build_of", "combinations_of", "oracle"]
