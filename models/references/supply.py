"""Accelerators, offers and upgrades: their terms agree with each other."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from models.hardware import Accelerator, Band, Offer, Upgrade
    from models.references.found import Found
    from models.references.known import Known

_PAID = {"buy": ("once",), "lease": ("monthly",), "reserve": ("monthly", "once"), "on-demand": ("per-use",)}
_RUN_BY = {"buy": "us", "lease": "us", "reserve": "provider", "on-demand": "provider"}
_WHOSE = {"us": "run by us", "provider": "a provider's"}


def check_supply(known: Known, found: Found) -> None:
    """Check heat shares, modes, terms, bands, payments, lead times, validity, and effects of upgrades."""
    for i, accelerator in enumerate(known.instance.accelerators):
        _accelerator(accelerator, f"accelerators[{i}]", found)
    for i, offer in enumerate(known.instance.offers):
        at = f"offers[{i}]"
        _terms(offer, at, found)
        _bands(offer, at, found)
        _payments(offer, at, found)
        _sites(known, offer, at, found)
        if offer.lead_time_weeks is not None:
            _weeks(offer, at, found)
        _validity(offer, at, found)
    for i, upgrade in enumerate(known.instance.upgrades):
        _upgrade(known, upgrade, f"upgrades[{i}]", found)


def _accelerator(accelerator: Accelerator, at: str, found: Found) -> None:
    found.unique(((f"{at}.cooling[{j}].cooling", x.cooling) for j, x in enumerate(accelerator.cooling)), "the cooling")
    for j, fit in enumerate(accelerator.cooling):
        total = sum(fit.heat_shares.values())
        if abs(total - 1) > 1e-6:
            rule = f"must add to 1, add to {total:.9g}"
            found.error(f"{at}.cooling[{j}].heat_shares", None, rule, "divide all of the heat among the loops")
    found.unique(((f"{at}.power_modes[{j}].id", x.id) for j, x in enumerate(accelerator.power_modes)), "the mode")
    for j, mode in enumerate(accelerator.power_modes):
        if mode.id == "full":
            found.error(f"{at}.power_modes[{j}].id", mode.id, "is the mode that always exists", "give it another name")


def _terms(offer: Offer, at: str, found: Found) -> None:
    if offer.paid not in _PAID[offer.label]:
        rule = f"a {offer.label} is paid {' or '.join(_PAID[offer.label])}"
        found.error(f"{at}.paid", offer.paid, rule, "correct paid or label")
    term = f"{at}.term_months"
    if offer.label == "buy" and offer.term_months is not None:
        found.error(term, offer.term_months, "a buy has no term: it stays for its life", "remove it")
    if offer.label in ("lease", "reserve") and offer.term_months is None:
        found.error(term, None, f"missing: a {offer.label} has a term", "add term_months")
    if offer.label != "on-demand":
        if offer.lead_time_weeks is None:
            found.error(f"{at}.lead_time_weeks", None, "missing: only on-demand has none", "add low, likely and high")
        if offer.up_front_share and offer.paid != "monthly":
            found.error(f"{at}.up_front_share", offer.up_front_share, "is for what is paid monthly", "remove it")
        return
    for name in ("term_months", "lead_time_weeks", "up_front_share", "order_cost_usd"):
        if getattr(offer, name):
            found.error(f"{at}.{name}", getattr(offer, name), "on-demand has none", "remove it")
    for name in ("use_per_lot", "use_per_order", "cancellation_fee_usd"):
        if getattr(offer, name):
            found.warn(f"{at}.{name}", getattr(offer, name), "has no effect on demand: nothing is ordered", "remove it")


def _payments(thing: Offer | Upgrade, at: str, found: Found) -> None:
    if not thing.payments:
        return
    if thing.paid != "once":
        found.error(
            f"{at}.payments", None, f"are parts of a price paid once; this one is paid {thing.paid}", "remove them"
        )
    total = sum(part.share for part in thing.payments)
    if abs(total - 1) > 1e-9:
        rule = f"shares must add to 1, add to {total:.12g}"
        found.error(f"{at}.payments", None, rule, "divide all of the price into parts")


def _bands(offer: Offer, at: str, found: Found) -> None:
    bands: tuple[Band, ...] = offer.bands
    for j, (before, band) in enumerate(pairwise(bands), start=1):
        if band.from_lots <= before.from_lots:
            rule = f"must be more than the {before.from_lots:g} of the band before"
            found.error(f"{at}.bands[{j}].from_lots", band.from_lots, rule, "list the bands in ascending order")
    if offer.paid == "per-use" and len(bands) > 1:
        found.error(f"{at}.bands", None, "on-demand has one price", "keep one band")
    if offer.divisible or offer.paid == "per-use":
        return
    for j, band in enumerate(bands):
        if band.from_lots != round(band.from_lots) or band.from_lots < 1:
            rule = "must be a whole number of lots, at least 1"
            found.error(f"{at}.bands[{j}].from_lots", band.from_lots, rule, "correct it, or make the offer divisible")


def _sites(known: Known, offer: Offer, at: str, found: Found) -> None:
    for j, name in enumerate(offer.sites):
        site = known.sites.get(name)
        if site is None:
            continue
        if site.run_by != _RUN_BY[offer.label]:
            rule = f"a {offer.label} stands only at a site that is {_WHOSE[_RUN_BY[offer.label]]}"
            found.error(f"{at}.sites[{j}]", name, rule, "remove the site, or correct the label")


def _weeks(thing: Offer | Upgrade, at: str, found: Found) -> None:
    weeks = thing.lead_time_weeks
    if weeks is not None and not weeks.low <= weeks.likely <= weeks.high:
        rule = f"must have low ≤ likely ≤ high, has {weeks.low:g}, {weeks.likely:g}, {weeks.high:g}"
        found.error(f"{at}.lead_time_weeks", None, rule, "put them in order")


def _validity(thing: Offer | Upgrade, at: str, found: Found) -> None:
    since, until = thing.valid.since, thing.valid.until
    if since is not None and until is not None and since > until:
        found.error(f"{at}.valid", None, f"starts on {since}, after its end on {until}", "correct since or until")


def _upgrade(known: Known, upgrade: Upgrade, at: str, found: Found) -> None:
    _weeks(upgrade, at, found)
    _payments(upgrade, at, found)
    _validity(upgrade, at, found)
    if upgrade.paid == "monthly" and upgrade.term_months is None:
        found.error(f"{at}.term_months", None, "missing: what is paid monthly has a term", "add term_months")
    site = known.sites.get(upgrade.site)
    if site is not None and site.run_by == "provider" and (upgrade.power_mw or upgrade.loops or upgrade.positions):
        rule = "changes power, loops or positions, which are not ours at a provider's site"
        found.error(f"{at}.site", upgrade.site, rule, "name a site run by us")
    if not (upgrade.power_mw or upgrade.loops or upgrade.positions or upgrade.uplink_gbps):
        found.warn(at, None, "changes nothing", "give its effects")
