"""The plan: a list of decisions. What follows from them is recomputed by the check.

Lists over periods have one number per period (per piece, where a period is cut). Periods are named by their first day.
"""

from __future__ import annotations

from typing import Literal

from pydantic import ConfigDict, Field

from models.values import Amount, Count, Day, DomainName, Id, Name, PeriodName, RunId, Tree

PLAN_SCHEMA = "ampacity/plan/1"
Posture = Literal["not served", "one region", "several, uncovered", "primary and secondary", "active-active"]
Numbers = tuple[Amount, ...]


class Order(Tree):
    """Lots of an offer that serve in a pool from a period on."""

    offer: Id = Field(description="the offer")
    pool: Id = Field(description="the pool that it serves in")
    serves_from: PeriodName = Field(description="period from which it serves")
    lots: Amount = Field(description="lots; whole unless the offer is divisible")
    place_by: Day = Field(description="day by which it must be signed (stated: the check recomputes it)")


class Rent(Tree):
    """Nodes rented on demand, as the mean of each period."""

    offer: Id = Field(description="the offer, paid per use")
    pool: Id = Field(description="the pool that it serves in")
    nodes: Numbers = Field(description="mean number of nodes by period")


class Kept(Tree):
    """Lots of a signed line that are not cancelled."""

    line: Id = Field(description="the signed line")
    lots: Amount = Field(description="lots kept")


class UpgradeStart(Tree):
    """An upgrade that is finished by the first day of a period."""

    upgrade: Id = Field(description="the upgrade")
    serves_from: PeriodName = Field(description="period from which it serves")
    times: Count = Field(description="number of times")
    place_by: Day = Field(description="day by which it must be started (stated)")


class DataCopy(Tree):
    """A copy of a dataset, available from the first day of a period."""

    model_config = ConfigDict(populate_by_name=True)

    dataset: Id = Field(description="the dataset")
    region: Id = Field(description="the region it is copied to")
    from_: PeriodName = Field(alias="from", description="period from which the copy is available")


class Start(Tree):
    """Copies of a training that start in a period, on a pool, in a given way."""

    workload: RunId = Field(description="the training, or a run `id#k` of it")
    pool: Id = Field(description="the pool that it runs in")
    mode: Id = Field("full", description="power mode of the pool's accelerator")
    way: Id = Field(description="the way in which it runs")
    period: PeriodName = Field(description="period in which they start")
    copies: Count = Field(description="copies that start this way")


class Dropped(Tree):
    """Copies of a training that are not run."""

    workload: RunId = Field(description="the training, or a run `id#k` of it")
    copies: Count = Field(description="copies that are not run")


class Service(Tree):
    """When a service is launched, and in what posture it runs."""

    workload: Id = Field(description="the service")
    launched: PeriodName | None = Field(description="first period in which it is open; null: never")
    posture: Posture = Field(description="stated: the check recomputes it")


class Live(Tree):
    """Deployment of a service at a site; only for services with a smallest deployment, a fee, or several regions."""

    workload: Id = Field(description="the service")
    site: Id = Field(description="the site where it is deployed")
    periods: tuple[PeriodName, ...] = Field(description="periods in which it is deployed")


class Serve(Tree):
    """Peak demand of a metro served at a site."""

    workload: Id = Field(description="the service")
    metro: Name = Field(description="the metro that is served")
    site: Id = Field(description="the site that serves")
    demand: Numbers = Field(description="demand units by period, at the peak")


class Load(Tree):
    """Capacity kept at a site for a service."""

    workload: Id = Field(description="the service")
    site: Id = Field(description="the site that holds it")
    demand: Numbers = Field(description="demand units by period, at the peak")


class Takeover(Tree):
    """Demand of a catchment that a site takes over when a domain is lost."""

    workload: Id = Field(description="the service")
    catchment: Name = Field(description="the catchment, named by its first metro")
    domain: DomainName = Field(description="the failure domain that is lost, as `kind:name`")
    site: Id = Field(description="the site that takes over")
    demand: Numbers = Field(description="demand units by period, at the peak")


class Uncovered(Tree):
    """Demand that is served but would be lost with some promised domain."""

    workload: Id = Field(description="the service")
    catchment: Name = Field(description="the catchment, named by its first metro")
    demand: Numbers = Field(description="demand units by period, at the peak")


class Unserved(Tree):
    """Demand that is not served."""

    workload: Id = Field(description="the service")
    metro: Name = Field(description="the metro that is not served")
    demand: Numbers = Field(description="demand units by period, at the peak")


class Nodes(Tree):
    """Nodes of a pool that run a profile."""

    profile: Id = Field(description="the profile that they run")
    pool: Id = Field(description="the pool that they belong to")
    mode: Id = Field("full", description="power mode of the pool's accelerator")
    nodes: Numbers = Field(description="nodes by period")


class Powered(Tree):
    """Nodes in racks and switched on at the peak."""

    pool: Id = Field(description="the pool that they belong to")
    mode: Id = Field("full", description="power mode of the pool's accelerator")
    nodes: Numbers = Field(description="nodes by period")


class Stock(Tree):
    """Nodes owned or leased (stated)."""

    pool: Id = Field(description="the pool that they belong to")
    nodes: Numbers = Field(description="nodes by period")


class Plan(Tree):
    """All decisions for an instance, which is named by its hash."""

    model_config = ConfigDict(populate_by_name=True)

    schema_: Literal["ampacity/plan/1"] = Field(
        "ampacity/plan/1", alias="schema", description="the schema that the file follows"
    )
    instance_sha256: str = Field(
        "",
        pattern=r"^([0-9a-f]{64})?$",
        description="content hash of the instance that it was made for; empty: not stated",
    )
    orders: tuple[Order, ...] = Field((), description="lots ordered")
    rents: tuple[Rent, ...] = Field((), description="nodes on demand")
    kept: tuple[Kept, ...] = Field((), description="signed lines kept")
    upgrades: tuple[UpgradeStart, ...] = Field((), description="upgrades started")
    copies: tuple[DataCopy, ...] = Field((), description="copies of datasets")
    training: tuple[Start, ...] = Field((), description="starts of trainings")
    dropped: tuple[Dropped, ...] = Field((), description="trainings not run")
    services: tuple[Service, ...] = Field((), description="launch and posture of services")
    live: tuple[Live, ...] = Field((), description="deployments of services")
    serve: tuple[Serve, ...] = Field((), description="demand served, by metro and site")
    load: tuple[Load, ...] = Field((), description="capacity kept for services")
    takeover: tuple[Takeover, ...] = Field((), description="demand taken over when a domain is lost")
    uncovered: tuple[Uncovered, ...] = Field((), description="demand that a loss would take down")
    unserved: tuple[Unserved, ...] = Field((), description="demand not served")
    nodes: tuple[Nodes, ...] = Field((), description="nodes that run profiles")
    powered: tuple[Powered, ...] = Field((), description="nodes switched on")
    stock: tuple[Stock, ...] = Field((), description="nodes owned or leased")
