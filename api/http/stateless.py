"""Questions that leave nothing behind; the answers are those of the commands."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, Response
from starlette.concurrency import run_in_threadpool

from api.http import bodies, work
from api.http.answers import CheckAnswer, ValidateAnswer
from api.http.callers import Reader
from api.http.context import JSON, Context, Here, JsonBody
from api.http.examples import COMPARE_BODY, PLAN_BODY, VALIDATE_BODY
from api.http.instances import with_instance
from api.http.problems import Kind, RefusedError
from api.http.runs import mine

if TYPE_CHECKING:
    from api.service.keys import Caller

router = APIRouter(prefix="/v1", tags=["questions"])


def _documented(model: Any = None) -> dict[str, Any]:
    """How OpenAPI describes an answer that was written elsewhere."""
    if model is not None:
        return {"response_model": model}
    return {"response_class": Response, "responses": {200: {"content": {JSON: {"schema": {"type": "object"}}}}}}


@router.post("/validate", openapi_extra=VALIDATE_BODY, **_documented(ValidateAnswer))
async def validate(here: Here, caller: Reader, raw: JsonBody) -> Response:
    """Say what looks odd in an instance, as it stands or in a scenario; 422 with everything that is wrong."""
    return Response(await with_instance(here, caller, raw, work.validated), media_type=JSON)


@router.post("/check", openapi_extra=PLAN_BODY, **_documented(CheckAnswer))
async def check(here: Here, caller: Reader, raw: JsonBody) -> Response:
    """Check a plan against an instance, by code that has never seen the mathematics, and price it."""
    return Response(await with_instance(here, caller, raw, work.checked), media_type=JSON)


@router.post("/report", openapi_extra=PLAN_BODY, **_documented())
async def report(here: Here, caller: Reader, raw: JsonBody) -> Response:
    """Report a plan: what to sign, what is late and why, what runs where, cash and cost."""
    return Response(await with_instance(here, caller, raw, work.reported), media_type=JSON)


@router.post("/compare", openapi_extra=COMPARE_BODY, **_documented())
async def compare(here: Here, caller: Reader, raw: JsonBody) -> Response:
    """Compare two runs that have ended: inputs, decisions, launches, cost by term and indicators that differ."""
    body = await here.pool.do(work.read_body, raw, bodies.CompareBody)
    sides = [await run_in_threadpool(_files, here, caller, run) for run in (body.a, body.b)]
    return Response(await here.pool.do(work.compared, tuple(sides), (body.a, body.b)), media_type=JSON)


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


@router.get("/solvers", response_model=list[dict[str, Any]])
async def solvers(here: Here, _: Reader) -> Response:
    """The solvers, whether they can be used here, and what each can do."""
    return Response(await here.pool.do(work.listed_solvers), media_type=JSON)


@router.get("/version")
def version(_: Reader) -> dict[str, str]:
    """Which versions compute."""
    return _versions()


@cache
def _versions() -> dict[str, str]:
    from solver.versions import versions

    return versions()
