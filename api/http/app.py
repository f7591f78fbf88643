"""The application: its routes, what stands in front of them, and what lives as long as it does."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, suppress
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from anyio import CapacityLimiter, to_thread
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.routing import Match

from api.http import instances, operations, runs, stateless
from api.http.bodies import RunOptions
from api.http.context import JSON, Context
from api.http.examples import EXAMPLES
from api.http.guard import Guard
from api.http.pool import ReaderPool
from api.http.problems import MEDIA_TYPE, RefusedError, problem_response
from api.http.stream import Tail
from api.http.work import FaultyError
from api.service.database import StorageError

if TYPE_CHECKING:
    import threading
    from collections.abc import AsyncIterator

    from api.service.settings import ServiceSettings
    from api.service.store import Store

THREADS, WRITERS = 64, 16  # that read, and that write: requests that may wait for the database at once
PROBLEM = {
    "type": "object",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["pointer", "rule", "fix"],
                "properties": {name: {"type": "string"} for name in ("pointer", "rule", "fix", "file")},
            },
        },
        "more_errors": {"type": "integer"},
    },
}


def make_app(settings: ServiceSettings, store: Store, over: threading.Event | None = None) -> FastAPI:
    """The service on a store; once ``over`` is set, nobody is kept waiting any more."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        to_thread.current_default_thread_limiter().total_tokens = THREADS
        pool, tail = ReaderPool(), Tail(store.runs, over)
        app.state.context = Context(store, settings, pool, tail, CapacityLimiter(WRITERS))
        pool.warm()
        watching = asyncio.create_task(tail.watch())
        try:
            yield
        finally:
            watching.cancel()
            with suppress(asyncio.CancelledError):
                await watching
            pool.close()

    app = FastAPI(
        title="ampacity",
        version=version("ampacity"),
        summary="Decides where AI workloads run and what has to be bought for them.",
        lifespan=lifespan,
        docs_url=None,  # its page would load scripts from elsewhere
        redoc_url=None,
        redirect_slashes=False,  # they would lead to whatever host a request names
        responses={
            kind: {"description": words, "content": {MEDIA_TYPE: {"schema": PROBLEM}}}
            for kind, words in (("4XX", "what is wrong"), ("5XX", "why it cannot be done now"))
        },
    )
    for part in (runs, instances, stateless, operations):
        app.include_router(part.router)
    app.add_exception_handler(RefusedError, _refused)
    app.add_exception_handler(FaultyError, _faulty)
    app.add_exception_handler(StorageError, _unstored)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _of_framework)
    app.add_middleware(Guard, most=settings.body_limit_mb * 1_000_000, stall=settings.body_stall_seconds)
    described = app.openapi
    app.openapi = lambda: _with_examples(described())  # type: ignore[method-assign]
    return app


def _with_examples(document: dict[str, Any]) -> dict[str, Any]:
    for (path, method), example in EXAMPLES.items():
        content = document["paths"][path][method]["requestBody"]["content"][JSON]
        content.setdefault("example", example())
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    schemas.setdefault("RunOptions", RunOptions.model_json_schema())
    document["components"]["securitySchemes"] = {"key": {"type": "http", "scheme": "bearer"}}
    document["security"] = [{}, {"key": []}]  # without keys everybody on loopback may ask
    return document


async def _refused(_: Request, error: Exception) -> Response:
    assert isinstance(error, RefusedError)
    return error.response()


async def _faulty(_: Request, error: Exception) -> Response:
    assert isinstance(error, FaultyError)
    return problem_response(error.status, "the input is wrong; errors say where", error.faults)


async def _unstored(_: Request, error: Exception) -> Response:
    return problem_response(503, str(error), headers={"Retry-After": "5"})


async def _invalid(_: Request, error: Exception) -> Response:
    """Of parameters in paths, queries and headers."""
    assert isinstance(error, RequestValidationError)
    of_path = all(part["loc"][:1] == ("path",) for part in error.errors())
    if of_path:  # an id of another form names nothing
        return problem_response(404, "there is no such thing")
    faults = [
        {"pointer": "", "rule": f"{part['loc'][0]} parameter {part['loc'][-1]}: {_rule(part)}", "fix": "correct it"}
        for part in error.errors()
    ]
    return problem_response(422, "a parameter is wrong", faults)


def _rule(part: Any) -> str:
    words = str(part["msg"])
    return words[:1].lower() + words[1:]


async def _of_framework(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    words = {404: "there is no such thing", 405: "not by this method"}
    headers = dict(error.headers or {})
    if error.status_code == 405:
        headers["Allow"] = ", ".join(_methods(request))
    return problem_response(error.status_code, words.get(error.status_code, "it is refused"), headers=headers)


def _methods(request: Request) -> list[str]:
    """All methods of a path; the framework names those of its first route only."""
    asked = {name: value for name, value in request.scope.items() if name not in ("route", "endpoint", "path_params")}
    routes = request.app.router.routes
    found = [
        method
        for method in ("GET", "POST", "PUT", "PATCH", "DELETE")
        if any(route.matches({**asked, "method": method})[0] is Match.FULL for route in routes)
    ]
    return [*found, "HEAD"] if "GET" in found else found
