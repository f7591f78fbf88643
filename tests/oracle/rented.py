"""What gangs at a provider's site have beyond the stock is rented for their hours, from several offers the cheapest
first.

Written from the check of one offer on the formulation page: rented is at least what is used less min(stock, most over b
of b + Σ φ·min(n·starts, stock − b)), where b nodes of the stock run all of the period. Here b is the column `standing`,
what a shorter gang has of the stock the column `own`, and the rows say what a maximum over both may be, so that it
holds for the free decisions of a linear program too. Several offers ask the same once for each price: beyond the stock
and the limits of all cheaper offers, what is used is rented at that price or a higher one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.oracle.build import Build, Choice, plus, times
from tests.oracle.runs import Run

if TYPE_CHECKING:
    from tests.oracle.linear import Form
    from tests.oracle.reading import Place

Gangs = list[tuple[Run, float]]  # with the share of the period in which they run


@dataclass
class Tier:
    """A price of nodes on demand: the rents at it or above, and the nodes that can be had for less."""

    name: str
    rents: Form
    cheaper: float


def write_rented(build: Build, place: Place, t: int, gangs: Gangs, serving: Form) -> None:
    """Rows of a pool in a period; ``serving`` are its nodes that run profiles."""
    program = build.program
    start = {run.key: program.number[("start", *run.key)] for run, _ in gangs}
    used = plus({start[run.key]: share * run.way.nodes for run, share in gangs}, serving)
    for tier in _tiers(build, place, t):
        borne = _borne(build, place, t, tier, gangs, serving)
        program.row("rented", plus(tier.rents, borne, times(used, -1.0)), low=0.0)


def _tiers(build: Build, place: Place, t: int) -> list[Tier]:
    """By price; behind an offer without a limit nothing is dearer than it needs to be."""
    facts = build.facts
    rents = {key[0]: c for key, c in build.program.of("rent").items() if key[1] == place.id and key[2] == t}
    price = {name: facts.offers[name].bands[0].price_usd for name in rents}
    tiers: list[Tier] = []
    cheaper = 0.0
    for usd in sorted(set(price.values())):
        tiers.append(Tier(str(usd), {c: 1.0 for name, c in rents.items() if price[name] >= usd}, cheaper))
        for limit in [facts.offers[name].limit for name in rents if price[name] == usd]:
            if limit is None:
                return tiers
            cheaper += facts.read(limit, "smallest")[t]
    return tiers or [Tier("none", {}, 0.0)]


def _borne(build: Build, place: Place, t: int, tier: Tier, gangs: Gangs, serving: Form) -> Form:  # noqa: PLR0913  (the keys of a row)
    """Nodes, mean of the period, that the stock and the cheaper offers bear."""
    program = build.program
    spot: tuple[Any, ...] = (place.id, t, tier.name)
    there = {program.number["stock", place.id, t]: -1.0}
    standing = program.column("standing", *spot)

    def within(form: Form) -> None:
        """A form and what stands is at most what is there."""
        program.row("rented", plus(form, there, {standing: 1.0}), high=tier.cheaper)

    whole_period: Form = dict(serving)
    means: Form = {}
    long: Form = {}
    for run, share in gangs:
        started = {program.number[("start", *run.key)]: run.way.nodes}
        if share == 1.0:
            whole_period = plus(whole_period, started)
            continue
        own = program.column("own", *spot, *run.key)
        program.row("rented", plus({own: 1.0}, times(started, -1.0)), high=0.0)
        if run.job.copies == 1:
            within({own: 1.0})
        elif run.way.nodes >= 1:
            within({own: 1.0, _whole(build, spot, run.way.nodes, within): -run.job.copies * run.way.nodes})
        means[own] = share
        if share > 0.5:
            long[own] = 1.0
    program.row("rented", plus({standing: 1.0}, times(whole_period, -1.0)), high=0.0)
    within(means)
    within(long)
    return {standing: 1.0, **means}


def _whole(build: Build, spot: tuple[Any, ...], nodes: float, within: Any) -> int:
    """Whether a whole gang of many copies fits, so that one can follow the other on the same nodes."""
    key = ("whole", *spot, nodes)
    known = build.program.find(*key)
    if known is not None:
        return known
    column = build.program.column(*key, high=1.0, whole=True)
    within({column: nodes})
    build.choices.append(Choice(" ".join(map(str, key)), [{column: (1.0, 1.0)}, {column: (0.0, 0.0)}]))
    return column


__all__ = ["write_rented"]
