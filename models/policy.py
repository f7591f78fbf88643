"""What the organisation has decided beforehand: law, headroom, money, stability, and decisions pinned by a planner."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field

from models.values import (
    Amount,
    Count,
    Day,
    Flag,
    Id,
    Months,
    Name,
    Note,
    PeriodName,
    RunId,
    Share,
    Tree,
    Usd,
    not_given,
)

Term = Literal["hardware", "upgrades", "energy", "carbon", "water", "transfer", "deployment"]


class DataRule(Tree):
    """Where a data class may be; a class without a rule may be anywhere."""

    data_class: Name = Field(description="the class that it applies to")
    permitted: tuple[Name, ...] = Field(description="permitted jurisdictions")
    conditional: tuple[Name, ...] = Field(
        (), description="jurisdictions permitted at sites that list the condition as met"
    )
    prohibited: tuple[Name, ...] = Field((), description="prohibited jurisdictions, and home countries of operators")
    since: Day | None = Field(None, description="first day in force; null: no first day")
    until: Day | None = Field(None, description="first day no longer in force; null: no such day")
    note: Note = None


class Budget(Tree):
    """A limit on the cash that may be paid for some terms of the cost between two days."""

    id: Id = Field(description="unique name of the budget")
    begin: Day = Field(description="first day of the fiscal period")
    end: Day = Field(description="first day after it")
    usd: Usd = Field(description="most that may be paid, USD undiscounted")
    terms: tuple[Term, ...] = Field(("hardware", "upgrades"), min_length=1, description="terms that it covers")
    note: Note = None


class ShareCap(Tree):
    """The largest share of the whole that one group may have."""

    kind: Literal["supplier", "site", "metro", "region", "grid", "operator", "carrier"] = Field(
        description="supplier and operator: USD of hardware; the others: IT kW used"
    )
    share: Share = Field(description="highest share of the whole, 0 to 1")
    of: Name | None = Field(None, description="the one group that it applies to; null: each group of the kind")
    from_usd: Usd = Field(Decimal(0), description="USD granted on top; supplier and operator only")
    note: Note = None


class CarbonCap(Tree):
    """Tonnes of CO2e that may be emitted in a calendar year."""

    year: Count = Field(description="calendar year")
    tonnes: Amount = Field(description="most that may be emitted in it, tonnes of CO2e")
    note: Note = None


class WaterCap(Tree):
    """Water that a site may use in a calendar year, whoever runs it."""

    site: Id = Field(description="the site")
    year: Count = Field(description="calendar year")
    m3: Amount = Field(description="most that may be used in it, m3")
    note: Note = None


class PinOrder(Tree):
    """Lots of an offer that serve in a pool from a period on."""

    what: Literal["order"] = Field(description="what is pinned: lots ordered")
    offer: Id = Field(description="the offer")
    pool: Id = Field(description="the pool that it serves in")
    serves_from: PeriodName = Field(description="first day of the period")
    at: Literal["least", "most", "exactly"] = Field(description="bound from below, from above, or both")
    value: Amount = Field(description="lots")
    note: Note = None


class PinUpgrade(Tree):
    """Number of times that an upgrade is done so as to serve from a period on."""

    what: Literal["upgrade"] = Field(description="what is pinned: an upgrade")
    upgrade: Id = Field(description="the upgrade")
    serves_from: PeriodName = Field(description="first day of the period")
    at: Literal["least", "most", "exactly"] = Field(description="bound from below, from above, or both")
    value: Count = Field(description="times")
    note: Note = None


class PinTraining(Tree):
    """Copies of a training that start on a pool, in one period or over all periods."""

    what: Literal["training"] = Field(description="what is pinned: starts of a training")
    workload: RunId = Field(description="the training, or a run `id#k` of it")
    pool: Id = Field(description="the pool that it runs in")
    period: PeriodName | None = Field(None, description="first day of the period; null: over all periods")
    at: Literal["least", "most", "exactly"] = Field(description="bound from below, from above, or both")
    value: Count = Field(description="copies")
    note: Note = None


class PinService(Tree):
    """Demand of a service that a site serves in a period, summed over metros."""

    what: Literal["service"] = Field(description="what is pinned: demand served")
    workload: Id = Field(description="the service")
    site: Id = Field(description="the site that serves")
    period: PeriodName | None = Field(None, description="first day of the period; null: in each period")
    at: Literal["least", "most", "exactly"] = Field(description="bound from below, from above, or both")
    value: Amount = Field(description="demand units")
    note: Note = None


class Forbid(Tree):
    """Keeps a workload out of a pool or a site."""

    what: Literal["forbid"] = Field(description="what is pinned: an exclusion")
    workload: RunId = Field(description="the training (or a run `id#k` of it) or the service")
    pool: Id | None = Field(None, description="a pool (trainings only); or give site")
    site: Id | None = Field(None, description="a site; or give pool")
    note: Note = None


Pin = Annotated[PinOrder | PinUpgrade | PinTraining | PinService | Forbid, Field(discriminator="what")]


class ChangePrices(Tree):
    """What it costs to depart from the incumbent."""

    node_more_usd: Usd = Field(Decimal(0), description="USD per node ordered beyond the incumbent")
    node_less_usd: Usd = Field(Decimal(0), description="USD per node of the incumbent not ordered")
    upgrade_more_usd: Usd = Field(Decimal(0), description="USD per upgrade started beyond the incumbent")
    upgrade_less_usd: Usd = Field(Decimal(0), description="USD per upgrade of the incumbent not started")
    start_usd: Usd = Field(Decimal(0), description="USD per start (workload, pool, period) given up")
    deployment_usd: Usd = Field(Decimal(0), description="USD per deployment (service, site) and period given up")
    demand_usd: Usd = Field(
        Decimal(0), description="USD per reference node of demand (metro, site) and period given up"
    )


class OutageHours(Tree):
    """Hours per year for which a domain of each kind is lost; estimates within the published ranges of outages."""

    site: Amount = Field(8.8, description="hours a year, of a site")
    metro: Amount = Field(2.0, description="hours a year, of a metro")
    region: Amount = Field(4.0, description="hours a year, of a region")
    grid: Amount = Field(2.0, description="hours a year, of a grid")
    operator: Amount = Field(3.0, description="hours a year, of all sites of an operator")
    carrier: Amount = Field(10.0, description="hours a year, of a carrier")


class Policy(Tree):
    """Rules, limits and prices that are decided beforehand, for the whole instance."""

    discount_rate_per_year: Annotated[float, Field(strict=True, ge=0, le=1)] = Field(
        0.08, description="rate by which money is discounted to today, per year"
    )
    least_confidence: Share = Field(0.8, description="roadmap power counts in full from this confidence on")
    counts_unverified: Flag = Field(True, description="whether future capacity counts without verification")
    verification_months: Months | None = Field(
        None, description="age from which a verification no longer counts; null: never"
    )
    data_rules: tuple[DataRule, ...] = Field(
        (), description="where data classes may be; a class without a rule may be anywhere"
    )
    power_headroom: Annotated[float, Field(strict=True, ge=0, lt=1)] = Field(
        0.0, description="share of power kept free"
    )
    heat_headroom: Annotated[float, Field(strict=True, ge=0, lt=1)] = Field(
        0.0, description="share of heat rejection kept free"
    )
    budgets: tuple[Budget, ...] = Field((), description="cash limits by fiscal period")
    share_caps: tuple[ShareCap, ...] = Field((), description="limits on concentration")
    carbon_caps: tuple[CarbonCap, ...] = Field((), description="limits on carbon by calendar year")
    water_caps: tuple[WaterCap, ...] = Field(
        (), exclude_if=not_given, description="limits on water by site and calendar year"
    )
    lead_time_percentile: Annotated[float, Field(strict=True, ge=0, le=100)] = Field(
        80.0, description="percentile of the triangular law at which lead times are read"
    )
    lose_one_carrier: Flag = Field(
        False, description="whether an uplink counts without its largest carrier, where there are two or more"
    )
    freeze_until: Day | None = Field(
        None, description="orders and upgrades placed before this day are as in the incumbent"
    )
    change: ChangePrices = Field(default_factory=ChangePrices, description="prices of departing from the incumbent")
    carbon_usd_per_tonne: Usd = Field(Decimal(0), description="internal price of CO2e")
    short_usd_per_mwh: Usd = Field(Decimal(10_000), description="price of power that other load is short of")
    outage_hours_per_year: OutageHours = Field(
        default_factory=OutageHours, description="expected hours without a domain, by kind"
    )
    pins: tuple[Pin, ...] = Field((), description="decisions that are already made, and exclusions")
    note: Note = None


__all__ = [
    "Budget",
    "CarbonCap",
    "ChangePrices",
    "DataRule",
    "Forbid",
    "OutageHours",
    "Pin",
    "PinOrder",
    "PinService",
    "PinTraining",
    "PinUpgrade",
    "Policy",
    "ShareCap",
    "WaterCap",
]
