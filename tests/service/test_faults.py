"""`kill -9` of server, worker, process of the run, or all of them, while a run is queued, built, solved or written.

No run is lost, no plan that was reported is lost, no run ends twice, and nothing outlives its worker.
"""

from __future__ import annotations

import os
import random
import signal
import socket
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count, product
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from api.client import Client
from instances.generator import generate
from models.files import load_instance
from solver.price import price
from tests.service.kept import CENT, Team, assert_whole, await_plan, events_of, plan_of, put, row_of, stop, team, until
from tests.service.postgres import postgres
from tests.service.running import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from models.instance import Instance
    from tests.service.running import Running

pytestmark = [
    pytest.mark.wall_clock,
    pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="needs /proc to see processes"),
]
XS = generate("XS", 1)
QUICK = load_instance(ROOT / "instances" / "starter.yaml").instance
LIMIT = 120.0  # seconds of a run, which is stopped long before
VICTIMS = ("server", "worker", "child", "all")
MOMENTS = ("queued", "building", "solving", "writing")
REPETITIONS = 100
CHILD = "api.runs.child"


@dataclass
class Service:
    """A server and a worker of its own, which are started again after each kill."""

    at: Team
    port: int
    numbers: Iterator[int] = field(default_factory=count)
    server: Running | None = None
    worker: Running | None = None
    name: str = ""

    def start(self) -> None:
        """Starts what does not run."""
        if self.server is None:
            name = f"server{next(self.numbers)}"
            self.server = self.at.start(name, "serve", slots=0, words=["--port", str(self.port)])
        if self.worker is None:
            self.name = f"worker{next(self.numbers)}"
            self.worker = self.at.start(self.name)

    def kill(self, victim: str) -> None:
        """Kills, and asserts that nothing goes on without its worker."""
        if victim == "child":
            for pid, module in self.at.at_work(self.name).items():
                if module == CHILD:
                    with suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGKILL)
        killed = [one for one in (self.server, self.worker) if one is not None and victim in ("all", self.role(one))]
        for one in killed:
            one.process.kill()
        if victim == "all":
            for pid in self.at.at_work(self.name):
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        for one in killed:
            one.process.wait()
        if self.worker in killed:
            self.worker = None
            self.at.assert_gone(self.name)
        if self.server in killed:
            self.server = None

    def role(self, one: Running) -> str:
        """`server` or `worker`."""
        return "server" if one is self.server else "worker"

    def writes(self) -> bool:
        """Whether the process of the run has begun to write its files."""
        return any(self.at.temporary(self.name).glob("ampacity-child-*/files"))


def await_moment(service: Service, run: str, moment: str, chance: random.Random) -> None:
    """Until a run is at a moment, seeded within."""
    store = service.at.store
    if moment == "queued":
        return
    until(lambda: row_of(store, run).state != "queued", 30, "it is claimed")
    if moment == "building":
        time.sleep(chance.uniform(0.0, 0.8))
    else:
        await_plan(store, run)
        time.sleep(chance.uniform(0.0, 0.5))
    if moment == "writing":
        store.runs.ask(run, "stop")
        end = time.monotonic() + 30
        while not service.writes() and row_of(store, run).finished_at is None:
            assert time.monotonic() < end, "it never writes"
        time.sleep(chance.choice([0.0, 0.0, chance.uniform(0.0, 0.05)]))


def one_fault(service: Service, number: int, victim: str, moment: str, instance: Instance = XS) -> None:
    """One run, one kill, and what must hold after it."""
    chance = random.Random(number)
    service.start()
    store, words = service.at.store, f"repetition {number}: {victim} killed while {moment}"
    url, key = f"http://127.0.0.1:{service.port}", f"{words}, {chance.random()}"
    runs: list[str] = []
    seen: list[tuple[int, Any]] = []

    def watch() -> None:
        with Client(url, timeout=60) as client:
            run = client.submit(instance, {"time_limit_seconds": LIMIT, "gap": 0, "threads": 1}, key)["id"]
            runs.append(run)
            seen.extend((event.number, event.document) for event in client.watch(run))

    watching = threading.Thread(target=watch)
    before = len(store.runs.page(None, None, None, 10_000))
    watching.start()
    if moment == "queued":
        time.sleep(chance.uniform(0.0, 0.3))
    else:
        until(lambda: runs, 30, "it is submitted")
        await_moment(service, runs[0], moment, chance)
    service.kill(victim)
    known = {run: (row_of(store, run), events_of(store, run), plan_of(store, run)) for run in runs}
    for row, _, plan in known.values():
        assert (plan is not None) == (row.holds == "plan" and row.objective_usd is not None), words
        if plan is not None:
            assert float(price(instance, plan).cost_usd) <= row.objective_usd * (1 + 1e-6) + 1, words
    service.start()
    until(lambda: runs, 40, f"{words}: it is submitted")
    stop(store, runs[0])
    watching.join(60)
    assert not watching.is_alive() and len(runs) == 1, words
    (run,) = runs
    row, events = row_of(store, run), events_of(store, run)
    assert len(store.runs.page(None, None, None, 10_000)) == before + 1, f"{words}: submitted twice"
    assert_whole(store, run, instance)
    assert seen == list(enumerate(events, 1)), f"{words}: the stream told something else"
    assert row.kills <= 1 and row.attempts <= 2, words
    for old, told, _ in known.values():
        assert events[: len(told)] == told, f"{words}: an event is lost"
        assert old.objective_usd is None or row.objective_usd <= old.objective_usd + CENT, f"{words}: a plan is lost"
    again: Any = row_of(store, run)
    assert again == row, words


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    with team(tmp_path) as found:
        yield Service(found, _free_port())


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def matrix(repetitions: int) -> Iterator[tuple[int, str, str]]:
    """All pairs of victim and moment, over and over."""
    pairs = list(product(VICTIMS, MOMENTS))
    for number in range(repetitions):
        yield number, *pairs[number % len(pairs)]


def test_a_few_faults(service: Service) -> None:
    """Of the matrix below, on an instance that is solved within a second: what stands behind the server."""
    one_fault(service, 1, "child", "solving", QUICK)
    one_fault(service, 2, "worker", "building", QUICK)
    one_fault(service, 3, "worker", "writing", QUICK)


@pytest.mark.slow
def test_faults(service: Service) -> None:
    """A hundred seeded ones on SQLite."""
    for number, victim, moment in matrix(REPETITIONS):
        one_fault(service, number, victim, moment)


@pytest.mark.slow
def test_faults_on_postgresql(tmp_path: Path) -> None:
    """The whole matrix, once, on PostgreSQL."""
    with postgres() as server, team(tmp_path, server.new()) as found:
        service = Service(found, _free_port())
        for number, victim, moment in matrix(len(VICTIMS) * len(MOMENTS)):
            one_fault(service, 1000 + number, victim, moment)


def test_a_killed_worker_is_followed_by_another_on_postgresql(tmp_path: Path) -> None:
    """Submit, kill the worker, taken over by another, which goes on from its plan to the end."""
    with postgres() as server, team(tmp_path, server.new()) as found:
        run = put(found.store, XS, time_limit=LIMIT)
        first = found.start("first")
        until(lambda: row_of(found.store, run).state == "running", 10, "it begins")
        found.start("second")
        cost, killed = await_plan(found.store, run), time.monotonic()
        first.kill()
        until(lambda: row_of(found.store, run).attempts == 2, 10, "it is taken over")
        assert time.monotonic() - killed < 2.5
        found.assert_gone("first")
        assert stop(found.store, run).objective_usd <= cost + CENT
        assert_whole(found.store, run, XS)
