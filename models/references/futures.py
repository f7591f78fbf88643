"""Scenarios: their probabilities add to 1, and each change finds what it changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from models.errors import InputError
from models.scenario_paths import changed_fields

if TYPE_CHECKING:
    from models.references.found import Found
    from models.references.known import Known


def check_futures(known: Known, found: Found) -> None:
    """Check probabilities and changes; the references of the result are checked when the scenario is applied."""
    scenarios = known.instance.scenarios
    total = sum(scenario.probability for scenario in scenarios)
    if scenarios and abs(total - 1) > 1e-6:
        found.error("scenarios", None, f"probabilities must add to 1, add to {total:.9g}", "correct the probabilities")
    for i, scenario in enumerate(scenarios):
        try:
            changed_fields(known.instance, scenario, f"scenarios[{i}]")
        except InputError as error:
            found.errors.extend(error.problems)
