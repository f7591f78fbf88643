"""In front of the routes: limits on bodies, a log line and an id for each request, and no error without a shape."""

from __future__ import annotations

import asyncio
import re
import secrets
import time
from typing import TYPE_CHECKING, Any

import structlog
from starlette.requests import ClientDisconnect

from api.http.problems import RefusedError
from api.service.database import StorageError
from api.service.defects import where

if TYPE_CHECKING:
    from collections.abc import Iterable

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

log = structlog.get_logger("ampacity.http")
HELD = 16  # times the largest body that all requests under way may hold
SLOWEST = 1000  # bytes a second below which a body counts as stalled
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
GONE = 499  # in the log: the caller did not wait for the answer
_RUN = re.compile(r"[0-9a-f]{20}")


class Guard:
    """An ASGI application around another; ``most``: bytes of a body; ``stall``: seconds of silence inside one."""

    def __init__(self, app: ASGIApp, most: int, stall: float) -> None:
        self._app, self._most, self._stall = app, most, stall
        self._held = _Held(HELD * most)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = secrets.token_hex(8)  # never one that the caller names, who might name another's
        scope.setdefault("state", {})["request_id"] = request
        method = scope["method"]
        if method == "HEAD":  # is a GET whose answer has no body, which the server leaves out
            scope = {**scope, "method": "GET"}
        answer = _Answer(send, request, method == "HEAD")
        body = _Body(receive, self._most, self._stall, self._held)
        began = time.perf_counter()
        structlog.contextvars.bind_contextvars(request=request)
        try:
            body.refuse_announced(scope["headers"])
            await self._app(scope, body.receive, answer.send)
        except RefusedError as refusal:
            await self._tell(refusal, answer, scope, receive)
        except StorageError as error:
            await self._tell(RefusedError(503, str(error), headers={"Retry-After": "5"}), answer, scope, receive)
        except ClientDisconnect:
            answer.status = GONE
        except Exception as error:
            log.error("defect", error=type(error).__name__, where=where(error))
            await self._tell(RefusedError(500, "a defect of the program; nothing was done"), answer, scope, receive)
        finally:
            body.close()
            run = scope["state"].get("run") or scope.get("path_params", {}).get("run", "")
            log.info(
                "request",
                method=method if method in METHODS else "other",
                route=getattr(scope.get("route"), "path", None),
                status=answer.status,
                ms=round((time.perf_counter() - began) * 1e3, 1),
                key=scope["state"].get("caller"),
                run=run if _RUN.fullmatch(run) else None,
            )
            structlog.contextvars.unbind_contextvars("request")

    async def _tell(self, refusal: RefusedError, answer: _Answer, scope: Scope, receive: Receive) -> None:
        if not answer.status:
            await refusal.response()(scope, receive, answer.send)


class _Answer:
    """Notes the status of an answer, and gives it the id of its request."""

    def __init__(self, send: Send, request: str, bare: bool) -> None:
        self._send, self._request, self._bare, self._over, self.status = send, request, bare, False, 0

    async def send(self, message: Message) -> None:
        """Passes a part of the answer on; of a ``bare`` one, which may never end, the first that would be a body."""
        if self._over:
            return
        if message["type"] == "http.response.start":
            self.status = message["status"]
            message["headers"] = [*message.get("headers", ()), (b"x-request-id", self._request.encode())]
        elif self._bare:
            self._over, message = True, {"type": "http.response.body"}
        await self._send(message)


class _Held:
    """Bytes of bodies that are held at once: beyond ``most`` the next ones have to come again later."""

    def __init__(self, most: int) -> None:
        self._most, self._bytes = most, 0

    def change(self, by: int) -> None:
        """Raises RefusedError where they would be too many."""
        if by > 0 and self._bytes + by > self._most:
            raise RefusedError(503, "too many large bodies are under way", headers={"Retry-After": "5"})
        self._bytes += by


class _Body:
    """The body of one request, read within its limits.

    What comes behind a refusal is thrown away by the server, so that a caller who is still sending hears it.
    """

    def __init__(self, receive: Receive, most: int, stall: float, held: _Held) -> None:
        self._receive, self._most, self._stall, self._held = receive, most, stall, held
        self._size, self._whole, self._began = 0, False, time.monotonic()

    def refuse_announced(self, headers: Iterable[tuple[bytes, bytes]]) -> None:
        """Raises RefusedError: 413 before the first byte of a body that says how large it is; 415 where packed."""
        for name, value in headers:
            if name == b"content-length" and value.isdigit() and int(value) > self._most:
                raise self._too_large()
            if name == b"content-encoding" and value.lower() != b"identity":
                raise RefusedError(415, "the body must not be packed", headers={"Accept-Encoding": "identity"})

    async def receive(self) -> Message:
        """The next part of the body; behind it, that the caller is gone."""
        if self._whole:
            return await self._receive()
        late = self._began + self._stall + self._size / SLOWEST - time.monotonic()
        try:
            message: dict[str, Any] = dict(await asyncio.wait_for(self._receive(), min(self._stall, late)))
        except TimeoutError:
            words = f"the body stalled for {self._stall:g} seconds" if late > self._stall else "the body is too slow"
            raise RefusedError(408, words, headers={"Connection": "close"}) from None
        if message["type"] == "http.request":
            more = len(message.get("body", b""))
            self._held.change(more)
            self._size += more
            self._whole = not message.get("more_body", False)
        else:
            self._whole = True
        if self._size > self._most:
            raise self._too_large()
        return message

    def close(self) -> None:
        """The body is held no more."""
        self._held.change(-self._size)

    def _too_large(self) -> RefusedError:
        return RefusedError(413, f"the body is larger than {self._most // 1_000_000} MB")
