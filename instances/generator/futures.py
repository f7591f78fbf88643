"""Scenarios: the same three for every instance, with wildcards in their paths."""

from __future__ import annotations

from datetime import date

from models.scenario import Change, Scenario

SCENARIOS = (
    Scenario(id="baseline", probability=0.5, known_on=date(2027, 7, 1)),
    Scenario(
        id="growth",
        probability=0.35,
        known_on=date(2027, 7, 1),
        changes=(
            Change(path="inference/*/demand/*/demand", operation="multiply", value=1.25),
            Change(path="training/*/lateness_usd_per_day", operation="multiply", value=1.2),
        ),
    ),
    Scenario(
        id="surge",
        probability=0.15,
        known_on=date(2027, 10, 1),
        changes=(
            Change(path="inference/*/demand/*/demand", operation="multiply", value=1.6),
            Change(path="regions/*/electricity_usd_per_mwh", operation="multiply", value=1.3),
            Change(path="suppliers/*/capacity", operation="multiply", value=0.8),
        ),
    ),
)
