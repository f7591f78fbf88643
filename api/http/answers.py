"""What answers hold, as OpenAPI describes them; those of the engine are the documents of the commands."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, Field

from api.service.runs import RunState

Usd = float | None


class RunAnswer(BaseModel):
    """A run. A run that has found out that no plan exists has succeeded: `stopped` says how its search ended."""

    id: str
    state: RunState
    stopped: str | None
    holds: Literal["none", "plan"] = Field(description="whether there is a plan")
    objective_usd: Usd
    bound_usd: Usd
    gap: float | None
    seconds: float = Field(description="of its time limit, earlier attempts included")
    attempts: int
    instance_sha256: str
    parent: str | None
    scenario: str | None
    priority: int
    reason: str | None
    submitted_at: str
    started_at: str | None
    finished_at: str | None


class RunsAnswer(BaseModel):
    """A page of runs, the latest first; without a token it is the last one."""

    runs: list[RunAnswer]
    next_page_token: str | None


class InstanceAnswer(BaseModel):
    """The hash of an instance."""

    instance_sha256: str


class InstanceEntry(InstanceAnswer):
    """An instance that was uploaded."""

    bytes: int
    uploaded_at: str


class InstancesAnswer(BaseModel):
    """All instances of a caller."""

    instances: list[InstanceEntry]


class Remark(BaseModel):
    """Something odd; file and line are those of instances that came as tables."""

    place: str
    file: str | None
    line: int | None
    value: Any
    rule: str
    fix: str
    kind: str


class ValidateAnswer(BaseModel):
    """What `ampacity validate` answers."""

    errors: list[Remark]
    warnings: list[Remark]


class CheckAnswer(BaseModel):
    """What `ampacity check` answers."""

    ok: bool
    breaches: list[dict[str, Any]]
    cost_usd: float
    terms_usd: dict[str, float]
    sunk_usd: float
    liability_usd: float
    warnings: list[str]


class AuditEntry(BaseModel):
    """Who did what, when, to which run, by which request."""

    at: str
    who: str
    what: str
    run: str | None
    request: str | None


class AuditAnswer(BaseModel):
    """A page of the audit log, the latest first; without a token it is the last one."""

    entries: list[AuditEntry]
    next_page_token: str | None


class HealthAnswer(BaseModel):
    """The process answers."""

    status: Literal["ok"]


class ReadyAnswer(HealthAnswer):
    """The database can be written, and so many workers are there."""

    workers: int
