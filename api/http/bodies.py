"""What the bodies of requests hold. Instances and plans are read by their own readers, the rest is said here."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field, model_validator

from api.runs.options import SolveOptions, Text, Whole
from models.values import Tree

Sha256 = Annotated[str, Field(pattern="^[0-9a-f]{64}$", strict=True, description="hash of the content of an instance")]
RunName = Annotated[str, Field(pattern="^[0-9a-f]{20}$", strict=True, description="id of a run")]
Without = Annotated[tuple[Text, ...], Field(max_length=100, description="families to leave out")]
InstanceData = Annotated[dict[str, Any], Field(description="an instance, see GET /v1/schema/instance")]
PlanData = Annotated[dict[str, Any], Field(description="a plan, see GET /v1/schema/plan")]


class RunOptions(SolveOptions):
    """How a run is solved; what is left out is as on the command line."""

    scenario: Text | None = Field(None, description="a scenario of the instance")
    priority: Annotated[Whole, Field(ge=-100, le=100, description="the higher, the earlier")] = 0


class InstanceGiven(Tree):
    """An instance, or the hash of one that was uploaded."""

    instance: InstanceData | None = Field(None, description="an instance, see GET /v1/schema/instance")
    instance_sha256: Sha256 | None = Field(None, description="hash of the content of an instance that was uploaded")

    @model_validator(mode="before")
    @classmethod
    def _refuse_bare(cls, data: Any) -> Any:
        """An instance in place of the body would otherwise be told of field by field."""
        if isinstance(data, dict) and "schema" in data and not {"instance", "instance_sha256"} & set(data):
            raise ValueError("is an instance by itself; put it into a field `instance`, or upload it and give its hash")
        return data


class RunBody(InstanceGiven):
    """A run to be carried out."""

    options: RunOptions = Field(RunOptions(), description="how it is solved")


class ValidateBody(InstanceGiven):
    """An instance, as it stands or in a scenario."""

    scenario: Text | None = Field(None, description="a scenario of the instance")


class PlanBody(InstanceGiven):
    """A plan for an instance, as it stands or in a scenario."""

    plan: PlanData
    scenario: Text | None = Field(None, description="a scenario of the instance")
    without: Without = ()


class CompareBody(Tree):
    """Two runs."""

    a: RunName
    b: RunName
