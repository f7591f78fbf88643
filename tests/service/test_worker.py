"""Workers as processes: deaths, halts, signals and clocks; what is theirs ends with them."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import ExitStack, closing, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest
import structlog

from api.runs.alive import born
from api.runs.child_folders import PREFIX, make_folder
from api.runs.leftovers import remove_leftovers
from api.service import carrier
from api.service.runs import CostAndBound
from api.service.settings import DATABASE, ServiceSettings
from api.service.worker import Worker
from instances.generator import generate
from models.files import load_instance
from models.plan import Plan
from tests.service.kept import (
    CENT,
    Team,
    assert_whole,
    await_plan,
    ended,
    events_of,
    lease,
    opened,
    put,
    row_of,
    stop,
    team,
    until,
)
from tests.service.running import ROOT, Running

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [
    pytest.mark.wall_clock,
    pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="needs /proc to see processes"),
]
XS = generate("XS", 1)  # a plan after a second or two, proven after ten or more
STARTER = ROOT / "instances" / "starter.yaml"
QUICK = load_instance(STARTER).instance  # proven within a second
CHILD, SOLVER = "api.runs.child", "solver.backends.child"


@pytest.fixture
def workers(tmp_path: Path) -> Iterator[Team]:
    with team(tmp_path) as found:
        yield found


def halt(workers: Team, worker: Running) -> None:
    """Halts a process (SIGSTOP) at a moment at which it holds no lock of SQLite, which nobody could take from it."""
    while True:
        worker.process.send_signal(signal.SIGSTOP)
        with closing(sqlite3.connect(workers.folder / "data" / DATABASE, timeout=0.5, isolation_level=None)) as probe:
            try:
                probe.execute("begin immediate").execute("rollback")
            except sqlite3.OperationalError:
                worker.process.send_signal(signal.SIGCONT)
                time.sleep(0.01)
            else:
                return


@pytest.mark.slow
def test_a_killed_worker_is_followed_by_another(workers: Team) -> None:
    """Its run is taken over within two heartbeats and goes on from its best plan with the time that is left."""
    run = put(workers.store, XS, time_limit=15)
    first = workers.start("first")
    until(lambda: row_of(workers.store, run).state == "running", 10, "it begins")
    workers.start("second")
    cost = await_plan(workers.store, run)
    killed = time.monotonic()
    first.kill()
    until(lambda: row_of(workers.store, run).attempts == 2, 10, "it is taken over")
    assert time.monotonic() - killed < 2.5
    workers.assert_gone("first")
    row = ended(workers.store, run)
    assert (row.attempts, row.kills) == (2, 1) and row.objective_usd <= cost + CENT
    assert row.spent < 19
    assert_whole(workers.store, run, XS)


@pytest.mark.slow
def test_a_halted_worker_that_comes_back_changes_nothing(workers: Team) -> None:
    """Another carries its run to the end; its own process of the run is ended, and it takes new runs."""
    run = put(workers.store, XS, time_limit=30)
    first = workers.start("first")
    await_plan(workers.store, run)
    halt(workers, first)
    try:
        workers.start("second")
        until(lambda: row_of(workers.store, run).attempts == 2, 5, "it is taken over")
        workers.store.runs.ask(run, "stop")
        row = ended(workers.store, run)
        events = events_of(workers.store, run)
        assert (row.attempts, row.stopped) == (2, "stopped") and CHILD in workers.at_work("first").values()
    finally:
        first.process.send_signal(signal.SIGCONT)
    until(lambda: set(workers.at_work("first").values()) == {"api.cli"}, 5, "its process of the run is ended")
    time.sleep(1)
    assert (row_of(workers.store, run), events_of(workers.store, run)) == (row, events)
    assert_whole(workers.store, run, XS)
    both = [put(workers.store, QUICK) for _ in range(2)]

    def at_work() -> set[str]:
        return {str(row_of(workers.store, one).worker) for one in both}

    until(lambda: at_work() == {worker.id for worker in workers.store.runs.workers()}, 5, "both work")
    for one in both:
        assert ended(workers.store, one).attempts == 1
        assert_whole(workers.store, one, QUICK)


@pytest.mark.slow
def test_workers_that_were_halted_together_take_nothing_from_each_other(workers: Team) -> None:
    """Such as by a machine that slept: nobody could have given a sign of life."""
    run = put(workers.store, XS, time_limit=60)
    both = [workers.start("first"), workers.start("second")]
    await_plan(workers.store, run)
    for worker in both:
        halt(workers, worker)
    time.sleep(3)
    for worker in both:
        worker.process.send_signal(signal.SIGCONT)
    time.sleep(3)
    row = stop(workers.store, run)
    assert (row.attempts, row.kills) == (1, 0)
    assert_whole(workers.store, run, XS)


@pytest.mark.parametrize("command", ["worker", pytest.param("serve", marks=pytest.mark.slow)])
def test_a_signal_gives_runs_back(workers: Team, command: str) -> None:
    """SIGTERM: the run waits again with its plan, without a death; nothing goes on, and nobody is missed."""
    run = put(workers.store, XS, time_limit=60)
    one = workers.start("one", command)
    await_plan(workers.store, run)
    with ExitStack() as listening:
        if command == "serve":  # who listens holds nobody up
            listening.enter_context(httpx.stream("GET", f"{one.url}/v1/runs/{run}/events"))
        began = time.monotonic()
        assert one.end() == 0
        assert time.monotonic() - began < 8
    assert not any("Traceback" in line for line in one.lines)
    row = row_of(workers.store, run)
    assert (row.state, row.kills, row.attempts, row.holds) == ("queued", 0, 1, "plan")
    assert not workers.store.runs.workers() and not workers.store.runs.strays()
    workers.assert_gone("one")
    assert not list(workers.temporary("one").iterdir())


@pytest.mark.slow
def test_a_killed_solver_costs_no_plan(workers: Team) -> None:
    """The run goes on from its best plan, whether its solver or its process is killed."""
    run = put(workers.store, XS, time_limit=60)
    workers.start("one")
    cost = await_plan(workers.store, run)
    for module in (SOLVER, CHILD):
        until(lambda module=module: module in workers.at_work("one").values(), 5, f"{module} runs")  # type: ignore[misc]
        for pid, words in workers.at_work("one").items():
            if words == module:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        time.sleep(1)
    row = stop(workers.store, run)
    assert row.objective_usd <= cost + CENT and 2 <= row.attempts <= 3
    assert_whole(workers.store, run, XS)


def test_a_run_whose_process_dies_three_times_is_given_up(workers: Team) -> None:
    """It fails, says why, and holds up nobody else."""
    run, next_one = put(workers.store, XS, time_limit=60), put(workers.store, QUICK)
    workers.start("one")
    killed: set[int] = set()

    def over() -> bool:
        for pid, words in workers.at_work("one").items():
            if words == CHILD and row_of(workers.store, run).state == "running" and pid not in killed:
                killed.add(pid)
                os.kill(pid, signal.SIGKILL)
        return str(row_of(workers.store, run).state) == "failed"

    until(over, 20, "it is given up")
    row = row_of(workers.store, run)
    assert (row.stopped, row.attempts, row.kills, len(killed)) == ("crashed", 3, 3, 3)
    assert row.reason == "given up: 3 times the process that carried it out died; at last: killed by signal 9"
    assert ended(workers.store, next_one).state == "succeeded"


@pytest.mark.slow
def test_what_is_asked_early_is_done(workers: Team) -> None:
    """To stop or to cancel a run at any moment of its beginning is no death of it."""
    chance = random.Random(11)
    workers.start("one", slots=2)
    for number in range(4):
        stopped, cancelled = put(workers.store, XS, time_limit=60), put(workers.store, XS, time_limit=60)
        for name, asked in ((stopped, "stop"), (cancelled, "cancel")):
            until(lambda name=name: row_of(workers.store, name).state == "running", 5, "it begins")  # type: ignore[misc]
            time.sleep(chance.choice([0.0, chance.uniform(0, 0.5)]))
            workers.store.runs.ask(name, asked)  # type: ignore[arg-type]
        for name, state, words in ((stopped, "succeeded", "stopped"), (cancelled, "cancelled", "stopped")):
            row = ended(workers.store, name, 15)
            assert (row.state, row.stopped, row.kills) == (state, words, 0), f"seed 11, repetition {number}"


@pytest.mark.slow
@pytest.mark.parametrize("shifts", [(3600.0, -7200.0, 0.0)])
def test_steps_of_the_clock_take_nobody_for_dead(workers: Team, tmp_path: Path, shifts: tuple[float, ...]) -> None:
    """A worker whose clock jumps an hour forth, three back and two forth takes nothing from one whose does not."""
    run = put(workers.store, XS, time_limit=60)
    workers.start("steady")
    until(lambda: row_of(workers.store, run).state == "running", 10, "it begins")
    shift = tmp_path / "shift"
    shift.write_text(str(shifts[0]))
    words = [sys.executable, "-m", "tests.service.shifted", str(shift), "worker", "--data-dir", str(tmp_path / "data")]
    environment = {**os.environ, "AMPACITY_HEARTBEAT_SECONDS": "1"}
    process = subprocess.Popen(words, cwd=ROOT, stderr=subprocess.DEVNULL, env=environment)
    try:
        until(lambda: len(workers.store.runs.workers()) == 2, 10, "both are there")
        names = {worker.id for worker in workers.store.runs.workers()}
        for step in shifts[1:]:
            time.sleep(1)
            shift.write_text(str(step))
        time.sleep(1)
        row = stop(workers.store, run)
        assert (row.attempts, row.kills) == (1, 0)
        assert_whole(workers.store, run, XS)
        assert {worker.id for worker in workers.store.runs.workers()} == names
        assert not [entry for entry in workers.store.audit.page(None, 99) if "take over" in entry.what]
    finally:
        process.terminate()
        process.wait(20)


def test_folders_of_killed_workers_are_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those of a worker that is gone; not those of one that lives, nor anybody else's."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    mine = make_folder()
    pid, since = str(os.getpid()), str(round((born(os.getpid()) or 0) * 1000))
    gone = tmp_path / mine.name.replace(f"-{since}-", "-17-")
    unborn = tmp_path / mine.name.replace(f"-{pid}-", "-999999999-")
    foreign = tmp_path / "ampacity-child-x"
    for folder in (gone, unborn, foreign):
        folder.mkdir()
        (folder / "instance.json").write_text("{}")
    remove_leftovers(PREFIX)
    assert sorted(tmp_path.iterdir()) == sorted([mine, foreign])


@pytest.mark.slow
def test_a_plan_that_takes_longer_to_restore_than_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run without any time left, whose best plan does not hold as it is, gets more rather than end without one."""
    monkeypatch.setattr(carrier, "LEAST", 0.5)
    with opened(tmp_path) as store:
        run = put(store, XS, time_limit=5)
        store.runs.enter("gone", "elsewhere", 1, 0.0)
        claim = lease(store, "gone")
        plan = Plan().model_dump_json(by_alias=True).encode()
        store.runs.record(claim, [{"event": "incumbent", "objective_usd": 1e9}], CostAndBound(1e9, None), plan, 5.0)
        store.runs.release(claim, False, 3, 5.0)
        over = threading.Event()
        working = threading.Thread(target=Worker(store, ServiceSettings(data_dir=tmp_path, slots=1)).run, args=(over,))
        working.start()
        try:
            row = stop(store, run, 1e8)
        finally:
            over.set()
            working.join()
        assert row.attempts == 2
        assert_whole(store, run, XS)


@pytest.mark.slow
def test_the_log_can_be_read_while_the_solver_writes_it(workers: Team) -> None:
    """As of the last heartbeat; at the end it is the whole log, which begins alike."""
    with workers.start("one", "serve").client() as client:
        run = client.submit(generate("S", 1), {"time_limit_seconds": 60, "gap": 0})["id"]
        until = time.monotonic() + 30
        while not (early := client.log(run)):
            assert time.monotonic() < until
            time.sleep(0.2)
        assert client.run(run)["state"] == "running"
        client.stop(run)
        assert client.wait(run, 60)["state"] == "succeeded"
        assert client.log(run).startswith(early)


@pytest.mark.slow
def test_a_service_that_is_killed_as_a_whole_goes_on(workers: Team) -> None:
    """After six seconds with all it has started, and started again after five: downtime does not count."""
    large = generate("S", 1)  # no machine proves it within its time
    server = workers.start("first", "serve")
    with server.client() as client:
        run = client.submit(large, {"time_limit_seconds": 20, "gap": 0})["id"]
        time.sleep(6)
        await_plan(workers.store, run)
        before = client.run(run)
        assert before["objective_usd"] is not None
    server.kill_all()
    workers.assert_gone("first")
    time.sleep(5)
    with workers.start("second", "serve").client() as client:
        done = client.wait(run, 60)
        assert (done["state"], done["attempts"]) == ("succeeded", 2) and 5 < done["seconds"] < 26
        assert [event.name for event in client.watch(run)].count("started") == 2
        assert done["objective_usd"] is not None and done["objective_usd"] <= before["objective_usd"] + CENT
        assert client.report(run)["check"]["breaches"] == []
    assert_whole(workers.store, run, large)


@pytest.mark.slow
def test_a_run_takes_half_a_second_longer_than_the_command(workers: Team, tmp_path: Path) -> None:
    """From POST to `succeeded`, against `ampacity solve` of the same instance; medians of twenty, in turns."""
    server = workers.start("one", "serve")
    served, alone = [], []
    with server.client() as client:
        client.wait(client.submit(QUICK, {"gap": 0.001})["id"])
        for number in range(20):
            began = time.monotonic()
            run = client.submit(QUICK, {"gap": 0.001})["id"]
            assert client.wait(run, 60)["state"] == "succeeded"
            served.append(time.monotonic() - began)
            began = time.monotonic()
            folder = tmp_path / f"out{number}"
            words = [sys.executable, "-m", "api.cli", "solve", str(STARTER), "--gap", "0.001", "-o", str(folder)]
            subprocess.run(words, cwd=ROOT, check=True, capture_output=True)
            alone.append(time.monotonic() - began)
    figures = statistics.median(served), statistics.median(alone)
    print(f"median of 20: {figures[0]:.2f} s served, {figures[1]:.2f} s alone")
    assert figures[0] - figures[1] <= 0.5, figures


def test_a_defect_is_logged_by_its_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a word of what it is about, which may be of somebody's instance."""

    def broken(*_: object) -> None:
        raise KeyError("SECRETMARKER7")

    with opened(tmp_path) as store, structlog.testing.capture_logs() as logged:
        worker = Worker(store, ServiceSettings(data_dir=tmp_path, slots=1))
        monkeypatch.setattr(store.runs, "claim", broken)
        assert not worker._try(worker._claim)  # noqa: SLF001 (what its loop does)
    (line,) = logged
    assert (line["event"], line["error"]) == ("defect", "KeyError")
    assert line["where"].endswith(" broken")
    assert "SECRETMARKER7" not in str(logged)
