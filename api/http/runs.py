"""/v1/runs: submitted, watched, stopped, fetched."""

from __future__ import annotations

import base64
import binascii
import hashlib
import io
import json
import re
import zipfile
from contextlib import aclosing
from typing import TYPE_CHECKING, Annotated, Any, Literal

from fastapi import APIRouter, Header, Path, Query, Request, Response
from fastapi.responses import PlainTextResponse, StreamingResponse
from fastapi.sse import format_sse_event
from starlette.concurrency import run_in_threadpool

from api.http import work
from api.http.answers import RunAnswer, RunsAnswer
from api.http.callers import Reader, Submitter
from api.http.context import JSON, ZIP, Context, Here, JsonBody, is_known
from api.http.examples import RUN_BODY
from api.http.instances import content_of, with_instance
from api.http.problems import RefusedError
from api.service.runs import (
    ENDED,
    PLAN,
    Asked,
    OtherBodyError,
    ReferredError,
    RunState,
    StillRunsError,
    Submission,
    TooManyError,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from sqlalchemy import Row

    from api.service.keys import Caller

router = APIRouter(prefix="/v1/runs", tags=["runs"])
LONGEST_WAIT = 60.0  # seconds that an answer may be put off by `Prefer: wait`
SOON = {"Retry-After": "1"}
UNCHANGED: dict[int | str, dict[str, Any]] = {304: {"description": "as the caller knows it"}}
ALREADY: dict[int | str, dict[str, Any]] = {200: {"description": "it has ended", "model": RunAnswer}}
_OBJECT = {"schema": {"type": "object"}}
_BYTES = {"schema": {"type": "string", "format": "binary"}}
PLAN_ANSWER: dict[int | str, dict[str, Any]] = {200: {"content": {JSON: _OBJECT, ZIP: _BYTES}}, **UNCHANGED}
REPORT_ANSWER: dict[int | str, dict[str, Any]] = {200: {"content": {JSON: _OBJECT}}}
EVENTS_ANSWER: dict[int | str, dict[str, Any]] = {
    200: {"content": {"text/event-stream": {"schema": {"type": "string"}}}},
    204: {"description": "the run has told all"},
}
REPORT = "run.json"
RunId = Annotated[str, Path(pattern="^[0-9a-f]{20}$")]
_NUMBER = re.compile(r"[0-9]{1,18}")
_WAIT = re.compile(r"(?:^|[,;\s])wait=(\d{1,9})(?:$|[,;\s])")


@router.post("", status_code=202, openapi_extra=RUN_BODY, response_model=RunAnswer, responses=ALREADY)
async def submit(  # noqa: PLR0913 (a parameter is a part of the request)
    here: Here,
    caller: Submitter,
    raw: JsonBody,
    request: Request,
    idempotency_key: Annotated[str | None, Header(min_length=1, max_length=200)] = None,
    prefer: Annotated[str | None, Header(max_length=200)] = None,
) -> Response:
    """Submit a run of exactly one of an instance and the hash of one; the same key and body give the same run."""
    asked = await with_instance(here, caller, raw, work.submission)
    given = (idempotency_key, request.state.request_id)
    row = await here.write(_submitted, here, caller, asked, raw, given)
    request.state.run = row.id
    seconds = _wait(prefer)
    if seconds:
        await here.tail.ended(row.id, seconds)
        row = await run_in_threadpool(mine, here, caller, row.id)
    headers = {"Location": f"/v1/runs/{row.id}"} | ({"Preference-Applied": f"wait={seconds:g}"} if seconds else {})
    return _answer(row, 200 if row.state in ENDED else 202, headers)


def _submitted(
    here: Context, caller: Caller, asked: dict[str, Any], raw: bytes, given: tuple[str | None, str]
) -> Row[Any]:
    """The run; ``given``: the idempotency key and the id of the request."""
    if asked["request"]["options"]["time_limit"] > here.settings.longest_time_limit:
        rule = f"must be at most {here.settings.longest_time_limit:g} seconds here"
        raise RefusedError(
            422, "the run asks for too much", [_fault("/options/time_limit_seconds", rule, "ask for less")]
        )
    here.store.instances.put(asked["sha256"], asked["content"], caller.id)
    body = hashlib.sha256(raw).hexdigest()
    key, request = given
    submission = Submission(caller.id, asked["sha256"], asked["request"], asked["priority"], None, key, body, request)
    try:
        row, _ = here.store.runs.submit(submission, here.settings.queued_per_key)
    except OtherBodyError:
        raise RefusedError(422, "this Idempotency-Key came with another body before") from None
    except TooManyError:
        most = here.settings.queued_per_key
        raise RefusedError(429, f"{most} runs of this key wait or run already", headers={"Retry-After": "10"}) from None
    return row


@router.get("", response_model=RunsAnswer)
def listed(
    here: Here,
    caller: Reader,
    state: Annotated[RunState | None, Query(description="only runs in this state")] = None,
    page_size: Annotated[int, Query(ge=1, le=500)] = 50,
    page_token: Annotated[str | None, Query(max_length=100)] = None,
) -> dict[str, Any]:
    """List the runs of the caller, the latest first, page by page."""
    rows = here.store.runs.page(caller.id, state, number_of(page_token), page_size + 1)
    token = token_of(rows[page_size - 1].number) if len(rows) > page_size else None
    return {"runs": [document(row) for row in rows[:page_size]], "next_page_token": token}


@router.get("/{run}", response_model=RunAnswer, responses=UNCHANGED)
async def read(
    here: Here,
    caller: Reader,
    run: RunId,
    request: Request,
    prefer: Annotated[str | None, Header(max_length=200)] = None,
) -> Response:
    """A run; with `Prefer: wait=SECONDS` as soon as it has ended, or after so many seconds."""
    row = await run_in_threadpool(mine, here, caller, run)
    seconds = _wait(prefer)
    if seconds and row.state not in ENDED:
        await here.tail.ended(run, seconds)
        row = await run_in_threadpool(mine, here, caller, run)
    if is_known(request, _etag(row)):
        return Response(status_code=304, headers={"ETag": _etag(row)})
    return _answer(row, 200, {"Preference-Applied": f"wait={seconds:g}"} if seconds else {})


@router.get("/{run}/plan", response_class=Response, responses=PLAN_ANSWER)
async def plan(
    here: Here,
    caller: Reader,
    run: RunId,
    request: Request,
    form: Annotated[Literal["json", "csv"] | None, Query(alias="format", description="csv: a zip of tables")] = None,
) -> Response:
    """The best plan so far, checked once the run has ended; as JSON, or as a zip of CSV tables."""
    row = await run_in_threadpool(mine, here, caller, run)
    content = await run_in_threadpool(here.store.runs.file, run, PLAN)
    if content is None:
        reason = "the run has ended without a plan" if row.state in ENDED else "there is no plan yet"
        raise RefusedError(409, reason, headers={} if row.state in ENDED else SOON)
    as_csv = form == "csv" or (form is None and request.headers.get("accept", "").startswith(ZIP))
    etag = f'"{hashlib.sha256(content).hexdigest()[:32]}{"-csv" if as_csv else ""}"'
    headers = {"ETag": etag, "Ampacity-Checked": "true" if row.state == "succeeded" else "false"}
    if is_known(request, etag):
        return Response(status_code=304, headers=headers)
    if not as_csv:
        return Response(content, media_type=JSON, headers=headers)
    headers["Content-Disposition"] = f'attachment; filename="{run}.zip"'
    zipped = await run_in_threadpool(_kept_tables, here, row)
    if zipped is None:
        asked = json.loads(row.request)
        instance = await run_in_threadpool(content_of, here, caller, row.instance_sha256)
        without = tuple(asked["options"]["without"])
        tables = await here.pool.do(work.tables, instance, content, asked["scenario"], without)
        zipped = await run_in_threadpool(_zipped, {name: text.encode() for name, text in tables.items()})
    return Response(zipped, media_type=ZIP, headers=headers)


def _kept_tables(here: Context, row: Row[Any]) -> bytes | None:
    """A zip of the tables of a run that has ended; None where it has not, or has left none."""
    names = [name for name in here.store.runs.file_names(row.id) if name.endswith(".csv")]
    return _zipped({name: here.store.runs.file(row.id, name) or b"" for name in names}) if names else None


def _zipped(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


@router.get("/{run}/report", response_class=Response, responses=REPORT_ANSWER)
def report(here: Here, caller: Reader, run: RunId) -> Response:
    """What `solve` writes to run.json: proof, check, cost by term, report, warnings. 409 before the run has ended."""
    row = mine(here, caller, run)
    content = here.store.runs.file(run, REPORT)
    if content is None:
        reason = "the run has ended without a report" if row.state in ENDED else "the run has not ended"
        raise RefusedError(409, reason, headers={} if row.state in ENDED else SOON)
    return Response(content, media_type=JSON)


@router.get("/{run}/log", response_class=PlainTextResponse)
def log(here: Here, caller: Reader, run: RunId, offset: Annotated[int, Query(ge=0)] = 0) -> Response:
    """The log of the solver from a byte on, as of the last heartbeat while the run is under way."""
    mine(here, caller, run)
    content = here.store.runs.file(run, "solver.log") or b""
    return Response(
        content[offset:], media_type="text/plain; charset=utf-8", headers={"Ampacity-Size": str(len(content))}
    )


@router.get("/{run}/events", response_class=StreamingResponse, responses=EVENTS_ANSWER)
async def events(
    here: Here, caller: Reader, run: RunId, last_event_id: Annotated[str | None, Header(max_length=20)] = None
) -> Response:
    """Events as they come (server-sent events); `Last-Event-ID` goes on behind one. 204: the run has told all."""
    row = await run_in_threadpool(mine, here, caller, run)
    if last_event_id and not _NUMBER.fullmatch(last_event_id):
        raise RefusedError(422, "Last-Event-ID is no number of an event")
    after = min(int(last_event_id or 0), row.events)
    if row.state in ENDED and after >= row.events:
        return Response(status_code=204)
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(_told(here, run, after), media_type="text/event-stream", headers=headers)


async def _told(here: Context, run: str, after: int) -> AsyncIterator[bytes]:
    yield format_sse_event(retry=1000)
    async with aclosing(here.tail.events(run, after)) as told:
        async for event in told:
            if event is None:
                yield b": ping\n\n"
            else:
                number, text = event
                yield format_sse_event(data_str=text, event=json.loads(text)["event"], id=str(number))


@router.post("/{run}/stop", status_code=202, response_model=RunAnswer, responses=ALREADY)
async def stop(here: Here, caller: Submitter, run: RunId, request: Request) -> Response:
    """Ask a run to end and to keep its plan."""
    return await here.write(_asked, here, caller, run, "stop", request)


@router.post("/{run}/cancel", status_code=202, response_model=RunAnswer, responses=ALREADY)
async def cancel(here: Here, caller: Submitter, run: RunId, request: Request) -> Response:
    """End a run at once; the best plan that it has told of stays."""
    return await here.write(_asked, here, caller, run, "cancel", request)


def _asked(here: Context, caller: Caller, run: str, asked: Asked, request: Request) -> Response:
    mine(here, caller, run)
    here.store.audit.add(caller.id, asked, run, request.state.request_id)
    here.store.runs.ask(run, asked)
    row = mine(here, caller, run)
    return _answer(row, 200 if row.state in ENDED else 202, {})


@router.delete("/{run}", status_code=204)
async def remove(here: Here, caller: Submitter, run: RunId, request: Request) -> Response:
    """Remove a run that has ended and that no other refers to."""
    await here.write(_removed, here, caller, run, request)
    return Response(status_code=204)


def _removed(here: Context, caller: Caller, run: str, request: Request) -> None:
    mine(here, caller, run)
    try:
        here.store.runs.remove(run)
    except StillRunsError:
        raise RefusedError(409, "the run has not ended; cancel it first", headers=SOON) from None
    except ReferredError:
        raise RefusedError(409, "another run refers to it") from None
    here.store.audit.add(caller.id, "delete", run, request.state.request_id)


def mine(here: Context, caller: Caller, run: str) -> Row[Any]:
    """A run of the caller.

    Raises:
        RefusedError: 404 where there is none, or it is somebody else's.
    """
    row = here.store.runs.get(run)
    if row is None or row.owner != caller.id:
        raise RefusedError(404, "no such run")
    return row


def document(row: Row[Any]) -> dict[str, Any]:
    """A run as JSON."""
    asked = json.loads(row.request)
    return {
        "id": row.id,
        "state": row.state,
        "stopped": row.stopped,
        "holds": row.holds,
        "objective_usd": row.objective_usd,
        "bound_usd": row.bound_usd,
        "gap": row.gap,
        "seconds": round(row.spent, 3),
        "attempts": row.attempts,
        "instance_sha256": row.instance_sha256,
        "parent": row.parent,
        "scenario": asked["scenario"],
        "priority": row.priority,
        "reason": row.reason,
        "submitted_at": row.submitted_at,
        "started_at": row.started_at,
        "finished_at": row.finished_at,
    }


def _answer(row: Row[Any], status: int, headers: dict[str, str]) -> Response:
    more = {"ETag": _etag(row)} | ({} if row.state in ENDED else SOON)
    return Response(json.dumps(document(row)), status, headers | more, JSON)


def _etag(row: Row[Any]) -> str:
    return f'W/"{row.state}-{row.attempts}-{row.events}-{row.spent:.3f}"'


def _wait(prefer: str | None) -> float:
    """Seconds that a caller would wait for the end."""
    match = _WAIT.search(prefer or "")
    return 0.0 if match is None else min(LONGEST_WAIT, float(match.group(1)))


def token_of(number: int) -> str:
    """The token of the page behind a number."""
    return base64.urlsafe_b64encode(str(number).encode()).decode().rstrip("=")


def number_of(token: str | None) -> int | None:
    """The number that a token stands for.

    Raises:
        RefusedError: 422 where it is none of ours.
    """
    if token is None:
        return None
    try:
        number = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)).decode("ascii")
    except (ValueError, binascii.Error):
        number = ""
    if not _NUMBER.fullmatch(number) or token_of(int(number)) != token:
        raise RefusedError(422, "the page token is none that was given out")
    return int(number)


def _fault(pointer: str, rule: str, fix: str) -> dict[str, str]:
    return {"pointer": pointer, "rule": rule, "fix": fix}
