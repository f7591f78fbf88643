"""The instance: everything that is given, as one immutable tree."""

from __future__ import annotations

import hashlib
import json
from functools import cached_property
from typing import Any, Literal

from pydantic import ConfigDict, Field

from models.calendar import Calendar, Horizon, calendar_of
from models.hardware import Accelerator, Offer, Pool, Supplier, Upgrade
from models.network import Network
from models.places import Operator, Region, Site
from models.policy import Policy
from models.repeats import expand_repeats
from models.scenario import Incumbent, Scenario
from models.trees import trees
from models.values import Note, Tree
from models.workloads import Dataset, Inference, Profile, Training

INSTANCE_SCHEMA = "ampacity/instance/1"


class Instance(Tree):
    """What is known on `horizon.today`; what is decided is a Plan."""

    model_config = ConfigDict(populate_by_name=True)

    schema_: Literal["ampacity/instance/1"] = Field(
        "ampacity/instance/1", alias="schema", description="the schema that the file follows"
    )
    note: Note = None
    horizon: Horizon = Field(description="today, first day and periods")
    regions: tuple[Region, ...] = Field(min_length=1, description="regions, with prices and carbon of their grids")
    operators: tuple[Operator, ...] = Field(min_length=1, description="who operates sites")
    sites: tuple[Site, ...] = Field(min_length=1, description="sites with halls, loops and power")
    accelerators: tuple[Accelerator, ...] = Field(min_length=1, description="kinds of node")
    pools: tuple[Pool, ...] = Field(min_length=1, description="nodes of one kind in one hall")
    suppliers: tuple[Supplier, ...] = Field((), description="who delivers")
    offers: tuple[Offer, ...] = Field((), description="what can be ordered or rented")
    upgrades: tuple[Upgrade, ...] = Field((), description="what can be built or contracted at sites")
    datasets: tuple[Dataset, ...] = Field((), description="data that trainings read")
    profiles: tuple[Profile, ...] = Field((), description="models that services serve")
    training: tuple[Training, ...] = Field((), description="training workloads")
    inference: tuple[Inference, ...] = Field((), description="inference workloads (services)")
    network: Network = Field(description="round trips, routes and egress")
    policy: Policy = Field(default_factory=Policy, description="what is decided beforehand")
    scenarios: tuple[Scenario, ...] = Field((), description="futures; none: the instance as it is")
    incumbent: Incumbent | None = Field(None, description="null: nothing is signed and nothing was planned before")

    @cached_property
    def calendar(self) -> Calendar:
        """The calendar of the horizon.

        Raises:
            ValueError: when the horizon breaks a rule; validation reports this as a problem
        """
        return calendar_of(self.horizon)

    @cached_property
    def runs(self) -> tuple[Training, ...]:
        """The trainings with `repeats_every_months` expanded: run k is named `id#k`, run 0 keeps the id."""
        return expand_repeats(self.training, self.calendar.last_day)

    @cached_property
    def sha256(self) -> str:
        """Hash of the content: the same for the same instance, whatever file it came from."""
        return hashlib.sha256(canonical(self)).hexdigest()


def canonical(tree: Tree) -> bytes:
    """Serialise a tree to canonical JSON: fields in the order of the schema, no spaces, no notes."""
    text = _compact(tree, None)
    return _compact(tree, _notes(tree)) if b'"note":' in text else text


def _compact(tree: Tree, without: dict[Any, Any] | None) -> bytes:
    data = tree.model_dump(mode="json", by_alias=True, exclude=without)
    return json.dumps(data, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def _notes(tree: Tree) -> dict[Any, Any]:
    """The notes in a tree, in the form that pydantic takes as ``exclude``."""
    result: dict[Any, Any] = {}
    for name in type(tree).model_fields:
        for path, inner in trees(getattr(tree, name), (name,)):
            if getattr(inner, "note", None) is not None:
                place = result
                for step in path:
                    place = place.setdefault(step, {})
                place["note"] = True
    if "note" in type(tree).model_fields:
        result["note"] = True
    return result
