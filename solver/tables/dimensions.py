"""The dimensions of an instance: what rows and columns are indexed by, with the names that people know."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from solver.index import Dimension
from solver.tables.places import MEDIA, Halls, Modes, Pools, Sites

if TYPE_CHECKING:
    from collections.abc import Sequence

    from models.calendar import Calendar
    from models.instance import Instance
    from solver.tables.domains import Domains, Takeovers
    from solver.tables.serving import Lines
    from solver.tables.starts import Trainings


@dataclass(frozen=True, eq=False)
class Dimensions:
    """One dimension for each kind of thing that rows and columns are indexed by."""

    period: Dimension  # pieces
    region: Dimension
    site: Dimension
    hall: Dimension
    pool: Dimension
    mode: Dimension  # pools in a power mode
    medium: Dimension  # of loops
    offer: Dimension
    supplier: Dimension
    upgrade: Dimension
    line: Dimension  # signed lines
    training: Dimension
    way: Dimension  # ways of all trainings
    dataset: Dimension
    profile: Dimension
    service: Dimension
    metro: Dimension  # lines of demand: a service in a metro
    catchment: Dimension
    domain: Dimension  # failure domains


def dimensions_of(  # noqa: PLR0913 (one table each)
    instance: Instance,
    calendar: Calendar,
    sites: Sites,
    halls: Halls,
    pools: Pools,
    modes: Modes,
    trainings: Trainings,
    lines: Lines,
    domains: Domains,
    takeovers: Takeovers,
) -> Dimensions:
    """Build the dimensions of an instance."""
    periods = [piece.name for piece in calendar]
    of_pool = [{"site": sites.ids[s], "pool": name} for s, name in zip(pools.site.tolist(), pools.ids, strict=True)]
    of_mode = [of_pool[p] | {"mode": name} for p, name in zip(modes.pool.tolist(), modes.names, strict=True)]
    services = [service.id for service in instance.inference]
    named_ways = [(run.id, way.id) for run, ways in zip(trainings.runs, trainings.ways, strict=True) for way in ways]
    asked = [(services[i], metro) for i, metro in zip(lines.service.tolist(), lines.metro, strict=True)]
    kept = zip(takeovers.catchment_service.tolist(), takeovers.catchment_name, strict=True)
    catchments = [(services[i], name) for i, name in kept]
    signed = instance.incumbent.lines if instance.incumbent is not None else ()
    return Dimensions(
        period=Dimension("period", _short(periods), [{"period": name} for name in periods]),
        region=_ids("region", instance.regions),
        site=Dimension("site", sites.ids),
        hall=Dimension(
            "hall", [f"{site}.{hall}" for site, hall in halls.ids], [{"site": s, "hall": h} for s, h in halls.ids]
        ),
        pool=Dimension("pool", pools.ids, of_pool),
        mode=Dimension("pool", [f"{place['pool']}.{place['mode']}" for place in of_mode], of_mode),
        medium=Dimension("loop", MEDIA),
        offer=_ids("offer", instance.offers),
        supplier=_ids("supplier", instance.suppliers),
        upgrade=Dimension(
            "upgrade",
            [tree.id for tree in instance.upgrades],
            [{"site": t.site, "upgrade": t.id} for t in instance.upgrades],
        ),
        line=_ids("line", signed),
        training=Dimension("workload", [run.id for run in trainings.runs]),
        way=Dimension(
            "workload", [f"{run}.{way}" for run, way in named_ways], [{"workload": r, "way": w} for r, w in named_ways]
        ),
        dataset=_ids("dataset", instance.datasets),
        profile=_ids("profile", instance.profiles),
        service=Dimension("workload", services),
        metro=Dimension(
            "workload", [f"{name}.{metro}" for name, metro in asked], [{"workload": n, "metro": m} for n, m in asked]
        ),
        catchment=Dimension(
            "workload", [f"{n}.{c}" for n, c in catchments], [{"workload": n, "catchment": c} for n, c in catchments]
        ),
        domain=Dimension("domain", domains.names),
    )


def _ids(name: str, trees: Sequence[object]) -> Dimension:
    return Dimension(name, [str(tree.id) for tree in trees])  # type: ignore[attr-defined]


def _short(periods: list[str]) -> list[str]:
    """The months alone if every period begins on the first of one: `2027-01` for 2027-01-01."""
    return [name[:-3] for name in periods] if all(name.endswith("-01") for name in periods) else periods
