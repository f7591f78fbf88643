"""Scenarios on instances."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from models.errors import InputError
from models.instance import Instance
from models.references import validate
from models.scenario import Scenario
from models.scenario_paths import changed_fields


def apply_scenario(instance: Instance, scenario: Scenario) -> Instance:
    """The instance as it is in a scenario: changed as the scenario says, and validated again.

    InputError with every change whose path matches nothing or whose result breaks a rule. What is not changed is
    shared with ``instance``, which stays as it is.
    """
    fields: dict[str, Any] = {name: getattr(instance, name) for name in Instance.model_fields}
    result = Instance.model_validate(fields | changed_fields(instance, scenario, f"scenario {scenario.id}"))
    errors, _ = validate(result)
    if errors:
        raise InputError([replace(error, rule=f"{error.rule} (in scenario {scenario.id})") for error in errors])
    return result
