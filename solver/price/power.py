"""The power of one of our sites: what is available in each piece, and what other load lacks (`short`)."""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction
from typing import TYPE_CHECKING

from solver.price.money import exact

if TYPE_CHECKING:
    from models.places import Site
    from models.policy import Policy
    from solver.price.given import Given

Rows = list[Fraction]
Done = dict[str, list[int]]


def verified(on: date | None, policy: Policy, today: date) -> bool:
    """Whether a verification on this day (None: there was none) still counts today under the policy."""
    if on is None or policy.verification_months is None:
        return on is not None
    return on >= today - timedelta(days=policy.verification_months * 30.4375)


def ready_mw(given: Given, site: Site) -> Rows:
    """MW ready by piece, including roadmap entries whose confidence and verification suffice, from their day on."""
    ready = list(map(exact, given.calendar.read(site.ready_mw, "smallest")))
    for more in site.roadmap:
        sure = more.confidence >= given.policy.least_confidence
        if sure and (given.policy.counts_unverified or verified(more.verified_on, given.policy, given.calendar.today)):
            for number in range(given.first_on_or_after(more.on), given.size):
                ready[number] += exact(more.mw)
    return ready


class Power:
    """Both sides of family power at a site, by piece in MW.

    Σ kW_q·PUE_ht·powered[q,t] ≤ (1 − headroom)·( ready_st − other_st + Σ_u MW_u·done[u,t] ) + short[s,t];
    short ≤ (1 − headroom)·max(0, other_st − ready_st). The right side is raised so that the empty plan, which powers
    nothing, keeps it. ``used`` is the left side, ``limit`` the right side without short, ``short`` the least that is
    needed and ``most_short`` its limit.

    Parameters:
        powered: nodes by (pool, mode) and piece.
        empty: upgrades done in the empty plan, times by upgrade and piece.
        done: upgrades done in the plan, likewise.
    """

    def __init__(
        self, given: Given, site: Site, powered: dict[tuple[str, str], list[float]], empty: Done, done: Done
    ) -> None:
        free = 1 - exact(given.policy.power_headroom)
        other = list(map(exact, given.calendar.read(site.other_load_mw, "largest")))
        ready = ready_mw(given, site)
        upgrades = [(exact(u.power_mw), u.id) for u in given.upgrades.values() if u.site == site.id and u.power_mw]
        pues = {
            hall.id: [exact(pue) for pue in given.calendar.read(hall.pue, "largest")]
            if site.metered == "meter"
            else [Fraction(1)] * given.size
            for hall in site.halls
        }
        needs = []  # (MW of a node by piece, nodes)
        for (name, mode), nodes in powered.items():
            pool = given.pools[name]
            if pool.site == site.id:
                node = exact(given.accelerator_of(pool).node_kw) * given.modes_of(pool)[mode][0] / 1000
                needs.append(([node * pue for pue in pues[pool.hall]], nodes))
        self.used: Rows = []
        self.limit: Rows = []
        self.most_short: Rows = []
        self.short: Rows = []
        for number in range(given.size):
            spare = ready[number] - other[number]
            most = free * max(Fraction(0), -spare)
            least = free * (spare + sum(mw * empty[u][number] for mw, u in upgrades)) + most
            limit = free * (spare + sum(mw * done[u][number] for mw, u in upgrades)) + max(Fraction(0), -least)
            used = sum((node[number] * exact(nodes[number]) for node, nodes in needs if nodes[number]), Fraction(0))
            self.used.append(used)
            self.limit.append(limit)
            self.most_short.append(most)
            self.short.append(min(most, max(Fraction(0), used - limit)))
