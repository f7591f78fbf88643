"""Events as they come: in order, once, across restarts, and with listeners that come and go."""

from __future__ import annotations

import asyncio
import json
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import httpx
import psutil
import pytest

from instances.generator import generate
from models.instance import canonical
from tests.http.calls import INSTANCE, LONG, calling, ended, submitted
from tests.service.running import Running, running

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.wall_clock

LISTENERS = 50


def _told(client: httpx.Client, run: str, after: int | None = None) -> Iterator[tuple[int, str, dict[str, Any]]]:
    """Number, name and document of each event until the stream ends."""
    headers = {} if after is None else {"Last-Event-ID": str(after)}
    with client.stream("GET", f"/v1/runs/{run}/events", headers=headers) as answer:
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/event-stream")
        fields: dict[str, str] = {}
        for line in answer.iter_lines():
            if line:
                name, _, value = line.partition(": ")
                fields[name] = value
            elif "data" in fields:
                yield int(fields["id"]), fields["event"], json.loads(fields["data"])
                fields = {}


def test_a_stream_goes_on_behind_an_event_across_a_kill(tmp_path: Path) -> None:
    """After `kill -9` and a restart the same request with `Last-Event-ID` tells the rest, each once; then 204."""
    instance = json.loads(canonical(generate("XS", 3)))
    body = {"instance": instance, "options": {"time_limit_seconds": 5, "gap": 0}}
    with running("serve", tmp_path, "--slots", "1") as server, calling(server) as client:
        port = str(urlsplit(server.url).port)
        run = client.post("/v1/runs", json=body).json()["id"]
        seen = []
        for event in _told(client, run):
            seen.append(event)
            if event[1] == "incumbent":
                break
        plan = client.get(f"/v1/runs/{run}/plan")
        assert plan.status_code == 200  # it was on disk before it was told
        server.kill_all()
    with running("serve", tmp_path, "--slots", "1", "--port", port) as server, calling(server) as client:
        rest = list(_told(client, run, seen[-1][0]))
        whole = list(_told(client, run))
        assert [number for number, _, _ in whole] == list(range(1, len(whole) + 1))
        assert [*seen, *rest] == whole
        assert whole[-1][1] == "finished"
        costs = [document["objective_usd"] for _, name, document in whole if name == "incumbent"]
        assert costs == sorted(costs, reverse=True)
        for after in (len(whole), len(whole) + 5):
            answer = client.get(f"/v1/runs/{run}/events", headers={"Last-Event-ID": str(after)})
            assert (answer.status_code, answer.content) == (204, b"")
        assert ended(client, run)["attempts"] == 2


@pytest.mark.slow
def test_many_listeners_come_and_go(tmp_path: Path) -> None:
    """They hear the end at once, hold no thread, and leave nothing behind when they go without a word."""
    with running("serve", tmp_path, "--slots", "0") as server, calling(server) as client:
        run, other = submitted(client, LONG), submitted(client, LONG)
        before = _connections(server)
        took = asyncio.run(_crowd(server, run, other))
        assert took < 5
        until = time.monotonic() + 20
        while _connections(server) > before + 2 and time.monotonic() < until:
            time.sleep(0.1)
        assert _connections(server) <= before + 2
        assert client.get(f"/v1/runs/{other}").json()["state"] == "queued"
        assert client.post("/v1/validate", json={"instance": INSTANCE}).status_code == 200


async def _crowd(server: Running, run: str, other: str) -> float:
    """Listens many times to two runs; the seconds from the end of one until all have heard of it."""
    limits = httpx.Limits(max_connections=None)
    async with httpx.AsyncClient(base_url=server.url, timeout=60, limits=limits) as client:
        hearing = [asyncio.create_task(_hear(client, run)) for _ in range(LISTENERS)]
        waiting = [
            asyncio.create_task(client.get(f"/v1/runs/{run}", headers={"Prefer": "wait=50"})) for _ in range(LISTENERS)
        ]
        leaving = [asyncio.create_task(_hear(client, other)) for _ in range(LISTENERS)]
        await asyncio.sleep(2)
        for _ in range(5):
            began = time.monotonic()
            assert (await client.get("/v1/runs")).status_code == 200
            assert time.monotonic() - began < 2
        began = time.monotonic()
        assert (await client.post(f"/v1/runs/{run}/cancel")).status_code == 200
        assert all("finished" in told for told in await asyncio.gather(*hearing))
        assert all(answer.json()["state"] == "cancelled" for answer in await asyncio.gather(*waiting))
        took = time.monotonic() - began
        for one in leaving:
            one.cancel()
        await asyncio.gather(*leaving, return_exceptions=True)
        return took


async def _hear(client: httpx.AsyncClient, run: str) -> str:
    async with client.stream("GET", f"/v1/runs/{run}/events") as answer:
        return (await answer.aread()).decode()


def _connections(server: Running) -> int:
    return len(psutil.Process(server.process.pid).net_connections("tcp"))
