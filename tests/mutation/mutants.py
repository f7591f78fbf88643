"""Every small way in which a plan can be wrong: a number moved, an entry deleted or doubled, a name swapped for
another.
"""

from __future__ import annotations

import copy
import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from models.plan import Plan

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from models.instance import Instance

Data = dict[str, Any]
_Names = dict[
    str | tuple[str, str], list[str]
]  # what may stand in a field; (kind, field) or (field, service) go before it
STEP = 1e-3  # of the largest limit that a number stands against
KINDS = (
    "orders", "rents", "kept", "upgrades", "copies", "training", "dropped", "services", "live", "serve", "load",
    "takeover", "uncovered", "unserved", "nodes", "powered", "stock",
)  # fmt: skip


@dataclass(frozen=True)
class Mutant:
    """One change of a plan; ``kind`` and ``what`` say where, ``made`` makes it."""

    kind: str
    number: int
    what: str
    change: Callable[[Data], None]

    def of(self, data: Data) -> Plan:
        """The plan with the change."""
        changed = dict(data)
        changed[self.kind] = copy.deepcopy(data[self.kind])
        self.change(changed)
        return Plan.model_validate(changed)

    def __str__(self) -> str:
        return f"{self.kind}[{self.number}] {self.what}"


def mutants(instance: Instance, plan: Plan) -> list[Mutant]:
    """All of them, in the order of the plan."""
    data = plan.model_dump(mode="json", by_alias=True)
    scales, names = _Scales(instance, plan), _names(instance, plan)
    found: list[Mutant] = []
    for kind in KINDS:
        for number, entry in enumerate(data[kind]):
            found.append(Mutant(kind, number, "deleted", _deleted(kind, number)))
            found.append(Mutant(kind, number, "doubled", _doubled(kind, number)))
            for field, value in entry.items():
                found += _of_field(kind, number, field, value, entry, scales, names)
    return found


def _of_field(  # noqa: PLR0913  (where a value stands, and what may stand there)
    kind: str, number: int, field: str, value: Any, entry: Data, scales: _Scales, names: _Names
) -> Iterator[Mutant]:
    if isinstance(value, bool) or value is None:
        return
    if isinstance(value, (int, float)):
        for step in _steps(value, scales.of(kind, entry, field)):
            yield Mutant(kind, number, f"{field} {step:+g}", _moved(kind, number, field, None, step))
    elif isinstance(value, list) and field != "periods":
        for place, one in enumerate(value):
            for step in _steps(one, scales.of(kind, entry, field)):
                yield Mutant(kind, number, f"{field}[{place}] {step:+g}", _moved(kind, number, field, place, step))
    elif isinstance(value, list):
        for place in range(len(value)):
            yield Mutant(kind, number, f"{field}[{place}] taken out", _taken_out(kind, number, field, place))
    elif field in names or (kind, field) in names or field == "catchment":
        of_service = names.get((field, str(entry.get("workload"))), names.get(field, []))
        others = [name for name in names.get((kind, field), of_service) if name != value]
        if others:
            chosen = random.Random(f"{kind}.{number}.{field}").choice(others)
            yield Mutant(kind, number, f"{field} is {chosen}", _named(kind, number, field, chosen))


def _steps(value: float, step: float) -> list[float]:
    return [step] if value <= 0 else [step, -min(step, value)]


class _Scales:
    """The least step that matters, by what a number counts."""

    def __init__(self, instance: Instance, plan: Plan):
        calendar = instance.calendar
        self.demand = {
            service.id: max(max(calendar.read(line.demand, "largest")) for line in service.demand)
            for service in instance.inference
        }
        self.nodes = {pool.id: 1.0 for pool in instance.pools}
        for stock in plan.stock:
            self.nodes[stock.pool] = max(self.nodes[stock.pool], *stock.nodes)
        for pool in instance.pools:
            if pool.quota_nodes is not None:
                self.nodes[pool.id] = max(self.nodes[pool.id], *calendar.read(pool.quota_nodes, "smallest"))
        self.divisible = {offer.id for offer in instance.offers if offer.divisible}

    def of(self, kind: str, entry: Data, field: str) -> float:
        """A count moves by one, a rate by a thousandth of the largest limit of its kind."""
        if field == "demand":
            return STEP * self.demand[entry["workload"]]
        if field == "nodes":
            return STEP * self.nodes[entry["pool"]]
        return STEP if field == "lots" and entry.get("offer") in self.divisible else 1.0


def _names(instance: Instance, plan: Plan) -> dict[Any, list[str]]:
    """What each reference may name."""
    periods = [piece.name for piece in instance.calendar]
    jobs, services = [run.id for run in instance.runs], [service.id for service in instance.inference]
    metros = sorted({line.metro for service in instance.inference for line in service.demand})
    found: dict[Any, list[str]] = {
        "offer": [offer.id for offer in instance.offers],
        "pool": [pool.id for pool in instance.pools],
        "site": [site.id for site in instance.sites],
        "upgrade": [upgrade.id for upgrade in instance.upgrades],
        "dataset": [dataset.id for dataset in instance.datasets],
        "profile": [profile.id for profile in instance.profiles],
        "region": [region.id for region in instance.regions],
        "line": [line.id for line in instance.incumbent.lines] if instance.incumbent else [],
        "metro": metros,
        "domain": [
            f"{kind}:{name}" for kind, name in (("site", instance.sites[0].id), ("region", instance.regions[0].id))
        ],
        "mode": ["full", *{mode.id for accelerator in instance.accelerators for mode in accelerator.power_modes}],
        "way": sorted({way.id for run in instance.runs for way in run.ways}),
        "workload": services,
        "serves_from": periods,
        "period": periods,
        "from": periods,
        "launched": periods,
        "posture": ["not served", "one region", "several, uncovered", "primary and secondary", "active-active"],
        "place_by": ["2026-10-01", "2027-03-15"],
    }
    found["training", "workload"] = found["dropped", "workload"] = jobs
    for service in instance.inference:
        # A catchment goes by the name of any of its metros: others are those that the plan tells apart, and no metro of
        # it.
        named = [(entry.workload, entry.catchment) for entry in plan.takeover]
        named += [(entry.workload, entry.catchment) for entry in plan.uncovered]
        told_apart = {catchment for workload, catchment in named if workload == service.id}
        strange = [metro for metro in metros if metro not in {line.metro for line in service.demand}]
        found["catchment", service.id] = [*sorted(told_apart), *strange[:1]]
    return found


def _deleted(kind: str, number: int) -> Callable[[Data], None]:
    return lambda data: data[kind].pop(number)


def _doubled(kind: str, number: int) -> Callable[[Data], None]:
    return lambda data: data[kind].append(copy.deepcopy(data[kind][number]))


def _moved(kind: str, number: int, field: str, place: int | None, step: float) -> Callable[[Data], None]:
    def change(data: Data) -> None:
        entry = data[kind][number]
        if place is None:
            entry[field] += type(entry[field])(step)
        else:
            entry[field][place] += step

    return change


def _taken_out(kind: str, number: int, field: str, place: int) -> Callable[[Data], None]:
    return lambda data: data[kind][number][field].pop(place)


def _named(kind: str, number: int, field: str, name: str) -> Callable[[Data], None]:
    def change(data: Data) -> None:
        data[kind][number][field] = name

    return change
