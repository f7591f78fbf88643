"""The request of a run: what to solve, and how."""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass, field
from typing import Any

from api.runs.inputs import InstanceLike, PlanLike, ScenarioLike, given, plan_of
from api.runs.sets import Sets, documented
from models.files import Loaded
from models.instance import Instance
from models.plan import Plan
from models.scenario import Scenario
from solver.settings import Settings


@dataclass(frozen=True)
class Request:
    """An instance to solve, in a scenario if one is given, with the options of the engine.

    Parameters:
        instance: a file, a folder of tables, or an instance.
        scenario: the name of one of the instance's scenarios, a file with one, or a scenario.
        sets: fields of the instance and their values, as (path, value), set after the scenario has been applied.
        options: the settings of the engine.
        cross_check: the name of a second solver, which solves the instance again with the same limits.
        start: a plan to search from, or its file.
    """

    instance: InstanceLike
    scenario: ScenarioLike | None = None
    options: Settings = field(default_factory=Settings)
    cross_check: str | None = None
    start: PlanLike | None = None
    sets: Sets = ()

    def read(self) -> Loaded:
        """Reads the instance as it will be solved.

        Raises:
            InputError: with everything that is wrong with the instance or the scenario.
        """
        return given(self.instance, self.scenario, self.sets)

    def read_start(self, instance: Instance) -> Plan | None:
        """Reads the plan to search from.

        Raises:
            InputError: when it cannot be read, or names something that the instance does not have.
        """
        return None if self.start is None else plan_of(self.start, instance)

    def document(self) -> dict[str, Any]:
        """The request as JSON: files and scenarios by name, objects that have none as null, options without the log."""
        options = asdict(self.options)
        del options["log"]
        return {
            "instance": _file_of(self.instance),
            "scenario": self.scenario.id if isinstance(self.scenario, Scenario) else _text(self.scenario),
            "set": documented(self.sets),
            "options": options,
            "cross_check": self.cross_check,
            "start": None if isinstance(self.start, Plan) else _text(self.start),
        }


def _file_of(instance: InstanceLike) -> str | None:
    if isinstance(instance, Loaded):
        return None if instance.source is None else instance.source.file
    return None if isinstance(instance, Instance) else _text(instance)


def _text(path: str | os.PathLike[str] | None) -> str | None:
    return None if path is None else os.fspath(path)
