"""The decisions of a plan as dictionaries, and the faults of entries that do not fit the instance.

An entry with an unknown name is left out, a list of the wrong length is cut or filled with 0, and entries with the same
key are added up. Each of these is recorded as a fault and never raises.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from operator import add
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from models.plan import Plan
    from solver.price.given import Given
    from solver.price.starts import Starts

Row = list[float]
Known = Mapping[str, Mapping[str, Any]]
ANY: Mapping[str, Any] = {}  # any name passes: it is judged elsewhere
Key = TypeVar("Key")


@dataclass(frozen=True)
class Fault:
    """An entry of the plan that does not fit the instance, by ``amount`` beyond ``limit`` in ``unit``."""

    place: dict[str, str]
    amount: float
    unit: str
    limit: float


class Decided:
    """What a plan decides. Periods are numbers of pieces; lists have one number per piece."""

    def __init__(self, given: Given, starts: Starts, plan: Plan, earlier: bool = False) -> None:
        """Reads a plan. ``earlier``: it may be older than the cuts of its periods; if so, it is spread over pieces."""
        self.given = given
        self.earlier = earlier
        self.faults: list[Fault] = []
        self.orders: dict[tuple[str, str, int], float] = {}  # offer, pool, period: lots
        self.upgrades: dict[tuple[str, int], int] = {}  # upgrade, period: times
        self.copies: dict[tuple[str, str, int], int] = {}  # dataset, region, period: copies
        self.starts: dict[tuple[str, str, str, str, int], int] = {}  # workload, pool, mode, way, period: copies
        self.dropped: dict[str, int] = {}
        self.kept: dict[str, float] = {}
        self.launched: dict[str, int | None] = {}
        self.live: dict[tuple[str, str], set[int]] = {}
        self._read_hardware(plan)
        self._read_training(plan, starts)
        self._read_services(plan)
        services, pools, sites = given.services, given.pools, given.sites
        metros = given.instance.network.access_ms
        modes = {pool.id: given.modes_of(pool) for pool in pools.values()}
        self.rents = self._rows("rents", plan.rents, {"offer": given.offers, "pool": pools})
        self.serve = self._rows("serve", plan.serve, {"workload": services, "metro": metros, "site": sites})
        self.load = self._rows("load", plan.load, {"workload": services, "site": sites})
        taking: Known = {"workload": services, "catchment": metros, "domain": ANY, "site": sites}
        self.takeover = self._rows("takeover", plan.takeover, taking)
        self.uncovered = self._rows("uncovered", plan.uncovered, {"workload": services, "catchment": metros})
        self.unserved = self._rows("unserved", plan.unserved, {"workload": services, "metro": metros})
        serving: Known = {"profile": given.profiles, "pool": pools, "mode": modes}
        self.nodes = self._rows("nodes", plan.nodes, serving)
        self.powered = self._rows("powered", plan.powered, {"pool": pools, "mode": modes})
        self.stock = self._rows("stock", plan.stock, {"pool": pools})

    def _read_hardware(self, plan: Plan) -> None:
        given = self.given
        for order in plan.orders:
            period = self._period("orders", order.serves_from, opens=True)
            if period is not None and self._refers("orders", order, {"offer": given.offers, "pool": given.pools}):
                self._count("orders", self.orders, (order.offer, order.pool, period), order.lots)
        for work in plan.upgrades:
            period = self._period("upgrades", work.serves_from, opens=True)
            if period is not None and self._refers("upgrades", work, {"upgrade": given.upgrades}):
                self._count("upgrades", self.upgrades, (work.upgrade, period), work.times)
        for kept in plan.kept:
            if self._refers("kept", kept, {"line": given.lines}):
                self._count("kept", self.kept, kept.line, kept.lots)

    def _read_training(self, plan: Plan, starts: Starts) -> None:
        given = self.given
        for copy in plan.copies:
            period = self._period("copies", copy.from_, opens=True)
            if period is not None and self._refers(
                "copies", copy, {"dataset": given.datasets, "region": given.regions}
            ):
                self._count("copies", self.copies, (copy.dataset, copy.region, period), 1)
        for start in plan.training:
            period = self._period("training", start.period)
            if period is None or not self._refers(
                "training", start, {"workload": given.trainings, "pool": given.pools}
            ):
                continue
            ways = starts.ways(given.trainings[start.workload])
            modes = {start.pool: given.modes_of(given.pools[start.pool])}
            if self._refers("training", start, {"way": ways, "mode": modes}):
                key = (start.workload, start.pool, start.mode, start.way, period)
                self._count("training", self.starts, key, start.copies)
        for dropped in plan.dropped:
            if self._refers("dropped", dropped, {"workload": given.trainings}):
                self._count("dropped", self.dropped, dropped.workload, dropped.copies)

    def _read_services(self, plan: Plan) -> None:
        given = self.given
        for service in plan.services:
            if not self._refers("services", service, {"workload": given.services}):
                continue
            if service.workload in self.launched:
                self._fault({"entry": "services", "workload": service.workload}, 1, "entries")
                continue
            at = service.launched
            self.launched[service.workload] = None if at is None else self._period("services", at)
        for live in plan.live:
            if not self._refers("live", live, {"workload": given.services, "site": given.sites}):
                continue
            periods = [number for name in live.periods for number in self._pieces("live", name)]
            if (live.workload, live.site) in self.live or len(set(periods)) < len(periods):
                self._fault({"entry": "live", "workload": live.workload, "site": live.site}, 1, "entries")
            self.live.setdefault((live.workload, live.site), set()).update(periods)

    def _rows(self, entry: str, items: Iterable[Any], fields: Known) -> dict[Any, Row]:
        size = self.given.size
        rows: dict[Any, Row] = {}
        names = tuple(fields)
        values = "nodes" if entry in ("rents", "nodes", "powered", "stock") else "demand"
        for item in items:
            if not self._refers(entry, item, fields):
                continue
            numbers: Row = list(getattr(item, values))
            key = tuple(getattr(item, name) for name in names) if len(names) > 1 else getattr(item, names[0])
            if self.earlier and len(numbers) == self.given.calendar.wholes:
                numbers = [numbers[piece.whole] for piece in self.given.pieces]
            if len(numbers) != size:
                place = {"entry": entry} | {name: getattr(item, name) for name in names}
                self._fault(place, abs(len(numbers) - size), "numbers", size)
                numbers = (numbers + [0.0] * size)[:size]
            if key in rows:
                self._fault({"entry": entry} | {name: getattr(item, name) for name in names}, 1, "entries")
                numbers = list(map(add, rows[key], numbers))
            rows[key] = numbers
        return rows

    def _period(self, entry: str, name: str, opens: bool = False) -> int | None:
        number = self.given.numbers.get(name)
        if number is None or (opens and not self.given.pieces[number].opens):
            self._fault({"entry": entry, "period": name}, 1, "entries")
            return None
        return number

    def _pieces(self, entry: str, name: str) -> list[int]:
        number = self._period(entry, name)
        if number is None:
            return []
        piece = self.given.pieces[number]
        if self.earlier and name == piece.first_day.isoformat():
            return [n for n, other in enumerate(self.given.pieces) if other.whole == piece.whole]
        return [number]

    def _refers(self, entry: str, item: Any, fields: Known) -> bool:
        for name, known in fields.items():
            value = getattr(item, name)
            names = known.get(item.pool, {}) if name == "mode" else known  # modes are known by pool
            if names is not ANY and value not in names:
                self._fault({"entry": entry, name: value}, 1, "entries")
                return False
        return True

    def _count(self, entry: str, counts: dict[Key, Any], key: Key, amount: float) -> None:
        if key in counts:
            self._fault({"entry": entry, "key": str(key)}, 1, "entries")
        counts[key] = counts.get(key, 0) + amount

    def _fault(self, place: dict[str, str], amount: float, unit: str, limit: float = 0) -> None:
        self.faults.append(Fault(place, float(amount), unit, float(limit)))
