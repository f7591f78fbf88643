"""/v1/instances: uploaded once, referred to by the hash of their content."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Depends, Path, Request, Response

from api.http import work
from api.http.callers import Reader, Submitter
from api.http.context import JSON, ZIP, Context, Here, media_type
from api.http.examples import INSTANCE_BODY
from api.http.problems import RefusedError

if TYPE_CHECKING:
    from api.service.keys import Caller

router = APIRouter(prefix="/v1/instances", tags=["instances"])
UNPACKED = 4  # times the largest body that a zip may take unpacked
Hash = Annotated[str, Path(pattern="^[0-9a-f]{64}$")]


async def upload_body(request: Request) -> tuple[bytes, str]:
    """A body and its media type, JSON or zip."""
    media = media_type(request)
    if media not in (JSON, ZIP):
        raise RefusedError(415, f"the body must be {JSON}, or {ZIP} with CSV tables")
    return await request.body(), media


@router.post("", status_code=201, openapi_extra=INSTANCE_BODY)
def upload(
    here: Here, caller: Submitter, body: Annotated[tuple[bytes, str], Depends(upload_body)], response: Response
) -> dict[str, str]:
    """Upload an instance, as JSON or as a zip of CSV tables; 200 where the caller has uploaded it before."""
    raw, media = body
    if media == JSON:
        sha256, content = here.pool.do(work.upload, raw)
    else:
        sha256, content = here.pool.do(work.upload_tables, raw, UNPACKED * here.settings.body_limit_mb * 1_000_000)
    if not here.store.instances.put(sha256, content, caller.id):
        response.status_code = 200
    here.store.audit.add(caller.id, "upload instance")
    response.headers["Location"] = f"/v1/instances/{sha256}"
    return {"instance_sha256": sha256}


@router.get("")
def listed(here: Here, caller: Reader) -> dict[str, list[dict[str, Any]]]:
    """List the instances that the caller has uploaded, the latest first."""
    rows = here.store.instances.listed(caller.id)
    return {
        "instances": [
            {"instance_sha256": row.sha256, "bytes": row.bytes, "uploaded_at": row.created_at} for row in rows
        ]
    }


@router.get("/{sha256}")
def read(here: Here, caller: Reader, sha256: Hash, request: Request) -> Response:
    """The canonical JSON of an instance."""
    etag = f'"{sha256}"'
    content = content_of(here, caller, sha256)
    if request.headers.get("if-none-match") == etag:
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
