"""HTTP itself: what is no HTTP gets the one shape of errors, and connections that only hold their place are closed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from api.http.problems import MEDIA_TYPE, document_of

if TYPE_CHECKING:
    import asyncio

LATE = 10.0  # seconds within which the head of a request must be there
REST = 60.0  # seconds for which the rest of a body is thrown away after its request was answered


class Protocol(H11Protocol):
    """One connection."""

    _due: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begins to wait for the head of a request."""
        super().connection_made(transport)
        self._due = self.loop.call_later(LATE, self._close)

    def connection_lost(self, exc: Exception | None) -> None:
        """Ends to wait."""
        self._set(None)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Takes what has come, and looks what must come next."""
        super().data_received(data)
        answering = self.cycle is not None and not self.cycle.response_complete
        if answering or self.transport.is_closing():
            self._set(None)
        elif self.conn.their_state is h11.SEND_BODY:
            self._set(REST)
        elif self.conn.their_state is h11.IDLE and self.conn.trailing_data[0]:
            self._set(LATE)

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 (its words are others)
        """Refuses what is no HTTP, in the shape of all errors."""
        if self.conn.our_state not in (h11.IDLE, h11.SEND_RESPONSE):  # an answer is under way: it cannot be mended
            self.transport.close()
            return
        content = json.dumps(document_of(400, "the request is no HTTP/1.1")).encode()
        headers = [("content-type", MEDIA_TYPE), ("content-length", str(len(content))), ("connection", "close")]
        events: tuple[Any, ...] = (
            h11.Response(status_code=400, headers=headers, reason=b"Bad Request"),
            h11.Data(data=content),
            h11.EndOfMessage(),
        )
        for event in events:
            self.transport.write(self.conn.send(event) or b"")
        self.transport.close()

    def _set(self, seconds: float | None) -> None:
        """Waits for so long from the first time on; None: for nothing."""
        if seconds is None and self._due is not None:
            self._due.cancel()
            self._due = None
        elif seconds is not None and self._due is None:
            self._due = self.loop.call_later(seconds, self._close)

    def _close(self) -> None:
        self._due = None
        self.transport.close()
