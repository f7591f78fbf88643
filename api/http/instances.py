"""/v1/instances: uploaded once, referred to by the hash of their content."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Depends, Path, Request, Response
from starlette.concurrency import run_in_threadpool

from api.http import work
from api.http.answers import InstanceAnswer, InstancesAnswer
from api.http.callers import Reader, Submitter
from api.http.context import JSON, ZIP, Context, Here, is_known, media_type
from api.http.examples import INSTANCE_BODY
from api.http.problems import RefusedError

if TYPE_CHECKING:
    from collections.abc import Callable

    from api.service.keys import Caller

router = APIRouter(prefix="/v1/instances", tags=["instances"])
ALREADY: dict[int | str, dict[str, Any]] = {200: {"description": "the caller has it already", "model": InstanceAnswer}}
CONTENT: dict[int | str, dict[str, Any]] = {
    200: {"content": {JSON: {"schema": {"type": "object"}}}},
    304: {"description": "as the caller knows it"},
}
Hash = Annotated[str, Path(pattern="^[0-9a-f]{64}$")]


async def upload_body(request: Request) -> tuple[bytes, str]:
    """A body and its media type, JSON or zip."""
    media = media_type(request)
    if media not in (JSON, ZIP):
        raise RefusedError(415, f"the body must be {JSON}, or {ZIP} with CSV tables")
    return await request.body(), media


@router.post("", status_code=201, openapi_extra=INSTANCE_BODY, response_model=InstanceAnswer, responses=ALREADY)
async def upload(
    here: Here, caller: Submitter, body: Annotated[tuple[bytes, str], Depends(upload_body)], request: Request
) -> Response:
    """Upload an instance, as JSON or as a zip of CSV tables; 200 where the caller has uploaded it before."""
    raw, media = body
    if media == JSON:
        sha256, content = await here.pool.do(work.upload, raw)
    else:
        sha256, content = await here.pool.do(work.upload_tables, raw, here.settings.body_limit_mb * 1_000_000)
    new = await here.write(here.store.instances.put, sha256, content, caller.id)
    await here.write(here.store.audit.add, caller.id, "upload instance", None, request.state.request_id)
    answer = json.dumps({"instance_sha256": sha256})
    return Response(answer, 201 if new else 200, {"Location": f"/v1/instances/{sha256}"}, JSON)


@router.get("", response_model=InstancesAnswer)
def listed(here: Here, caller: Reader) -> dict[str, list[dict[str, Any]]]:
    """List the instances that the caller has uploaded, the latest first."""
    rows = here.store.instances.listed(caller.id)
    return {
        "instances": [
            {"instance_sha256": row.sha256, "bytes": row.bytes, "uploaded_at": row.created_at} for row in rows
        ]
    }


@router.get("/{sha256}", response_class=Response, responses=CONTENT)
def read(here: Here, caller: Reader, sha256: Hash, request: Request) -> Response:
    """The canonical JSON of an instance."""
    etag = f'"{sha256}"'
    content = content_of(here, caller, sha256)
    if is_known(request, etag):
        return Response(status_code=304, headers={"ETag": etag})
    return Response(content, media_type=JSON, headers={"ETag": etag})


def content_of(here: Context, caller: Caller, sha256: str) -> bytes:
    """The canonical JSON of an instance that a caller has uploaded.

    Raises:
        RefusedError: 404 where the caller has not, whoever else may have.
    """
    content = here.store.instances.content(sha256) if here.store.instances.holds(sha256, caller.id) else None
    if content is None:
        raise RefusedError(404, "no such instance; POST it to /v1/instances first")
    return content


async def with_instance(here: Context, caller: Caller, raw: bytes, function: Callable[..., Any]) -> Any:
    """What a function of `api.http.work` makes of a body; one that names an instance by its hash is read twice."""
    found = await here.pool.do(function, raw, None)
    if isinstance(found, work.Wanted):
        content = await run_in_threadpool(content_of, here, caller, found.sha256)
        found = await here.pool.do(function, raw, content)
    return found
