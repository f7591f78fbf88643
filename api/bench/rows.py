"""The cells of a benchmark as figures: what the report, the plots and the table are made of."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from api.bench.trace import Trace

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

HEADS = (
    "grid", "instance", "scenario", "policy", "backend", "seed", "stopped", "objective", "bound", "gap",
    "first_seconds", "seconds", "solved_seconds", "primal_integral", "primal_dual_integral", "build_seconds",
    "cpu_seconds", "memory_gb", "other_cores", "solver_version", "date", "reason",
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Figures:
    """The figures of a cell. Costs are minimised: those of a program that maximises have the other sign.

    ``best`` is the best objective that any cell has found for the same problem; None if none has.
    """

    line: dict[str, Any]
    trace: Trace
    best: float | None

    @property
    def problem(self) -> tuple[Any, ...]:
        """What was solved, the same for all contenders."""
        line = self.line
        return (line["grid"], line["instance"], line["scenario"], line["policy"], str(line["options"]), line["seed"])

    @property
    def backend(self) -> str:
        """The name of the contender."""
        return str(self.line["backend"])

    @property
    def objective(self) -> float | None:
        """The objective of the plan, or of the point, that has passed the check."""
        value: float | None = self.line["objective"]
        return value

    @property
    def bound(self) -> float | None:
        """The bound that the contender claims."""
        value: float | None = self.line["bound"]
        return value

    @property
    def gap(self) -> float | None:
        """(objective − bound) / |objective|; None if either is missing."""
        if self.objective is None or self.bound is None:
            return None
        return max(0.0, self.objective - self.bound) / max(abs(self.objective), 1e-9)

    @property
    def first(self) -> float | None:
        """Seconds until the first plan."""
        return self.trace.first()

    @property
    def solved(self) -> float | None:
        """Seconds until the gap that was asked for was reached; None: it was not."""
        return self.trace.within(float(self.line["gap_asked"]))

    @property
    def primal_integral(self) -> float | None:
        """Seconds; None if no cell has found a plan."""
        return None if self.best is None else self.trace.primal_integral(self.best)

    @property
    def primal_dual_integral(self) -> float:
        """Seconds."""
        return self.trace.primal_dual_integral()

    @property
    def contradicted(self) -> bool:
        """Whether a plan is known that costs less than the bound allows."""
        if self.best is None or self.bound is None:
            return False
        return self.bound > self.best + 1e-6 * max(1.0, abs(self.best))


def figures_of(lines: Sequence[dict[str, Any]]) -> list[Figures]:
    """The figures of all cells, in their order."""
    best: dict[str, float] = {}
    for line in lines:
        value, content = line["objective"], _content(line)
        if value is not None:
            best[content] = min(value, best.get(content, value))
    return [
        Figures(
            line,
            Trace(tuple((s, objective, bound) for s, objective, bound in line["trace"]), line["time_limit_seconds"]),
            best.get(_content(line)),
        )
        for line in lines
    ]


def _content(line: dict[str, Any]) -> str:
    """What an objective belongs to: the instance, less the families that were left out."""
    return f"{line['sha256']} {sorted(line['options'].get('without', ()))}"


def as_csv(figures: Sequence[Figures]) -> bytes:
    """A table with a row for each cell; objective and bound in the terms of the file."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(HEADS)
    writer.writerows(_row(one) for one in figures)
    return text.getvalue().encode()


def _row(one: Figures) -> Iterator[Any]:
    sign = one.line.get("sign", 1.0)
    known = {
        **one.line,
        "objective": None if one.objective is None else sign * one.objective,
        "bound": None if one.bound is None else sign * one.bound,
        "gap": one.gap,
        "first_seconds": one.first,
        "solved_seconds": one.solved,
        "primal_integral": one.primal_integral,
        "primal_dual_integral": one.primal_dual_integral,
    }
    for head in HEADS:
        value = known.get(head)
        yield "" if value is None else round(value, 6) if isinstance(value, float) else value
