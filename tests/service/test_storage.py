"""A full disk, a read-only folder, data of other versions: a clear word, nothing lost, and on it goes."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import time
from contextlib import closing, contextmanager, nullcontext, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import psutil
import pytest

from api.client import ServiceError
from api.service.settings import DATABASE
from instances.generator import generate
from models.files import load_instance
from tests.service.kept import (
    CENT,
    Team,
    assert_whole,
    await_plan,
    ended,
    events_of,
    opened,
    put,
    row_of,
    stop,
    team,
    until,
)
from tests.service.postgres import postgres
from tests.service.running import ROOT, Running

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.wall_clock

XS = generate("XS", 1)
QUICK = load_instance(ROOT / "instances" / "starter.yaml").instance
OLD = Path(__file__).parent / "folders" / "version-1.sql"
LINUX = pytest.mark.skipif(not hasattr(psutil.Process, "rlimit"), reason="needs limits that others can set (Linux)")


@pytest.fixture
def workers(tmp_path: Path) -> Iterator[Team]:
    with team(tmp_path) as found:
        yield found


@contextmanager
def unwritable(one: Running) -> Iterator[None]:
    """What a process writes into files fails meanwhile, as on a file system that has become read-only."""
    process = psutil.Process(one.process.pid)
    before = process.rlimit(psutil.RLIMIT_FSIZE)
    process.rlimit(psutil.RLIMIT_FSIZE, (0, before[1]))
    try:
        yield
    finally:
        process.rlimit(psutil.RLIMIT_FSIZE, before)


@contextmanager
def mounted(folder: Path, size: str) -> Iterator[None]:
    """A small file system of the test's own; only root can have one."""
    words = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
    if subprocess.run(words, check=False, capture_output=True).returncode:
        pytest.skip("no file system can be mounted here")
    try:
        yield
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def refused(server: Running, words: str) -> None:
    """What has to write is answered by 503 with a word; what only reads is answered."""
    for path in ("/v1/runs", "/v1/instances"):
        raw = QUICK.model_dump_json(by_alias=True)
        body = raw if path == "/v1/instances" else '{"instance": ' + raw + "}"
        answer = httpx.post(server.url + path, content=body, headers={"Content-Type": "application/json"}, timeout=60)
        assert (answer.status_code, answer.json()["detail"]) == (503, words), answer.text
        assert answer.headers["content-type"] == "application/problem+json" and "retry-after" in answer.headers
    assert not is_ready(server) and httpx.get(f"{server.url}/healthz").status_code == 200


def is_ready(server: Running) -> bool:
    """Whether the database can be written."""
    return httpx.get(f"{server.url}/readyz", timeout=60).status_code == 200


@pytest.mark.slow
@LINUX
def test_a_disk_that_cannot_be_written(workers: Team) -> None:
    """Runs are refused with a word, what is there is read, and a run that searches meanwhile goes on to its end."""
    run = put(workers.store, XS, time_limit=120)
    worker = workers.start("worker")
    server = workers.start("server", "serve", slots=0)
    await_plan(workers.store, run)
    with server.client() as client:
        with unwritable(server), unwritable(worker):
            refused(server, "the disk cannot be written")
            assert client.run(run)["state"] == "running" and client.plan(run)
            assert [one["id"] for one in client.runs()] == [run]
            time.sleep(3)  # three heartbeats that cannot be given
        until(lambda: is_ready(server), 10, "it goes on")
        assert client.submit(QUICK)["state"] == "queued"
    row = stop(workers.store, run)
    assert (row.attempts, row.kills) == (1, 0)
    assert_whole(workers.store, run, XS)


@pytest.mark.slow
@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount a file system of its own")
def test_a_full_disk(tmp_path: Path) -> None:
    """The same where there is no room: whatever was reported is still there, and runs end once there is room again."""
    disk = tmp_path / "data"
    disk.mkdir()
    with mounted(disk, "4m"), team(tmp_path) as found:
        server = found.start("server", "serve", slots=1)
        with server.client() as client:
            run = client.submit(XS, {"time_limit_seconds": 120, "gap": 0, "threads": 1})["id"]
            await_plan(found.store, run)
            before, told = row_of(found.store, run), events_of(found.store, run)
            filler = disk / "filler"
            with suppress(OSError), filler.open("wb", buffering=0) as file:
                while True:
                    file.write(bytes(4096))
            accepted = []
            with suppress(ServiceError):  # the log of the database may still have some room
                for seed in range(500):
                    accepted.append(client.submit(generate("XS", 100 + seed), {"time_limit_seconds": 1})["id"])
            refused(server, "the disk is full")
            httpx.post(f"{server.url}/v1/runs/{run}/stop", timeout=60)
            time.sleep(5)
            assert events_of(found.store, run)[: len(told)] == told and client.plan(run)
            filler.unlink()
            until(lambda: is_ready(server), 20, "it goes on")
            row = stop(found.store, run)
            assert (row.attempts, row.kills) == (1, 0) and row.objective_usd <= before.objective_usd + CENT
            assert_whole(found.store, run, XS)
            for one in accepted:
                assert client.run(one)["state"] in ("queued", "running", "succeeded")
            assert client.submit(QUICK)["id"]
        assert server.end() == 0


@pytest.mark.slow
@LINUX
def test_a_worker_that_cannot_write(workers: Team) -> None:
    """It waits, and works as soon as it can."""
    worker = workers.start("worker")
    with unwritable(worker):
        run = put(workers.store, QUICK)
        time.sleep(2)
        assert row_of(workers.store, run).state == "queued"  # the lease cannot be written either
    assert ended(workers.store, run).state == "succeeded"


@pytest.mark.slow
@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount a file system of its own")
@pytest.mark.parametrize("size", ["16k", "64k"])
def test_no_room_for_the_files_of_a_run(workers: Team, size: str) -> None:
    """A run whose temporary files find no room, at once or when they are written, waits without a death."""
    folder = workers.temporary("full")
    folder.mkdir()
    run = put(workers.store, XS, time_limit=4)
    with mounted(folder, size):
        full = workers.start("full")
        until(lambda: row_of(workers.store, run).attempts >= 2, 40, "it is tried again")
        full.end()
    row = row_of(workers.store, run)
    assert (row.state, row.kills) == ("queued", 0)
    workers.start("another")
    assert ended(workers.store, run).state == "succeeded"


def serve(folder: Path, **more: object) -> subprocess.CompletedProcess[str]:
    """`serve` where it is expected to refuse."""
    words = [sys.executable, "-m", "api.cli", "serve", "--port", "0", "--data-dir", str(folder)]
    return subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False, **more)  # type: ignore[call-overload, no-any-return]


def test_a_read_only_folder_is_refused(tmp_path: Path) -> None:
    """The server says so in a line; the data is as it was, and served once the folder can be written."""
    folder = tmp_path / "data"
    folder.mkdir()
    with mounted(folder, "4m") if os.geteuid() == 0 else nullcontext():
        with opened(folder) as store:
            run = put(store, QUICK)
        set_writable(folder, False)
        done = serve(folder)
        assert done.returncode == 3 and "read-only" in done.stderr, done.stderr
        assert "Traceback" not in done.stderr and str(folder) in done.stderr
        set_writable(folder, True)
        with opened(folder) as store:
            assert row_of(store, run).state == "queued"


def set_writable(folder: Path, writable: bool) -> None:
    """Makes a folder read-only, or no more; for root, who may write whatever the mode says, its file system."""
    if os.geteuid() == 0:
        subprocess.run(["mount", "-o", "remount," + ("rw" if writable else "ro"), str(folder)], check=True)
        return
    for path in [folder, *folder.iterdir()]:
        path.chmod((0o555 if path.is_dir() else 0o444) | (0o200 if writable else 0))


def test_an_older_folder_is_opened(workers: Team) -> None:
    """One of the first version: its run is read with plan and events, what waited is carried out."""
    folder = workers.folder / "data"
    workers.store.close()
    for path in folder.iterdir():
        path.unlink()
    with closing(sqlite3.connect(folder / DATABASE)) as connection:
        connection.executescript(OLD.read_text())
    with opened(folder) as store:
        (waiting, done) = store.runs.page(None, None, None, 9)
        assert (done.state, done.holds, waiting.state) == ("succeeded", "plan", "queued")
        assert_whole(store, done.id, QUICK)
        assert "run.json" in store.runs.file_names(done.id) and len(store.keys.listed()) == 1
        assert [entry.what for entry in store.audit.page(None, 9)] == ["submit", "submit"]
        workers.start("one")
        assert ended(store, waiting.id).state == "succeeded"
        assert_whole(store, waiting.id, QUICK)
        assert put(store, QUICK)


def test_a_newer_folder_is_refused(tmp_path: Path) -> None:
    """A folder that a newer program has written is left alone, and the refusal says what to do."""
    with opened(tmp_path):
        pass
    with closing(sqlite3.connect(tmp_path / DATABASE)) as connection:
        connection.execute("update meta set value = '99' where name = 'version'")
        connection.execute("drop table audit")
        connection.commit()
    before = (tmp_path / DATABASE).read_bytes()
    done = serve(tmp_path)
    assert done.returncode == 3 and "newer program (format 99" in done.stderr and "Traceback" not in done.stderr
    assert (tmp_path / DATABASE).read_bytes() == before


@pytest.mark.slow
def test_a_postgresql_that_is_full_or_gone(tmp_path: Path) -> None:
    """Read-only, as a standby is, or cut off: 503 with a word; the next request after that is served."""
    with postgres() as database:
        url = database.new()
        with team(tmp_path, url) as found:
            server = found.start("server", "serve", slots=0)
            worker = found.start("worker")
            run = put(found.store, XS, time_limit=120)
            await_plan(found.store, run)
            with server.client() as client:
                name = url.partition("@/")[2].partition("?")[0]
                cut = f"select pg_terminate_backend(pid) from pg_stat_activity where datname = '{name}'"
                database.do(f"alter database {name} set default_transaction_read_only = on")
                database.do(cut)
                refused(server, "the database is read-only")
                assert client.run(run)["state"] == "running"
                time.sleep(3)
                database.do(f"alter database {name} set default_transaction_read_only = off")
                database.do(cut)
                until(lambda: is_ready(server), 10, "it goes on")
                assert client.submit(QUICK)["state"] == "queued"
            row = stop(found.store, run)
            assert (row.attempts, row.kills) == (1, 0)
            assert_whole(found.store, run, XS)
            assert worker.end() == 0
