"""Where data may be: rules with dates, and approvals."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from models.places import Site
    from models.policy import DataRule
    from tests.oracle.reading import Facts


def may(facts: Facts, site: Site, classes: set[str], t: int) -> bool:
    """Whether all classes may be at a site in a period: by every rule that touches it, approved through all of it."""
    begin = facts.begin[t]
    end = begin + facts.hours[t]
    return all(lawful(facts, site, name, begin, end) and approved(facts, site, name, t) for name in classes)


def lawful(facts: Facts, site: Site, name: str, begin: float, end: float) -> bool:
    """Whether the rules in force at some time between two moments (hours of the horizon) allow a class at a site."""
    return all(
        _keeps(facts, site, rule)
        for rule in facts.policy.data_rules
        if rule.data_class == name
        and (rule.since is None or facts.hour_of(rule.since) < end)
        and (rule.until is None or begin < facts.hour_of(rule.until))
    )


def _keeps(facts: Facts, site: Site, rule: DataRule) -> bool:
    jurisdictions = set(facts.regions[site.region].jurisdictions)
    met = rule.data_class in site.conditions_met
    permitted = set(rule.permitted) | (set(rule.conditional) if met else set())
    forbidden = set(rule.prohibited)
    return bool(jurisdictions & permitted) and not (jurisdictions | {facts.homes[site.operator]}) & forbidden


def approved(facts: Facts, site: Site, name: str, t: int) -> bool:
    """Whether a class is approved at a site from the first to the last day of a period, if it needs to be anywhere."""
    if not any(a.data_class == name for s in facts.sites.values() for a in s.approvals):
        return True
    return any(
        a.data_class == name and a.on <= facts.first[t] and (a.until is None or a.until >= facts.last_of(t))
        for a in site.approvals
    )
