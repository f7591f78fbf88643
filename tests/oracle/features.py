"""Which features of the schema a tiny instance has."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Any

from models.calendar import Span
from models.instance import Instance
from models.scenario import Incumbent
from tests.oracle.reading import Facts

DAY = timedelta(days=1)


def _incumbent(instance: Instance) -> Incumbent:
    return instance.incumbent or Incumbent()


def _any(values: Any, holds: Callable[[Any], Any]) -> bool:
    return any(bool(holds(value)) for value in values)


def _by_month(tree: Any) -> bool:
    """Whether a month table stands anywhere in dumped data."""
    if isinstance(tree, Mapping):
        return any(key[:2] == "20" and key[4:5] == "-" for key in tree) or _any(tree.values(), _by_month)
    return isinstance(tree, list | tuple) and _any(tree, _by_month)


def _over(instance: Instance) -> bool:
    last = instance.calendar.last_day
    return _any(instance.training, lambda t: t.due is not None and t.due > last)


def _starts_inside(instance: Instance) -> bool:
    first = {piece.first_day for piece in instance.calendar}
    return _any(instance.training, lambda t: t.earliest_start > min(first) and t.earliest_start not in first)


Has = Callable[[Instance], bool]


def _inside(instance: Instance, day: date | None) -> bool:
    """Whether a day lies in the horizon and is no first day of a period."""
    first = [piece.first_day for piece in instance.calendar]
    return day is not None and first[0] < day <= instance.calendar.last_day and day not in first


def _prices_on_demand(instance: Instance) -> bool:
    per_use = [o for o in instance.offers if o.paid == "per-use"]
    return _any(per_use, lambda o: _any(per_use, lambda p: p.sites == o.sites and p.bands != o.bands))


def _placed_on_another_day(instance: Instance) -> bool:
    """An order or upgrade of the plan in force is frozen on a day that is not the one by which it would be
    placed now.
    """
    facts = Facts(instance)
    offers, upgrades = facts.offers, facts.upgrades
    for key, day in facts.placed.items():
        sold = offers[key[0]] if len(key) == 3 else upgrades[key[0]]
        site = facts.places[key[1]].site if len(key) == 3 else facts.sites[upgrades[key[0]].site]
        if facts.place_by(sold.lead_time_weeks, site, sold.valid, key[-1]) != day:
            return True
    return False


def _placed_before_today(instance: Instance) -> bool:
    plan = _incumbent(instance).plan
    return plan is not None and _any(plan.orders, lambda o: o.place_by < instance.horizon.today)


EDGES: dict[str, Has] = {
    "days of its own": lambda i: _any(i.horizon.periods, lambda p: isinstance(p, Span)),
    "launch inside a period": lambda i: _any(i.inference, lambda s: _inside(i, s.launch)),
    "rule inside a period": lambda i: _any(i.policy.data_rules, lambda r: _inside(i, r.since) or _inside(i, r.until)),
    "promise inside a period": lambda i: _any(i.inference, lambda s: _any(s.promises, lambda p: _inside(i, p.since))),
    "approval that ends": lambda i: _any(i.sites, lambda s: _any(s.approvals, lambda a: a.until)),
    "retirement on the eve": lambda i: _any(
        i.pools, lambda p: _any(p.retirements, lambda r: r.last_day + DAY == i.calendar.first_day)
    ),
    "term of no whole periods": lambda i: _any(i.offers, lambda o: o.term_months in (1.5, 4, 5, 8)),
    "all up front": lambda i: _any(i.offers, lambda o: o.up_front_share == 1),
    "parts of a price": lambda i: _any(i.offers, lambda o: o.payments),
    "parts of the cost of an upgrade": lambda i: _any(i.upgrades, lambda u: u.payments),
    "prepaid line": lambda i: _any(_incumbent(i).lines, lambda x: x.price_usd and x.ends_on),
    "line due after the horizon": lambda i: _any(
        _incumbent(i).lines, lambda x: _any(x.payments, lambda p: p.on > i.calendar.last_day)
    ),
    "two prices on demand": _prices_on_demand,
    "nodes at a provider's": lambda i: _any(i.pools, lambda p: p.nodes and p.hall == "cloud"),
    "no quota": lambda i: _any(i.pools, lambda p: p.hall == "cloud" and p.quota_nodes is None),
    "chain that is late": lambda i: _any(
        i.training, lambda t: t.predecessors and t.due and t.due <= i.calendar.last_day and t.lateness_usd_per_day
    ),
    "order placed before today": _placed_before_today,
    "placed on another day": _placed_on_another_day,
}

FEATURES: dict[str, Has] = {
    **EDGES,
    "months and quarters": lambda i: {"month", "quarter"} <= set(i.horizon.periods),
    "month tables": lambda i: _by_month(i.model_dump(mode="json")),
    "three sites": lambda i: len(i.sites) == 3,
    "two sites of one region": lambda i: len({s.region for s in i.sites}) < len(i.sites),
    "two halls": lambda i: _any(i.sites, lambda s: len(s.halls) == 2),
    "hall opens later": lambda i: _any(i.sites, lambda s: _any(s.halls, lambda h: h.operable_on)),
    "network ready later": lambda i: _any(i.sites, lambda s: s.network_ready_on),
    "availability": lambda i: _any(i.sites, lambda s: s.availability != 1),
    "metered at the rack": lambda i: _any(i.sites, lambda s: s.metered == "rack"),
    "roadmap power": lambda i: _any(i.sites, lambda s: s.roadmap),
    "unverified does not count": lambda i: not i.policy.counts_unverified,
    "other load": lambda i: _any(i.sites, lambda s: s.other_load_mw != 0),
    "power modes": lambda i: _any(i.accelerators, lambda a: a.power_modes),
    "retirement": lambda i: _any(i.pools, lambda p: p.retirements),
    "short life": lambda i: _any(i.accelerators, lambda a: a.life_months < 12),
    "buy": lambda i: _any(i.offers, lambda o: o.label == "buy"),
    "lease": lambda i: _any(i.offers, lambda o: o.label == "lease"),
    "reserve": lambda i: _any(i.offers, lambda o: o.label == "reserve"),
    "reserve paid once": lambda i: _any(i.offers, lambda o: o.label == "reserve" and o.paid == "once"),
    "on demand": lambda i: _any(i.offers, lambda o: o.label == "on-demand"),
    "bands": lambda i: _any(i.offers, lambda o: len(o.bands) > 1),
    "minimum order": lambda i: _any(i.offers, lambda o: o.bands[0].from_lots not in (0, 1)),
    "order cost": lambda i: _any(i.offers, lambda o: o.order_cost_usd),
    "divisible lots": lambda i: _any(i.offers, lambda o: o.divisible),
    "up-front share": lambda i: _any(i.offers, lambda o: o.up_front_share),
    "offer of two sites": lambda i: _any(i.offers, lambda o: len(o.sites) > 1),
    "validity of an offer": lambda i: _any(i.offers, lambda o: o.valid.since or o.valid.until),
    "supplier capacity": lambda i: _any(i.offers, lambda o: o.use_per_lot),
    "use per order": lambda i: _any(i.offers, lambda o: o.use_per_order),
    "upgrade once": lambda i: _any(i.upgrades, lambda u: u.paid == "once"),
    "upgrade monthly": lambda i: _any(i.upgrades, lambda u: u.paid == "monthly"),
    "upgrade after another": lambda i: _any(i.upgrades, lambda u: u.after),
    "upgrade of positions and heat": lambda i: _any(i.upgrades, lambda u: u.positions),
    "upgrade of the uplink": lambda i: _any(i.upgrades, lambda u: u.uplink_gbps),
    "upgrade twice": lambda i: _any(i.upgrades, lambda u: u.times > 1),
    "upgrade started": lambda i: bool(_incumbent(i).under_way),
    "signed firm": lambda i: _any(_incumbent(i).lines, lambda x: x.cancellation_fee_usd is None),
    "signed cancellable": lambda i: _any(_incumbent(i).lines, lambda x: x.cancellation_fee_usd is not None),
    "earlier plan": lambda i: _incumbent(i).plan is not None,
    "freeze": lambda i: i.policy.freeze_until is not None,
    "listed ways": lambda i: _any(i.training, lambda t: t.ways),
    "scaling": lambda i: _any(i.training, lambda t: t.scaling),
    "copies": lambda i: _any(i.training, lambda t: t.copies > 1),
    "fraction of a node": lambda i: _any(i.training, lambda t: _any(t.ways, lambda w: w.nodes % 1)),
    "earliest start inside a period": _starts_inside,
    "due after the horizon": _over,
    "predecessors": lambda i: _any(i.training, lambda t: t.predecessors),
    "handover": lambda i: _any(i.training, lambda t: t.handover_hours),
    "artefact": lambda i: _any(i.training, lambda t: t.artefact_tb),
    "repeats": lambda i: len(i.runs) > len(i.training),
    "must run": lambda i: _any(i.training, lambda t: t.value_usd is None),
    "derived value": lambda i: _any(i.training, lambda t: t.value_usd == "derived"),
    "placement": lambda i: _any(i.training, lambda t: t.placement_usd),
    "dataset": lambda i: _any(i.training, lambda t: t.dataset),
    "two services": lambda i: len(i.inference) > 1,
    "nearest sites": lambda i: _any(i.inference, lambda s: s.serving_sites != "all"),
    "promise": lambda i: _any(i.inference, lambda s: s.promises),
    "two promises": lambda i: _any(i.inference, lambda s: len(s.promises) > 1),
    "must survive": lambda i: _any(i.inference, lambda s: s.promises and s.uncovered_usd_per_unit_hour is None),
    "must be served": lambda i: _any(i.inference, lambda s: s.unserved_usd_per_unit_hour is None),
    "smallest deployment": lambda i: _any(i.inference, lambda s: s.smallest_deployment),
    "fees": lambda i: _any(i.inference, lambda s: s.golive_usd),
    "live today": lambda i: _any(i.inference, lambda s: s.live_at),
    "two regions at least": lambda i: _any(i.inference, lambda s: s.least_regions > 1),
    "waits for a training": lambda i: _any(i.inference, lambda s: s.after),
    "rollout steps": lambda i: _any(i.inference, lambda s: s.rollout),
    "serving price": lambda i: _any(i.inference, lambda s: s.serving_usd),
    "price of latency": lambda i: _any(i.inference, lambda s: s.latency_usd_per_unit_hour_ms),
    "carriers": lambda i: _any(i.inference, lambda s: s.least_carriers),
    "class of a line or log": lambda i: _any(i.inference, lambda s: s.log_class or s.demand[1].data_class),
    "law": lambda i: bool(i.policy.data_rules),
    "law with dates": lambda i: _any(i.policy.data_rules, lambda r: r.since or r.until),
    "law with conditions": lambda i: _any(i.policy.data_rules, lambda r: r.conditional),
    "approvals": lambda i: _any(i.sites, lambda s: s.approvals),
    "headroom": lambda i: bool(i.policy.power_headroom or i.policy.heat_headroom),
    "lose one carrier": lambda i: i.policy.lose_one_carrier,
    "carbon price": lambda i: bool(i.policy.carbon_usd_per_tonne),
    "carbon cap": lambda i: bool(i.policy.carbon_caps),
    "water price": lambda i: _any(i.sites, lambda s: s.water_l_per_kwh and s.water_usd_per_m3),
    "water cap": lambda i: bool(i.policy.water_caps),
    "budget of water": lambda i: _any(i.policy.budgets, lambda b: "water" in b.terms),
    "budget": lambda i: bool(i.policy.budgets),
    "cap of a supplier": lambda i: _any(i.policy.share_caps, lambda c: c.kind == "supplier"),
    "cap of an operator": lambda i: _any(i.policy.share_caps, lambda c: c.kind == "operator"),
    "cap of a place": lambda i: _any(i.policy.share_caps, lambda c: c.kind not in ("supplier", "operator")),
    "pin": lambda i: _any(i.policy.pins, lambda p: p.what != "forbid"),
    "forbid": lambda i: _any(i.policy.pins, lambda p: p.what == "forbid"),
}


def features_of(instance: Instance) -> set[str]:
    """The features that an instance has."""
    return {name for name, has in FEATURES.items() if has(instance)}
