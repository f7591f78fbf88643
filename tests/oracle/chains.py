"""Trainings that follow one another: when each is finished, what it costs to be late, and that they follow in time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.oracle.build import Build, add

if TYPE_CHECKING:
    from collections.abc import Callable

    from models.workloads import Training
    from tests.oracle.linear import Form
    from tests.oracle.runs import Run, Trainings


def write_finish(build: Build, trainings: Trainings) -> None:
    """Hours from the begin of the horizon until each training with a predecessor is finished, and its lateness."""
    for job in trainings.jobs.values():
        if trainings.chained(job):
            build.program.column("finish", job.id)
    for job in trainings.jobs.values():
        if trainings.chained(job):
            _finish(build, trainings, job)
            _late(build, trainings, job)


def _starts(build: Build, runs: list[Run], hours: Callable[[Run], float]) -> Form:
    return {build.program.number[("start", *run.key)]: hours(run) for run in runs}


def _finish(build: Build, trainings: Trainings, job: Training) -> None:
    """Behind the end of its own start, and behind each predecessor by its handover and the length of its own run."""
    program, runs = build.program, trainings.runs_of(job.id)
    finish = program.number["finish", job.id]
    ends = _starts(build, runs, lambda run: -run.end)
    program.row("finish", {finish: 1.0, **ends}, low=0.0)
    for name in job.predecessors:
        before = trainings.runs_of(name)
        form = _starts(build, runs, lambda run: -(run.end - run.begin))
        form[finish] = 1.0
        if trainings.chained(trainings.jobs[name]):
            form[program.number["finish", name]] = -1.0
            form.update(_starts(build, before, lambda run: -(run.out - run.end)))
        else:
            form.update(_starts(build, before, lambda run: -run.out))
        form[program.number["dropped", job.id]] = _latest(trainings, trainings.jobs[name])
        program.row("finish", form, low=0.0)


def _latest(trainings: Trainings, job: Training) -> float:
    """Hours behind which a training is not out, whatever starts are chosen."""
    runs = trainings.runs_of(job.id)
    longest = max((run.out - run.begin for run in runs), default=0.0)
    before = [_latest(trainings, trainings.jobs[name]) for name in job.predecessors]
    return max([run.out for run in runs] + [hours + longest for hours in before], default=0.0)


def _late(build: Build, trainings: Trainings, job: Training) -> None:
    """Days behind the end of the due day at their price, discounted from the due day; none if it is dropped."""
    if job.due is None:
        return
    facts, program = build.facts, build.program
    late = program.column("late", job.id)  # hours
    due = facts.hour_of(job.due) + 24.0
    started = _starts(build, trainings.runs_of(job.id), lambda _: due)
    program.row("finish", {**started, late: 1.0, program.number["finish", job.id]: -1.0}, low=0.0)
    usd = float(job.lateness_usd_per_day) / 24.0
    build.pay("lateness", max(job.due, facts.today), {late: usd}, budget=False)


def write_chains(build: Build, trainings: Trainings) -> None:
    """Trainings on a path do not overlap in a period, each from the first day of the period in which it begins."""
    for path in _paths(trainings):
        for t in build.facts.periods:
            form: Form = {}
            for run in trainings.runs:
                if run.job.id in path:
                    end = run.out if trainings.awaited(run.job) else run.end
                    share = trainings.share(run, t, build.facts.begin[run.t], end)
                    add(form, build.program.number[("start", *run.key)], share)
            build.program.row("chain", form, high=1.0)


def _paths(trainings: Trainings) -> list[list[str]]:
    """Longest paths of trainings of one copy."""
    single = {job.id: job for job in trainings.jobs.values() if job.copies == 1}
    after = {name: [job.id for job in single.values() if name in job.predecessors] for name in single}
    heads = [name for name, job in single.items() if not any(p in single for p in job.predecessors)]
    paths, open_ones = [], [[head] for head in heads]
    while open_ones:
        path = open_ones.pop()
        if after[path[-1]]:
            open_ones += [[*path, name] for name in after[path[-1]]]
        elif len(path) > 1:
            paths.append(path)
    return paths
