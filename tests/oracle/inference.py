"""Inference: demand, rollout, deployment, failover, spread; their rows, costs and choices."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

from tests.oracle.build import Build, Choice, add
from tests.oracle.serving import Serving

if TYPE_CHECKING:
    from tests.oracle.linear import Form
    from tests.oracle.runs import Trainings


def write_inference(build: Build, trainings: Trainings) -> None:
    """Columns, rows, costs and choices of the group."""
    for service in build.instance.inference:
        serving = Serving(build.facts, trainings, service)
        _columns(build, serving)
        _demand(build, serving)
        _rollout(build, serving)
        _failover(build, serving)
        if serving.deployed:
            _deployment(build, serving)
            _spread(build, serving)


def _columns(build: Build, serving: Serving) -> None:
    facts, program, service = build.facts, build.program, serving.service
    for t in facts.periods:
        sites: set[str] = set()
        for metro in serving.lines:
            for site in sorted(serving.serves(metro, t)):
                column = program.column("serve", service.id, metro, site, t)
                _pay_serve(build, serving, metro, site, t, column)
                sites.add(site)
        for domain, (_, lost) in serving.domains(t).items():
            for catchment in serving.catchments:
                for site in sorted(serving.takeover(catchment, lost, t)):
                    if any(serving.uses(metro, site, t) for metro in serving.lines):
                        program.column("takeover", service.id, catchment, domain, site, t)
                        sites.add(site)
        for site in sorted(sites):
            program.column("load", service.id, site, t)
            form = {program.number["load", service.id, site, t]: -1.0}
            for metro in serving.lines:
                add(form, program.find("serve", service.id, metro, site, t), 1.0)
            program.row("deployment", form, high=0.0)


def _pay_serve(build: Build, serving: Serving, metro: str, site: str, t: int, column: int) -> None:  # noqa: PLR0913  (the keys of a column)
    facts, service = build.facts, serving.service
    profile = facts.profiles[service.profile]
    volume = serving.volume(t)
    egress = facts.instance.network.egress_usd_per_gb.get(facts.sites[site].region, {}).get(metro, 0)
    trip = serving.round_trip(metro, site)
    assert trip is not None
    usd = float(egress) * profile.gb_per_unit * 3600.0 + float(service.latency_usd_per_unit_hour_ms) * trip
    build.pay("transfer", facts.middle(t), {column: usd * volume})
    price = sum(float(p.usd_per_unit_hour) for p in service.serving_usd if p.metro == metro and p.site == site)
    build.pay("deployment", facts.middle(t), {column: price * volume})


def _demand(build: Build, serving: Serving) -> None:
    facts, program, service = build.facts, build.program, serving.service
    price = serving.unserved_usd()
    for metro in serving.lines:
        for t in facts.periods:
            asked = serving.asked(metro, t)
            unserved = program.column("unserved", service.id, metro, t, high=0.0 if price is None else asked)
            form: Form = {unserved: 1.0}
            for site in facts.sites:
                add(form, program.find("serve", service.id, metro, site, t), 1.0)
            program.row("demand", form, low=asked, high=asked)
            usd = 0.0 if price is None else price * serving.volume(t)
            build.pay("unserved", facts.middle(t), {unserved: usd}, budget=False)


def _rollout(build: Build, serving: Serving) -> None:
    facts, program, service, trainings = build.facts, build.program, serving.service, serving.trainings
    if service.after is None:
        return
    launched = [program.column("launched", service.id, t, high=1.0) for t in facts.periods]
    for t in facts.periods:
        if t:
            program.row("rollout", {launched[t - 1]: 1.0, launched[t]: -1.0}, high=0.0)
        form: Form = {launched[t]: 1.0}
        for run in trainings.runs:
            out = trainings.out_period(run)
            if run.job.id == service.after and out is not None and out < t:
                add(form, program.number[("start", *run.key)], -1.0)
        program.row("rollout", form, high=0.0)
        total = sum(serving.demand[metro][t] for metro in serving.lines)
        form = {}
        for metro in serving.lines:
            for site in facts.sites:
                add(form, program.find("serve", service.id, metro, site, t), 1.0)
        for tau in range(t + 1):
            share = total * serving.open_since(tau, t)
            add(form, launched[tau], -share)
            if tau:
                add(form, launched[tau - 1], share)
        program.row("rollout", form, high=0.0)


def _failover(build: Build, serving: Serving) -> None:
    facts, program, service = build.facts, build.program, serving.service
    if not service.promises:
        return
    price = serving.uncovered_usd()
    for t in facts.periods:
        uncovered: dict[str, int] = {}
        for catchment, metros in serving.catchments.items():
            most = 0.0 if price is None else sum(serving.demand[metro][t] for metro in metros)
            uncovered[catchment] = program.column("uncovered", service.id, catchment, t, high=most)
            usd = 0.0 if price is None else price * serving.volume(t)
            build.pay("uncovered", facts.middle(t), {uncovered[catchment]: usd}, budget=False)
        for domain, (share, lost) in serving.domains(t).items():
            for catchment, metros in serving.catchments.items():
                form: Form = {uncovered[catchment]: 1.0}
                for site in facts.sites:
                    add(form, program.find("takeover", service.id, catchment, domain, site, t), 1.0)
                    for metro in metros if site in lost else ():
                        add(form, program.find("serve", service.id, metro, site, t), -share)
                program.row("failover", form, low=0.0)
            for site in facts.sites:
                load = program.find("load", service.id, site, t)
                if site in lost or load is None:
                    continue
                form = {load: -1.0}
                for metro in serving.lines:
                    add(form, program.find("serve", service.id, metro, site, t), 1.0)
                for catchment in serving.catchments:
                    add(form, program.find("takeover", service.id, catchment, domain, site, t), 1.0)
                program.row("failover", form, high=0.0)


def _deployment(build: Build, serving: Serving) -> None:
    facts, program, service = build.facts, build.program, serving.service
    least = service.smallest_deployment
    for site in facts.sites:
        live: dict[int, int] = {}
        for t in facts.periods:
            load = program.find("load", service.id, site, t)
            if load is None:
                continue
            most = max(least, sum(serving.demand[metro][t] for metro in serving.lines if serving.uses(metro, site, t)))
            live[t] = program.column("live", service.id, site, t, high=1.0, whole=True)
            golive = program.column("golive", service.id, site, t, high=1.0)
            program.row("deployment", {load: 1.0, live[t]: -least}, low=0.0)
            program.row("deployment", {load: 1.0, live[t]: -most}, high=0.0)
            form: Form = {live[t]: 1.0, golive: -1.0}
            add(form, live.get(t - 1), -1.0)
            today = 1.0 if t == 0 and site in service.live_at else 0.0
            program.row("deployment", form, high=today)
            build.pay("deployment", facts.first[t], {golive: float(service.golive_usd)})
            build.pay("deployment", facts.middle(t), {live[t]: float(service.monthly_usd) * facts.months[t]})
        if live:
            options = [
                dict(zip(live.values(), [(float(bit), float(bit)) for bit in bits], strict=True))
                for bits in product((0, 1), repeat=len(live))
            ]
            build.choices.append(Choice(f"live {service.id} {site}", options))


def _spread(build: Build, serving: Serving) -> None:
    facts, program, service = build.facts, build.program, serving.service
    if service.least_regions < 2:
        return
    for t in facts.periods:
        there = {region: program.column("there", service.id, region, t, high=1.0) for region in facts.regions}
        for region, column in there.items():
            form: Form = {column: 1.0}
            for site in facts.sites.values():
                live = program.find("live", service.id, site.id, t)
                if site.region == region:
                    add(form, live, -1.0)
                    others = {c: -1.0 for r, c in there.items() if r != region}
                    if live is not None:
                        program.row("spread", {live: service.least_regions - 1.0, **others}, high=0.0)
            program.row("spread", form, high=0.0)
