"""What a run is asked for."""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass, field
from typing import Any

from api.runs.inputs import InstanceLike, PlanLike, ScenarioLike, given, plan_of
from models.files import Loaded
from models.instance import Instance
from models.plan import Plan
from models.scenario import Scenario
from solver.settings import Settings


@dataclass(frozen=True)
class Request:
    """An instance to be decided, in a scenario where one is named, with the options of the engine.

    ``instance``: a file, a folder of tables, or an instance. ``scenario``: a name of the instance's, a file, or a
    scenario. ``cross_check``: a second solver that solves it again, with the same limits. ``start``: a plan to search
    from, or its file.
    """

    instance: InstanceLike
    scenario: ScenarioLike | None = None
    options: Settings = field(default_factory=Settings)
    cross_check: str | None = None
    start: PlanLike | None = None

    def read(self) -> Loaded:
        """The instance as it shall be solved; InputError with everything that is wrong with it or with the scenario."""
        return given(self.instance, self.scenario)

    def read_start(self, instance: Instance) -> Plan | None:
        """The plan to search from; InputError where it cannot be read, or names what the instance does not have."""
        return None if self.start is None else plan_of(self.start, instance)

    def document(self) -> dict[str, Any]:
        """As JSON: files and scenarios by their names, an instance that came from no file as null, options without the
        place of the log.
        """
        options = asdict(self.options)
        del options["log"]
        return {
            "instance": _file_of(self.instance),
            "scenario": self.scenario.id if isinstance(self.scenario, Scenario) else _text(self.scenario),
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
