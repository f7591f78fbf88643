"""Orders by delivery slot and band, and nodes on demand."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

from tests.oracle.build import Build, Choice, Option, Spend, add
from tests.oracle.contracts import pay_by_month, pay_on, pay_once
from tests.oracle.linear import INFINITE, Form

if TYPE_CHECKING:
    from datetime import date

    from models.hardware import Offer
    from tests.oracle.reading import Facts, Place

HARDWARE = "hardware"


def slots(facts: Facts, offer: Offer) -> dict[int, dict[str, date]]:
    """Place-by dates by period and pool, where the offer can be ordered."""
    result: dict[int, dict[str, date]] = {}
    for t in facts.periods:
        days = {place.id: facts.order_day(offer, place, t) for place in facts.places.values()}
        there = {pool: day for pool, day in days.items() if day is not None}
        if there:
            result[t] = there
    return result


def band_of(offer: Offer, lots: float) -> int:
    """The band whose price holds for a total of lots."""
    return max((b for b, band in enumerate(offer.bands) if band.from_lots <= lots + 1e-9), default=0)


def write_orders(build: Build) -> None:
    """Columns, rows, costs and choices of orders, by delivery slot."""
    facts, program = build.facts, build.program
    planned = facts.planned_lots
    use: dict[tuple[str, int], Form] = {}
    for offer in facts.instance.offers:
        if offer.paid == "per-use":
            continue
        limit = None if offer.limit is None else facts.read(offer.limit, "sum")
        for t, days in slots(facts, offer).items():
            kept = {pool: planned.get((offer.id, pool, t), 0.0) for pool, day in days.items() if facts.frozen(day)}
            frozen_lots = sum(kept.values())
            most = INFINITE if limit is None else max(limit[t], frozen_lots)
            ordered = [program.column("ordered", offer.id, b, t, high=1.0, whole=True) for b in range(len(offer.bands))]
            bands = _bands(offer, most, frozen_lots)
            for b, (low, high) in enumerate(bands):
                lots: Form = {}
                for pool in days:
                    column = program.column("bought", offer.id, b, pool, t, whole=not offer.divisible)
                    lots[column] = 1.0
                    _pay_lot(build, offer, b, facts.places[pool], t, days[pool], column)
                program.row("supply", {**lots, ordered[b]: -low}, low=0.0)
                if high < INFINITE:
                    program.row("supply", {**lots, ordered[b]: -high}, high=0.0)
            if len(bands) > 1:
                program.row("supply", dict.fromkeys(ordered, 1.0), high=1.0)
            _pay_order(build, offer, min(days.values()), dict.fromkeys(ordered, float(offer.order_cost_usd)), days)
            uses = use.setdefault((offer.supplier, t), {})
            for b in range(len(bands)):
                add(uses, ordered[b], offer.use_per_order)
                for pool in days:
                    add(uses, program.find("bought", offer.id, b, pool, t), offer.use_per_lot)
            if frozen_lots:
                at = band_of(offer, frozen_lots)
                build.empty[ordered[at]] = 1.0
                for pool, value in kept.items():
                    build.empty[program.number["bought", offer.id, at, pool, t]] = value
            build.choices.append(_slot_choice(build, offer, t, list(days), kept, most))
    _capacity(build, use)


def _bands(offer: Offer, most: float, frozen_lots: float) -> list[tuple[float, float]]:
    """(fewest, most) lots of each band."""
    lows = [band.from_lots for band in offer.bands]
    if frozen_lots > 0:
        lows[0] = min(lows[0], frozen_lots)
    step = 0.0 if offer.divisible else 1.0
    highs = [min(most, low - step) for low in lows[1:]] + [most]
    return list(zip(lows, highs, strict=True))


def _slot_choice(build: Build, offer: Offer, t: int, pools: list[str], kept: dict[str, float], most: float) -> Choice:  # noqa: PLR0913  (the keys of a choice)
    """All orders of a slot: whole lots by pool, or the band where lots can be divided."""
    program, facts = build.program, build.facts
    name = f"order {offer.id} {facts.first[t]}"
    bands = range(len(offer.bands))

    def option(band: int | None, lots: dict[str, float] | None) -> Option:
        result: Option = {}
        for b in bands:
            there = b == band
            result[program.number["ordered", offer.id, b, t]] = (1.0, 1.0) if there else (0.0, 0.0)
            for pool in pools:
                column = program.number["bought", offer.id, b, pool, t]
                fixed = lots[pool] if lots is not None and pool in lots else None
                free = (0.0, min(most, 1e6)) if fixed is None else (fixed, fixed)
                result[column] = free if there else (0.0, 0.0)
        return result

    if offer.divisible:
        sure = sum(kept.values())
        choices = [option(band, kept) for band in bands]
        return Choice(name, choices if sure > 0 else [option(None, None), *choices])
    highest = _highest_lots(build, offer, t, most)
    ranges = [[kept[pool]] if pool in kept else [float(n) for n in range(highest + 1)] for pool in pools]
    options = []
    for lots in product(*ranges):
        total = sum(lots)
        if total == 0:
            options.append(option(None, None))
        elif total <= most + 1e-9 and total >= min(offer.bands[0].from_lots, sum(kept.values()) or INFINITE) - 1e-9:
            options.append(option(band_of(offer, total), dict(zip(pools, lots, strict=True))))
    return Choice(name, options)


def _highest_lots(build: Build, offer: Offer, t: int, most: float) -> int:
    """Most lots that a slot can have: by the limit of the offer or the capacity of its supplier."""
    supplier = next(supplier for supplier in build.instance.suppliers if supplier.id == offer.supplier)
    if supplier.capacity is not None and offer.use_per_lot > 0:
        capacity = build.facts.read(supplier.capacity, "sum")[t]
        frozen_use = sum(
            value * offer.use_per_lot
            for (name, _, tau), value in build.facts.planned_lots.items()
            if name == offer.id and tau == t
        )
        most = min(most, max(capacity, frozen_use) / offer.use_per_lot)
    assert most < INFINITE, f"offer {offer.id} has no limit"
    return int(most + 1e-9)


def _pay_lot(build: Build, offer: Offer, band: int, place: Place, t: int, day: date, column: int) -> None:  # noqa: PLR0913  (the keys of a column)
    facts, price = build.facts, float(offer.bands[band].price_usd)
    operator, spent = place.site.operator, price
    if offer.paid == "once":
        pay_once(build, HARDWARE, offer.payments, place.site, t, day, price, column)
        left = price * facts.age_left(t, offer.term_months or place.accelerator.life_months)
    else:
        assert offer.term_months is not None
        up_front = offer.up_front_share * price * offer.term_months
        pay_on(build, HARDWARE, day, {column: up_front})
        monthly = (1.0 - offer.up_front_share) * price
        spent = up_front + pay_by_month(build, HARDWARE, t, offer.term_months, monthly, column)
        left = up_front * facts.age_left(t, offer.term_months)
    build.pay(HARDWARE, facts.last_day, {column: -left}, budget=False)
    build.spend.append(Spend(offer.supplier, operator, {column: spent}))


def _pay_order(build: Build, offer: Offer, day: date, form: Form, pools: dict[str, date]) -> None:
    if not offer.order_cost_usd:
        return
    build.pay(HARDWARE, day, form)
    operators = {build.facts.places[pool].site.operator for pool in pools}
    capped = any(cap.kind == "operator" for cap in build.facts.policy.share_caps)
    assert len(operators) == 1 or not capped, "an order cost of several operators has no one share"
    build.spend.append(Spend(offer.supplier, min(operators), form))


def _capacity(build: Build, use: dict[tuple[str, int], Form]) -> None:
    for supplier in build.instance.suppliers:
        if supplier.capacity is None:
            continue
        capacity = build.facts.read(supplier.capacity, "sum")
        for t in build.facts.periods:
            form = use.get((supplier.id, t), {})
            frozen_use = sum(value * build.empty.get(column, 0.0) for column, value in form.items())
            build.program.row("supply", form, high=max(capacity[t], frozen_use))


def write_rents(build: Build) -> None:
    """Columns, rows and costs of nodes on demand."""
    facts, program = build.facts, build.program
    for offer in facts.instance.offers:
        if offer.paid != "per-use":
            continue
        limit = None if offer.limit is None else facts.read(offer.limit, "smallest")
        for t in facts.periods:
            since, until = offer.valid.since, offer.valid.until
            if (since is not None and facts.first[t] < since) or (until is not None and facts.last_of(t) > until):
                continue
            form: Form = {}
            for place in facts.places.values():
                fits = place.accelerator.id == offer.accelerator and place.site.id in offer.sites
                if not fits or not facts.open(place, t):
                    continue
                column = program.column("rent", offer.id, place.id, t)
                form[column] = 1.0
                usd = float(offer.bands[0].price_usd) * facts.hours[t]
                build.pay(HARDWARE, facts.middle(t), {column: usd})
                build.spend.append(Spend(offer.supplier, place.site.operator, {column: usd}))
            if limit is not None:
                program.row("supply", form, high=limit[t])
