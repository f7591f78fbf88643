"""Apply scenarios to instances."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from models.errors import InputError
from models.instance import Instance
from models.references import validate
from models.scenario_paths import changed_fields

if TYPE_CHECKING:
    from models.scenario import Scenario


def apply_scenario(instance: Instance, scenario: Scenario) -> Instance:
    """Return the instance as it is in a scenario: changed as the scenario says, and validated again.

    ``instance`` stays as it is, and what does not change is shared with it. A changed instance has no scenarios, since
    these are changes of the original.

    Raises:
        InputError: listing every change whose path matches nothing, or everything in the result that breaks a rule
    """
    changed = changed_fields(instance, scenario, f"scenario {scenario.id}")
    if not changed:
        return instance
    fields: dict[str, Any] = {name: getattr(instance, name) for name in Instance.model_fields}
    result = Instance.model_validate(fields | changed | {"scenarios": ()})
    errors, _ = validate(result)
    if errors:
        raise InputError([replace(error, rule=f"{error.rule} (in scenario {scenario.id})") for error in errors])
    return result
