"""Datasets: copies of them, and what must be there where a training begins."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.oracle.build import Build, Choice, Option, add, times
from tests.oracle.law import may

if TYPE_CHECKING:
    from models.network import Route
    from models.workloads import Dataset
    from tests.oracle.linear import Form
    from tests.oracle.reading import Facts
    from tests.oracle.runs import Trainings


def write_data(build: Build, trainings: Trainings) -> None:
    """Columns, rows, costs and choices of copies."""
    facts, program = build.facts, build.program
    read = [name for name in facts.datasets if any(job.dataset == name for job in trainings.jobs.values())]
    for name in read:
        dataset = facts.datasets[name]
        for region in facts.regions:
            columns = {
                t: program.column("copy", name, region, t, high=1.0, whole=True)
                for t in facts.periods
                if _copy_allowed(facts, dataset, region, t)
            }
            for t, column in columns.items():
                _pay_copy(build, dataset, region, t, column)
            program.row("data", dict.fromkeys(columns.values(), 1.0), high=1.0)
            none: Option = dict.fromkeys(columns.values(), (0.0, 0.0))
            if columns:
                options = [none, *({**none, column: (1.0, 1.0)} for column in columns.values())]
                build.choices.append(Choice(f"copy {name} {region}", options))
    for job in trainings.jobs.values():
        if job.dataset is None:
            continue
        for region in facts.regions:
            for t in facts.periods:
                form: Form = {}
                for run in trainings.runs:
                    if run.job.id == job.id and run.place.region.id == region and run.t == t:
                        add(form, program.number[("start", *run.key)], 1.0)
                for tau in range(t + 1):
                    add(form, program.find("copy", job.dataset, region, tau), -float(job.copies))
                home = region in facts.datasets[job.dataset].regions
                program.row("data", form if any(v > 0 for v in form.values()) else {}, high=job.copies * float(home))


def _route(facts: Facts, dataset: Dataset, region: str) -> Route | None:
    """The cheapest route from a home, the fastest of them."""
    network = facts.instance.network.routes
    routes = [network[home][region] for home in dataset.regions if region in network.get(home, {})]
    return min(routes, key=lambda route: (route.usd_per_gb, -route.gbps), default=None)


def _copy_allowed(facts: Facts, dataset: Dataset, region: str, t: int) -> bool:
    route = _route(facts, dataset, region)
    if region in dataset.regions or route is None:
        return False
    hours = facts.read(dataset.size_tb, "largest")[t] * 8000.0 / (route.gbps * 3600.0)
    if facts.begin[t] - hours < facts.hour_of(facts.today):
        return False
    return any(s.region == region and may(facts, s, {dataset.data_class}, t) for s in facts.sites.values())


def _pay_copy(build: Build, dataset: Dataset, region: str, t: int, column: int) -> None:
    facts, route = build.facts, _route(build.facts, dataset, region)
    assert route is not None
    size = facts.read(dataset.size_tb, "largest")
    build.pay("transfer", facts.first[t], {column: size[t] * 1000.0 * float(route.usd_per_gb)})
    price = float(facts.regions[region].storage_usd_per_tb_month.get(dataset.tier, 0))
    for tau in range(t, len(facts.periods)):
        build.pay("transfer", facts.middle(tau), times({column: size[tau]}, price * facts.months[tau]))
