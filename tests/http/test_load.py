"""Many clients at once."""

from __future__ import annotations

import asyncio
import json
import ssl
import statistics
import time
from collections import Counter
from contextlib import suppress
from typing import TYPE_CHECKING

import httpx
import pytest

from instances.generator import generate
from models.instance import canonical
from tests.http.calls import logged
from tests.service.postgres import kept_in
from tests.service.running import running

if TYPE_CHECKING:
    from pathlib import Path

CLIENTS, SECONDS = 200, 60.0
LISTENED = 2.0  # seconds for which a stream is held


@pytest.mark.slow
@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_two_hundred_clients(tmp_path: Path, database: str) -> None:
    """200 clients submit, poll, stream and list for a minute: no 5xx, nothing lost; prints latency and throughput."""
    with (
        kept_in(database) as where,
        running("serve", tmp_path, "--slots", "1", settings={"AMPACITY_QUEUED_PER_KEY": "1000000", **where}) as server,
    ):
        statuses, latencies, submitted = asyncio.run(_load(server.url))
        with httpx.Client(base_url=server.url, timeout=60) as client:
            kept, query = set[str](), {"page_size": "500"}
            while True:
                page = client.get("/v1/runs", params=query).json()
                kept |= {run["id"] for run in page["runs"]}
                if page["next_page_token"] is None:
                    break
                query["page_token"] = page["next_page_token"]
        for line in logged(server):
            if line["event"] == "request" and line["route"] == "/v1/runs/{run}":
                latencies.setdefault("server", []).append(line["ms"] / 1e3)
    print(f"\nstatuses {dict(statuses)}; {sum(statuses.values()) / SECONDS:.0f} requests a second")
    for name, seconds in sorted(latencies.items()):
        cuts = statistics.quantiles(seconds, n=100)
        print(f"{name:7} {len(seconds):6} median {cuts[49]:.3f} s, 95 % {cuts[94]:.3f} s, longest {max(seconds):.3f} s")
    assert not [status for status in statuses if status >= 500]
    assert kept == set(submitted)
    assert len(submitted) >= CLIENTS


async def _load(url: str) -> tuple[Counter[int], dict[str, list[float]], list[str]]:
    body = json.dumps({"instance": json.loads(canonical(generate("XS", 1))), "options": {"time_limit_seconds": 5}})
    statuses, submitted = Counter[int](), list[str]()
    latencies: dict[str, list[float]] = {"submit": [], "poll": [], "list": [], "stream": []}
    until = time.monotonic() + SECONDS

    async def ask(
        client: httpx.AsyncClient, name: str, method: str, path: str, content: str | None = None
    ) -> httpx.Response:
        began = time.monotonic()
        headers = {} if content is None else {"Content-Type": "application/json"}
        answer = await client.request(method, path, content=content, headers=headers)
        latencies[name].append(time.monotonic() - began)
        statuses[answer.status_code] += 1
        return answer

    async def one() -> None:
        async with httpx.AsyncClient(base_url=url, timeout=120, verify=context) as client:  # a pool of its own is fast
            await work(client)

    async def listen(client: httpx.AsyncClient, run: str) -> None:
        """Holds a stream of events for two seconds."""
        began = time.monotonic()
        async with client.stream("GET", f"/v1/runs/{run}/events") as answer:
            latencies["stream"].append(time.monotonic() - began)
            statuses[answer.status_code] += 1
            with suppress(TimeoutError):
                async with asyncio.timeout(LISTENED):
                    async for _ in answer.aiter_lines():
                        pass

    async def work(client: httpx.AsyncClient) -> None:
        while time.monotonic() < until:
            answer = await ask(client, "submit", "POST", "/v1/runs", body)
            assert answer.status_code == 202, answer.text
            run = answer.json()["id"]
            submitted.append(run)
            await listen(client, run)
            for _ in range(10):
                if time.monotonic() > until:
                    return
                await ask(client, "poll", "GET", f"/v1/runs/{run}")
                await asyncio.sleep(0.5)
            await ask(client, "list", "GET", "/v1/runs")

    context = ssl.create_default_context()  # is not used, and takes long to make
    await asyncio.gather(*(one() for _ in range(CLIENTS)))
    return statuses, latencies, submitted
