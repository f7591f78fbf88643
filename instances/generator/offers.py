"""Suppliers and their offers: servers to buy and to lease, reservations and on-demand hours at providers."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from instances.generator.draw import Draw, significant
from instances.generator.public_figures import Row, accelerator, keyed, lead_time, price_of_cloud
from models.hardware import Band, Offer, Pool, Supplier
from models.values import Validity, Weeks

if TYPE_CHECKING:
    from instances.generator.facility import Facility
    from instances.generator.shape import Shape

HOURS_PER_MONTH = 730.5
LEAD_ITEM = {
    "h100": "h100-server", "h200": "h200-server", "b200": "b200-server", "b300": "b300-server",
    "gb200-nvl72": "gb200-nvl72-rack", "mi300x": "mi300x-server", "mi355x": "mi355x-server",
    "gb300-nvl72": "gb300-nvl72-rack", "gaudi3": "gaudi3-server", "l40s": "l40s-server",
    # lead time of the nearest item that is listed; estimate
    "mi325x": "mi300x-server", "mi350x": "mi355x-server", "rtx-pro-6000": "l40s-server",
}  # fmt: skip
LOT = {"gb200-nvl72": 1, "gb300-nvl72": 1}  # nodes per lot; else 4
# Who makes what. The second maker costs more and delivers faster; estimate.
MAKERS = {
    "maker-one": ("h100", "h200", "b200", "b300"),
    "maker-two": ("h200", "b200", "mi300x", "mi325x", "mi350x", "mi355x"),
    "maker-three": ("gb200-nvl72", "gb300-nvl72", "b300"),
    "maker-four": ("gaudi3", "l40s", "rtx-pro-6000"),
}
SECOND_PRICE, SECOND_WEEKS = 1.07, 0.8
CAPACITY = {  # nodes of 8 GPUs per quarter; synthetic
    "maker-one": 72.0,
    "maker-two": 40.0,
    "maker-three": 96.0,
    "maker-four": 48.0,
}
DISCOUNT = 0.04  # of the second band; estimate
LEASED = ("h200", "b200", "mi300x")
RESERVE_LEAD = Weeks(low=2, likely=4, high=8)  # estimate
NO_MORE_H100 = date(2027, 9, 30)  # end of its sale; synthetic


def suppliers_of(shape: Shape, facilities: tuple[Facility, ...]) -> tuple[Supplier, ...]:
    """Return the suppliers: makers with a capacity, a lessor, and the providers."""
    made = [maker for maker, kinds in MAKERS.items() if any(kind in shape.accelerators for kind in kinds)]
    makers = [
        Supplier(
            id=name,
            capacity=max(8.0, float(round(CAPACITY[name] * shape.market / shape.in_quarter))),
            owner="procurement",
        )
        for name in made
    ]
    providers = sorted({facility.ground["provider"] for facility in facilities if not facility.ours})
    return (
        *makers,
        Supplier(id="lessor", owner="finance"),
        *(Supplier(id=name, owner="procurement") for name in providers),
    )


def offers_of(shape: Shape, seed: int, facilities: tuple[Facility, ...], pools: tuple[Pool, ...]) -> tuple[Offer, ...]:
    """Draw all offers. Accelerators without an offer at a site can only stand there already."""
    offers: list[Offer] = []
    for kind in shape.accelerators:
        sites = _sites_for(kind, facilities, pools)
        if kind not in LEAD_ITEM or not sites:
            continue
        for maker, kinds in MAKERS.items():
            if kind in kinds:
                offers.append(_buy(shape, kind, maker, sites))
        if kind in LEASED:
            offers.append(_lease(shape, kind, sites))
    for facility in facilities:
        if not facility.ours:
            offers += _cloud(shape, seed, facility, pools)
    return tuple(offers)


def _sites_for(kind: str, facilities: tuple[Facility, ...], pools: tuple[Pool, ...]) -> tuple[str, ...]:
    """Our sites with a pool of a kind; H100 are no longer sold to old floors."""
    have = {pool.site for pool in pools if pool.accelerator == kind}
    barred = ("legacy", "campus") if kind == "h100" else ("legacy",) if kind in LOT else ()
    return tuple(
        facility.id
        for facility in facilities
        if facility.ours and facility.id in have and facility.building not in barred
    )


def _weeks(kind: str, factor: float = 1.0) -> Weeks:
    low, likely, high = (round(week * factor, 1) for week in lead_time(LEAD_ITEM[kind]))
    return Weeks(low=low, likely=likely, high=high)


def _buy(shape: Shape, kind: str, maker: str, sites: tuple[str, ...]) -> Offer:
    second = maker == "maker-two" and kind in MAKERS["maker-one"]
    lot = LOT.get(kind, 4)
    node = float(keyed("hardware_prices", "accelerator")[kind,]["purchase_usd_per_node"])
    price = round(node * lot * (SECOND_PRICE if second else 1.0))
    least, more = max(2, round(0.8 * shape.scale)), max(4, round(6.4 * shape.scale))
    return Offer(
        id=f"buy-{kind}-{maker}",
        supplier=maker,
        accelerator=kind,
        sites=sites,
        paid="once",
        label="buy",
        lot_nodes=lot,
        bands=(
            Band(from_lots=1 if second else least, price_usd=price),
            Band(from_lots=more, price_usd=round(price * (1 - DISCOUNT))),
        ),
        order_cost_usd=25000 if second else 40000,
        use_per_lot=int(accelerator(kind)["gpus_per_node"]) / 8 * lot,
        use_per_order=1.0,
        limit=float(max(4, round(20 * shape.market / shape.in_quarter))),
        lead_time_weeks=_weeks(kind, SECOND_WEEKS if second else 1.0),
        valid=Validity(until=NO_MORE_H100) if kind == "h100" else Validity(),
        cancellation_fee_usd=round(price * 0.2) if second else None,
    )


def _lease(shape: Shape, kind: str, sites: tuple[str, ...]) -> Offer:
    month = float(keyed("hardware_prices", "accelerator")[kind,]["lease_36m_usd_per_node_month"])
    return Offer(
        id=f"lease-{kind}",
        supplier="lessor",
        accelerator=kind,
        sites=sites,
        paid="monthly",
        label="lease",
        term_months=36,
        lot_nodes=4,
        bands=(Band(from_lots=1, price_usd=round(month * 4)),),
        limit=float(max(2, round(8 * shape.market / shape.in_quarter))),
        up_front_share=0.1,
        lead_time_weeks=_weeks(kind),
        cancellation_fee_usd=round(month * 4 * 6),
    )


def _cloud(shape: Shape, seed: int, facility: Facility, pools: tuple[Pool, ...]) -> list[Offer]:
    offers = []
    for pool in pools:
        price = price_of_cloud(facility.ground, pool.accelerator) if pool.site == facility.id else None
        if price is not None:
            draw = Draw(shape.size, seed, f"offers {pool.id}")
            offers += _of_pool(pool, price, draw)
    return offers


def _of_pool(pool: Pool, price: Row, draw: Draw) -> list[Offer]:
    gpus = int(accelerator(pool.accelerator)["gpus_per_node"])
    hour = {
        term: float(price[f"{term}_usd_per_gpu_hour"]) * gpus for term in ("on_demand", "reserved_1y", "reserved_3y")
    }
    quota = pool.quota_nodes
    assert isinstance(quota, tuple)
    common = {"supplier": price["provider"], "accelerator": pool.accelerator, "sites": (pool.site,)}
    rented = tuple(float(round(nodes * 0.5)) for nodes in quota)
    year = Offer(
        id=f"reserve-1y-{pool.id}",
        paid="monthly",
        label="reserve",
        term_months=12,
        lot_nodes=1,
        lead_time_weeks=RESERVE_LEAD,
        bands=(Band(from_lots=1, price_usd=significant(hour["reserved_1y"] * HOURS_PER_MONTH, 5)),),
        **common,
    )
    prepaid = draw.chance(0.3)
    months = 36 if prepaid else 1
    three = Offer(
        id=f"reserve-3y-{pool.id}",
        paid="once" if prepaid else "monthly",
        label="reserve",
        term_months=36,
        lot_nodes=1,
        bands=(
            Band(
                from_lots=1,
                price_usd=significant(hour["reserved_3y"] * HOURS_PER_MONTH * months * (0.95 if prepaid else 1), 5),
            ),
        ),
        lead_time_weeks=RESERVE_LEAD,
        up_front_share=0.0 if prepaid else draw.pick((0.0, 0.2)),
        **common,
    )
    demand = Offer(
        id=f"demand-{pool.id}",
        paid="per-use",
        label="on-demand",
        limit=rented,
        bands=(Band(from_lots=0, price_usd=significant(hour["on_demand"], 5)),),
        **common,
    )
    return [year, three, demand]
