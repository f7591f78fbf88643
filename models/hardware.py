"""What computes and where it comes from: accelerators, pools, suppliers, offers, upgrades."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

from pydantic import Field

from models.values import (
    Amount,
    Cooling,
    Count,
    Day,
    Flag,
    Id,
    Medium,
    Months,
    Name,
    Note,
    Number,
    Positive,
    PositiveCount,
    PositiveShare,
    Series,
    Share,
    SignedCount,
    Tree,
    Usd,
    Validity,
    WeekCount,
    Weeks,
)


class Racking(Tree):
    """One way to place a node in racks."""

    positions_per_node: Positive = Field(description="rack positions that a node takes, such as 0.25")
    rack_kw: Positive = Field(description="kW of a rack filled this way; the densest that the hall bears is used")
    note: Note = None


class CoolingFit(Tree):
    """How an accelerator runs under one cooling type."""

    cooling: Cooling = Field(description="cooling type of the hall")
    rackings: tuple[Racking, ...] = Field(
        min_length=1, description="ways to place a node in racks; the densest that the hall bears is used"
    )
    sustained: PositiveShare = Field(1.0, description="sustained share of full throughput (throttling)")
    heat_shares: dict[Medium, Share] = Field(description="shares of the heat of a node by loop; they add to 1")
    note: Note = None


class PowerMode(Tree):
    """A cap below full power: less power, less throughput."""

    id: Id = Field(description="unique within its accelerator, and not `full`")
    power: PositiveShare = Field(description="share of full power")
    throughput: PositiveShare = Field(description="share of full throughput")
    note: Note = None


class Accelerator(Tree):
    """A node: an 8-GPU server or a rack-scale unit of 72."""

    id: Id = Field(description="unique name of the accelerator")
    gpus_per_node: PositiveCount = Field(description="GPUs of a node")
    node_kw: Positive = Field(description="IT power of a node at sustained full load, kW")
    idle_share: Share = Field(0.25, description="power of an idle node over its full power")
    usable_share: PositiveShare = Field(1.0, description="share of nodes that work: 1 less failures and spares")
    memory_gb: Positive = Field(description="memory of a node, GB")
    life_months: Months = Field(60.0, description="months from first use until it has no value left")
    upkeep_usd_per_node_month: Usd = Field(
        Decimal(0), description="USD per node and month, owned or leased, at sites run by us"
    )
    cooling: tuple[CoolingFit, ...] = Field(min_length=1, description="permitted cooling types")
    power_modes: tuple[PowerMode, ...] = Field((), description="modes beside `full`")
    note: Note = None


class Retirement(Tree):
    """Nodes that are retired."""

    last_day: Day = Field(description="last day on which they serve")
    nodes: PositiveCount = Field(description="nodes that are retired")
    note: Note = None


class Pool(Tree):
    """Accelerators of one kind in one hall."""

    id: Id = Field(description="unique name of the pool")
    site: Id = Field(description="the site it stands at")
    hall: Id = Field(description="a hall of that site")
    accelerator: Id = Field(description="the one kind of accelerator that it holds")
    nodes: Count = Field(0, description="nodes that stand on the first day of the horizon")
    retirements: tuple[Retirement, ...] = Field((), description="retirements of the nodes that stand")
    quota_nodes: Series | None = Field(
        None, description="most nodes that can be had; only at a provider's site; read as the smallest; null: no limit"
    )
    note: Note = None


class Supplier(Tree):
    """Who delivers, and how much per period."""

    id: Id = Field(description="unique name of the supplier")
    capacity: Series | None = Field(
        None, description="units per period, shared by its offers; read as the sum; null: no limit"
    )
    owner: Name | None = Field(None, description="who is responsible for it on our side")
    note: Note = None


class Band(Tree):
    """An all-units price, from a number of lots in one delivery slot on."""

    from_lots: Amount = Field(description="lots; the first band starts at the minimum order")
    price_usd: Usd = Field(description="USD per lot (once), per lot and month (monthly), or per node-hour (per-use)")
    note: Note = None


class Instalment(Tree):
    """A part of a price that is paid once."""

    share: PositiveShare = Field(description="share of the price; all parts together add to 1")
    when: Literal["order", "delivery"] = Field(
        description="order: the place-by date; delivery: the first day of service less the commissioning time"
    )
    weeks_after: WeekCount = Field(0.0, description="weeks after that day, rounded up to whole days")
    note: Note = None


class Offer(Tree):
    """What a supplier sells."""

    id: Id = Field(description="unique name of the offer")
    supplier: Id = Field(description="who sells it")
    accelerator: Id = Field(description="what it delivers")
    sites: tuple[Id, ...] = Field(min_length=1, description="sites it delivers to")
    paid: Literal["once", "monthly", "per-use"] = Field(
        description=(
            "once: by `payments`, else on the place-by date; monthly: through its term; per-use: by node-hour used"
        )
    )
    label: Literal["buy", "lease", "reserve", "on-demand"] = Field(
        description="buy, lease: at sites run by us; reserve, on-demand: at a provider's"
    )
    term_months: Months | None = Field(
        None, description="months it stays; null: for its life (bought), or not fixed (on-demand)"
    )
    lot_nodes: Positive = Field(1.0, description="nodes of one lot")
    divisible: Flag = Field(False, description="true: fractions of a lot can be had")
    bands: tuple[Band, ...] = Field(min_length=1, description="prices; one band from 1 lot on is a plain price")
    order_cost_usd: Usd = Field(Decimal(0), description="USD per order for a delivery slot, whatever its size")
    limit: Series | None = Field(
        None, description="lots per period, read as the sum; on-demand: nodes, read as the smallest; null: no limit"
    )
    use_per_lot: Amount = Field(0.0, description="capacity of its supplier used per lot")
    use_per_order: Amount = Field(0.0, description="capacity of its supplier used per order for a slot")
    lead_time_weeks: Weeks | None = Field(None, description="weeks from order to delivery; null: on-demand, none")
    payments: tuple[Instalment, ...] = Field(
        (), description="parts of a price that is paid once; none: all on the place-by date"
    )
    up_front_share: Share = Field(0.0, description="share of the whole term paid on the place-by date; monthly only")
    cancellation_fee_usd: Usd | None = Field(None, description="USD per lot to cancel what is signed; null: firm")
    valid: Validity = Field(default_factory=Validity, description="days on which it can be signed")
    note: Note = None


class Positions(Tree):
    """Rack positions that an upgrade adds to a hall, or takes from it."""

    hall: Id = Field(description="a hall of the upgrade's site")
    positions: SignedCount = Field(description="positions, signed: -200 takes, 150 adds")
    note: Note = None


class LoopEffect(Tree):
    """Heat that an upgrade lets a loop reject, or takes from it."""

    medium: Medium = Field(description="the loop of the upgrade's site")
    kw: Number = Field(description="kW, signed")
    note: Note = None


class Upgrade(Tree):
    """Work at a site that changes its power, heat rejection, uplink or positions."""

    id: Id = Field(description="unique name of the upgrade")
    site: Id = Field(description="the site it changes")
    power_mw: Number = Field(0.0, description="MW, signed")
    loops: tuple[LoopEffect, ...] = Field((), description="heat that its loops gain or lose")
    uplink_gbps: Number = Field(0.0, description="Gbps, signed")
    positions: tuple[Positions, ...] = Field((), description="rack positions that its halls gain or lose")
    lead_time_weeks: Weeks = Field(description="weeks from start to finish")
    valid: Validity = Field(default_factory=Validity, description="days on which it can be started")
    paid: Literal["once", "monthly"] = Field(
        "once", description="once: by `payments`, else on the place-by date; monthly: through its term"
    )
    cost_usd: Usd = Field(description="USD once, or USD per month of its term")
    payments: tuple[Instalment, ...] = Field(
        (), description="parts of a cost that is paid once; none: all on the place-by date"
    )
    term_months: Months | None = Field(None, description="months it stays; null: permanent; required if monthly")
    life_months: Months = Field(180.0, description="months until what was paid once has no value left")
    times: PositiveCount = Field(1, description="how often it can be done")
    after: tuple[Id, ...] = Field((), description="upgrades that must be finished before it is started")
    owner: Name | None = Field(None, description="who is responsible for it on our side")
    note: Note = None
