"""Services, made from the demand that was drawn: its scale, promises, and prices of failing to serve it."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Literal

from instances.generator.capacity import Curve, clusters_of, factor_for, standing_sites
from instances.generator.draw import Draw, significant
from instances.generator.network import latency
from instances.generator.profiles import mean_to_peak, profile_id, reference_tokens
from instances.generator.reach import least_carriers, line_class, log_class
from instances.generator.shape import START, Shape, first_day
from models.workloads import Inference, Line, Promise, ServingPrice, Step, Training

if TYPE_CHECKING:
    from instances.generator.demand import DrawnService
    from instances.generator.facility import Facility

# Share of the demand that the standing nodes cannot serve, by the estimate in ``capacity``. The demand found that way
# is multiplied by LEFT, because the estimate ignores thin uplinks, models that fit nowhere yet, and cities that only
# one site reaches.
UNSERVED = {"XS": 0.02, "S": 0.13, "M": 0.02, "L": 0.02, "XL": 0.02}
LEFT = {"XS": 1.0, "S": 1.0, "M": 0.88, "L": 0.88, "XL": 0.88}
GPUS = 8  # of the reference node


def scaled_services(  # noqa: PLR0913  (all that services depend on)
    shape: Shape,
    seed: int,
    services: list[DrawnService],
    capacity: dict[str, Curve],
    trainings: tuple[Training, ...],
    facilities: tuple[Facility, ...],
) -> tuple[Inference, ...]:
    """Build the services, with demand in tokens per second, scaled so that every cluster lacks UNSERVED of it."""
    clusters, sites = clusters_of(facilities), standing_sites(facilities)
    home = {city: clusters[min(sites, key=lambda site: latency(city, site)).id] for s in services for city in s.weights}
    factors = {}
    for cluster, curve in capacity.items():
        asked = [
            sum(
                weight * s.growth[t * shape.in_quarter]
                for s in services
                for city, weight in s.weights.items()
                if home[city] == cluster
            )
            for t in range(shape.quarters)
        ]
        factors[cluster] = LEFT[shape.size] * factor_for(asked, curve, UNSERVED[shape.size]) if any(asked) else 0.0
    by_city = {city: factors[cluster] for city, cluster in home.items()}
    return tuple(
        _inference(shape, seed, number, s, by_city, trainings, facilities) for number, s in enumerate(services)
    )


def _awaited(number: int, trainings: tuple[Training, ...]) -> Training | None:
    """The training that a service waits for, of one copy and different for every service, if there is any.

    Trainings that finish long after the quarter in which they start come first.
    """
    early = [
        job
        for job in trainings
        if job.copies == 1
        and not job.predecessors
        and job.earliest_start < date(2027, 10, 1)
        and job.data_class == "open"
        and job.repeats_every_months is None
        and job.artefact_class is None
        and job.artefact_tb > 0
    ]
    ordered = sorted(early, key=lambda job: _next_quarter(job.earliest_start) - _done(job))
    return ordered[number // 10 % len(ordered)] if ordered else None


def _done(job: Training) -> date:
    """The earliest day on which a training can be done, handover included."""
    hours = [way.hours for way in job.ways]
    if job.scaling is not None:
        gang = job.scaling.gangs[0]
        hours = [job.scaling.work / (gang.gpus * gang.efficiency * speed.speed) for speed in job.scaling.speeds]
    return job.earliest_start + timedelta(days=round((min(hours) + job.handover_hours) / 24))


def _asked_launch(number: int, job: Training) -> date:
    """First day of the quarter after the one in which the training can be done, or, for every other service, starts."""
    return _next_quarter(job.earliest_start if number % 20 == 5 else _done(job))


def _next_quarter(day: date) -> date:
    return first_day(4 * (day.year - START.year) + (day.month - 1) // 3 + 1)


def _inference(  # noqa: PLR0913  (all that a service depends on)
    shape: Shape,
    seed: int,
    number: int,
    service: DrawnService,
    factors: dict[str, float],
    trainings: tuple[Training, ...],
    facilities: tuple[Facility, ...],
) -> Inference:
    draw = Draw(shape.size, seed, f"service {number} terms")
    tokens, use = reference_tokens(service.model), service.model[2]
    node_hour = GPUS / mean_to_peak(use) / tokens  # USD per token and hour for a dollar per GPU-hour
    lines = []
    for city, weight in service.weights.items():
        curve = tuple(significant(weight * factors[city] * tokens * g) for g in service.growth)
        lines.append(Line(metro=city, demand=curve, data_class=line_class(service.rule, number, city)))
    peak = max(sum(line.demand[t] for line in lines) for t in range(shape.periods))
    after = _awaited(number, trainings) if service.rule == "open" and number % 10 == 5 else None
    deployed = number % 4 == 1 or (shape.size == "XS" and number == 0)
    promises: tuple[Promise, ...] = ()
    if service.takeover_ms is not None:
        kind = "region" if number % 3 else "site"
        promises = (Promise(share=(0.5, 0.6, 0.7)[number % 3], kind=kind, since=service.promised_since),)
    given = draw.chance(0.6)
    pays = draw.chance(0.6)
    return Inference(
        id=service.name,
        profile=profile_id(service.model),
        data_class=service.rule,
        demand=tuple(lines),
        latency_ms=service.latency_ms,
        promises=promises,
        uncovered_usd_per_unit_hour=significant(node_hour * draw.between(2.5, 4.5)) if pays and promises else "derived",
        serving_sites=shape.nearest,
        takeover_sites=shape.nearest,
        takeover_latency_ms=service.takeover_ms if service.takeover_ms != service.latency_ms else None,
        least_regions=_regions(shape, number, deployed),
        least_carriers=least_carriers(number),
        log_class=log_class(service.rule, number),
        smallest_deployment=significant(peak * 0.04) if deployed else 0.0,
        golive_usd=80000 if deployed else 0,
        monthly_usd=12000 if deployed else 0,
        serving_usd=_steering(service, facilities, node_hour) if number % 10 == 6 else (),
        latency_usd_per_unit_hour_ms=significant(node_hour * 0.002) if number % 4 == 2 else 0,
        launch=service.launch if after is None else _asked_launch(number, after),
        after=after and after.id,
        live_at=_live_today(service, facilities) if deployed and service.launch <= START else (),
        rollout=(Step(days=0, share=0.3), Step(days=85, share=0.7), Step(days=175, share=1.0))
        if after or number % 8 == 3
        else (),
        unserved_usd_per_unit_hour=_lost(draw, node_hour, given, after is not None),
        owner=("assistant", "developer-tools", "search", "partners")[number % 4],
    )


def _lost(draw: Draw, node_hour: float, given: bool, new: bool) -> float | Literal["derived"]:
    """Price of demand that is turned away: less for a new product, which no customer can leave. Synthetic."""
    if new:
        return significant(node_hour * draw.between(2.5, 4))
    return significant(node_hour * draw.between(9, 14)) if given else "derived"


def _regions(shape: Shape, number: int, deployed: bool) -> int:
    """Least number of regions: a few of the services with deployments need two or three."""
    if not deployed or number % 8 != 1:
        return 1
    return 2 if shape.size == "XS" or number % 16 == 9 else 3


def _live_today(service: DrawnService, facilities: tuple[Facility, ...]) -> tuple[str, ...]:
    """The standing site of ours that is nearest to the first city of a service."""
    standing = [facility for facility in facilities if facility.ours and facility.standing_mw > 0]
    city = next(iter(service.weights))
    return (min(standing, key=lambda facility: latency(city, facility)).id,)


def _steering(service: DrawnService, facilities: tuple[Facility, ...], node_hour: float) -> tuple[ServingPrice, ...]:
    """A partner's rebate in one metro, a licence fee in another; synthetic."""
    cities, ours = list(service.weights), [facility.id for facility in facilities if facility.ours]
    return (
        ServingPrice(metro=cities[0], site=ours[0], usd_per_unit_hour=-significant(node_hour * 0.05)),
        ServingPrice(metro=cities[-1], site=ours[-1], usd_per_unit_hour=significant(node_hour * 0.08)),
    )
