"""Services: demand by metro and period, and where each metro may be served."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from models.instance import Instance
    from models.workloads import Inference, Profile
    from solver.arrays import Bools, Floats, Ints
    from solver.tables.axis import Axis
    from solver.tables.law import Law
    from solver.tables.places import Halls, Pools, Sites

UNREACHABLE = np.inf


@dataclass(frozen=True, eq=False)
class Lines:
    """Arrays over (service, metro) lines, in order; demand in reference nodes of the profile."""

    service: Ints
    metro: list[str]
    demand: Floats  # [line,t] the part of D_imt that is open; 0 before the period of the launch date
    asked: Floats  # [line,t] D_imt, open or not
    round_trip: Floats  # [line,s] ms, access included; inf if unreachable
    volume: Floats  # [i,t] λ: share of t after the launch date, in which volumes count


@dataclass(frozen=True, eq=False)
class Serves:
    """Columns serve[i,m,s,t]."""

    line: Ints
    site: Ints
    period: Ints


def reference_of(profile: Profile) -> float:
    """Return the throughput of the reference node: the largest one listed."""
    return max(throughput.per_node for throughput in profile.throughput)


def lines_of(instance: Instance, axis: Axis) -> Lines:
    """Build the arrays of all lines of all services."""
    profiles = {profile.id: profile for profile in instance.profiles}
    network = instance.network
    service, metro, demand, asked, trip = [], [], [], [], []
    for i, tree in enumerate(instance.inference):
        open_share = asked_share(axis, tree)
        unit = reference_of(profiles[tree.profile])
        for line in tree.demand:
            peak = axis.read(line.demand, "largest") / unit
            service.append(i)
            metro.append(line.metro)
            asked.append(peak)
            demand.append(peak * open_share)
            trips = network.round_trip_ms.get(line.metro, {})
            access = network.access_ms[line.metro]
            trip.append([trips[s.region] + access if s.region in trips else UNREACHABLE for s in instance.sites])
    shape = (len(service), axis.size)
    return Lines(
        np.array(service, np.int64),
        metro,
        np.array(demand).reshape(shape),
        np.array(asked).reshape(shape),
        np.array(trip, float).reshape(len(service), len(instance.sites)),
        np.array([axis.share_behind(tree.launch) for tree in instance.inference]).reshape(-1, axis.size),
    )


def asked_share(axis: Axis, service: Inference) -> Floats:
    """[t] ρ(max(0, D_t − launch date)), the share of the demand that is open; 0 before the period of that date."""
    days = np.maximum(0, axis.first_day - service.launch.toordinal())
    return _opened(service, days) * axis.touched_from(service.launch)


def opened_share(axis: Axis, service: Inference, launched: int) -> Floats:
    """[t] ρ(max(0, D_t − first day of τ)), the share that is open if the service is launched in piece τ; 0 before τ."""
    days = axis.first_day - axis.calendar[launched].opens_on.toordinal()
    return _opened(service, np.maximum(0, days)) * (np.arange(axis.size) >= launched)


def _opened(service: Inference, days: Ints) -> Floats:
    """ρ: the share of the demand that is open a number of days after the launch."""
    if not service.rollout:
        return np.ones(len(days))
    share = np.zeros(len(days))
    for step in service.rollout:
        share[days >= step.days] = step.share
    return share


def profiles_of(instance: Instance) -> Ints:
    """[i] number of the profile of each service."""
    number = {profile.id: k for k, profile in enumerate(instance.profiles)}
    return np.array([number[service.profile] for service in instance.inference], np.int64)


def throughput_of(instance: Instance, pools: Pools) -> Floats:
    """[k,p] reference nodes served by a node of each pool at full availability.

    0 where the accelerator does not fit or its memory is too small.
    """
    kinds = [accelerator.id for accelerator in instance.accelerators]
    theta = np.zeros((len(instance.profiles), len(pools.ids)))
    for k, profile in enumerate(instance.profiles):
        listed = {throughput.accelerator: throughput.per_node for throughput in profile.throughput}
        per_kind = np.array([listed.get(kind, 0.0) for kind in kinds]) / reference_of(profile)
        holds = pools.memory_gb >= profile.memory_gb
        theta[k] = per_kind[pools.accelerator] * pools.usable * pools.sustained * pools.fits * holds
    return theta


def allowed_sites(  # noqa: PLR0913  (one table or array each)
    instance: Instance, sites: Sites, halls: Halls, pools: Pools, law: Law, lines: Lines, theta: Floats, limit: str
) -> Bools:
    """[line,s,t] where a metro may be served or taken over, before the choice of the nearest sites.

    Parameters:
        limit: the limit of latency to apply, `latency_ms` or `takeover_latency_ms`
    """
    profile_number = {profile.id: k for k, profile in enumerate(instance.profiles)}
    usable = halls.operable[pools.hall] & sites.reachable[pools.site]
    ready = np.zeros((len(instance.profiles), len(sites.ids), usable.shape[1]), bool)
    for k in range(len(instance.profiles)):
        fits = np.flatnonzero(theta[k] > 0)
        np.logical_or.at(ready[k], pools.site[fits], usable[fits])
    carriers = np.array([len(names) for names in sites.carriers])
    allowed = np.zeros((len(lines.metro), len(sites.ids), usable.shape[1]), bool)
    numbers = np.cumsum([0] + [len(service.demand) for service in instance.inference])
    for i, service in enumerate(instance.inference):
        highest = getattr(service, limit) or service.latency_ms
        enough = carriers >= service.least_carriers
        base = ready[profile_number[service.profile]] & enough[:, None]
        common = service_classes(instance, service)
        for number, line in enumerate(service.demand, int(numbers[i])):
            near = lines.round_trip[number] <= highest
            may_be = law.may_be([*common, line.data_class or service.data_class])
            allowed[number] = base & near[:, None] & may_be
    return allowed


def service_classes(instance: Instance, service: Inference) -> list[str]:
    """Return the data classes that must be allowed wherever a service runs, besides those of the line."""
    names = [service.log_class or service.data_class]
    if service.after is not None:
        training = next(run for run in instance.runs if run.id == service.after)
        names.append(training.artefact_class or training.data_class)
    return names


def nearest(allowed: Bools, distance: Floats, how_many: int | str) -> Bools:
    """[s] the ``how_many`` nearest of the allowed sites, and all that tie with the last of them."""
    if how_many == "all" or allowed.sum() <= int(how_many):
        return allowed
    cut = np.sort(distance[allowed])[int(how_many) - 1]
    return np.asarray(allowed & (distance <= cut))


def serves_of(instance: Instance, lines: Lines, allowed: Bools) -> tuple[Serves, Bools, Bools]:
    """Choose the nearest allowed sites of each line.

    Returns:
        the serve columns; [line,s,t] where they are; [line,s,t] where they would be, were there demand
    """
    chosen = allowed.copy()
    for number, i in enumerate(lines.service):
        among = nearest(allowed[number].any(axis=1), lines.round_trip[number], instance.inference[i].serving_sites)
        chosen[number] &= among[:, None]
    asked = chosen & (lines.demand > 0)[:, None, :]
    return Serves(*np.nonzero(asked)), asked, chosen
