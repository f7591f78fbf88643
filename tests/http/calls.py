"""Requests of the tests: a plain client, and what every error looks like."""

from __future__ import annotations

import json
import socket
from contextlib import closing
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import httpx

from api.http.examples import example_instance

if TYPE_CHECKING:
    from tests.service.running import Running

INSTANCE = example_instance()
EMPTY = {"schema": "ampacity/plan/1"}
NOBODY, NOTHING = "0" * 20, "0" * 64  # ids that name nothing
SHORT = {"time_limit_seconds": 20, "gap": 0.01}
LONG = {"time_limit_seconds": 120, "gap": 0}


def calling(server: Running, key: str | None = None) -> httpx.Client:
    """A client that asks as it is told."""
    headers = {} if key is None else {"Authorization": f"Bearer {key}"}
    return httpx.Client(base_url=server.url, headers=headers, timeout=90)


def refused(response: httpx.Response, status: int) -> dict[str, Any]:
    """Asserts the one shape of errors, and gives the document."""
    assert response.status_code == status, (response.status_code, response.text[:500])
    assert response.headers["content-type"] == "application/problem+json"
    if response.request.method == "HEAD":
        return {}
    found: dict[str, Any] = response.json()
    assert set(found) - {"errors", "more_errors"} == {"type", "title", "status", "detail"}, found
    assert (found["type"], found["status"]) == ("about:blank", status)
    assert found["detail"] and isinstance(found["detail"], str)
    for fault in found.get("errors", ()):
        assert {"pointer", "rule", "fix"} <= set(fault) <= {"pointer", "rule", "fix", "file"}, fault
        assert fault["pointer"] == "" or fault["pointer"].startswith("/")
        assert fault["rule"] and fault["fix"]
    if status in (429, 503):
        assert int(response.headers["retry-after"]) >= 1
    if status == 405:
        assert response.headers["allow"]
    return found


def pointers(found: dict[str, Any]) -> set[str]:
    """The places that an error names."""
    return {fault["pointer"] for fault in found["errors"]}


def submitted(client: httpx.Client, options: dict[str, Any] | None = None, **more: Any) -> str:
    """A run that was submitted; its id."""
    answer = client.post("/v1/runs", json={"instance": INSTANCE, "options": options or SHORT}, **more)
    assert answer.status_code == 202, answer.text
    return str(answer.json()["id"])


def ended(client: httpx.Client, run: str) -> dict[str, Any]:
    """A run once it has ended."""
    answer = client.get(f"/v1/runs/{run}", headers={"Prefer": "wait=60"})
    assert answer.json()["finished_at"] is not None, answer.text
    return dict(answer.json())


def raw(server: Running, *parts: bytes, patience: float = 20.0) -> tuple[int, bytes]:
    """What comes back for bytes as they are: the status, and everything behind the first line."""
    with closing(connected(server, patience)) as connection:
        for part in parts:
            connection.sendall(part)
        return heard(connection)


def connected(server: Running, patience: float = 20.0) -> socket.socket:
    """A connection to a server."""
    place = urlsplit(server.url)
    assert place.hostname is not None
    return socket.create_connection((place.hostname, place.port or 0), timeout=patience)


def heard(connection: socket.socket) -> tuple[int, bytes]:
    """One answer that a connection gives before it is closed or falls silent."""
    found = b""
    while b"\r\n\r\n" not in found or not _whole(found):
        try:
            part = connection.recv(65536)
        except ConnectionResetError:
            part = b""
        if not part:
            break
        found += part
    first, _, rest = found.partition(b"\r\n")
    return (int(first.split()[1]) if first else 0), rest


def _whole(found: bytes) -> bool:
    head, _, body = found.partition(b"\r\n\r\n")
    sizes = [line.split(b":")[1] for line in head.lower().splitlines() if line.startswith(b"content-length:")]
    return bool(sizes) and len(body) >= int(sizes[0])


def logged(server: Running) -> list[dict[str, Any]]:
    """All lines of a server's log, each of which must be JSON, but for the first, which says where it listens."""
    lines = [line for line in server.lines if not line.startswith("ampacity serves on ")]
    return [dict(json.loads(line)) for line in lines]
