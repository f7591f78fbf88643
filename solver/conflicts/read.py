"""Turning a point in which something gives into entries: commitments from their columns, limits from the check."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from models.policy import Forbid, Pin, PinService, PinTraining
from solver.check import Breach, check
from solver.conflicts.commitments import UNITS, Commitment
from solver.conflicts.conflict import Conflict
from solver.names import place_of_column, place_of_row
from solver.plan.read import read_plan
from solver.tables.serving import reference_of

if TYPE_CHECKING:
    from collections.abc import Collection

    from solver.arrays import Floats
    from solver.conflicts.elastic import Elastic
    from solver.formulation.formulate import Formulation
    from solver.program import Program
    from solver.tables.tables import Tables

SMALL = 1e-6  # smaller amounts count as 0
Amounts = dict[str | None, float]  # by period


def commitment_entry(  # noqa: PLR0913 (a solved program, and where in it to read)
    tables: Tables, formulation: Formulation, elastic: Elastic, commitment: Commitment, at: int, x: Floats | None
) -> Conflict:
    """The entry of a commitment, with what it gives in a point.

    Parameters:
        at: number of the commitment in the elastic program.
        x: a point of the elastic program; without one, the entry has no amount.
    """
    unit, amounts = "", Amounts()
    if x is not None:
        unit, amounts = _given(tables, formulation, elastic, commitment, at, x)
        amounts = {period: amount for period, amount in amounts.items() if amount > SMALL}
    worst = max(amounts, key=lambda period: amounts[period], default=None)
    return Conflict(
        "commitment",
        commitment.family,
        commitment.place,
        worst,
        None if x is None else amounts.get(worst, 0.0),
        unit,
        text=commitment.text,
        periods=tuple(period for period in amounts if period is not None),
    )


def limit_entries(  # noqa: PLR0913 (a solved program, and where in it to read)
    tables: Tables,
    formulation: Formulation,
    elastic: Elastic,
    without: frozenset[str],
    x: Floats,
    families: Collection[str],
) -> list[Conflict]:
    """The entries of the limits that give in a point, as the check of its plan finds them.

    A family that the check is silent about is read off its rows instead, without amounts.

    Parameters:
        x: a point of the elastic program.
        families: families of limits that give in it.
    """
    breaches = check(tables.instance, read_plan(tables, formulation, elastic.original(x)), without).breaches
    places: dict[tuple[str, tuple[tuple[str, str], ...]], list[Breach]] = {}
    for breach in breaches:
        if breach.family in families:
            place = tuple((part, name) for part, name in breach.place.items() if part != "period")
            places.setdefault((breach.family, place), []).append(breach)
    entries = []
    for (family, place), mine in places.items():
        worst = max(mine, key=lambda breach: breach.amount)
        periods = tuple(sorted({breach.place["period"] for breach in mine if "period" in breach.place}))
        when = worst.place.get("period") or _when(tables, worst)
        entries.append(
            Conflict("limit", family, dict(place), when, worst.amount, worst.unit, limit=worst.limit, periods=periods)
        )
    silent = set(families) - {entry.family for entry in entries}
    return entries + [entry for family in sorted(silent) for entry in _by_rows(formulation, elastic, family, x)]


def _by_rows(formulation: Formulation, elastic: Elastic, family: str, x: Floats) -> list[Conflict]:
    """The rows of a family that give: where they are, without an amount because its unit is that of the program."""
    given = elastic.given_by_row(-1 - elastic.families.index(family), x)
    entries = []
    for row in sorted(given):
        place = _place(formulation.program, elastic, row)
        period = place.pop("period", None)
        entries.append(Conflict("limit", family, place, period, None, "", periods=(period,) if period else ()))
    return entries


def _place(program: Program, elastic: Elastic, row: int) -> dict[str, str]:
    """Where a row of the elastic program is; a row added behind those of the original ties a single column."""
    if row < len(program.row_lower):
        return place_of_row(program, row)
    columns = sparse.csr_array(elastic.program.matrix[[row], : elastic.columns]).indices
    return place_of_column(program, int(columns[0]))


def _when(tables: Tables, breach: Breach) -> str | None:
    """The time span of a limit that covers several periods."""
    if breach.family == "budget":
        budget = next(b for b in tables.instance.policy.budgets if b.id == breach.place["budget"])
        return f"{budget.begin} to {budget.end - timedelta(days=1)}"
    return breach.place.get("year")


def _given(  # noqa: PLR0913 (a solved program, and where in it to read)
    tables: Tables, formulation: Formulation, elastic: Elastic, commitment: Commitment, at: int, x: Floats
) -> tuple[str, Amounts]:
    """The unit of a commitment, and what it gives by period."""
    names, variables, number = [piece.name for piece in tables.axis.calendar], formulation.variables, commitment.number
    given = x[elastic.frees[at]]
    if commitment.family == "placed":
        return "copies", {None: float(np.round(given.sum()))}
    if commitment.family == "pins":
        return _given_by_pin(tables, formulation, elastic, number, at, x)
    if commitment.family == "demand":
        line, t = variables.unserved.over.keys
        service = int(tables.lines.service[number])
        periods = t[line == number]
    else:
        catchment, t = variables.uncovered.over.keys
        service = int(tables.takeovers.catchment_service[number])
        periods = t[catchment == number]
    amounts = given * _unit(tables, service)
    return "tokens/s", {names[t]: amount for t, amount in zip(periods.tolist(), amounts.tolist(), strict=True)}


def _given_by_pin(  # noqa: PLR0913 (a solved program, and where in it to read)
    tables: Tables, formulation: Formulation, elastic: Elastic, number: int, at: int, x: Floats
) -> tuple[str, Amounts]:
    pin: Pin = tables.instance.policy.pins[number]
    program, names = formulation.program, [piece.name for piece in tables.axis.calendar]
    if isinstance(pin, Forbid):
        return _let_in(tables, formulation, pin, x)
    block = program.constraints[f"pins/{number}"]
    rows = elastic.given_by_row(at, x)
    amounts = [rows.get(row, 0.0) for row in range(block.start, block.stop)]
    if isinstance(pin, PinService):
        service = next(i for i, tree in enumerate(tables.instance.inference) if tree.id == pin.workload)
        periods = names if pin.period is None else [names[t] for t in tables.axis.calendar.named(pin.period)]
        unit = _unit(tables, service)
        return UNITS[pin.what], {period: amount * unit for period, amount in zip(periods, amounts, strict=True)}
    return UNITS[pin.what], {pin.period if isinstance(pin, PinTraining) else pin.serves_from: amounts[0]}


def _let_in(tables: Tables, formulation: Formulation, pin: Forbid, x: Floats) -> tuple[str, Amounts]:
    """What a forbidding pin lets in after all: copies of a training, or capacity of a service by period."""
    instance, program = tables.instance, formulation.program
    if pin.workload in tables.trainings.number:
        pools = [pin.pool == pool.id or pin.site == pool.site for pool in instance.pools]
        mine = tables.starts.training == tables.trainings.number[pin.workload]
        here = mine & np.array(pools, bool)[tables.modes.pool[tables.starts.mode]]
        return "copies", {None: float(program.values("start", x)[here].sum())}
    service = next(i for i, tree in enumerate(instance.inference) if tree.id == pin.workload)
    i, s, t = formulation.variables.load.over.keys
    here = np.flatnonzero((i == service) & (s == tables.sites.ids.index(pin.site or "")))
    load = program.values("load", x)[here] * _unit(tables, service)
    return "tokens/s", {
        tables.axis.calendar[at].name: amount for at, amount in zip(t[here].tolist(), load.tolist(), strict=True)
    }


def _unit(tables: Tables, service: int) -> float:
    """Demand units of a reference node of a service."""
    name = tables.instance.inference[service].profile
    return reference_of(next(profile for profile in tables.instance.profiles if profile.id == name))
