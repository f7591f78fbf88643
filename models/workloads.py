"""What has to run: datasets, served models, trainings and services."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

from pydantic import Field

from models.values import (
    Amount,
    Count,
    Day,
    DayCount,
    Hours,
    Id,
    Kind,
    Name,
    Note,
    Positive,
    PositiveCount,
    PositiveHours,
    PositiveShare,
    Price,
    RunId,
    Series,
    Share,
    SignedUsd,
    Tree,
    Usd,
    WholeMonths,
)


class Dataset(Tree):
    """Data that a training reads."""

    id: Id = Field(description="unique name of the dataset")
    regions: tuple[Id, ...] = Field(min_length=1, description="regions where it is stored")
    size_tb: Series = Field(description="TB; read as the largest")
    tier: Name = Field(description="storage tier, priced by each region")
    data_class: Name = Field(description="class of its data, for law and approvals")
    note: Note = None


class Throughput(Tree):
    """What one node of an accelerator serves."""

    accelerator: Id = Field(description="the accelerator")
    per_node: Positive = Field(description="tokens per second of a node at the latency target")
    note: Note = None


class Profile(Tree):
    """A served model; several services may share one profile."""

    id: Id = Field(description="unique name of the profile")
    memory_gb: Positive = Field(description="memory that an instance needs in one node, GB")
    throughput: tuple[Throughput, ...] = Field(
        min_length=1, description="permitted accelerators; the one with the largest throughput is the reference node"
    )
    mean_to_peak: PositiveShare = Field(0.6, description="mean demand over peak demand")
    draw: Share = Field(0.6, description="mean power over sustained power, while it serves")
    gb_per_unit: Amount = Field(0.0, description="GB sent to users per token")
    gbps_per_unit: Amount = Field(0.0, description="Gbps of uplink per token per second")
    note: Note = None


class Way(Tree):
    """A permitted way to run a training."""

    id: Id = Field(description="unique within its training")
    accelerator: Id = Field(description="what it runs on")
    nodes: Positive = Field(description="nodes of the gang; fractions of a node are allowed")
    hours: PositiveHours = Field(description="hours at full throughput")
    note: Note = None


class Speed(Tree):
    """Speed of one GPU of an accelerator."""

    accelerator: Id = Field(description="the accelerator")
    speed: Positive = Field(description="work units per GPU-hour")
    note: Note = None


class Gang(Tree):
    """A gang size and how well the training scales to it."""

    gpus: PositiveCount = Field(description="GPUs of the gang")
    efficiency: PositiveShare = Field(description="scaling efficiency, 0 to 1")
    note: Note = None


class Scaling(Tree):
    """Work from which the ways are computed: one for every listed accelerator and gang."""

    work: Positive = Field(description="work units, such as GPU-hours of the reference accelerator")
    speeds: tuple[Speed, ...] = Field(min_length=1, description="speed by accelerator")
    gangs: tuple[Gang, ...] = Field(min_length=1, description="gang sizes that are permitted")


class SitePrice(Tree):
    """A price that depends on the site."""

    site: Id = Field(description="the site")
    usd: SignedUsd = Field(description="USD, may be negative")
    note: Note = None


class Training(Tree):
    """A training workload: a gang that runs for its hours without changing its pool."""

    id: Id = Field(description="unique name of the training")
    ways: tuple[Way, ...] = Field((), description="ways; or give `scaling`")
    scaling: Scaling | None = Field(None, description="work, speeds and gangs from which the ways are computed")
    draw: Share = Field(0.9, description="mean power over sustained power")
    earliest_start: Day = Field(description="first day on which it may start")
    latest_start: Day | None = Field(None, description="last day on which it may start; null: no last day")
    due: Day | None = Field(None, description="day by whose end it should be done; null: never late")
    lateness_usd_per_day: Usd = Field(Decimal(0), description="USD for each day after the due day")
    value_usd: Price = Field("derived", description="cost of dropping a copy; null: must run")
    dataset: Id | None = Field(None, description="data it reads; null: none")
    data_class: Name = Field(description="class of its own data, for law and approvals")
    artefact_tb: Amount = Field(0.0, description="size of the artefact that it makes, TB")
    artefact_class: Name | None = Field(None, description="data class of its artefact; null: its own data class")
    predecessors: tuple[RunId, ...] = Field((), description="trainings that must be finished first")
    handover_hours: Hours = Field(0.0, description="hours of evaluation and release after its end")
    copies: PositiveCount = Field(1, description="independent runs")
    placement_usd: tuple[SitePrice, ...] = Field((), description="USD per start at a site; may be negative")
    repeats_every_months: WholeMonths | None = Field(None, description="retraining: months between runs; null: once")
    owner: Name | None = Field(None, description="who is responsible for it")
    note: Note = None


class Line(Tree):
    """Demand of one metro."""

    metro: Name = Field(description="where the customers are; one line per metro")
    demand: Series = Field(description="tokens per second at the peak; read as the largest")
    data_class: Name | None = Field(None, description="data class of this metro's data; null: the service's")
    note: Note = None


class Promise(Tree):
    """A share of the demand that must survive the loss of any one domain of a kind."""

    share: Share = Field(description="share of the demand, 0 to 1")
    kind: Kind = Field(description="kind of failure domain")
    since: Day | None = Field(None, description="day from which it is promised; null: from the launch on")
    note: Note = None


class ServingPrice(Tree):
    """A price of serving that depends on metro and site."""

    metro: Name = Field(description="the metro that is served")
    site: Id = Field(description="the site that serves")
    usd_per_unit_hour: SignedUsd = Field(description="USD per demand unit and hour, may be negative")
    note: Note = None


class Step(Tree):
    """A rollout step."""

    days: DayCount = Field(description="days since the launch")
    share: Share = Field(description="share of the demand that is open from then on")
    note: Note = None


class Inference(Tree):
    """An inference workload: a service with customers in metros."""

    id: Id = Field(description="unique name of the service")
    profile: Id = Field(description="the model that it serves")
    data_class: Name = Field(description="class of its data, for law and approvals")
    demand: tuple[Line, ...] = Field(min_length=1, description="one line per metro")
    latency_ms: Positive = Field(description="longest round trip from the customer, access included, ms")
    promises: tuple[Promise, ...] = Field((), description="what survives the loss of a failure domain")
    uncovered_usd_per_unit_hour: Price = Field(
        "derived", description="USD per demand unit and hour for demand that would not survive; null: must survive"
    )
    serving_sites: PositiveCount | Literal["all"] = Field(
        8, description="k nearest allowed sites of a metro, ties included; `all`: every one"
    )
    takeover_sites: PositiveCount | Literal["all"] = Field(
        4, description="k nearest allowed sites that take over for a catchment; `all`: every one"
    )
    takeover_latency_ms: Positive | None = Field(
        None, description="latency limit after a takeover, ms; null: latency_ms"
    )
    least_regions: PositiveCount = Field(1, description="least number of regions in which it is deployed, if at all")
    least_carriers: Count = Field(0, description="least number of carriers that a site needs to serve it")
    log_class: Name | None = Field(None, description="data class of its logs; null: the service's")
    smallest_deployment: Amount = Field(0.0, description="demand units kept wherever it is deployed")
    golive_usd: Usd = Field(Decimal(0), description="USD for going live at a site")
    monthly_usd: Usd = Field(Decimal(0), description="USD per month and site where it is live")
    serving_usd: tuple[ServingPrice, ...] = Field(
        (), description="USD per unit-hour by metro and site; may be negative"
    )
    latency_usd_per_unit_hour_ms: Usd = Field(Decimal(0), description="USD per demand unit, hour and ms of round trip")
    launch: Day = Field(description="requested launch date")
    after: RunId | None = Field(None, description="the training that it waits for; null: none")
    live_at: tuple[Id, ...] = Field((), description="sites where it is live today")
    rollout: tuple[Step, ...] = Field((), description="shares of demand open, by days since launch; none: all at once")
    unserved_usd_per_unit_hour: Price = Field(
        "derived", description="USD per demand unit and hour not served; null: must be served"
    )
    owner: Name | None = Field(None, description="who is responsible for it")
    note: Note = None


__all__ = [
    "Dataset",
    "Gang",
    "Inference",
    "Line",
    "Profile",
    "Promise",
    "Scaling",
    "ServingPrice",
    "SitePrice",
    "Speed",
    "Step",
    "Throughput",
    "Training",
    "Way",
]
