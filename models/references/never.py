"""Warnings: power, positions and heat that are given but never count, with the amount and the reason."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from models.hardware import Accelerator
    from models.places import Hall, Loop, Roadmap, Site
    from models.references.found import Found
    from models.references.known import Known
    from models.values import Medium

UNSURE = "roadmap power that never counts: its confidence is below policy.least_confidence"
UNVERIFIED = "power, positions and heat that never count: not verified, or too long ago"
LATE = "power and positions that never count: no period begins on or after their day"
ALONE = "positions and heat that never count: nothing stands there, or a loop is lacking"
DAYS_PER_MONTH = 30.4375

Why = tuple[str, str, str]  # (why it does not count, fix, kind of warning)


def check_never(known: Known, found: Found) -> None:
    """Check the roadmaps, halls and loops of sites run by us; a verification in the future is an error, at any site."""
    for i, site in enumerate(known.instance.sites):
        at = f"sites[{i}]"
        _verifications(known, site, at, found)
        if site.run_by == "us":
            for j, step in enumerate(site.roadmap):
                if why := _why_not(known, step):
                    _warn(found, f"{at}.roadmap[{j}]", f"{step.mw:g} MW", "never counts", why)
            for j, hall in enumerate(site.halls):
                _hall(known, site, hall, f"{at}.halls[{j}]", found)
            for j, loop in enumerate(site.loops):
                _loop(known, site, loop, f"{at}.loops[{j}]", found)


def _verifications(known: Known, site: Site, at: str, found: Found) -> None:
    today = known.instance.horizon.today
    verified: dict[str, Sequence[Roadmap | Hall | Loop]] = {
        "roadmap": site.roadmap,
        "halls": site.halls,
        "loops": site.loops,
    }
    for kind, things in verified.items():
        for j, thing in enumerate(things):
            if thing.verified_on is not None and thing.verified_on > today:
                rule = f"is after today, {today}: a verification to come does not count"
                found.error(
                    f"{at}.{kind}[{j}].verified_on", thing.verified_on.isoformat(), rule, "leave it out until then"
                )


def _warn(found: Found, place: str, amount: str, rule: str, why: Why) -> None:
    found.warn(place, amount, f"{rule}: {why[0]}", why[1], why[2])


def _why_not(known: Known, step: Roadmap) -> Why | None:
    """Why roadmap power never counts; None if it does."""
    least = known.instance.policy.least_confidence
    if step.confidence < least:
        said = f"confidence {step.confidence:g} is below policy.least_confidence {least:g}"
        return said, "raise the confidence, or lower what the policy asks", UNSURE
    return _unverified(known, step.verified_on) or _too_late(known, step.on)


def _unverified(known: Known, verified_on: date | None) -> Why | None:
    """Why something counts as unverified where verification is required; None if it does not."""
    policy = known.instance.policy
    if policy.counts_unverified:
        return None
    fix = "verify it, or set policy.counts_unverified"
    if verified_on is None:
        return "it is not verified, and the policy does not count the unverified", fix, UNVERIFIED
    months = policy.verification_months
    if months is not None and (known.instance.horizon.today - verified_on).days > months * DAYS_PER_MONTH:
        return f"its verification of {verified_on} is older than policy.verification_months {months:g}", fix, UNVERIFIED
    return None


def _too_late(known: Known, day: date | None) -> Why | None:
    """Why something available from a day on never counts inside the horizon; None if it does."""
    calendar = known.calendar
    if day is None or calendar is None or calendar.first_on_or_after(day) < len(calendar):
        return None
    return f"no period begins on or after {day}", "extend the horizon, or remove it", LATE


def _hall(known: Known, site: Site, hall: Hall, at: str, found: Found) -> None:
    first, most = known.first(hall.positions), known.extremes(hall.positions)[1]
    kinds = known.standing_in(site.id, hall.id)
    brought = any(e.hall == hall.id and e.positions > 0 for u in known.upgrades_of(site.id) for e in u.positions)
    said = f"{most:g} positions"
    if why := _too_late(known, hall.operable_on):
        _warn(found, at, said, f"never count in hall {hall.id}", why)
    elif not kinds and most:
        found.warn(at, said, f"never count: no pool stands in hall {hall.id}", "add its pools, or remove it", ALONE)
    elif kinds and not most and not brought:
        rule = f"at all times: no upgrade adds any, so no pool in hall {hall.id} can be powered"
        found.warn(at, said, rule, "give its positions, or the upgrade that adds them", ALONE)
    elif lacking := _lacking(known, site, hall, kinds):
        rule = f"never count: site {site.id} has no {lacking} loop, which every pool in hall {hall.id} needs"
        found.warn(at, said, rule, f"add the {lacking} loop", ALONE)
    elif most > first and (why := _unverified(known, hall.verified_on)):
        _warn(found, at, f"{most - first:g} positions", "still to come, but never count", why)


def _loop(known: Known, site: Site, loop: Loop, at: str, found: Found) -> None:
    first, most = known.first(loop.rejects_kw), known.extremes(loop.rejects_kw)[1]
    if most and not any(
        loop.medium in _media(hall, kind) for hall in site.halls for kind in known.standing_in(site.id, hall.id)
    ):
        rule = f"never count: no pool at site {site.id} gives heat to a {loop.medium} loop"
        found.warn(at, f"{most:g} kW", rule, "remove it, or add its pools", ALONE)
    elif most > first and (why := _unverified(known, loop.verified_on)):
        _warn(found, at, f"{most - first:g} kW", "still to come, but never count", why)


def _lacking(known: Known, site: Site, hall: Hall, kinds: list[Accelerator]) -> str:
    """A medium without a loop at the site, if every accelerator in the hall needs one that is missing; else empty."""
    there = {loop.medium for loop in site.loops if known.extremes(loop.rejects_kw)[1] > 0}
    there |= {effect.medium for upgrade in known.upgrades_of(site.id) for effect in upgrade.loops if effect.kw > 0}
    lacking = [sorted(media - there) for kind in kinds if (media := _media(hall, kind))]
    return lacking[0][0] if lacking and all(lacking) else ""


def _media(hall: Hall, kind: Accelerator) -> set[Medium]:
    """The media that take the heat of an accelerator in a hall; none if it is not permitted there."""
    fit = next((fit for fit in kind.cooling if fit.cooling == hall.cooling), None)
    return set() if fit is None else {medium for medium, share in fit.heat_shares.items() if share > 0}
