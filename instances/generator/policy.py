"""The policy: what the organisation has decided beforehand."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from instances.generator.incumbent import FREEZE
from instances.generator.power import HEADROOM
from instances.generator.public_figures import jurisdictions, keyed
from models.policy import ChangePrices, DataRule, OutageHours, Policy

if TYPE_CHECKING:
    from instances.generator.facility import Facility
    from instances.generator.policy_limits import PolicyLimits

CARBON_USD = 40  # internal price per tonne; synthetic


def policy_of(facilities: tuple[Facility, ...], classes: set[str], homes: set[str], limits: PolicyLimits) -> Policy:
    """Build the policy. Outage hours are the high ends of the ranges in the catalogue, since a planner is careful."""
    hours = {row["domain"]: float(row["high_hours_per_year"]) for row in keyed("outages", "domain").values()}
    return Policy(
        discount_rate_per_year=0.08,
        least_confidence=0.8,
        counts_unverified=False,
        verification_months=12,
        data_rules=_rules(facilities, classes, homes),
        power_headroom=HEADROOM,
        heat_headroom=HEADROOM,
        budgets=limits.budgets,
        share_caps=limits.shares,
        carbon_caps=limits.carbon,
        lead_time_percentile=80,
        lose_one_carrier=True,
        freeze_until=FREEZE,
        change=ChangePrices(
            node_more_usd=2000,
            node_less_usd=5000,
            upgrade_more_usd=20000,
            upgrade_less_usd=50000,
            start_usd=15000,
            deployment_usd=3000,
            demand_usd=200,
        ),
        carbon_usd_per_tonne=CARBON_USD,
        outage_hours_per_year=OutageHours(**hours),
        pins=limits.pins,
    )


def _rules(facilities: tuple[Facility, ...], classes: set[str], homes: set[str]) -> tuple[DataRule, ...]:
    """Rules of the catalogue for the classes in use, with only the codes that occur in the instance."""
    here = {code for facility in facilities for code in jurisdictions(facility.ground)}
    rules = []
    for name in sorted(classes):
        row = keyed("data_rules", "data_class").get((name,))
        if row is None:
            continue
        codes = {
            part: tuple(code for code in row[part].split("|") if code)
            for part in ("permitted", "conditional", "prohibited")
        }
        rules.append(
            DataRule(
                data_class=name,
                permitted=tuple(code for code in codes["permitted"] if code in here),
                conditional=tuple(code for code in codes["conditional"] if code in here),
                prohibited=tuple(code for code in codes["prohibited"] if code in here | homes),
                since=date(2025, 4, 8) if name == "us-bulk-sensitive" else None,
            )
        )
    return tuple(rules)
