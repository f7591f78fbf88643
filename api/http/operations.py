"""For those who run the service: health, metrics, the audit log."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from prometheus_client import CONTENT_TYPE_LATEST

from api.http.answers import AuditAnswer, HealthAnswer, ReadyAnswer
from api.http.callers import Admin, Reader
from api.http.context import Here
from api.http.metrics import exposed
from api.http.problems import RefusedError
from api.http.runs import number_of, token_of

router = APIRouter(tags=["operations"])
METRICS: dict[int | str, dict[str, Any]] = {200: {"content": {CONTENT_TYPE_LATEST: {"schema": {"type": "string"}}}}}


@router.get("/healthz", response_model=HealthAnswer)
async def healthy() -> dict[str, str]:
    """The process answers."""
    return {"status": "ok"}


@router.get("/readyz", response_model=ReadyAnswer)
def ready(here: Here) -> dict[str, Any]:
    """The database can be written and a worker is there; else 503."""
    here.store.touch()
    workers = len(here.store.runs.workers())
    if not workers:
        raise RefusedError(503, "no worker is there", headers={"Retry-After": "5"})
    return {"status": "ok", "workers": workers}


@router.get("/metrics", response_class=Response, responses=METRICS)
def metrics(here: Here, _: Reader) -> Response:
    """Metrics in the text format of Prometheus."""
    return Response(exposed(here.store.runs), media_type=CONTENT_TYPE_LATEST)


@router.get("/v1/audit", response_model=AuditAnswer)
def audit(
    here: Here,
    _: Admin,
    page_size: Annotated[int, Query(ge=1, le=1000)] = 100,
    page_token: Annotated[str | None, Query(max_length=100)] = None,
) -> dict[str, Any]:
    """Who did what, when, to which run, the latest first."""
    rows = here.store.audit.page(number_of(page_token), page_size + 1)
    token = token_of(rows[page_size - 1].number) if len(rows) > page_size else None
    entries = [
        {"at": row.at, "who": row.who, "what": row.what, "run": row.run, "request": row.request}
        for row in rows[:page_size]
    ]
    return {"entries": entries, "next_page_token": token}
