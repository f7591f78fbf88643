"""Which features of the schema a tiny instance has."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from models.instance import Instance
from models.scenario import Incumbent


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


FEATURES: dict[str, Callable[[Instance], bool]] = {
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
    "upgrade begun": lambda i: bool(_incumbent(i).begun),
    "signed firm": lambda i: _any(_incumbent(i).lines, lambda x: x.cancellation_fee_usd is None),
    "signed cancellable": lambda i: _any(_incumbent(i).lines, lambda x: x.cancellation_fee_usd is not None),
    "earlier plan": lambda i: _incumbent(i).plan is not None,
    "freeze": lambda i: i.policy.freeze_until is not None,
    "listed ways": lambda i: _any(i.training, lambda t: t.ways),
    "scaling": lambda i: _any(i.training, lambda t: t.scaling),
    "copies": lambda i: _any(i.training, lambda t: t.copies > 1),
    "fraction of a node": lambda i: _any(i.training, lambda t: _any(t.ways, lambda w: w.nodes % 1)),
    "earliest start inside a period": _starts_inside,
    "due behind the horizon": _over,
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
    "budget": lambda i: bool(i.policy.budgets),
    "cap of a supplier": lambda i: _any(i.policy.share_caps, lambda c: c.kind == "supplier"),
    "cap of an operator": lambda i: _any(i.policy.share_caps, lambda c: c.kind == "operator"),
    "cap of a place": lambda i: _any(i.policy.share_caps, lambda c: c.kind not in ("supplier", "operator")),
    "pin": lambda i: _any(i.policy.pins, lambda p: p.what != "forbid"),
    "forbid": lambda i: _any(i.policy.pins, lambda p: p.what == "forbid"),
}  # fmt: skip


def features_of(instance: Instance) -> set[str]:
    """The features that an instance has."""
    return {name for name, has in FEATURES.items() if has(instance)}
