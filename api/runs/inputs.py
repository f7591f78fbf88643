"""The inputs of a run: instance, scenario and plan, each as a file or an object; a scenario also by its name."""

from __future__ import annotations

import os
from pathlib import Path

from api.runs.sets import Sets, with_sets
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


def given(instance: InstanceLike, scenario: ScenarioLike | None = None, sets: Sets = ()) -> Loaded:
    """Reads an instance, applies a scenario to it, sets fields of it, and collects what looks odd about it.

    Parameters:
        instance: a file, a folder of tables, or an instance.
        scenario: the name of one of the instance's scenarios, a file with one, or a scenario; None: the instance as it
            stands. A name takes precedence over a file of the same name.
        sets: fields and their values, set after the scenario has been applied.

    Raises:
        InputError: with everything that is wrong with any of them; at ``request.scenario`` when there is no such
            scenario, at ``request.set`` when a path is malformed.
    """
    loaded = _loaded(instance)
    changed = loaded.instance
    if scenario is not None:
        changed = apply_scenario(changed, scenario_of(changed, scenario))
    if sets:
        changed = with_sets(changed, sets)
    return loaded if scenario is None and not sets else loaded.changed_to(changed)


def plan_of(plan: PlanLike, instance: Instance) -> Plan:
    """Returns a plan, read from its file if it is given as one.

    Raises:
        InputError: when the file cannot be read, or names something that the instance does not have.
    """
    return plan if isinstance(plan, Plan) else load_plan(plan, instance)


def scenario_of(instance: Instance, scenario: ScenarioLike) -> Scenario:
    """Finds a scenario: an object, one of the instance by its name, or a file.

    Raises:
        InputError: when there is no such scenario, or its file cannot be read.
    """
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
