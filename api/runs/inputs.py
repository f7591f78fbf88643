"""What a run is about: an instance as a file or an object, with a scenario applied to it, by name, file or object."""

from __future__ import annotations

import os
from pathlib import Path

from models.errors import InputError, Problem
from models.files import Loaded, load_instance, load_plan, load_scenario
from models.instance import Instance
from models.plan import Plan
from models.references import validate
from models.scenario import Scenario
from models.scenario_apply import apply_scenario

InstanceLike = str | os.PathLike[str] | Instance | Loaded
PlanLike = str | os.PathLike[str] | Plan
ScenarioLike = str | os.PathLike[str] | Scenario
_FILES = (".json", ".yaml", ".yml")


def given(instance: InstanceLike, scenario: ScenarioLike | None = None) -> Loaded:
    """The instance as it is in a scenario, and what is odd about it.

    ``instance``: a file, a folder of tables, or an instance. ``scenario``: the name of one of the instance's scenarios,
    a file with one, or a scenario; None: the instance as it stands. A name comes before a file of the same name. Raises
    InputError with everything that is wrong with either, at ``request.scenario`` where there is no such scenario.
    """
    loaded = _loaded(instance)
    if scenario is None:
        return loaded
    return loaded.changed_to(apply_scenario(loaded.instance, scenario_of(loaded.instance, scenario)))


def plan_of(plan: PlanLike, instance: Instance) -> Plan:
    """A plan, from its file where it is one; InputError where that cannot be read, or names what the instance does not
    have.
    """
    return plan if isinstance(plan, Plan) else load_plan(plan, instance)


def scenario_of(instance: Instance, scenario: ScenarioLike) -> Scenario:
    """The scenario that is meant; InputError where there is none."""
    if isinstance(scenario, Scenario):
        return scenario
    name = os.fspath(scenario)
    for known in instance.scenarios:
        if known.id == name:
            return known
    if Path(name).suffix in _FILES:
        return load_scenario(name)
    names = ", ".join(known.id for known in instance.scenarios) or "none"
    rule = f"no such scenario; the instance has {names}"
    raise InputError([Problem("request.scenario", name, rule, "name one of them, or a file")])


def _loaded(instance: InstanceLike) -> Loaded:
    if isinstance(instance, Loaded):
        return instance
    if not isinstance(instance, Instance):
        return load_instance(instance)
    errors, odd = validate(instance)
    if errors:
        raise InputError(errors)
    return Loaded(instance, tuple(odd))
