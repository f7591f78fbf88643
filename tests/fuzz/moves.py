"""Small steps from a plan to other plans, by instance and plan alone: whatever a planner might try, wherever a name
allows it.

No step knows what the engine leaves out. Each brings along what it needs (nodes that are on, nodes on demand, load),
and mostly more than that; the check says whether the plan that comes out holds.
"""

from __future__ import annotations

import copy
from math import ceil
from typing import TYPE_CHECKING, Any

from models.plan import Plan
from solver.check.demand import asked_share, demand_of
from solver.price.pricing import Reading

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

    from models.instance import Instance

Data = dict[str, Any]


class Moves:
    """The steps from plans of an instance."""

    def __init__(self, instance: Instance, chance: random.Random):
        self.instance, self.chance = instance, chance
        self.reading = Reading.of(instance, Plan())
        self.given, self.starts = self.reading.given, self.reading.starts
        self.names = [piece.name for piece in instance.calendar]
        self.heads = [piece.name for piece in instance.calendar if piece.opens]
        self.steps: list[Callable[[Data], None]] = []
        for step, there in (
            (self.run, instance.runs),
            (self.serve, instance.inference),
            (self.order, self._orders()),
            (self.give_up, True),
            (self.upgrade, instance.upgrades),
            (self.copy, instance.datasets),
            (self.less, True),
            (self.keep, self.given.lines),
        ):
            if there:
                self.steps.append(step)

    def neighbour(self, data: Data) -> Data:
        """A plan one to three steps away."""
        changed = copy.deepcopy(data)
        for _ in range(self.chance.choice([1, 1, 2, 3])):
            self.chance.choice(self.steps)(changed)
        return changed

    def run(self, data: Data) -> None:
        """A copy that is dropped, or runs elsewhere, begins anywhere by any way."""
        run = self.chance.choice(self.instance.runs)
        ways = self.starts.ways(run)
        way = self.chance.choice(sorted(ways))
        pools = [pool for pool in self.instance.pools if pool.accelerator == ways[way].accelerator]
        if not pools:
            return
        pool = self.chance.choice(pools)
        mode = self.chance.choice(sorted(self.given.modes_of(pool)))
        period = self.chance.randrange(self.given.size)
        self._take_out(data, run.id)
        entry = {
            "workload": run.id,
            "pool": pool.id,
            "mode": mode,
            "way": way,
            "period": self.names[period],
            "copies": 1,
        }
        same = [one for one in data["training"] if {**one, "copies": 1} == entry]
        if same:
            same[0]["copies"] += 1
        else:
            data["training"].append(entry)
        stay = self.starts.stay(run.id, pool.id, mode, way, period)
        self._switch_on(data, pool.id, mode, {t: float(ways[way].nodes) for t in stay.share})

    def give_up(self, data: Data) -> None:
        """A start is dropped, or an entry is left out: an order, a rent, an upgrade, a copy, a deployment."""
        if data["training"] and self.chance.random() < 0.4:
            name = self.chance.choice(data["training"])["workload"]
            self._take_out(data, name)
            self._change(data["dropped"], {"workload": name}, "copies", 1)
            return
        kind = self.chance.choice(["orders", "rents", "upgrades", "copies", "live", "powered"])
        if data[kind]:
            data[kind].pop(self.chance.randrange(len(data[kind])))

    def _take_out(self, data: Data, name: str) -> None:
        """Takes out a copy that is dropped or begins."""
        for kind in ("dropped", "training"):
            mine = [entry for entry in data[kind] if entry["workload"] == name]
            if mine:
                entry = self.chance.choice(mine)
                entry["copies"] -= 1
                if not entry["copies"]:
                    data[kind].remove(entry)
                return

    def serve(self, data: Data) -> None:
        """Some of what a metro asks for, in one period or from one on, is served at a site."""
        service = self.chance.choice(self.instance.inference)
        site = self.chance.choice(self.instance.sites)
        metro, asked = self.chance.choice(sorted(demand_of(self.given, service).items()))
        share = asked_share(self.given, service)
        first = self.chance.randrange(self.given.size)
        periods = range(first, self.given.size if self.chance.random() < 0.5 else first + 1)
        profile = self.given.profiles[service.profile]
        speed = {entry.accelerator: entry.per_node for entry in profile.throughput}
        pools = [pool for pool in self.instance.pools if pool.site == site.id and pool.accelerator in speed]
        if not pools:
            return
        pool = self.chance.choice(pools)
        fit = self.given.fit_of(pool)
        part = self.chance.choice([1.0, 1.0, 0.3])
        key = {"workload": service.id, "metro": metro}
        elsewhere = [
            entry["demand"] for entry in data["serve"] if entry["workload"] == service.id and entry["metro"] == metro
        ]
        more = {}
        for t in periods:
            left = asked[t] * share[t] - sum(demand[t] for demand in elsewhere)
            if left > 1e-9:
                more[t] = part * left
        on = {}
        for t, demand in more.items():
            available = float(self.given.availability[site.id][t])
            rate = (
                speed[pool.accelerator]
                * float(self.given.usable_of(pool))
                * (fit.sustained if fit else 1.0)
                * available
            )
            on[t] = demand / rate if rate > 0 else 0.0
        here = {"workload": service.id, "site": site.id}
        self._add(data["serve"], {**key, "site": site.id}, "demand", more)
        self._add(data["load"], here, "demand", more)
        self._add(data["unserved"], key, "demand", {t: -demand for t, demand in more.items()})
        self._add(data["uncovered"], {"workload": service.id, "catchment": metro}, "demand", more)
        self._add(data["nodes"], {"profile": service.profile, "pool": pool.id, "mode": "full"}, "nodes", on)
        self._switch_on(data, pool.id, "full", on)
        if self.chance.random() < 0.5:
            live = [entry for entry in data["live"] if {**entry, "periods": None} == {**here, "periods": None}]
            named = [self.names[t] for t in more]
            if live:
                live[0]["periods"] = sorted({*live[0]["periods"], *named}, key=self.names.index)
            elif named:
                data["live"].append({**here, "periods": named})

    def _switch_on(self, data: Data, pool: str, mode: str, nodes: dict[int, float]) -> None:
        """More nodes are on, or rented of a random offer; sometimes those that are there will do."""
        way = self.chance.random()
        if way < 0.2 or not nodes:
            return
        if way < 0.5:
            self._order_for(data, pool, max(nodes.values()), min(nodes))
        if self.given.is_ours(self.given.pools[pool]):
            self._add(data["powered"], {"pool": pool, "mode": mode}, "nodes", nodes)
            return
        if way < 0.4:  # what is ordered will do
            return
        place = self.given.pools[pool]
        offers = [
            o.id
            for o in self.instance.offers
            if o.paid == "per-use" and o.accelerator == place.accelerator and place.site in o.sites
        ]
        if offers:
            self._add(data["rents"], {"offer": self.chance.choice(offers), "pool": pool}, "nodes", nodes)

    def _order_for(self, data: Data, pool: str, nodes: float, period: int) -> None:
        """Lots for so many nodes of an offer to the pool, from the period on or from an earlier one."""
        offers = [offer for offer, to in self._orders() if to == pool]
        if offers:
            offer = self.given.offers[self.chance.choice(offers)]
            lots = nodes / offer.lot_nodes
            lots = max(lots if offer.divisible else float(ceil(lots - 1e-9)), offer.bands[0].from_lots)
            head = max(head for head in self.given.heads if head <= period)
            since = self.chance.choice([head, self.chance.choice(self.given.heads)])
            key = {"offer": offer.id, "pool": pool, "serves_from": self.names[min(since, head)]}
            self._change(data["orders"], key, "lots", lots, place_by="2027-01-01")

    def _orders(self) -> list[tuple[str, str]]:
        return [
            (offer.id, pool.id)
            for offer in self.instance.offers
            for pool in self.instance.pools
            if offer.paid != "per-use" and offer.accelerator == pool.accelerator and pool.site in offer.sites
        ]

    def order(self, data: Data) -> None:
        """Lots more or fewer of any offer, from any period on."""
        offer, pool = self.chance.choice(self._orders())
        key = {"offer": offer, "pool": pool, "serves_from": self.chance.choice(self.heads)}
        least = self.given.offers[offer].bands[0].from_lots
        self._change(
            data["orders"], key, "lots", self.chance.choice([1.0, 1.0, max(1.0, least), -1.0]), place_by="2027-01-01"
        )

    def upgrade(self, data: Data) -> None:
        """An upgrade once more or once less, in any period."""
        key = {"upgrade": self.chance.choice(self.instance.upgrades).id, "serves_from": self.chance.choice(self.heads)}
        self._change(data["upgrades"], key, "times", self.chance.choice([1, 1, -1]), place_by="2027-01-01")

    def copy(self, data: Data) -> None:
        """A copy of a dataset in any region, from any period on."""
        data["copies"].append(
            {
                "dataset": self.chance.choice(self.instance.datasets).id,
                "region": self.chance.choice(self.instance.regions).id,
                "from": self.chance.choice(self.heads),
            }
        )

    def keep(self, data: Data) -> None:
        """A signed line is kept or cancelled."""
        name = self.chance.choice(sorted(self.given.lines))
        data["kept"] = [entry for entry in data["kept"] if entry["line"] != name]
        data["kept"].append({"line": name, "lots": self.chance.choice([0.0, self.given.lines[name].lots])})

    def less(self, data: Data) -> None:
        """Fewer nodes are on, rented, or demand uncovered, in one period or in all."""
        kind = self.chance.choice(["powered", "rents", "rents", "uncovered", "load", "takeover"])
        if not data[kind]:
            return
        entry = self.chance.choice(data[kind])
        field = "nodes" if "nodes" in entry else "demand"
        factor = self.chance.choice([0.0, 0.5, 0.9])
        chosen = self.chance.choice([None, self.chance.randrange(self.given.size)])
        entry[field] = [value * factor if chosen in (None, t) else value for t, value in enumerate(entry[field])]

    def _add(self, entries: list[Data], key: Data, field: str, values: dict[int, float]) -> None:
        """Adds numbers by period to an entry, which is made if there is none."""
        mine = next((entry for entry in entries if {**entry, field: None} == {**key, field: None}), None)
        if mine is None:
            mine = {**key, field: [0.0] * self.given.size}
            entries.append(mine)
        mine[field] = [max(0.0, value + values.get(t, 0.0)) for t, value in enumerate(mine[field])]

    @staticmethod
    def _change(entries: list[Data], key: Data, field: str, step: float, **more: Any) -> None:
        """Adds to a number of an entry, which is made if there is none and goes where it is nothing."""
        mine = next((entry for entry in entries if all(entry[name] == value for name, value in key.items())), None)
        if mine is None:
            mine = {**key, field: 0, **more}
            entries.append(mine)
        mine[field] += step
        if mine[field] <= 0:
            entries.remove(mine)
