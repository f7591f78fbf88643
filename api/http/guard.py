"""In front of the routes: limits on bodies, a log line and an id for each request, and no error without a shape."""

from __future__ import annotations

import asyncio
import re
import secrets
import time
from typing import TYPE_CHECKING, Any

import structlog

from api.http.problems import RefusedError, problem_response
from api.service.database import StorageError

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

log = structlog.get_logger("ampacity.http")
BEYOND = 2  # times the limit that are still read, so that the answer is heard
_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")


class Guard:
    """An ASGI application around another; ``most``: bytes of a body; ``stall``: seconds of silence inside one."""

    def __init__(self, app: ASGIApp, most: int, stall: float) -> None:
        self._app, self._most, self._stall = app, most, stall

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        given = headers.get("x-request-id", "")
        request = given if _ID.fullmatch(given) else secrets.token_hex(8)
        scope.setdefault("state", {})["request_id"] = request
        answer = _Answer(send, request)
        began = time.perf_counter()
        structlog.contextvars.bind_contextvars(request=request)
        try:
            await self._app(scope, _Body(receive, self._most, self._stall).receive, answer.send)
        except RefusedError as refusal:
            await self._tell(refusal, answer, scope, receive)
        except StorageError as error:
            await self._tell(RefusedError(503, str(error), headers={"Retry-After": "5"}), answer, scope, receive)
        except Exception as error:
            log.error("defect", error=type(error).__name__, where=_where(error))
            await self._tell(RefusedError(500, "a defect of the program; nothing was done"), answer, scope, receive)
        finally:
            log.info(
                "request",
                method=scope["method"],
                route=getattr(scope.get("route"), "path", None),
                status=answer.status,
                ms=round((time.perf_counter() - began) * 1e3, 1),
                key=scope["state"].get("caller"),
                run=scope.get("path_params", {}).get("run") if answer.status not in (404, 422) else None,
            )
            structlog.contextvars.unbind_contextvars("request")

    async def _tell(self, refusal: RefusedError, answer: _Answer, scope: Scope, receive: Receive) -> None:
        if not answer.status:
            if refusal.status in (408, 413):
                refusal.headers["Connection"] = "close"
            await problem_response(refusal.status, refusal.detail, refusal.errors, refusal.headers)(
                scope, receive, answer.send
            )


class _Answer:
    """Notes the status of an answer, and gives it the id of its request."""

    def __init__(self, send: Send, request: str) -> None:
        self._send, self._request, self.status = send, request, 0

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            message["headers"] = [*message.get("headers", ()), (b"x-request-id", self._request.encode())]
        await self._send(message)


class _Body:
    """The body of one request, read within its limits."""

    def __init__(self, receive: Receive, most: int, stall: float) -> None:
        self._receive, self._most, self._stall = receive, most, stall
        self._size, self._whole = 0, False

    async def receive(self) -> Message:
        if self._whole:  # what comes now is that the caller is gone
            return await self._receive()
        message = await self._next()
        if self._size > self._most:
            while not self._whole and self._size <= BEYOND * self._most and message["type"] == "http.request":
                message = await self._next()
            raise RefusedError(413, f"the body is larger than {self._most // 1_000_000} MB")
        return message

    async def _next(self) -> Message:
        try:
            message: dict[str, Any] = dict(await asyncio.wait_for(self._receive(), self._stall))
        except TimeoutError:
            raise RefusedError(408, f"the body stalled for {self._stall:g} seconds") from None
        if message["type"] == "http.request":
            self._size += len(message.get("body", b""))
            self._whole = not message.get("more_body", False)
        else:
            self._whole = True
        return message


def _where(error: Exception) -> str:
    """The innermost place of ours, without any value."""
    trace, place = error.__traceback__, ""
    while trace is not None:
        code = trace.tb_frame.f_code
        place = f"{code.co_filename.rpartition('/')[2]}:{trace.tb_lineno} {code.co_name}"
        trace = trace.tb_next
    return place
