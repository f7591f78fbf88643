"""Capacity: nodes switched on and at work, gangs, throughput, power, heat, racks, uplink, energy, carbon and
water.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.oracle.build import Build, Spot, add, plus, times
from tests.oracle.linear import INFINITE, Form
from tests.oracle.rented import write_rented

if TYPE_CHECKING:
    from tests.oracle.reading import Place
    from tests.oracle.runs import Run, Trainings


def write_nodes(build: Build) -> None:
    """Columns of nodes: switched on, and serving profiles."""
    facts, program = build.facts, build.program
    profiles = [facts.profiles[name] for name in sorted({service.profile for service in facts.instance.inference})]
    for place in facts.places.values():
        for t in facts.periods:
            if not facts.open(place, t):
                continue
            form: Form = {program.number["stock", place.id, t]: -1.0}
            for mode in place.modes:
                if place.ours:
                    form[program.column("powered", place.id, mode, t)] = 1.0
                for profile in profiles:
                    if throughput(build, profile.id, place, mode, t) > 0:
                        program.column("nodes", profile.id, place.id, mode, t)
            if place.ours:
                program.row("inventory", form, high=0.0)


def throughput(build: Build, profile: str, place: Place, mode: str, t: int) -> float:
    """Demand units that a node of a pool serves in t; 0: not permitted."""
    facts = build.facts
    per_node = {entry.accelerator: entry.per_node for entry in facts.profiles[profile].throughput}
    if place.accelerator.memory_gb < facts.profiles[profile].memory_gb:
        return 0.0
    share = place.usable * facts.availability(place.site)[t] * place.sustained * place.modes[mode][1]
    return per_node.get(place.accelerator.id, 0.0) * share


def write_capacity(build: Build, trainings: Trainings) -> None:
    """Rows and costs of the group."""
    for place in build.facts.places.values():
        for t in build.facts.periods:
            if build.facts.open(place, t):
                for mode in place.modes:
                    _gangs(build, trainings, place, mode, t)
    _throughput(build)
    _sites(build)
    _uplink(build)
    _energy(build, trainings)


def _nodes(build: Build, place: Place, mode: str, t: int) -> Form:
    return {c: 1.0 for key, c in build.program.of("nodes").items() if key[1:] == (place.id, mode, t)}


def _held(build: Build, place: Place, mode: str, t: int) -> Form:
    """What bears node-hours: nodes switched on, at a provider's the stock and what is rented."""
    program = build.program
    if place.ours:
        return {program.number["powered", place.id, mode, t]: 1.0}
    rents = {c: 1.0 for key, c in program.of("rent").items() if key[1] == place.id and key[2] == t}
    return {program.number["stock", place.id, t]: 1.0, **rents}


def _gangs(build: Build, trainings: Trainings, place: Place, mode: str, t: int) -> None:
    program = build.program
    here = [
        run for run in trainings.runs if run.place.id == place.id and run.mode == mode and trainings.phi(run, t) > 0
    ]
    column = {run.key: program.number[("start", *run.key)] for run in here}
    phi = {run.key: trainings.phi(run, t) for run in here}
    nodes = _nodes(build, place, mode, t)
    used = plus({column[run.key]: phi[run.key] * run.way.nodes for run in here}, nodes)
    build.used[place.id, mode, t] = used
    if place.ours:
        program.row("capacity", plus(used, times(_held(build, place, mode, t), -1.0)), high=0.0)
    else:
        write_rented(build, place, t, [(run, phi[run.key]) for run in here], nodes)

    def rows(form: Form) -> None:
        """A form is at most what bears a gang."""
        if place.ours:
            program.row("gang", plus(form, times(_held(build, place, mode, t), -1.0)), high=0.0)
            return
        rents = {key[0] for key in program.of("rent") if key[1] == place.id and key[2] == t}
        limits = [build.facts.offers[name].limit for name in rents]
        if all(limit is not None for limit in limits):
            most = sum(build.facts.read(limit, "smallest")[t] for limit in limits)
            program.row("gang", plus(form, {program.number["stock", place.id, t]: -1.0}), high=most)
        if place.pool.quota_nodes is not None:
            quota = build.facts.read(place.pool.quota_nodes, "smallest")[t]
            program.row("gang", form, high=max(quota, build.stock_empty[place.id, t]))

    def gangs(runs: list[Run]) -> Form:
        return {column[run.key]: run.way.nodes for run in runs}

    rows(plus(gangs([run for run in here if phi[run.key] > 0.5]), nodes))
    full = plus(gangs([run for run in here if phi[run.key] == 1.0]), nodes)
    part = [run for run in here if phi[run.key] < 1.0 and run.way.nodes >= 1.0]
    for name in sorted({run.job.id for run in part if run.job.copies == 1}):
        rows(plus(gangs([run for run in part if run.job.id == name]), full))
    many = [run for run in part if run.job.copies > 1]
    for size in sorted({run.way.nodes for run in many}):
        slot = program.number["slot", place.id, mode, size, t]
        rows(plus({slot: size}, full))
        for run in many:
            if run.way.nodes == size:
                program.row("gang", {column[run.key]: 1.0, slot: -float(run.job.copies)}, high=0.0)


def _throughput(build: Build) -> None:
    facts, program = build.facts, build.program
    for profile in facts.profiles.values():
        for site in facts.sites.values():
            for t in facts.periods:
                form: Form = {}
                for key, column in program.of("nodes").items():
                    place = facts.places[key[1]]
                    if key[0] == profile.id and place.site.id == site.id and key[3] == t:
                        form[column] = throughput(build, profile.id, place, key[2], t)
                for service in facts.instance.inference:
                    if service.profile == profile.id:
                        add(form, program.find("load", service.id, site.id, t), -1.0)
                program.row("throughput", form, low=0.0, high=0.0)


def _power_kw(place: Place, mode: str) -> float:
    return place.accelerator.node_kw * place.modes[mode][0]


def _effects(build: Build, site: str, t: int, effect: dict[str, float]) -> tuple[Form, float, float]:
    """What upgrades add at a site: a form, what the started ones add, what those of the empty plan add."""
    form: Form = {}
    started = empty = 0.0
    for upgrade in build.instance.upgrades:
        amount = effect.get(upgrade.id, 0.0) if upgrade.site == site else 0.0
        if amount:
            form = plus(form, times(build.done[upgrade.id, t], amount))
            started += amount * build.under_way[upgrade.id, t]
            empty += amount * build.done_empty[upgrade.id, t]
    return form, started, empty


def _bear(  # noqa: PLR0913  (both sides of a row)
    build: Build,
    family: str,
    form: Form,
    place: str,
    t: int,
    has: float,
    effect: dict[str, float],
    keep: float,
    slack: tuple[int, float] | None = None,
) -> None:
    """form ≤ keep·(has + upgrades) + slack, the right side raised so far that the empty plan keeps it."""
    added, started, empty = _effects(build, place, t, effect)
    column, most = slack if slack is not None else (None, 0.0)
    raised = max(0.0, -(keep * (has + empty) + most))
    form = plus(form, times(added, -keep))
    add(form, column, -1.0)
    build.program.row(family, form, high=keep * (has + started) + raised)


def _sites(build: Build) -> None:
    facts, program = build.facts, build.program
    power_keep, heat_keep = 1.0 - facts.policy.power_headroom, 1.0 - facts.policy.heat_headroom
    for site in facts.sites.values():
        if site.run_by != "us":
            continue
        ready, other = facts.ready(site), facts.read(site.other_load_mw, "largest")
        upgrades = [upgrade for upgrade in facts.instance.upgrades if upgrade.site == site.id]
        power = {upgrade.id: upgrade.power_mw for upgrade in upgrades}
        places = [place for place in facts.places.values() if place.site.id == site.id]
        media = sorted({medium for place in places if place.fit is not None for medium in place.fit.heat_shares})
        for t in facts.periods:
            on = {key: c for key, c in program.of("powered").items() if key[2] == t and facts.places[key[0]] in places}
            short, most = None, power_keep * max(0.0, other[t] - ready[t])
            if most > 0:
                column = program.column("short", site.id, t, high=most)
                usd = float(facts.policy.short_usd_per_mwh) * facts.hours[t]
                build.pay("short", facts.middle(t), {column: usd}, budget=False)
                build.empty[column] = most
                short = (column, most)
            drawn: Form = {}
            for key, column in on.items():
                place = facts.places[key[0]]
                pue = facts.read(place.hall.pue, "largest")[t] if site.metered == "meter" else 1.0
                drawn[column] = _power_kw(place, key[1]) * pue / 1000.0
            _bear(build, "power", drawn, site.id, t, ready[t] - other[t], power, power_keep, short)
            for medium in media:
                loops = [loop for loop in site.loops if loop.medium == medium]
                has = sum(facts.counted(loop.rejects_kw, loop.verified_on)[t] for loop in loops)
                effect = {u.id: sum(e.kw for e in u.loops if e.medium == medium) for u in upgrades}
                heat: Form = {}
                for key, column in on.items():
                    place = facts.places[key[0]]
                    assert place.fit is not None
                    heat[column] = _power_kw(place, key[1]) * place.fit.heat_shares.get(medium, 0.0)
                _bear(build, "heat", heat, site.id, t, has, effect, heat_keep)
            for hall in site.halls:
                effect = {u.id: float(sum(p.positions for p in u.positions if p.hall == hall.id)) for u in upgrades}
                racks: Form = {}
                for key, column in on.items():
                    place = facts.places[key[0]]
                    if place.hall.id == hall.id and place.racking is not None:
                        racks[column] = place.racking.positions_per_node
                has = facts.counted(hall.positions, hall.verified_on)[t]
                _bear(build, "racks", racks, site.id, t, has, effect, 1.0)


def _uplink(build: Build) -> None:
    facts, program = build.facts, build.program
    effect = {upgrade.id: upgrade.uplink_gbps for upgrade in facts.instance.upgrades}
    for site in facts.sites.values():
        for t in facts.periods:
            form: Form = {}
            for service in facts.instance.inference:
                add(form, program.find("load", service.id, site.id, t), facts.profiles[service.profile].gbps_per_unit)
            _bear(build, "uplink", form, site.id, t, facts.uplink(site)[t], effect, 1.0)


def it_energy_of(build: Build, trainings: Trainings, spot: Spot) -> Form:
    """kWh of IT energy, without PUE, of a pool in a mode and period, as a linear form."""
    facts, program = build.facts, build.program
    place, mode, t = facts.places[spot[0]], spot[1], spot[2]
    idle = place.accelerator.idle_share
    form = times(_held(build, place, mode, t), idle)
    for run in trainings.runs:
        if run.place.id == place.id and run.mode == mode:
            share = trainings.phi(run, t) * run.way.nodes
            add(form, program.number[("start", *run.key)], share * (run.job.draw - idle))
    for key, column in program.of("nodes").items():
        if key[1:] == spot:
            profile = facts.profiles[key[0]]
            add(form, column, (profile.draw - idle) * profile.mean_to_peak)
    return times(form, facts.hours[t] * _power_kw(place, mode))


def _energy(build: Build, trainings: Trainings) -> None:
    facts = build.facts
    price_of_carbon = float(facts.policy.carbon_usd_per_tonne)
    years: dict[int, Form] = {}
    water: dict[tuple[str, int], Form] = {}
    for place in facts.places.values():
        for t in facts.periods:
            if not facts.open(place, t) and place.ours:
                continue
            for mode in place.modes if facts.open(place, t) else ("full",):
                it = it_energy_of(build, trainings, (place.id, mode, t))
                kwh = times(it, facts.read(place.hall.pue, "mean")[t])
                tonnes = times(kwh, facts.read(place.region.carbon_gco2e_per_kwh, "mean")[t] * 1e-6)
                build.pay("carbon", facts.middle(t), times(tonnes, price_of_carbon))
                year = facts.first[t].year
                years[year] = plus(years.get(year, {}), tonnes)
                m3 = times(it, facts.read(place.site.water_l_per_kwh, "mean")[t] / 1000.0)
                drawn = (place.site.id, year)
                water[drawn] = plus(water.get(drawn, {}), m3)
                if place.ours:
                    build.pay("water", facts.middle(t), times(m3, facts.read(place.site.water_usd_per_m3, "mean")[t]))
                    price = facts.read(place.region.electricity_usd_per_mwh, "mean")[t] / 1000.0
                    build.pay("energy", facts.middle(t), times(kwh, price))
    for cap in facts.policy.carbon_caps:
        form = years.get(cap.year, {})
        empty = sum(value * build.empty.get(column, 0.0) for column, value in form.items())
        build.program.row("carbon", form, high=max(cap.tonnes, empty))
    for limit in facts.policy.water_caps:
        form = water.get((limit.site, limit.year), {})
        empty = sum(value * build.empty.get(column, 0.0) for column, value in form.items())
        build.program.row("water", form, high=max(limit.m3, empty))


__all__ = ["INFINITE", "it_energy_of", "throughput", "write_capacity", "write_nodes"]
