"""Families of group capacity that hold by site: throughput, power, heat, racks, uplink.

Families capacity, gang and rented have modules of their own. Right sides are raised so that the empty plan, which
powers and serves nothing, keeps every row: they are never below 0.
"""

from __future__ import annotations

from operator import add
from typing import TYPE_CHECKING

from solver.check.result import Findings, above
from solver.price.eligibility import Eligibility, holds
from solver.price.power import Power

if TYPE_CHECKING:
    from solver.price.pricing import Reading

Row = list[float]


def check_sites(reading: Reading, eligibility: Eligibility, findings: Findings) -> None:
    """Checks throughput, power, heat, racks and uplink, and adds the breaches to ``findings``."""
    _throughput(reading, eligibility, findings)
    _power(reading, findings)
    _heat(reading, eligibility, findings)
    _racks(reading, eligibility, findings)
    _uplink(reading, findings)


# throughput  ∀ k,s,t   Σ_{q of s} θ_kqt · nodes[k,q,t] = Σ_{i of k} load[i,s,t]     no θ = not permitted
#             θ_kqt = throughput of a node · usable · availability · sustained · cap factor
def _throughput(reading: Reading, eligibility: Eligibility, findings: Findings) -> None:
    given, decided = reading.given, reading.decided
    listed = {(p.id, item.accelerator): item.per_node for p in given.profiles.values() for item in p.throughput}
    made: dict[tuple[str, str], Row] = {}
    for (profile_id, name, mode), nodes in decided.nodes.items():
        pool, profile = given.pools[name], given.profiles[profile_id]
        fit, per_node = given.fit_of(pool), listed.get((profile_id, pool.accelerator))
        permitted = per_node is not None and holds(given.accelerator_of(pool), profile.memory_gb)
        first = eligibility.opens_in(pool) if permitted else given.size
        for number in range(first):
            place = {"profile": profile_id, "pool": name, "period": given.pieces[number].name}
            if nodes[number]:
                findings.most("throughput", place | {"rule": "not permitted there"}, nodes[number], 0, "nodes")
        if permitted and fit is not None and per_node is not None:
            fixed_factor = per_node * float(given.usable_of(pool) * given.modes_of(pool)[mode][1]) * fit.sustained
            available = given.availability[pool.site]
            row = [n * fixed_factor * float(a) if n else 0.0 for n, a in zip(nodes, available, strict=True)]
            key = (profile_id, pool.site)
            made[key] = list(map(add, made[key], row)) if key in made else row
    asked: dict[tuple[str, str], Row] = {}
    for (service, site), demand in decided.load.items():
        key = (given.services[service].profile, site)
        asked[key] = list(map(add, asked[key], demand)) if key in asked else demand
    nothing = [0.0] * given.size
    for key in made.keys() | asked.keys():
        reference = given.reference_of(key[0])
        pairs = zip(given.pieces, made.get(key, nothing), asked.get(key, nothing), strict=True)
        for piece, has, needs in pairs:
            place = {"profile": key[0], "site": key[1], "period": piece.name}
            findings.equal("throughput", place, has / reference, needs / reference, "reference nodes")


# power   ∀ s,t   Σ_{q of s} kW_q·PUE_ht·powered[q,t] ≤ (1 − headroom)·( ready_st − other_st + Σ_u MW_u·done[u,t] )
#                                                     + short[s,t];   short is the smallest value that is needed
def _power(reading: Reading, findings: Findings) -> None:
    given = reading.given
    for site in given.sites.values():
        if site.run_by != "us":
            continue
        power = Power(given, site, reading.decided.powered, reading.empty.done, reading.done)
        for number, piece in enumerate(given.pieces):
            limit = float(power.limit[number] + power.short[number])
            place = {"site": site.id, "period": piece.name}
            findings.most("power", place, float(power.used[number]), limit, "MW")


# heat   ∀ s,loop,t   Σ_{q of s} kW_q·share_q,loop·powered[q,t]
#                         ≤ (1 − headroom)·( rejects_s,loop,t + Σ_u kW_u·done[u,t] )
#        IT heat, no PUE; a loop that a site does not list rejects 0
def _heat(reading: Reading, eligibility: Eligibility, findings: Findings) -> None:
    given = reading.given
    free = 1 - given.policy.heat_headroom
    used: dict[tuple[str, str], Row] = {}
    for (name, mode), nodes in reading.decided.powered.items():
        pool = given.pools[name]
        fit = given.fit_of(pool)
        if fit is not None and given.is_ours(pool):
            kw = given.accelerator_of(pool).node_kw * float(given.modes_of(pool)[mode][0])
            for medium, share in fit.heat_shares.items():
                row = [kw * share * amount for amount in nodes]
                key = (pool.site, medium)
                used[key] = list(map(add, used[key], row)) if key in used else row
    for (site_id, loop_medium), row in used.items():
        site = given.sites[site_id]
        rejects = [0.0] * given.size
        for loop in site.loops:
            if loop.medium == loop_medium:
                rejects = list(map(add, rejects, eligibility.rejects_kw(loop)))
        effects = {
            u.id: sum(effect.kw for effect in u.loops if effect.medium == loop_medium)
            for u in given.upgrades.values()
            if u.site == site_id
        }
        for number, piece in enumerate(given.pieces):
            least, limit = (
                free * (rejects[number] + sum(kw * done[u][number] for u, kw in effects.items()))
                for done in (reading.empty.done, reading.done)
            )
            place = {"site": site_id, "loop": loop_medium, "period": piece.name}
            findings.most("heat", place, row[number], limit + max(0.0, -least), "kW")


# racks   ∀ h,t   Σ_{p of h} racks_p·Σ_q powered[q,t] ≤ positions_ht + Σ_u positions_uh·done[u,t]
def _racks(reading: Reading, eligibility: Eligibility, findings: Findings) -> None:
    given = reading.given
    used: dict[tuple[str, str], Row] = {}
    for (name, _), nodes in reading.decided.powered.items():
        pool = given.pools[name]
        racking = given.racking_of(pool)
        if racking is not None and given.is_ours(pool):
            row = [racking.positions_per_node * amount for amount in nodes]
            key = (pool.site, pool.hall)
            used[key] = list(map(add, used[key], row)) if key in used else row
    effects: dict[tuple[str, str], list[tuple[str, int]]] = {}
    for upgrade in given.upgrades.values():
        for effect in upgrade.positions:
            effects.setdefault((upgrade.site, effect.hall), []).append((upgrade.id, effect.positions))
    for (site, hall), positions in {key: eligibility.positions(hall) for key, hall in given.halls.items()}.items():
        row = used.get((site, hall), [0.0] * given.size)
        for number, piece in enumerate(given.pieces):
            least, limit = (
                positions[number] + sum(count * done[u][number] for u, count in effects.get((site, hall), ()))
                for done in (reading.empty.done, reading.done)
            )
            place = {"site": site, "hall": hall, "period": piece.name}
            if given.sites[site].run_by == "us":
                findings.most("racks", place, row[number], limit + max(0.0, -least), "racks")


# uplink   ∀ s,t   Σ_i gbps_i·load[i,s,t] ≤ uplink_st (less the largest carrier, if the policy says so and there are
#                                           two) + Σ_u Gbps_u·done[u,t]
#          no row for a provider's site that lists no uplink
def _uplink(reading: Reading, findings: Findings) -> None:
    given = reading.given
    used: dict[str, Row] = {}
    for (service, site), demand in reading.decided.load.items():
        gbps = given.profiles[given.services[service].profile].gbps_per_unit
        if gbps:
            row = [gbps * amount for amount in demand]
            used[site] = list(map(add, used[site], row)) if site in used else row
    for name, row in used.items():
        site = given.sites[name]
        if site.run_by == "provider" and not site.uplinks:
            continue
        carriers: dict[str, Row] = {}
        for uplink in site.uplinks:
            line = given.calendar.read(uplink.gbps, "smallest")
            known = carriers.get(uplink.carrier)
            carriers[uplink.carrier] = line if known is None else list(map(add, known, line))
        loses = given.policy.lose_one_carrier and len(carriers) > 1
        effects = {u.id: u.uplink_gbps for u in given.upgrades.values() if u.site == name and u.uplink_gbps}
        for number, piece in enumerate(given.pieces):
            lines = [line[number] for line in carriers.values()]
            has = sum(lines) - (max(lines) if loses else 0.0)
            least, limit = (
                has + sum(gbps * done[u][number] for u, gbps in effects.items())
                for done in (reading.empty.done, reading.done)
            )
            if above(row[number], limit + max(0.0, -least)):
                place = {"site": name, "period": piece.name}
                findings.most("uplink", place, row[number], limit + max(0.0, -least), "Gbps")
