"""Trainings: their starts, their order; their rows, costs and choices."""

from __future__ import annotations

from itertools import combinations_with_replacement
from typing import TYPE_CHECKING

from tests.oracle.build import Build, Choice, Option, add
from tests.oracle.chains import write_chains, write_finish
from tests.oracle.datasets import write_data

if TYPE_CHECKING:
    from models.workloads import Training
    from tests.oracle.linear import Form
    from tests.oracle.reading import Facts, Place
    from tests.oracle.runs import Run, Trainings


def write_training(build: Build, trainings: Trainings) -> None:
    """Columns, rows, costs and choices of the group."""
    program = build.program
    for run in trainings.runs:
        program.column("start", *run.key, high=run.job.copies, whole=True)
        _pay_start(build, trainings, run)
    for job in trainings.jobs.values():
        _placed(build, trainings, job)
        for name in job.predecessors:
            _precedence(build, trainings, trainings.jobs[name], job)
    write_finish(build, trainings)
    write_chains(build, trainings)
    write_data(build, trainings)


def _pay_start(build: Build, trainings: Trainings, run: Run) -> None:
    facts, column = build.facts, build.program.number[("start", *run.key)]
    if not trainings.chained(run.job):
        late, day = trainings.late_usd(run)
        build.pay("lateness", day, {column: late}, budget=False)
    placement = sum(float(price.usd) for price in run.job.placement_usd if price.site == run.place.site.id)
    build.pay("deployment", facts.first[run.t], {column: placement})
    behind = max(0.0, run.end - facts.horizon_end)
    if behind == 0:
        return
    last = len(facts.periods) - 1
    it = behind * run.job.draw * run.way.nodes * run.place.accelerator.node_kw * run.place.modes[run.mode][0]
    kwh = it * facts.read(run.place.hall.pue, "mean")[last]
    grams = facts.read(run.place.region.carbon_gco2e_per_kwh, "mean")[last]
    carbon = kwh * grams * 1e-6 * float(facts.policy.carbon_usd_per_tonne)
    build.pay("carbon", facts.middle(last), {column: carbon}, budget=False)
    if run.place.ours:
        price = facts.read(run.place.region.electricity_usd_per_mwh, "mean")[last]
        build.pay("energy", facts.middle(last), {column: kwh * price / 1000.0}, budget=False)
        site = run.place.site
        usd = it * facts.read(site.water_l_per_kwh, "mean")[last] / 1000.0
        usd *= facts.read(site.water_usd_per_m3, "mean")[last]
        build.pay("water", facts.middle(last), {column: usd}, budget=False)
    else:
        usd = hour_price(facts, run.place) * run.way.nodes * behind
        build.pay("hardware", facts.middle(last), {column: usd}, budget=False)


def hour_price(facts: Facts, place: Place) -> float:
    """The cheapest USD for an hour of a node at a provider's site."""
    prices = []
    for offer in facts.instance.offers:
        if offer.accelerator != place.accelerator.id or place.site.id not in offer.sites:
            continue
        price = min(float(band.price_usd) for band in offer.bands)
        if offer.paid == "per-use":
            prices.append(price)
        elif offer.paid == "monthly":
            prices.append(price / (offer.lot_nodes * 730.5))
        else:
            assert offer.term_months is not None
            prices.append(price / (offer.lot_nodes * 730.5 * offer.term_months))
    return min(prices, default=0.0)


def _placed(build: Build, trainings: Trainings, job: Training) -> None:
    facts, program = build.facts, build.program
    value = trainings.value_usd(job)
    dropped = program.column("dropped", job.id, high=job.copies if value is not None else 0.0)
    columns = {program.number[("start", *run.key)]: run for run in trainings.runs if run.job.id == job.id}
    program.row("placed", {**dict.fromkeys(columns, 1.0), dropped: 1.0}, low=job.copies, high=job.copies)
    if value is not None:
        build.pay("dropped", job.due or facts.last_day, {dropped: value}, budget=False)
    options: list[Option] = []
    for copies in range(job.copies if value is None else 0, job.copies + 1):
        for chosen in combinations_with_replacement(columns, copies):
            options.append({c: (float(chosen.count(c)), float(chosen.count(c))) for c in columns})
            for c in set(chosen):
                for slot in slots_of(build, trainings, columns[c]):
                    options[-1][slot] = (1.0, 1.0)
    build.choices.append(Choice(f"start {job.id}", options))


def slots_of(build: Build, trainings: Trainings, run: Run) -> list[int]:
    """Slots that a start of many copies needs: whole gangs in periods that they do not fill."""
    if run.job.copies == 1 or run.way.nodes < 1:
        return []
    result = []
    for t in build.facts.periods:
        if 0 < trainings.phi(run, t) < 1:
            key = ("slot", run.place.id, run.mode, run.way.nodes, t)
            number = build.program.find(*key)
            result.append(build.program.column(*key, high=1.0, whole=True) if number is None else number)
    return result


def _precedence(build: Build, trainings: Trainings, before: Training, job: Training) -> None:
    program = build.program
    single = before.copies == 1 and job.copies == 1
    for t in build.facts.periods:
        form: Form = {}
        for run in trainings.runs:
            column = program.number[("start", *run.key)]
            if run.job.id == job.id and run.t <= t:
                add(form, column, 1.0)
            out = trainings.out_period(run)
            if run.job.id == before.id and out is not None and (out <= t if single else out < t):
                add(form, column, -job.copies / before.copies)
        program.row("precedence", form, high=0.0)
