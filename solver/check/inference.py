"""Families of group inference: demand, rollout, deployment, spread. Failover has a module of its own.

Breaches are reported in reference nodes of the profile.
"""

from __future__ import annotations

from operator import add
from typing import TYPE_CHECKING

from solver.check.demand import asked_share, demand_of, open_since
from solver.check.failover_room import FailoverRoom
from solver.check.result import TOLERANCE, Findings
from solver.check.training import starts_of
from solver.price.offer_prices import unserved_price

if TYPE_CHECKING:
    from solver.check.nearest import Nearest
    from solver.price.handover import Handover
    from solver.price.pricing import Reading

UNIT = "reference nodes"
Row = list[float]


def check_inference(reading: Reading, nearest: Nearest, handover: Handover, findings: Findings) -> None:
    """Checks all families of the group except failover and adds the breaches to ``findings``."""
    _demand(reading, findings)
    _allowed(reading, nearest, findings)
    _rollout(reading, handover, findings)
    room = FailoverRoom(reading.given, nearest)
    _deployment(reading, room, findings)
    _live(reading, room, findings)
    _spread(reading, findings)


# demand   ∀ i,m,t   Σ_s serve[i,m,s,t] + unserved[i,m,t] = D_imt · ρ_i(max(0, D_t − asked launch))
#                    from the period that holds the asked launch
#                    unserved = 0 if it must be served
def _demand(reading: Reading, findings: Findings) -> None:
    given, decided = reading.given, reading.decided
    served: dict[tuple[str, str], Row] = {}
    for (service, metro, _), row in decided.serve.items():
        key = (service, metro)
        served[key] = list(map(add, served[key], row)) if key in served else row
    nothing = [0.0] * given.size
    listed: dict[str, set[str]] = {}
    for name, metro in served.keys() | decided.unserved.keys():
        listed.setdefault(name, set()).add(metro)
    for name, service in given.services.items():
        reference = given.reference_of(service.profile)
        share = asked_share(given, service)
        must = unserved_price(given, service) is None
        asked = demand_of(given, service)
        for metro in sorted(asked.keys() | listed.get(name, set())):
            unserved = decided.unserved.get((name, metro), nothing)
            has = list(map(add, served.get((name, metro), nothing), unserved))
            for number, (value, demand, open_share) in enumerate(
                zip(has, asked.get(metro, nothing), share, strict=True)
            ):
                if abs(value - demand * open_share) > TOLERANCE * min(reference, 1.0):
                    place = {"workload": name, "metro": metro, "period": given.pieces[number].name}
                    findings.equal("demand", place, value / reference, demand * open_share / reference, UNIT)
            if must and any(unserved):
                for number, value in enumerate(unserved):
                    place = {"workload": name, "metro": metro, "period": given.pieces[number].name}
                    findings.most("demand", place | {"rule": "must be served"}, value / reference, 0, UNIT)


# demand   only allowed (i,m,s): law, latency, approved, among the nearest
def _allowed(reading: Reading, nearest: Nearest, findings: Findings) -> None:
    given = reading.given
    for (name, metro, site), row in reading.decided.serve.items():
        service = given.services[name]
        flags = None
        if site in nearest.serving(service, metro):
            flags = nearest.ring(service, metro).flags[site]
            if all(flags):
                continue
        reference = given.reference_of(service.profile)
        for number, value in enumerate(row):
            if value and not (flags and flags[number]):
                place = {"workload": name, "metro": metro, "site": site, "period": given.pieces[number].name}
                findings.most("demand", place | {"rule": "not allowed there"}, value / reference, 0, UNIT)


# rollout   ∀ i,t   Σ_{m,s} serve[i,m,s,t] ≤ Σ_m D_imt·Σ_{τ≤t} ρ_i(D_t − begin of τ)·(launched[i,τ] − launched[i,τ−1])
#                   launched[i,t−1] ≤ launched[i,t] ≤ Σ_{a of j, out(a) < t} start[a]        i waits for j (one copy)
def _rollout(reading: Reading, handover: Handover, findings: Findings) -> None:
    given, decided, starts = reading.given, reading.decided, starts_of(reading)
    served: dict[str, Row] = {}
    for (name, _, _), row in decided.serve.items():
        if given.services[name].after is not None:
            served[name] = list(map(add, served[name], row)) if name in served else row
    for name, service in given.services.items():
        if service.after is None:
            continue
        launched = decided.launched.get(name)
        since = given.size if launched is None else launched
        if launched is not None:
            ready = sum(n for start, n in starts.get(service.after, ()) if handover.out(start) < launched)
            place = {"workload": name, "after": service.after, "period": given.pieces[launched].name}
            findings.least("rollout", place, ready, 1, "copies")
        if name in served:
            reference = given.reference_of(service.profile)
            total = [sum(column) for column in zip(*demand_of(given, service).values(), strict=True)]
            share = open_since(given, service, since)
            for number, piece in enumerate(given.pieces):
                limit = total[number] * share[number] / reference
                place = {"workload": name, "period": piece.name}
                findings.most("rollout", place, served[name][number] / reference, limit, UNIT)


# deployment   ∀ i,s,t   Σ_m serve[i,m,s,t] ≤ load[i,s,t];   load[i,s,t] ≥ least_i·live[i,s,t]
#                        load[i,s,t] ≤ U_ist·live[i,s,t]
#              U = max(least, Σ D of the metros that s may serve or take over for in t)
def _deployment(reading: Reading, room: FailoverRoom, findings: Findings) -> None:
    given, decided = reading.given, reading.decided
    served: dict[tuple[str, str], Row] = {}
    for (name, _, site), row in decided.serve.items():
        key = (name, site)
        served[key] = list(map(add, served[key], row)) if key in served else row
    nothing = [0.0] * given.size
    for name, site in served.keys() | decided.load.keys() | decided.live.keys():
        service, load = given.services[name], decided.load.get((name, site), nothing)
        reference = given.reference_of(service.profile)
        needs, live = served.get((name, site), nothing), None
        if given.has_live(service):
            live = decided.live.get((name, site), set())
            most = room.most(service, site)
        for number, (value, need) in enumerate(zip(load, needs, strict=True)):
            if live is None:
                if need <= value:
                    continue
                least, limit = need, value
            else:
                smallest = service.smallest_deployment if number in live else 0.0
                least, limit = max(need, smallest), most[number] if number in live else 0.0
            place = {"workload": name, "site": site, "period": given.pieces[number].name}
            findings.least("deployment", place, value / reference, least / reference, UNIT)
            findings.most("deployment", place, value / reference, limit / reference, UNIT)


# deployment   a service is live, and has load, only where and when the site may serve or take over
def _live(reading: Reading, room: FailoverRoom, findings: Findings) -> None:
    given, decided = reading.given, reading.decided

    def may(name: str, site: str) -> list[bool]:
        return room.may(given.services[name], site)

    for (name, site), row in decided.load.items():
        if any(row) and not all(may(name, site)):
            reference = given.reference_of(given.services[name].profile)
            for number, value in enumerate(row):
                if value and not may(name, site)[number]:
                    place = {"workload": name, "site": site, "period": given.pieces[number].name}
                    findings.most("deployment", place | {"rule": "not allowed there"}, value / reference, 0, UNIT)
    for (name, site), periods in decided.live.items():
        for number in sorted(periods):
            if not may(name, site)[number]:
                place = {"workload": name, "site": site, "period": given.pieces[number].name}
                findings.most("deployment", place | {"rule": "not allowed there"}, 1, 0, "deployments")


# spread   ∀ i,s,t   (K_i − 1)·live[i,s,t] ≤ Σ_{r ≠ r(s)} there[i,r,t];   there[i,r,t] ≤ Σ_{s of r} live[i,s,t],  ≤ 1
def _spread(reading: Reading, findings: Findings) -> None:
    given, decided = reading.given, reading.decided
    there: dict[tuple[str, int], set[str]] = {}
    for (name, site), periods in decided.live.items():
        for number in periods:
            there.setdefault((name, number), set()).add(given.sites[site].region)
    for (name, site), periods in decided.live.items():
        others = given.services[name].least_regions - 1
        for number in sorted(periods) if others else ():
            elsewhere = len(there[name, number] - {given.sites[site].region})
            place = {"workload": name, "site": site, "period": given.pieces[number].name}
            findings.least("spread", place, elsewhere, others, "regions")
