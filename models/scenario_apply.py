"""Scenarios on instances."""

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
    """The instance as it is in a scenario: changed as the scenario says, and validated again.

    InputError with every change whose path matches nothing or whose result breaks a rule. What is not changed is
    shared with ``instance``, which stays as it is. An instance that has been changed holds no scenarios any more: they
    are changes of what it was.
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
