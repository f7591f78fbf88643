"""Questions that leave nothing behind; the answers are those of the commands."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter

from api.http import bodies, work
from api.http.callers import Reader
from api.http.context import Context, Here, JsonBody
from api.http.examples import COMPARE_BODY, PLAN_BODY, VALIDATE_BODY
from api.http.instances import content_of
from api.http.problems import Kind, RefusedError
from api.http.runs import mine

if TYPE_CHECKING:
    from api.service.keys import Caller

router = APIRouter(prefix="/v1", tags=["questions"])


def referred(here: Context, caller: Caller, raw: bytes, kind: str) -> bytes | None:
    """The instance that a body refers to by its hash, None where it holds one."""
    sha256 = here.pool.do(work.reference, raw, kind)
    return None if sha256 is None else content_of(here, caller, sha256)


@router.post("/validate", openapi_extra=VALIDATE_BODY)
def validate(here: Here, caller: Reader, raw: JsonBody) -> dict[str, Any]:
    """Say what looks odd in an instance, as it stands or in a scenario; 422 with everything that is wrong."""
    return here.pool.do(work.validated, raw, referred(here, caller, raw, "ValidateBody"))


@router.post("/check", openapi_extra=PLAN_BODY)
def check(here: Here, caller: Reader, raw: JsonBody) -> dict[str, Any]:
    """Check a plan against an instance, by code that has never seen the mathematics, and price it."""
    return here.pool.do(work.checked, raw, referred(here, caller, raw, "PlanBody"))


@router.post("/report", openapi_extra=PLAN_BODY)
def report(here: Here, caller: Reader, raw: JsonBody) -> dict[str, Any]:
    """Report a plan: what to sign, what is late and why, what runs where, cash and cost."""
    return here.pool.do(work.reported, raw, referred(here, caller, raw, "PlanBody"))


@router.post("/compare", openapi_extra=COMPARE_BODY)
def compare(here: Here, caller: Reader, raw: JsonBody) -> dict[str, Any]:
    """Compare two runs that have ended: inputs, decisions, launches, cost by term and indicators that differ."""
    body = here.pool.do(work.read_body, raw, bodies.CompareBody)
    return here.pool.do(work.compared, (_files(here, caller, body.a), _files(here, caller, body.b)), (body.a, body.b))


def _files(here: Context, caller: Caller, run: str) -> dict[str, bytes]:
    row = mine(here, caller, run)
    if row.state != "succeeded":
        raise RefusedError(409, "a run that has not succeeded cannot be compared", headers={"Retry-After": "1"})
    names = [name for name in here.store.runs.file_names(run) if name in ("run.json", "instance.json", "plan.json")]
    return {name: here.store.runs.file(run, name) or b"" for name in names}


@router.get("/schema/{what}")
def schema(_: Reader, what: Kind) -> dict[str, Any]:
    """The JSON Schema of an instance, a plan or a scenario."""
    from models.schema import schema_of

    return schema_of(what)


@router.get("/solvers")
def solvers(here: Here, _: Reader) -> list[dict[str, Any]]:
    """The solvers, whether they can be used here, and what each can do."""
    return here.pool.do(work.listed_solvers)


@router.get("/version")
def version(_: Reader) -> dict[str, str]:
    """Which versions compute."""
    return _versions()


@cache
def _versions() -> dict[str, str]:
    from solver.versions import versions

    return versions()
