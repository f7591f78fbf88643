"""Hardware: signed lines, upgrades, stock and quotas; their rows and what they cost."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import product
from typing import TYPE_CHECKING

from models.calendar import add_months
from tests.oracle.build import Build, Choice, Spend, add
from tests.oracle.contracts import line_left, pay_by_month, pay_on, pay_once
from tests.oracle.orders import HARDWARE, write_orders, write_rents

if TYPE_CHECKING:
    from models.hardware import Upgrade
    from models.scenario import SignedLine, UpgradeUnderWay
    from tests.oracle.linear import Form
    from tests.oracle.reading import Facts, Place

UPGRADES = "upgrades"


def write_hardware(build: Build) -> None:
    """Columns, rows, costs and choices of the group."""
    write_orders(build)
    write_rents(build)
    _lines(build)
    _upgrades(build)
    _stock(build)
    _quota(build)


def _lines(build: Build) -> None:
    facts, program = build.facts, build.program
    lines = () if facts.instance.incumbent is None else facts.instance.incumbent.lines
    for line in lines:
        offer, place = facts.offers[line.offer], facts.places[line.pool]
        firm = line.cancellation_fee_usd is None
        column = program.column("kept", line.id, high=line.lots, whole=not offer.divisible)
        build.empty[column] = line.lots
        counted = [p for p in line.payments if offer.paid == "once" or p.on <= facts.last_day]
        due = sum(float(payment.usd) for payment in counted)
        build.spend.append(Spend(offer.supplier, place.site.operator, {column: due}))
        for payment in counted:  # what a contract by month asks behind the last day is a liability
            usd = float(payment.usd)
            if firm:
                pay_on(build, HARDWARE, payment.on, {}, sunk=usd * line.lots)
            else:
                pay_on(build, HARDWARE, payment.on, {column: usd})
        if firm:
            program.row("committed", {column: 1.0}, low=line.lots, high=line.lots)
            build.choices.append(Choice(f"keep {line.id}", [{column: (line.lots, line.lots)}]))
            continue
        left = float(line.price_usd) * line_left(facts, line, place)
        fee = float(line.cancellation_fee_usd or 0)
        build.pay(HARDWARE, facts.last_day, {column: -left}, budget=False)
        build.pay(HARDWARE, facts.today, {column: -fee}, fee * line.lots)
        if offer.divisible:
            continue
        build.choices.append(
            Choice(f"keep {line.id}", [{column: (float(n), float(n))} for n in range(int(line.lots) + 1)])
        )


def _line_expiry(facts: Facts, line: SignedLine, place: Place, start: int) -> int | None:
    """First period in which a signed line is gone: behind the end of its term, or of its life where it is owned."""
    if line.ends_on is not None:
        return facts.gone_after(start, line.ends_on)
    owned = facts.offers[line.offer].term_months is None
    return facts.expiry(start, place.accelerator.life_months) if owned else None


def _upgrades(build: Build) -> None:
    facts, program = build.facts, build.program
    planned = facts.planned_times
    started = () if facts.instance.incumbent is None else facts.instance.incumbent.under_way
    for upgrade in facts.instance.upgrades:
        days = {t: day for t in facts.periods if (day := facts.upgrade_day(upgrade, t)) is not None}
        columns = {t: program.column("upgrade", upgrade.id, t, high=upgrade.times, whole=True) for t in days}
        done: list[Form] = [{} for _ in facts.periods]
        for t, column in columns.items():
            if facts.frozen(days[t]):
                build.empty[column] = planned.get((upgrade.id, t), 0.0)
            expiry = facts.expiry(t, upgrade.term_months)
            end = len(facts.periods) if expiry is None else expiry
            for tau in range(t, end):
                done[tau][column] = 1.0
            _pay_upgrade(build, upgrade, t, days[t], column)
        there = sum(work.times for work in started if work.upgrade == upgrade.id)
        fixed = {c for t, c in columns.items() if facts.frozen(days[t])}
        kept = sum(build.empty.get(c, 0.0) for c in fixed)
        program.row("upgrades", dict.fromkeys(columns.values(), 1.0), high=max(upgrade.times - there, kept))
        for tau in facts.periods:
            build.done[upgrade.id, tau] = done[tau]
            build.under_way[upgrade.id, tau] = sum(
                work.times for work in started if work.upgrade == upgrade.id and _bears(facts, upgrade, work, tau)
            )
            build.done_empty[upgrade.id, tau] = build.under_way[upgrade.id, tau] + sum(
                value * build.empty.get(column, 0.0) for column, value in done[tau].items()
            )
        ranges = [
            [build.empty.get(c, 0.0)] if c in fixed else [float(n) for n in range(upgrade.times - there + 1)]
            for c in columns.values()
        ]
        options = [
            {c: (n, n) for c, n in zip(columns.values(), numbers, strict=True)}
            for numbers in product(*ranges)
            if sum(numbers) <= max(upgrade.times - there, kept)
        ]
        build.choices.append(Choice(f"upgrade {upgrade.id}", options))
    _after(build)


def _bears(facts: Facts, upgrade: Upgrade, work: UpgradeUnderWay, tau: int) -> bool:
    """Whether started work is there in a period: finished, and its term (from the day it is finished on) not over."""
    start = facts.first_from(work.done_on)
    if start is None or tau < start:
        return False
    if upgrade.term_months is None:
        return True
    gone = facts.gone_after(start, add_months(work.done_on, upgrade.term_months) - timedelta(days=1))
    return gone is None or tau < gone


def _after(build: Build) -> None:
    """What must be finished before an upgrade is started."""
    facts, program = build.facts, build.program
    started = () if facts.instance.incumbent is None else facts.instance.incumbent.under_way
    for upgrade in facts.instance.upgrades:
        for before in upgrade.after:
            for t in facts.periods:
                day = facts.upgrade_day(upgrade, t)
                if day is None or facts.frozen(day):
                    continue
                form: Form = {}
                for tau in range(t + 1):
                    begin = facts.upgrade_day(upgrade, tau)
                    if begin is not None and not facts.frozen(begin):
                        add(form, program.find("upgrade", upgrade.id, tau), 1.0)
                    if facts.first[tau] <= day:
                        add(form, program.find("upgrade", before, tau), -float(upgrade.times))
                sure = sum(work.times for work in started if work.upgrade == before and work.done_on <= day)
                program.row("upgrades", form, high=float(upgrade.times * sure))


def _pay_upgrade(build: Build, upgrade: Upgrade, t: int, day: date, column: int) -> None:
    facts, usd = build.facts, float(upgrade.cost_usd)
    if upgrade.paid == "once":
        pay_once(build, UPGRADES, upgrade.payments, facts.sites[upgrade.site], t, day, usd, column)
        left = usd * facts.age_left(t, upgrade.life_months)
        build.pay(UPGRADES, facts.last_day, {column: -left}, budget=False)
        return
    assert upgrade.term_months is not None
    pay_by_month(build, UPGRADES, t, upgrade.term_months, usd, column)


def _stock(build: Build) -> None:
    facts, program = build.facts, build.program
    lines = () if facts.instance.incumbent is None else facts.instance.incumbent.lines
    for place in facts.places.values():
        standing = float(place.pool.nodes)
        for t in facts.periods:
            leaving = sum(
                retirement.nodes
                for retirement in place.pool.retirements
                if facts.first[0] <= retirement.last_day < facts.last_of(t)
            )
            build.base[place.id, t] = standing - leaving
            stock = program.column("stock", place.id, t)
            form: Form = {stock: -1.0}
            for key, column in program.of("bought").items():
                offer, pool, tau = facts.offers[key[0]], key[2], key[3]
                months = offer.term_months or place.accelerator.life_months
                if pool == place.id and tau <= t:
                    expiry = facts.expiry(tau, months)
                    if expiry is None or t < expiry:
                        form[column] = offer.lot_nodes
            for line in lines:
                start = facts.first_from(line.ready_on)
                if line.pool != place.id or start is None or start > t:
                    continue
                gone = _line_expiry(facts, line, place, start)
                if gone is None or t < gone:
                    form[program.number["kept", line.id]] = facts.offers[line.offer].lot_nodes
            base = build.base[place.id, t]
            empty = base + sum(value * build.empty.get(column, 0.0) for column, value in form.items())
            build.stock_empty[place.id, t] = empty
            program.row("inventory", form, low=-base, high=-base)
            build.empty[stock] = empty
            upkeep = float(place.accelerator.upkeep_usd_per_node_month) * facts.months[t]
            if place.ours and upkeep:
                # What stands is sunk, for budgets too.
                build.pay(HARDWARE, facts.middle(t), {stock: upkeep}, -upkeep * base)


def _quota(build: Build) -> None:
    facts, program = build.facts, build.program
    for place in facts.places.values():
        if place.ours:
            continue
        if place.pool.quota_nodes is None:
            continue
        quota = facts.read(place.pool.quota_nodes, "smallest")
        for t in facts.periods:
            form: Form = {program.number["stock", place.id, t]: 1.0}
            for key, column in program.of("rent").items():
                if key[1] == place.id and key[2] == t:
                    form[column] = 1.0
            program.row("supply", form, high=max(quota[t], build.stock_empty[place.id, t]))
