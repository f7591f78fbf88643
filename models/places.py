"""Where workloads can run: regions, operators, sites with their halls and loops."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from models.values import (
    Amount,
    Cooling,
    CountSeries,
    Day,
    Id,
    Medium,
    Name,
    Note,
    Number,
    Positive,
    Series,
    Share,
    ShareSeries,
    SignedSeries,
    Tree,
    Usd,
    WeekCount,
    not_given,
)


class Region(Tree):
    """A region of a provider, or a metro in which we or a colocator run sites."""

    id: Id = Field(description="unique name of the region")
    provider: Name | None = Field(None, description="who sells it; null: nobody, the sites here are ours or colocated")
    metro: Name = Field(description="metropolitan area, a kind of failure domain")
    country: Name = Field(description="ISO 3166 code")
    jurisdictions: tuple[Name, ...] = Field(min_length=1, description="laws that apply, such as DE and EU")
    latitude: Number = Field(ge=-90, le=90, description="degrees")
    longitude: Number = Field(ge=-180, le=180, description="degrees")
    grid: Name = Field(description="power grid, a kind of failure domain")
    electricity_usd_per_mwh: SignedSeries = Field(description="USD per MWh; read as the hour-weighted mean")
    carbon_gco2e_per_kwh: Series = Field(description="location-based, g CO2e per kWh; read as the hour-weighted mean")
    storage_usd_per_tb_month: dict[Name, Usd] = Field(default_factory=dict, description="USD per TB and month, by tier")
    note: Note = None


class Operator(Tree):
    """Who operates a site, and under the law of which home country."""

    id: Id = Field(description="unique name of the operator")
    home_country: Name = Field(description="code of the country whose law reaches the operator")
    owner: Name | None = Field(None, description="who is responsible for it on our side")
    note: Note = None


class Roadmap(Tree):
    """Power that is promised from a day on."""

    on: Day = Field(description="day from which it is available")
    mw: Amount = Field(description="MW added")
    confidence: Share = Field(description="0 to 1; counts in full from policy.least_confidence on, else not at all")
    verified_on: Day | None = Field(None, description="day of the last verification; null: never verified")
    note: Note = None


class Uplink(Tree):
    """A carrier's line into a site."""

    carrier: Name = Field(description="carrier, a kind of failure domain")
    gbps: Series = Field(description="Gbps; read as the smallest")
    note: Note = None


class Approval(Tree):
    """The approval of a data class at a site by law and security."""

    data_class: Name = Field(description="the class that is approved")
    on: Day = Field(description="day from which it is approved")
    until: Day | None = Field(None, description="last day on which it is approved; null: no last day")
    note: Note = None


class Hall(Tree):
    """A part of a site with one cooling type."""

    id: Id = Field(description="unique within its site")
    cooling: Cooling = Field(description="its one cooling type")
    positions: CountSeries = Field(0, description="rack positions; read as the smallest; 0: an upgrade adds them")
    max_rack_kw: Positive = Field(description="highest kW per rack, fixed by the hall")
    pue: SignedSeries = Field(description="power usage effectiveness; the largest in power, the mean in energy")
    operable_on: Day | None = Field(
        None, description="day from which staff, leak detection and spares are in place; null: today"
    )
    verified_on: Day | None = Field(None, description="day on which future positions were verified")
    note: Note = None


class Loop(Tree):
    """A path by which heat leaves a site."""

    medium: Medium = Field(description="what carries the heat; unique within its site")
    rejects_kw: Series = Field(description="kW of heat it rejects, without redundant capacity; read as the smallest")
    verified_on: Day | None = Field(None, description="day on which future heat rejection was verified")
    note: Note = None


class Site(Tree):
    """A facility: own or colocated (run by us), or a cloud region of a provider."""

    id: Id = Field(description="unique name of the site")
    region: Id = Field(description="the region it lies in")
    operator: Id = Field(description="who operates it")
    owner: Name | None = Field(None, description="who is responsible for it on our side")
    run_by: Literal["us", "provider"] = Field(
        description="us: own or colocation; provider: power, heat and racks are not ours"
    )
    ready_mw: Series = Field(0.0, description="MW ready now; read as the smallest; 0 at a provider's")
    roadmap: tuple[Roadmap, ...] = Field((), description="power promised for later")
    metered: Literal["meter", "rack"] = Field("meter", description="rack: MW are IT power, so PUE is 1 in family power")
    other_load_mw: Series = Field(0.0, description="MW taken by other load at the peak; read as the largest")
    availability: ShareSeries = Field(1.0, description="share of time it runs (1 less maintenance); read as the mean")
    uplinks: tuple[Uplink, ...] = Field(
        (),
        description="lines by carrier; without any, no traffic leaves a site run by us, and a provider's has no limit",
    )
    network_ready_on: Day | None = Field(None, description="day from which it is reachable; null: today")
    approvals: tuple[Approval, ...] = Field((), description="data classes that law and security have approved here")
    commissioning_weeks: WeekCount = Field(0.0, description="weeks from delivery to use")
    conditions_met: tuple[Name, ...] = Field((), description="legal conditions met, named by data class")
    halls: tuple[Hall, ...] = Field(min_length=1, description="a provider's site has one, without positions")
    loops: tuple[Loop, ...] = Field((), description="a medium that is not listed rejects 0")
    water_l_per_kwh: Series = Field(
        0.0,
        exclude_if=not_given,
        description="litres of water per kWh of IT energy, PUE not counted (WUE); read as the hour-weighted mean",
    )
    water_usd_per_m3: Series = Field(
        0.0,
        exclude_if=not_given,
        description="USD per m3 of water, paid at sites run by us; read as the hour-weighted mean",
    )
    note: Note = None


__all__ = ["Approval", "Hall", "Loop", "Operator", "Region", "Roadmap", "Site", "Uplink"]
