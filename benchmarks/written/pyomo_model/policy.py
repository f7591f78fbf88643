"""Group policy: budgets, caps on carbon, water and shares, and pins."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyomo.environ as pyo

from benchmarks.written.pyomo_model.costs import total
from benchmarks.written.pyomo_model.given import at_most, grouped
from models.policy import PinOrder, PinService, PinTraining, PinUpgrade
from solver.formulation.policy import MONEY, capped_domains
from solver.tables.serving import reference_of

if TYPE_CHECKING:
    from benchmarks.written.prepared.policies import SpendShare
    from benchmarks.written.pyomo_model.given import Given


def budget(m: Any, g: Given) -> None:
    """The cash paid for the named terms in a fiscal period stays within its budget."""
    _caps(m, g, "budget")


def carbon(m: Any, g: Given) -> None:
    """Emissions of a calendar year stay within its cap."""
    _caps(m, g, "carbon")


def water(m: Any, g: Given) -> None:
    """The water used by a site in a calendar year stays within its cap."""
    _caps(m, g, "water")


def _caps(m: Any, g: Given, family: str) -> None:
    caps = {cap.name: cap for cap in g.limits.caps if cap.name.startswith(f"{family}/")}
    rule = lambda m, name: at_most(total(m, caps[name].counted), caps[name].limit)  # noqa: E731 (as rules are written)
    m.add_component(family, pyo.Constraint(list(caps), rule=rule))


def diversity(m: Any, g: Given) -> None:
    """No group has more than its share of the whole."""
    for share in g.limits.shares:
        _spend_share(m, share)
    for number, cap in enumerate(g.tables.instance.policy.share_caps):
        if cap.kind not in MONEY:
            _use_share(m, g, number)


def _spend_share(m: Any, share: SpendShare) -> None:
    name = share.name.replace("/", "_")
    spent: dict[int, list[Any]] = {}
    for family, usd in share.spent.items():
        variables = getattr(m, family).values()
        for variable, each, group in zip(variables, usd.tolist(), share.group[family].tolist(), strict=True):
            if each:
                spent.setdefault(group, []).append(each * variable)
    if not spent:
        return
    everything = pyo.Var()
    m.add_component(f"{name}_all", everything)
    total = pyo.quicksum(term for terms in spent.values() for term in terms)
    m.add_component(f"{name}_all_rows", pyo.Constraint(expr=everything == total))
    granted = dict(zip(share.chosen.tolist(), share.granted.tolist(), strict=True))
    rows = pyo.Constraint(
        list(granted), rule=lambda _, k: pyo.quicksum(spent.get(k, ())) <= share.share * everything + granted[k]
    )
    m.add_component(name, rows)


def _use_share(m: Any, g: Given, number: int) -> None:
    """Shares of the IT power used, by failure domain, in each period."""
    modes, cap = g.tables.modes, g.tables.instance.policy.share_caps[number]
    mw = (g.tables.pools.node_kw[modes.pool] * modes.power / 1e3).tolist()
    used = [(q, t) for q in range(len(mw)) for t in g.times if (q, g.first[q][t]) in m.used]
    at = grouped(((g.site_of[g.pool_of[q]], t) for q, t in used), (q for q, _ in used))
    sites = grouped((t for _, t in at), (s for s, _ in at))

    def power(m: Any, s: int, t: int) -> Any:
        return pyo.quicksum(mw[q] * m.used[q, g.first[q][t]] for q in at[s, t])

    everything = pyo.Var(sorted(sites))
    m.add_component(f"diversity_{number}_all", everything)
    define = pyo.Constraint(
        everything.index_set(), rule=lambda m, t: everything[t] == pyo.quicksum(power(m, s, t) for s in sites[t])
    )
    m.add_component(f"diversity_{number}_all_rows", define)
    granted = {d: given.tolist() for d, given in capped_domains(g.tables, cap)}
    holds = g.tables.domains.holds

    def rule(m: Any, d: int, t: int) -> Any:
        inside = pyo.quicksum(power(m, s, t) for s in sites[t] if holds[d][s])
        return inside <= cap.share * everything[t] + granted[d][t]

    m.add_component(f"diversity_{number}", pyo.Constraint([(d, t) for d in granted for t in sorted(sites)], rule=rule))


def pins(m: Any, g: Given) -> None:
    """Pinned decisions hold."""
    m.pins = pyo.ConstraintList()
    for pin in g.tables.instance.policy.pins:
        if pin.what == "forbid":
            for variables in _forbidden(m, g, pin.workload, pin.pool, pin.site):
                if variables:
                    m.pins.add(pyo.quicksum(variables) <= 0.0)
            continue
        value = float(pin.value)
        if isinstance(pin, PinService):
            value /= _unit(g, pin.workload)
        for variables in _pinned(m, g, pin):
            body = pyo.quicksum(variables)
            if not variables:
                m.pins.add(pyo.Constraint.Feasible if _holds(pin.at, value) else pyo.Constraint.Infeasible)
            else:
                m.pins.add(body >= value if pin.at == "least" else body <= value if pin.at == "most" else body == value)


def _holds(at: str, value: float) -> bool:
    """Whether nothing at all satisfies a pin."""
    return value >= 0 if at == "most" else value <= 0 if at == "least" else value == 0


def _unit(g: Given, workload: str) -> float:
    profiles = {profile.id: profile for profile in g.tables.instance.profiles}
    return reference_of(profiles[next(s.profile for s in g.tables.instance.inference if s.id == workload)])


def _pinned(m: Any, g: Given, pin: PinOrder | PinUpgrade | PinTraining | PinService) -> list[list[Any]]:
    """List the variables of each row of a pin."""
    tables, named = g.tables, g.tables.axis.calendar.named
    if isinstance(pin, PinOrder):
        offer = [tree.id for tree in tables.instance.offers].index(pin.offer)
        pool, when = tables.pools.ids.index(pin.pool), set(named(pin.serves_from))
        return [[m.buy[o, p, t] for o, p, t in g.keys["buy"] if o == offer and p == pool and t in when]]
    if isinstance(pin, PinUpgrade):
        upgrade = [tree.id for tree in tables.instance.upgrades].index(pin.upgrade)
        when = set(named(pin.serves_from))
        return [[m.upgrade[u, t] for u, t in g.keys["upgrade"] if u == upgrade and t in when]]
    if isinstance(pin, PinTraining):
        pool, period = tables.pools.ids.index(pin.pool), tables.starts.period.tolist()
        when = set(g.times) if pin.period is None else set(named(pin.period))
        mine = g.starts_of[tables.trainings.number[pin.workload]]
        return [[m.start[a] for a in mine if g.pool_of[g.mode_of_start[a]] == pool and period[a] in when]]
    lines = set(np.flatnonzero(tables.lines.service == _service(g, pin.workload)).tolist())
    site = tables.sites.ids.index(pin.site)
    by_time = grouped(
        (t for line, s, t in g.keys["serve"] if line in lines and s == site),
        (m.serve[line, s, t] for line, s, t in g.keys["serve"] if line in lines and s == site),
    )
    return [by_time[t] for t in (g.times if pin.period is None else named(pin.period))]


def _service(g: Given, workload: str) -> int:
    return [service.id for service in g.tables.instance.inference].index(workload)


def _forbidden(m: Any, g: Given, workload: str, pool: str | None, site: str | None) -> list[list[Any]]:
    """List the variables of each row of a pin that keeps a workload out."""
    tables = g.tables
    if workload in tables.trainings.number:
        shut = {
            p
            for p, tree in enumerate(tables.instance.pools)
            if (pool is None or tree.id == pool) and (site is None or tree.site == site)
        }
        mine = g.starts_of[tables.trainings.number[workload]]
        return [[m.start[a] for a in mine if g.pool_of[g.mode_of_start[a]] in shut]]
    if site is None:
        return []
    here, i = tables.sites.ids.index(site), _service(g, workload)
    service, owner = tables.lines.service.tolist(), tables.takeovers.catchment_service.tolist()
    return [
        [m.serve[line, s, t] for line, s, t in g.keys["serve"] if service[line] == i and s == here],
        [m.takeover[c, d, s, t] for c, d, s, t in g.keys["takeover"] if owner[c] == i and s == here],
        [m.loads[key] for key in g.keys["load"] if key[:2] == (i, here)],
        [m.live[key] for key in g.keys["live"] if key[:2] == (i, here)],
    ]
