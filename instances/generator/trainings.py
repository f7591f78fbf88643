"""Trainings: frontier runs, middle runs, fine-tuning and evaluation, chains and retraining."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from instances.generator.draw import Draw
from instances.generator.public_figures import scaling_efficiency, table, training_speed
from instances.generator.shape import START, Shape
from instances.generator.training import accelerators_of, training

if TYPE_CHECKING:
    from collections.abc import Iterable

    from instances.generator.facility import Facility
    from models.workloads import Dataset, Training

PERIOD_HOURS = 2184
FRONTIER_HOURS = (2_000_000, 8_000_000)  # H100-hours on the model cards that count as frontier
FRONTIER_GANGS = (1024, 2048, 4096, 8192, 12288)  # GPUs; published runs had 2,048 to 16,384
FRONTIER_SHARE = 0.9  # of a quarter: a run started on its first day finishes within it
MIDDLE_HOURS = (350_000, 3_400_000)  # larger ones on these cards are somebody else's frontier
# What a training may run on; every list is cut to the accelerators of the size.
PAIRS = (
    ("h100", "b200"),
    ("h200", "b200"),
    ("h100", "h200"),
    ("b200", "gb200-nvl72"),
    ("h100", "b200"),
    ("h200", "gb200-nvl72"),
)
FRONTIER_PAIRS = (("h200", "b200"), ("h200", "gb200-nvl72"), ("gb200-nvl72", "gb300-nvl72"))
STANDING_PAIR = ("h100", "h200")  # for trainings that must run: these accelerators stand from the start
MORE_PAIRS = (
    ("b200", "b300"),
    ("mi300x", "h200"),
    ("h200", "b300"),
    ("mi355x", "b200"),
    ("a100-80gb", "h100"),
    ("mi325x", "h200"),
    ("b200", "gb300-nvl72"),
    ("mi350x", "h200"),
)

LIGHT_PAIRS = (  # for fine-tuning and evaluation, in addition
    ("h100", "gaudi3"),
    ("h100", "tpu-v5p"),
    ("h100", "tpu-v6e"),
    ("h100", "rtx-pro-6000"),
    ("h100", "gh200"),
    ("a100-80gb", "l40s"),
    ("a100-80gb", "a100-40gb"),
)


@dataclass(frozen=True)
class _Given:
    """The inputs that all trainings are drawn from."""

    shape: Shape
    seed: int
    facilities: tuple[Facility, ...]
    datasets: tuple[Dataset, ...]

    def draw(self, purpose: str) -> Draw:
        """Return the stream of numbers for one purpose."""
        return Draw(self.shape.size, self.seed, purpose)


def trainings_of(
    shape: Shape, seed: int, facilities: tuple[Facility, ...], datasets: tuple[Dataset, ...]
) -> tuple[Training, ...]:
    """Draw the trainings in order: frontier, middle, small. Two small ones follow each frontier run in a chain."""
    given, copies = _Given(shape, seed, facilities, datasets), _copies(shape, seed)
    jobs: list[Training] = []
    for number in range(shape.frontier):
        jobs.append(_frontier(given, number))
    for number in range(shape.middle):
        jobs.append(_middle(given, number, jobs))
    for number in range(shape.small):
        jobs.append(_small(given, number, jobs, copies[number]))
    return tuple(jobs)


def _copies(shape: Shape, seed: int) -> list[int]:
    """Copies of the small trainings; those in chains have one."""
    draw, chained = Draw(shape.size, seed, "copies"), _chained(shape)
    copies = [1] * shape.small
    left = shape.copies - shape.frontier - shape.middle - shape.small
    open_ones = [number for number in range(chained, shape.small) if number % 7 != 3]
    while left > 0:
        copies[draw.pick(open_ones)] += 1
        left -= 1
    return copies


def _chained(shape: Shape) -> int:
    return max(2, 2 * shape.frontier)


def _listed(shape: Shape, pairs: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    return [pair for pair in pairs if set(pair) <= set(shape.accelerators)]


def _work(draw: Draw, low: float, high: float) -> float:
    cards = [
        float(row["h100_gpu_hours"]) for row in table("training_models") if low <= float(row["h100_gpu_hours"]) <= high
    ]
    return draw.pick(cards) * draw.between(0.8, 1.2)


def _frontier(given: _Given, number: int) -> Training:
    shape, draw = given.shape, given.draw(f"frontier {number}")
    pairs = _listed(shape, FRONTIER_PAIRS)
    pair = pairs[number % len(pairs)]
    work = _work(draw, *FRONTIER_HOURS)
    gpus = _frontier_gang(work, pair)
    begins = draw.whole(1, shape.quarters - 5)
    return training(
        shape,
        draw,
        f"pretrain-{number + 1}",
        work,
        gpus,
        pair,
        begins,
        1,
        given.datasets[number % len(given.datasets)].id,
        given.facilities,
        artefact_tb=draw.between(1.5, 6.0, 1),
        artefact_class="frontier-weights",
        handover_hours=float(draw.whole(120, 480, 24)),
    )


def _frontier_gang(work: float, pair: tuple[str, str]) -> int:
    """The smallest gang that finishes well within a quarter on the slower accelerator of the pair."""
    speed = min(map(training_speed, pair))
    most = FRONTIER_SHARE * PERIOD_HOURS
    done = [gpus for gpus in FRONTIER_GANGS if work / (gpus * scaling_efficiency(gpus) * speed) <= most]
    return min(done, default=FRONTIER_GANGS[-1])


def _middle(given: _Given, number: int, before: list[Training]) -> Training:
    shape, draw = given.shape, given.draw(f"middle {number}")
    work = _work(draw, *MIDDLE_HOURS) * min(0.4 * shape.scale, 1.0)
    pair = draw.pick(_listed(shape, (*PAIRS, *MORE_PAIRS)))
    last = before[-1] if before else None
    follows = (last.id,) if number % 3 == 2 and last and last.copies == 1 else ()
    begins = draw.whole(0, shape.quarters - 5 if shape.quarters > 5 else 0)
    if last and follows:  # wanted in the quarter of its predecessor, where the two just do not fit together
        pair = accelerators_of(last)  # it continues where its predecessor ran
        begins = 4 * (last.earliest_start.year - START.year) + (last.earliest_start.month - 1) // 3
    rule = {5: "eu-personal", 9: "us-health", 13: "eu-state"}.get(number % 17, "open")
    return training(
        shape,
        draw,
        f"{'continue' if follows else 'train'}-{number + 1}",
        work,
        _gang(shape, work, pair[0]),
        pair,
        begins,
        1,
        draw.pick(given.datasets).id if draw.chance(0.6) and rule == "open" else None,
        given.facilities,
        data_class=rule,
        predecessors=follows,
        artefact_tb=draw.between(0.1, 1.0, 1),
        handover_hours=float(draw.whole(24, 168, 24)),
        hurry=bool(follows),
        prompt=number % 3 == 1,
    )


def _gang(shape: Shape, work: float, kind: str) -> int:
    """The gang whose duration is closest to somewhat more than half a quarter."""
    sizes = (128, 256, 512, 1024, 2048) if shape.scale >= 1 else (8, 16, 32)
    return min(
        sizes,
        key=lambda gpus: abs(work / (gpus * scaling_efficiency(gpus) * training_speed(kind)) - 0.62 * PERIOD_HOURS),
    )


def _small(given: _Given, number: int, before: list[Training], copies: int) -> Training:
    shape, draw = given.shape, given.draw(f"small {number}")
    chained = number < _chained(shape)
    follows: tuple[str, ...] = ()
    if chained:
        follows = (before[-1].id,) if number % 2 else (before[number // 2].id,)
    evaluates = chained and number % 2 == 1
    hours = draw.between(4000, 18000, 0) if evaluates else draw.around(40000, 90000, 220000, 0)
    gpus = draw.pick((64, 128, 256)) if shape.scale >= 1 else 8
    most = max(0, shape.quarters - 5)
    begins = min(draw.whole(0, most), draw.whole(0, most))  # most of what is known today is wanted soon
    if chained and shape.frontier:
        begins = min(shape.quarters - 4, 2 + number % 2)
    repeats = 6 if number % 20 == 13 and shape.size != "XS" else None
    must = number % 20 == 17 and not chained  # a training that waits for others may not fit in time, whatever is bought
    rule = {11: "eu-personal", 15: "us-health", 19: "eu-state"}.get(number % 20, "open")
    pair = draw.pick(_listed(shape, (*PAIRS, *MORE_PAIRS, *LIGHT_PAIRS)))
    if must:
        pair = STANDING_PAIR
    name = "evaluate" if evaluates else "retrain" if repeats else "finetune"
    return training(
        shape,
        draw,
        f"{name}-{number + 1}",
        hours * min(shape.scale, 1.0),
        gpus,
        pair,
        0 if must or repeats else begins,
        copies,
        draw.pick(given.datasets).id if draw.chance(0.4) and rule == "open" and not must else None,
        given.facilities,
        data_class=rule,
        predecessors=follows,
        handover_hours=float(draw.whole(0, 96, 24)),
        must=must,
        repeats=repeats,
        artefact_tb=0.1 if follows and not evaluates else 0.0,
    )
