"""Retraining: expand a training that repeats into one training per run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from models.calendar import add_months

if TYPE_CHECKING:
    from datetime import date

    from models.workloads import Training


def expand_repeats(trainings: tuple[Training, ...], last_day: date) -> tuple[Training, ...]:
    """Expand each training that repeats into its runs that are due by ``last_day``, run 0 always among them.

    Run 0 keeps the id; run k is named `id#k` and has all dates k intervals later. A predecessor that repeats at the
    same interval is followed run by run, or in its run 0 where it has no such run; any other is the same for all runs.
    """
    interval = {training.id: training.repeats_every_months for training in trainings}
    runs: list[Training] = []
    for training in trainings:
        months = training.repeats_every_months
        if months is None or training.due is None:
            runs.append(training)
            continue
        number = 0
        while number == 0 or add_months(training.due, number * months) <= last_day:
            runs.append(_run(training, number, months, interval))
            number += 1
    known = {run.id for run in runs}
    return tuple(
        run.model_copy(update={"predecessors": tuple(p if p in known else p.split("#")[0] for p in run.predecessors)})
        if any(p not in known for p in run.predecessors)
        else run
        for run in runs
    )


def _run(training: Training, number: int, months: int, interval: dict[str, int | None]) -> Training:
    if number == 0:
        return training

    def later(day: date | None) -> date | None:
        return None if day is None else add_months(day, number * months)

    return training.model_copy(
        update={
            "id": f"{training.id}#{number}",
            "earliest_start": later(training.earliest_start),
            "latest_start": later(training.latest_start),
            "due": later(training.due),
            "predecessors": tuple(f"{p}#{number}" if interval.get(p) == months else p for p in training.predecessors),
        }
    )
