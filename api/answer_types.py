"""The answers of the service as types: what its client returns. Money is in USD, shares and gaps are relative."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypedDict

if TYPE_CHECKING:
    from collections.abc import Mapping

RunState = Literal["queued", "running", "succeeded", "failed", "cancelled"]
EventName = Literal["started", "incumbent", "bound", "finished"]


class RunInfo(TypedDict):
    """A run as it stands; `seconds` are those of its time limit that it has spent."""

    id: str
    state: RunState
    stopped: str | None
    holds: Literal["plan", "none"]
    objective_usd: float | None
    bound_usd: float | None
    gap: float | None
    seconds: float
    attempts: int
    instance_sha256: str
    parent: str | None
    scenario: str | None
    priority: int
    reason: str | None
    submitted_at: str
    started_at: str | None
    finished_at: str | None


class InstanceInfo(TypedDict):
    """An instance that was uploaded."""

    instance_sha256: str
    bytes: int
    uploaded_at: str


class ProblemInfo(TypedDict):
    """Something odd about an instance."""

    place: str
    file: str
    line: int | None
    value: Any
    rule: str
    fix: str
    kind: str


class Validation(TypedDict):
    """The answer of `validate`; what is wrong comes as a ServiceError instead."""

    errors: list[ProblemInfo]
    warnings: list[ProblemInfo]


class Checked(TypedDict):
    """The answer of `check`."""

    ok: bool
    breaches: list[dict[str, Any]]
    cost_usd: float
    terms_usd: dict[str, float]
    sunk_usd: float
    liability_usd: float
    warnings: list[str]


class FigureOfBoth(TypedDict):
    """A figure on both sides, and B minus A; null on a side that lacks it."""

    a: float | None
    b: float | None
    difference: float | None


class ComparedRuns(TypedDict):
    """The answer of `compare`; docs/runs.md says what its parts hold."""

    a: dict[str, Any]
    b: dict[str, Any]
    same: bool
    notes: list[str]
    inputs: list[dict[str, Any]]
    options: list[dict[str, Any]]
    decisions: list[dict[str, Any]]
    launches: list[dict[str, Any]]
    terms_usd: dict[str, FigureOfBoth]
    cost_usd: FigureOfBoth
    indicators: list[dict[str, Any]]


@dataclass(frozen=True)
class ServiceEvent:
    """An event of a run: its number, its name and what it tells."""

    number: int
    name: EventName
    document: Mapping[str, Any]
