"""Family failover: what is promised survives the loss of any one failure domain; one domain fails at a time."""

from __future__ import annotations

from operator import add
from typing import TYPE_CHECKING

from solver.check.nearest import Catchment, Nearest, domains_of
from solver.check.result import TOLERANCE, Findings
from solver.price.offer_prices import uncovered_price

if TYPE_CHECKING:
    from models.workloads import Inference
    from solver.price.given import Given
    from solver.price.pricing import Reading

UNIT = "reference nodes"
Row = list[float]


def check_failover(reading: Reading, nearest: Nearest, findings: Findings) -> None:
    """Checks both rows of the family: promised demand is taken over, and the load has room for it."""
    taken, loaded = _takeover(reading, nearest, findings)
    _promises(reading, nearest, taken, findings)
    _standby(reading, loaded, findings)


def _takeover(
    reading: Reading, nearest: Nearest, findings: Findings
) -> tuple[dict[tuple[str, Catchment, str], Row], dict[tuple[str, str, str], Row]]:
    """Takeover by (service, catchment, domain), where it is allowed, and by (service, domain, site), all of it."""
    given = reading.given
    taken: dict[tuple[str, Catchment, str], Row] = {}
    loaded: dict[tuple[str, str, str], Row] = {}
    for (name, metro, domain, site), row in reading.decided.takeover.items():
        if not any(row):
            continue
        service = given.services[name]
        catchment = nearest.catchments(service).get(metro)
        allowed = catchment is not None and domain in nearest.domains
        allowed = allowed and site in nearest.takeover(service, catchment or (), domain)
        flags = nearest.ring(service, metro).flags[site] if allowed else (False,) * given.size
        counted = row
        if not all(flags):
            counted = [value if flag else 0.0 for value, flag in zip(row, flags, strict=True)]
            reference = given.reference_of(service.profile)
            for number, value in enumerate(row):
                if value and not flags[number]:
                    place = {"workload": name, "catchment": metro, "domain": domain, "site": site}
                    place |= {"period": given.pieces[number].name, "rule": "not allowed there"}
                    findings.most("failover", place, value / reference, 0, UNIT)
        if catchment is not None:
            key = (name, catchment, domain)
            taken[key] = list(map(add, taken[key], counted)) if key in taken else counted
        at = (name, domain, site)
        loaded[at] = list(map(add, loaded[at], row)) if at in loaded else row
    return taken, loaded


# failover   ∀ i,c,d,t   Σ_s takeover[i,c,d,s,t] + uncovered[i,c,t] ≥ promised_idt · Σ_{m∈c} Σ_{s∈d} serve[i,m,s,t]
#                        uncovered = 0 if it must survive
def _promises(
    reading: Reading, nearest: Nearest, taken: dict[tuple[str, Catchment, str], Row], findings: Findings
) -> None:
    given, decided = reading.given, reading.decided
    promised = {name: promised_shares(given, s) for name, s in given.services.items() if s.promises}
    domains = {site.id: domains_of(given, site) for site in given.sites.values()}
    nothing = [0.0] * given.size
    lost: dict[tuple[str, Catchment, str], Row] = {}
    for (name, metro, site), row in decided.serve.items():
        if name in promised and any(row):
            catchment = nearest.catchments(given.services[name]).get(metro, (metro,))
            for domain in domains[site]:
                if domain.split(":", 1)[0] in promised[name]:
                    key = (name, catchment, domain)
                    lost[key] = list(map(add, lost[key], row)) if key in lost else row
    uncovered: dict[tuple[str, Catchment], Row] = {}
    for (name, metro), row in decided.uncovered.items():
        catchment = nearest.catchments(given.services[name]).get(metro, (metro,))
        known = uncovered.get((name, catchment))
        uncovered[name, catchment] = row if known is None else list(map(add, known, row))
        if any(row) and uncovered_price(given, given.services[name]) is None:
            reference = given.reference_of(given.services[name].profile)
            for number, value in enumerate(row):
                place = {"workload": name, "catchment": metro, "period": given.pieces[number].name}
                findings.most("failover", place | {"rule": "must survive"}, value / reference, 0, UNIT)
    for (name, catchment, domain), row in lost.items():
        shares, reference = promised[name][domain.split(":", 1)[0]], given.reference_of(given.services[name].profile)
        cover = map(add, taken.get((name, catchment, domain), nothing), uncovered.get((name, catchment), nothing))
        for number, (has, share, value) in enumerate(zip(cover, shares, row, strict=True)):
            if has < share * value:
                place = {"workload": name, "catchment": catchment[0], "domain": domain}
                place |= {"period": given.pieces[number].name}
                findings.least("failover", place, has / reference, share * value / reference, UNIT)


def promised_shares(given: Given, service: Inference) -> dict[str, Row]:
    """promised_idt by kind of domain; of several promises of a kind, the largest that is in force."""
    shares: dict[str, Row] = {}
    for promise in service.promises:
        since = given.first_touched(promise.since)
        row = [promise.share if number >= since else 0.0 for number in range(given.size)]
        known = shares.get(promise.kind)
        shares[promise.kind] = row if known is None else list(map(max, known, row))
    return shares


# failover   ∀ i,d,s∉d,t   Σ_m serve[i,m,s,t] + Σ_c takeover[i,c,d,s,t] ≤ load[i,s,t]     the same load covers all
def _standby(reading: Reading, loaded: dict[tuple[str, str, str], Row], findings: Findings) -> None:
    given, decided = reading.given, reading.decided
    needed = {(name, site) for name, _, site in loaded}
    served: dict[tuple[str, str], Row] = {}
    for (name, _, site), row in decided.serve.items():
        if (name, site) in needed:
            known = served.get((name, site))
            served[name, site] = row if known is None else list(map(add, known, row))
    nothing = [0.0] * given.size
    for (name, domain, site), taken in loaded.items():
        load, serve = decided.load.get((name, site), nothing), served.get((name, site), nothing)
        for number, (has, serving, more) in enumerate(zip(load, serve, taken, strict=True)):
            if serving + more - has > TOLERANCE * 1e-3:
                reference = given.reference_of(given.services[name].profile)
                place = {"workload": name, "domain": domain, "site": site, "period": given.pieces[number].name}
                findings.most("failover", place, (serving + more) / reference, has / reference, UNIT)
