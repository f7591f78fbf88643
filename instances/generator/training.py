"""Make one training from its work, gang and window: ways, dates, and the prices of lateness and of dropping it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from instances.generator.draw import Draw, significant
from instances.generator.public_figures import accelerator, scaling_efficiency, training_speed
from instances.generator.shape import Shape, first_day
from models.workloads import Gang, Scaling, SitePrice, Speed, Training, Way

if TYPE_CHECKING:
    from instances.generator.facility import Facility


def training(  # noqa: PLR0913  (the fields of a training)
    shape: Shape,
    draw: Draw,
    name: str,
    work: float,
    gpus: int,
    pair: tuple[str, str],
    begins: int,
    copies: int,
    dataset: str | None,
    facilities: tuple[Facility, ...],
    *,
    data_class: str = "open",
    predecessors: tuple[str, ...] = (),
    artefact_tb: float = 0.0,
    artefact_class: str | None = None,
    handover_hours: float = 0.0,
    must: bool = False,
    repeats: int | None = None,
    hurry: bool = False,
    prompt: bool = False,
) -> Training:
    """Make a training that may run on a pair of accelerators.

    Parameters:
        work: H100-hours
        gpus: GPUs of the gang
        pair: the two accelerators; the due day is based on the hours on the first
        begins: number of the quarter in which it may start at the earliest
        must: whether it has to run; then it may start on the first day of that quarter
        repeats: months between its runs
        hurry: whether it may start on the first day of that quarter and is due soon after
        prompt: whether it may start on the first day of that quarter
    """
    work = significant(work)
    efficiency = scaling_efficiency(gpus)
    hours = work / (gpus * efficiency * training_speed(pair[0]))
    window = min(draw.whole(5, 6), shape.quarters - begins)
    slack = draw.around(0.05, 0.25, 0.8)
    earliest = first_day(begins) + timedelta(days=0 if must or hurry or prompt else draw.whole(0, 40, 5))
    slack = 0.1 if hurry else slack + (1.0 if predecessors else 0.0)
    due = earliest + timedelta(days=round(hours / 24 + 91 * slack))
    value = significant(work * (draw.between(9.0, 13.0) if artefact_class else draw.between(4.5, 7.5)), 3)
    derived = draw.chance(0.12) and not artefact_class
    listed = draw.chance(0.3)
    return Training(
        id=name,
        ways=tuple(_way(kind, gpus, work) for kind in pair) if listed else (),
        scaling=None
        if listed
        else Scaling(
            work=work,
            speeds=tuple(Speed(accelerator=kind, speed=training_speed(kind)) for kind in pair),
            gangs=(Gang(gpus=gpus, efficiency=efficiency),),
        ),
        draw=0.9,
        earliest_start=earliest,
        latest_start=first_day(begins + window) - timedelta(days=1),
        due=due,
        lateness_usd_per_day=significant(value * draw.between(0.0008, 0.004, 4) * (1.5 if hurry else 1), 2),
        value_usd=None if must else "derived" if derived else value,
        dataset=dataset,
        data_class=data_class,
        artefact_tb=artefact_tb,
        artefact_class=artefact_class,
        predecessors=predecessors,
        handover_hours=handover_hours,
        copies=copies,
        placement_usd=(SitePrice(site=facilities[0].id, usd=-significant(value * 0.01, 2)),)
        if draw.chance(0.08)
        else (),
        repeats_every_months=repeats,
        owner=draw.pick(("research", "product", "safety")),
    )


def accelerators_of(job: Training) -> tuple[str, str]:
    """Return the pair of accelerators that a training may run on."""
    first, second = (entry.accelerator for entry in (job.ways or (job.scaling.speeds if job.scaling else ())))
    return first, second


def _way(kind: str, gpus: int, work: float) -> Way:
    nodes = -(-gpus // int(accelerator(kind)["gpus_per_node"]))
    hours = work / (gpus * training_speed(kind) * scaling_efficiency(gpus))
    return Way(id=f"{kind}x{gpus}", accelerator=kind, nodes=nodes, hours=round(hours, 1))
