"""Policy: every rule names something that exists, and applies at some time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from models.policy import Forbid, PinOrder, PinService, PinTraining, PinUpgrade

if TYPE_CHECKING:
    from models.references.found import Found
    from models.references.known import Known


def check_policy(known: Known, found: Found) -> None:
    """Check budgets, caps and pins."""
    policy = known.instance.policy
    found.unique(((f"policy.budgets[{i}].id", budget.id) for i, budget in enumerate(policy.budgets)), "the id")
    for i, budget in enumerate(policy.budgets):
        if budget.begin >= budget.end:
            rule = f"ends on {budget.end}, not after it begins on {budget.begin}"
            found.error(f"policy.budgets[{i}].end", budget.end.isoformat(), rule, "give the first day after the period")
    for i, cap in enumerate(policy.share_caps):
        at = f"policy.share_caps[{i}]"
        if cap.of is not None:
            found.known(f"{at}.of", cap.of, cap.kind, known.groups(cap.kind))
        if cap.from_usd and cap.kind not in ("supplier", "operator"):
            rule = f"is for suppliers and operators; a {cap.kind} is counted in kW"
            found.error(f"{at}.from_usd", cap.from_usd, rule, "remove it")
    found.unique(((f"policy.carbon_caps[{i}].year", cap.year) for i, cap in enumerate(policy.carbon_caps)), "the year")
    if known.calendar is not None:
        first, last = known.calendar.first_day.year, known.calendar.last_day.year
        for i, carbon in enumerate(policy.carbon_caps):
            if not first <= carbon.year <= last:
                rule = f"lies outside the horizon of {first} to {last}"
                found.warn(f"policy.carbon_caps[{i}].year", carbon.year, rule, "remove it")
    _water(known, found)
    for i, pin in enumerate(policy.pins):
        _pin(known, pin, f"policy.pins[{i}]", found)


def _water(known: Known, found: Found) -> None:
    """Water caps: one per site and year, for a site that uses water, in a year of the horizon."""
    caps = known.instance.policy.water_caps
    found.unique(((f"policy.water_caps[{i}]", (cap.site, cap.year)) for i, cap in enumerate(caps)), "the site and year")
    for i, cap in enumerate(caps):
        at = f"policy.water_caps[{i}]"
        if found.known(f"{at}.site", cap.site, "site", known.sites):
            site = known.sites[cap.site]
            if not any(known.extremes(site.water_l_per_kwh)):
                rule = "limits a site that uses no water"
                found.warn(f"{at}.site", cap.site, rule, "give the site water_l_per_kwh, or remove the cap")
        if known.calendar is not None:
            first, last = known.calendar.first_day.year, known.calendar.last_day.year
            if not first <= cap.year <= last:
                rule = f"lies outside the horizon of {first} to {last}"
                found.warn(f"{at}.year", cap.year, rule, "remove it")


def _pin(known: Known, pin: PinOrder | PinUpgrade | PinTraining | PinService | Forbid, at: str, found: Found) -> None:
    match pin:
        case PinOrder():
            _pin_order(known, pin, at, found)
        case PinUpgrade():
            found.known(f"{at}.upgrade", pin.upgrade, "upgrade", known.upgrades)
            _period(known, f"{at}.serves_from", pin.serves_from, found, whole=True)
            upgrade = known.upgrades.get(pin.upgrade)
            if upgrade is not None and pin.at != "most" and pin.value > upgrade.times:
                rule = f"is more than the {upgrade.times} times that it can be done"
                found.error(f"{at}.value", pin.value, rule, "lower it, or raise times")
        case PinTraining():
            found.known(f"{at}.workload", pin.workload, "training", known.runs)
            found.known(f"{at}.pool", pin.pool, "pool", known.pools)
            if pin.period is not None:
                _period(known, f"{at}.period", pin.period, found)
            run = known.runs.get(pin.workload)
            if run is not None and pin.at != "most" and pin.value > run.copies:
                found.error(f"{at}.value", pin.value, f"is more than its {run.copies} copies", "lower it")
        case PinService():
            found.known(f"{at}.workload", pin.workload, "service", known.services)
            found.known(f"{at}.site", pin.site, "site", known.sites)
            if pin.period is not None:
                _period(known, f"{at}.period", pin.period, found)
        case Forbid():
            found.known(f"{at}.workload", pin.workload, "workload", known.runs.keys() | known.services.keys())
            if (pin.pool is None) == (pin.site is None):
                found.error(at, None, "names neither a pool nor a site, or both", "give exactly one of the two")
            if pin.pool is not None:
                found.known(f"{at}.pool", pin.pool, "pool", known.pools)
                if pin.workload in known.services:
                    found.error(f"{at}.pool", pin.pool, "a service is kept out of sites", "give site instead")
            if pin.site is not None:
                found.known(f"{at}.site", pin.site, "site", known.sites)


def _pin_order(known: Known, pin: PinOrder, at: str, found: Found) -> None:
    _period(known, f"{at}.serves_from", pin.serves_from, found, whole=True)
    there = found.known(f"{at}.offer", pin.offer, "offer", known.offers)
    if not (found.known(f"{at}.pool", pin.pool, "pool", known.pools) and there):
        return
    offer, pool = known.offers[pin.offer], known.pools[pin.pool]
    if offer.paid == "per-use":
        found.error(f"{at}.offer", pin.offer, "is paid per use: there is no order to pin", "name another offer")
    elif offer.accelerator != pool.accelerator or pool.site not in offer.sites:
        rule = f"does not deliver {pool.accelerator} to site {pool.site}"
        found.error(f"{at}.offer", pin.offer, rule, "name an offer that does, or another pool")
    if not offer.divisible and pin.value != round(pin.value):
        found.error(f"{at}.value", pin.value, f"must be whole: offer {offer.id} is not divisible", "round it")


def _period(known: Known, place: str, name: str, found: Found, whole: bool = False) -> None:
    """Check the name of a period (its first day, cut or not) or of a piece; ``whole``: a piece that opens a period."""
    if known.calendar is not None:
        found.known(place, name, "period", (known.whole_periods if whole else known.periods) | known.days)
