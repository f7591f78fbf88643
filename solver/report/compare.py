"""Two plans side by side, as data: the inputs, the decisions, when services open, and what it costs."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from solver.report.compare_decisions import Changed, Compared, changed_decisions, opens_on
from solver.report.compare_inputs import Differing, differing_fields, differing_inputs
from solver.report.report import Report, report

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date

    from models.instance import Instance
    from models.plan import Plan
    from solver.report.indicators import Indicator

SAME = 1e-5  # relative: indicators are rounded to six digits
NOTHING = 1e-6


@dataclass(frozen=True, eq=False)
class Side:
    """One side of a comparison: an instance with its plan and report, or without (both None).

    ``ended`` says in a word how the run ended, ``asked`` what else it was asked for (scenario, options) as flat JSON.
    """

    name: str
    instance: Instance
    plan: Plan | None
    report: Report | None
    ended: str | None = None
    asked: Mapping[str, Any] = field(default_factory=dict)

    @property
    def decided(self) -> Compared | None:
        """What the plan decides; None without a plan."""
        return None if self.plan is None or self.report is None else Compared(self.instance, self.plan, self.report)

    def document(self) -> dict[str, Any]:
        """The side as a JSON document."""
        return {
            "name": self.name,
            "plan": self.plan is not None,
            "ended": self.ended,
            "instance_sha256": self.instance.sha256,
        }


def side(  # noqa: PLR0913 (the two sides and what is said of them)
    name: str,
    instance: Instance,
    plan: Plan | None,
    without: tuple[str, ...] = (),
    ended: str | None = None,
    asked: Mapping[str, Any] | None = None,
) -> Side:
    """Make one side of a comparison, with a report on its plan if it has one.

    Parameters:
        without: families that the plan need not keep.
        ended: how the run ended, in a word.
        asked: what else the run was asked for, as flat JSON.

    Raises:
        InputError: when the plan does not fit the instance.
    """
    return Side(name, instance, plan, None if plan is None else report(instance, plan, without), ended, asked or {})


@dataclass(frozen=True)
class Slip:
    """A service that opens on different days, ISO; None if not within the horizon. ``slip_weeks`` is B minus A."""

    workload: str
    a: str | None
    b: str | None
    slip_weeks: float | None


@dataclass(frozen=True)
class Figure:
    """A number or word of both sides; None on a side that lacks it."""

    a: float | str | None
    b: float | str | None

    @property
    def difference(self) -> float | None:
        """B minus A; None if one is missing or not a number."""
        if self.a is None or self.b is None or isinstance(self.a, str) or isinstance(self.b, str):
            return None
        return float(Decimal(repr(self.b)) - Decimal(repr(self.a)))

    def document(self) -> dict[str, Any]:
        """The figure as a JSON document."""
        return {"a": self.a, "b": self.b, "difference": self.difference}


@dataclass(frozen=True)
class DifferingIndicator:
    """An indicator that differs between the sides; None on a side that lacks it."""

    indicator: str
    of: str
    period: str
    unit: str
    figure: Figure

    @property
    def name(self) -> str:
        """Its full name: indicator, what it is of, and period."""
        return ", ".join(part for part in (self.indicator, self.of, self.period) if part)


@dataclass(frozen=True, eq=False)
class Comparison:
    """What differs between ``a`` and ``b``; only the inputs and options unless both have a plan."""

    a: Side
    b: Side
    inputs: list[Differing]
    options: list[Differing]
    decisions: list[Changed]
    launches: list[Slip]
    terms_usd: dict[str, Figure]  # all terms, whether they differ or not, discounted to each side's today
    cost_usd: Figure
    indicators: list[DifferingIndicator]
    notes: tuple[str, ...]  # reasons why the sides are not fully comparable

    @property
    def same(self) -> bool:
        """Whether nothing differs."""
        money = (self.cost_usd, *self.terms_usd.values())
        parts = (self.inputs, self.options, self.decisions, self.launches, self.indicators)
        return not any(parts) and all(figure.a == figure.b for figure in money)

    def document(self) -> dict[str, Any]:
        """The comparison as a JSON document."""
        return {
            "a": self.a.document(),
            "b": self.b.document(),
            "same": self.same,
            "notes": list(self.notes),
            "inputs": [asdict(entry) for entry in self.inputs],
            "options": [asdict(entry) for entry in self.options],
            "decisions": [asdict(entry) for entry in self.decisions],
            "launches": [asdict(entry) for entry in self.launches],
            "terms_usd": {term: figure.document() for term, figure in self.terms_usd.items()},
            "cost_usd": self.cost_usd.document(),
            "indicators": [
                {"name": entry.name, "unit": entry.unit, **entry.figure.document()} for entry in self.indicators
            ],
        }


def compare(a: Side, b: Side) -> Comparison:
    """Compare two sides, each read with its own instance; ``compare(b, a)`` is the mirror image.

    Lists contain everything that differs and nothing else; the terms of the cost are all listed.
    """
    first, second = a.decided, b.decided
    both = first is not None and second is not None
    return Comparison(
        a,
        b,
        inputs=differing_inputs(a.instance, b.instance),
        options=differing_fields(a.asked, b.asked),
        decisions=changed_decisions(first, second) if first is not None and second is not None else [],
        launches=list(_slips(a.report, b.report)) if both else [],
        terms_usd=_terms(a.report, b.report),
        cost_usd=Figure(_cost(a.report), _cost(b.report)),
        indicators=list(_indicators(a.report, b.report)) if both else [],
        notes=tuple(_notes(a, b)),
    )


def _slips(a: Report | None, b: Report | None) -> Iterator[Slip]:
    days = [{} if side is None else {entry.workload: opens_on(entry) for entry in side.services} for side in (a, b)]
    for name in dict.fromkeys([*days[0], *days[1]]):
        one, other = (side.get(name) for side in days)
        if one != other:
            weeks = None if one is None or other is None else round((other - one).days / 7, 1)
            yield Slip(name, _iso(one), _iso(other), weeks)


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _terms(a: Report | None, b: Report | None) -> dict[str, Figure]:
    """The terms of both sides; 0 on a side that does not have a term, None without a plan."""
    terms = [None if side is None else side.check.terms_usd for side in (a, b)]
    names = dict.fromkeys(name for side in terms if side is not None for name in side)
    zero = Decimal(0)
    return {name: Figure(*(None if side is None else float(side.get(name, zero)) for side in terms)) for name in names}


def _cost(found: Report | None) -> float | None:
    return None if found is None else float(found.check.cost_usd)


def _indicators(a: Report | None, b: Report | None) -> Iterator[DifferingIndicator]:
    known = [_by_name(side) for side in (a, b)]
    for key in dict.fromkeys([*known[0], *known[1]]):
        figure = Figure(*(side.get(key) for side in known))
        if _differs(figure):
            yield DifferingIndicator(*key, figure=figure)


def _by_name(found: Report | None) -> dict[tuple[str, str, str, str], float | str]:
    entries: list[Indicator] = [] if found is None else found.indicators
    return {(entry.indicator, entry.of, entry.period, entry.unit): entry.value for entry in entries}


def _differs(figure: Figure) -> bool:
    if figure.difference is None:
        return figure.a != figure.b
    return abs(figure.difference) > max(NOTHING, SAME * max(abs(float(figure.a or 0)), abs(float(figure.b or 0))))


def _notes(a: Side, b: Side) -> Iterator[str]:
    for label, one in (("A", a), ("B", b)):
        if one.report is None:
            yield f"{label} has no plan{f' ({one.ended})' if one.ended else ''}: only the inputs are compared"
            continue
        if one.report.check.breaches:
            breaches = one.report.check.breaches
            yield f"the plan of {label} does not hold: {len(breaches)} breaches, the first: {breaches[0]}"
        if one.report.left_out:
            yield f"{label} leaves out {', '.join(one.report.left_out)}"
        if one.report.check.warnings:
            yield f"{label}: {'; '.join(one.report.check.warnings)}"
    horizons = a.instance.horizon, b.instance.horizon
    if horizons[0].today != horizons[1].today:
        yield f"costs are discounted to {horizons[0].today} in A, to {horizons[1].today} in B"
    days = [(side.instance.calendar.first_day, side.instance.calendar.last_day) for side in (a, b)]
    if days[0] != days[1]:
        spans = [f"{first} to {last}" for first, last in days]
        yield f"the horizon of A is {spans[0]}, that of B {spans[1]}: costs and indicators cover different days"
    elif horizons[0].periods != horizons[1].periods:
        yield "periods are not the same: indicators by period are compared only where the names match"
