"""Signed lines, upgrades under way and plans: every name in them exists, and their terms are consistent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from models.references.found import Found
from models.references.known import Known

if TYPE_CHECKING:
    from collections.abc import Collection

    from models.errors import Problem
    from models.hardware import Pool
    from models.instance import Instance
    from models.plan import Plan


def check_incumbent(known: Known, found: Found) -> None:
    """Check signed lines, upgrades under way, and the earlier plan."""
    incumbent = known.instance.incumbent
    if incumbent is None:
        return
    found.unique(((f"incumbent.lines[{i}].id", line.id) for i, line in enumerate(incumbent.lines)), "the id")
    for i, line in enumerate(incumbent.lines):
        at = f"incumbent.lines[{i}]"
        there = found.known(f"{at}.offer", line.offer, "offer", known.offers)
        if found.known(f"{at}.pool", line.pool, "pool", known.pools) and there:
            offer, pool = known.offers[line.offer], known.pools[line.pool]
            if offer.paid == "per-use":
                found.error(f"{at}.offer", line.offer, "is paid per use: nothing is signed", "name another offer")
            if offer.accelerator != pool.accelerator:
                rule = f"delivers {offer.accelerator}, but pool {pool.id} holds {pool.accelerator}"
                found.error(f"{at}.offer", line.offer, rule, "correct the offer or the pool")
            if not offer.divisible and line.lots != round(line.lots):
                found.error(f"{at}.lots", line.lots, f"must be whole: offer {offer.id} is not divisible", "round it")
        if line.ends_on is not None and line.ends_on < line.ready_on:
            rule = f"is before ready_on {line.ready_on}"
            found.error(f"{at}.ends_on", line.ends_on.isoformat(), rule, "correct one of the two")
        for j, payment in enumerate(line.payments):
            if payment.on < known.instance.horizon.today:
                rule = f"is before today, {known.instance.horizon.today}: no longer due"
                found.error(f"{at}.payments[{j}].on", payment.on.isoformat(), rule, "remove what has been paid")
    started: dict[str, int] = {}
    for i, work in enumerate(incumbent.under_way):
        if found.known(f"incumbent.under_way[{i}].upgrade", work.upgrade, "upgrade", known.upgrades):
            started[work.upgrade] = started.get(work.upgrade, 0) + work.times
            most = known.upgrades[work.upgrade].times
            if started[work.upgrade] > most:
                rule = f"is started {started[work.upgrade]} times, but can be done only {most}"
                found.error(f"incumbent.under_way[{i}].times", work.times, rule, "correct one of the two")
    if incumbent.plan is not None:
        _check_plan(known, incumbent.plan, "incumbent.plan", found)
        _check_orders(known, incumbent.plan, found)
        _check_placed(known, incumbent.plan, found)


def _check_orders(known: Known, plan: Plan, found: Found) -> None:
    """Check that the orders of the earlier plan are possible."""
    for i, order in enumerate(plan.orders):
        at, offer, pool = f"incumbent.plan.orders[{i}]", known.offers.get(order.offer), known.pools.get(order.pool)
        if offer is None or pool is None:
            continue
        if offer.paid == "per-use":
            found.error(f"{at}.offer", order.offer, "is paid per use: nothing is ordered", "name another offer")
        if offer.accelerator != pool.accelerator:
            rule = f"delivers {offer.accelerator}, but pool {pool.id} holds {pool.accelerator}"
            found.error(f"{at}.offer", order.offer, rule, "correct the offer or the pool")
        if not offer.divisible and order.lots != round(order.lots):
            found.error(f"{at}.lots", order.lots, f"must be whole: offer {offer.id} is not divisible", "round it")


def _check_placed(known: Known, plan: Plan, found: Found) -> None:
    """Warn of decisions that should have been placed by now but are not frozen: no new plan can have them."""
    today, freeze = known.instance.horizon.today, known.instance.policy.freeze_until
    entries = [(f"orders[{i}]", order.place_by) for i, order in enumerate(plan.orders) if order.lots]
    entries += [(f"upgrades[{i}]", work.place_by) for i, work in enumerate(plan.upgrades) if work.times]
    for name, placed in entries:
        if placed < today and (freeze is None or placed >= freeze):
            rule = f"is before today, {today}, and not frozen: it cannot be placed any more and is given up"
            fix = f"if it was placed, set policy.freeze_until to {today} or list it under incumbent"
            found.warn(f"incumbent.plan.{name}.place_by", placed.isoformat(), rule, fix, "placed before today")


def plan_problems(plan: Plan, instance: Instance) -> list[Problem]:
    """Return names, periods and lengths in a plan that its instance does not have; decisions are left to the check."""
    found = Found()
    _check_plan(Known(instance), plan, "", found)
    return found.errors


def _check_plan(known: Known, plan: Plan, at: str, found: Found) -> None:
    """Check each entry by its fields: that names exist, and that lists have the right length."""
    lines = {line.id for line in known.instance.incumbent.lines} if known.instance.incumbent is not None else set()
    names: dict[str, Collection[str]] = {
        "offer": known.offers,
        "pool": known.pools,
        "line": lines,
        "upgrade": known.upgrades,
        "dataset": known.datasets,
        "region": known.regions,
        "site": known.sites,
        "metro": known.metros,
        "catchment": known.metros,
        "profile": known.profiles,
    }
    periods, opening, lengths = known.periods | known.days, known.whole_periods | known.days, set()
    if known.calendar is not None:
        lengths = {len(known.calendar), known.calendar.wholes}
    prefix = f"{at}." if at else ""
    for kind in type(plan).model_fields:
        entries = getattr(plan, kind)
        if not isinstance(entries, tuple):
            continue
        workloads = known.runs if kind in ("training", "dropped") else known.services
        for i, entry in enumerate(entries):
            place = f"{prefix}{kind}[{i}]"
            for name in type(entry).model_fields:
                value = getattr(entry, name)
                field = f"{place}.{name.rstrip('_')}"
                if name in names:
                    found.known(field, value, name, names[name])
                elif name == "workload":
                    found.known(field, value, "training" if workloads is known.runs else "service", workloads)
                elif name in ("serves_from", "from_") and periods:
                    found.known(field, value, "period", opening)
                elif name in ("period", "launched") and value is not None and periods:
                    found.known(field, value, "period", periods)
                elif name == "periods" and periods:
                    for j, period in enumerate(value):
                        found.known(f"{field}[{j}]", period, "period", periods)
                elif isinstance(value, tuple) and lengths and len(value) not in lengths:
                    wanted = " or ".join(map(str, sorted(lengths)))
                    rule = f"must have {wanted} numbers, one per period, has {len(value)}"
                    found.error(field, None, rule, "give one per period")
                elif name == "mode" and value != "full" and entry.pool in known.pools:
                    found.known(field, value, "power mode", _modes(known, known.pools[entry.pool]))
                elif name == "way" and entry.workload in known.runs:
                    found.known(field, value, f"way of {entry.workload}", known.ways(known.runs[entry.workload]))


def _modes(known: Known, pool: Pool) -> set[str]:
    """The power modes of a pool; at a provider's site there is only `full`."""
    accelerator, site = known.accelerators.get(pool.accelerator), known.sites.get(pool.site)
    if accelerator is None or site is None or site.run_by != "us":
        return {"full"}
    return {mode.id for mode in accelerator.power_modes} | {"full"}
