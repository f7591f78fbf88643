"""The plan in force: what is signed, what is under way, and a few decisions that are not signed yet."""

from __future__ import annotations

import math
from datetime import date, timedelta
from typing import TYPE_CHECKING

from instances.generator.draw import Draw
from instances.generator.shape import TODAY, Shape, first_day
from models.plan import Order, Plan, Start, UpgradeStart
from models.scenario import Incumbent, Payment, SignedLine, UpgradeUnderWay

if TYPE_CHECKING:
    from instances.generator.facility import Facility
    from models.hardware import Offer, Upgrade
    from models.values import Weeks
    from models.workloads import Training

PERCENTILE = 0.8
FREEZE = date(2027, 1, 15)


def signed_lines(
    shape: Shape, seed: int, facilities: tuple[Facility, ...], offers: tuple[Offer, ...]
) -> tuple[SignedLine, ...]:
    """Draw two signed lines: a firm one for a hub that still lacks power, and a cancellable one for a colocation."""
    draw = Draw(shape.size, seed, "signed")
    of = {offer.id: offer for offer in offers}
    hub = max((f for f in facilities if f.building == "hub"), key=lambda f: f.full)  # a full one if possible
    house = next(f for f in facilities if f.building == "colocation")
    kind = "h200" if "h200" in shape.accelerators else "h100"
    firm = next(offer for name, offer in of.items() if name.startswith(f"buy-{kind}"))
    loose = of["lease-b200"]
    price, month = firm.bands[-1].price_usd, loose.bands[0].price_usd
    lots = max(1, round(draw.whole(36, 44) * hub.scale))
    few = max(1, round(draw.whole(8, 12) * house.scale))
    ready = date(2027, 2, draw.whole(15, 26))
    return (
        SignedLine(
            id="signed-1",
            offer=firm.id,
            pool=f"{hub.id}/air/{kind}",
            lots=lots,
            ready_on=ready,
            payments=(Payment(on=date(2026, 12, 31), usd=round(float(price) * 0.1)),),
            price_usd=price,
        ),
        SignedLine(
            id="signed-2",
            offer=loose.id,
            pool=f"{house.id}/liquid/b200",
            lots=few,
            ready_on=date(2027, 3, 20),
            ends_on=date(2030, 3, 31),
            cancellation_fee_usd=loose.cancellation_fee_usd,
            payments=tuple(
                Payment(on=first_day(t) + timedelta(days=45), usd=3 * month) for t in range(1, shape.quarters)
            ),
        ),
    )


def incumbent_of(  # noqa: PLR0913 (one list of the instance each)
    shape: Shape, lines: tuple[SignedLine, ...], facilities: tuple[Facility, ...], offers: tuple[Offer, ...],
    upgrades: tuple[Upgrade, ...], trainings: tuple[Training, ...],
) -> Incumbent:  # fmt: skip
    """Build the plan in force: signed lines, an upgrade under way, and a few decisions, some frozen by their dates."""
    hub = next(f for f in facilities if f.id == lines[0].pool.split("/")[0])
    house = next(f for f in facilities if f.id == lines[1].pool.split("/")[0])
    kind = lines[0].pool.split("/")[-1]
    small = max(1, round(4 * shape.scale))
    orders = [_order(lines[0].offer, f"{hub.id}/air/{kind}", 2, max(2, small), offers, 8)]
    orders.append(_order("lease-b200", f"{house.id}/liquid/b200", 3, small, offers, 8))
    retrofit = next(u for u in upgrades if u.site == hub.id)
    started = next(u for u in upgrades if u.site == house.id and u.id.endswith("/pumps"))
    done = place_by(3, retrofit.lead_time_weeks, 8)
    starts = [
        Start(
            workload=job.id,
            pool=f"{house.id}/liquid/{way}",
            mode="full",
            way=f"{way}x{job.scaling.gangs[0].gpus}",
            period=first_day(2).isoformat(),
            copies=1,
        )
        for job in trainings
        for way in ("h200", "b200")
        if job.scaling
        and any(speed.accelerator == way for speed in job.scaling.speeds)
        and job.earliest_start < first_day(2)
        and job.copies == 1
    ]
    plan = Plan(
        orders=tuple(order for order in orders if order.place_by >= TODAY),
        upgrades=(UpgradeStart(upgrade=retrofit.id, serves_from=first_day(3).isoformat(), times=1, place_by=done),)
        if done >= TODAY
        else (),
        training=tuple(starts[:3]),
    )
    return Incumbent(
        plan=plan, lines=lines, under_way=(UpgradeUnderWay(upgrade=started.id, done_on=date(2027, 3, 15)),)
    )


def decided_usd(incumbent: Incumbent, offers: tuple[Offer, ...], year: int) -> float:
    """Return what signed lines and the leases of frozen orders cost in a calendar year, USD."""
    of = {offer.id: offer for offer in offers}
    usd = [
        float(payment.usd) * line.lots
        for line in incumbent.lines
        for payment in line.payments
        if payment.on.year == year
    ]
    for order in incumbent.plan.orders if incumbent.plan is not None else ():
        if order.place_by < FREEZE and of[order.offer].paid == "monthly":
            months = _months(date.fromisoformat(order.serves_from), year)
            usd.append(float(of[order.offer].bands[0].price_usd) * order.lots * months)
    return sum(usd)


def _months(first: date, year: int) -> int:
    """Months of a year from a first day on."""
    return max(0, 12 - max(0, 12 * (first.year - year) + first.month - 1))


def _order(offer: str, pool: str, period: int, lots: int, offers: tuple[Offer, ...], commissioning: int) -> Order:  # noqa: PLR0913 (one list of the instance each)
    weeks = next(o.lead_time_weeks for o in offers if o.id == offer)
    assert weeks is not None
    return Order(
        offer=offer,
        pool=pool,
        serves_from=first_day(period).isoformat(),
        lots=float(lots),
        place_by=place_by(period, weeks, commissioning),
    )


def place_by(period: int, weeks: Weeks, commissioning: float) -> date:
    """Return the day by which to order what serves from a quarter on, at the lead time percentile of the policy."""
    return first_day(period) - timedelta(days=_days(_quantile(weeks)) + _days(commissioning))


def _quantile(weeks: Weeks) -> float:
    low, likely, high = weeks.low, weeks.likely, weeks.high
    if PERCENTILE * (high - low) <= likely - low:
        return low + math.sqrt(PERCENTILE * (high - low) * (likely - low))
    return high - math.sqrt((1 - PERCENTILE) * (high - low) * (high - likely))


def _days(weeks: float) -> int:
    return math.ceil(round(weeks * 7, 6))
