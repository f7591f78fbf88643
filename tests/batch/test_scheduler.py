"""A batch on the workers of a Dask scheduler: the same plans, byte for byte, also where a worker is killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from tests.batch.test_batch import ROOT, batch, lines, specification, words_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

OPTIONS = "{time_limit_seconds: 120, deterministic: true, work_limit: 2, threads: 1"


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    """The address of a scheduler on loopback, and two workers."""
    file = tmp_path / "scheduler.json"
    log = (tmp_path / "dask.log").open("wb")
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}

    def started(*words: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-m", "dask", *words],
            cwd=tmp_path,
            stdout=log,
            stderr=log,
            env=environment,
            start_new_session=True,
        )

    local = ("--host", "127.0.0.1", "--no-dashboard")
    processes = [started("scheduler", *local, "--port", "0", "--scheduler-file", str(file))]
    try:
        until = time.monotonic() + 60
        while not (file.exists() and file.read_text()):
            assert processes[0].poll() is None, (tmp_path / "dask.log").read_text()[-2000:]
            assert time.monotonic() < until
            time.sleep(0.1)
        address = json.loads(file.read_text())["address"]
        worker = ("worker", address, *local, "--nthreads", "1", "--no-nanny", "--local-directory", str(tmp_path))
        workers = [started(*worker), started(*worker)]
        processes += workers
        yield address, workers
    finally:
        for process in processes:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        log.close()


@pytest.mark.slow
def test_a_killed_worker_costs_no_cell(tmp_path: Path, cluster: tuple[str, list[subprocess.Popen[bytes]]]) -> None:
    """24 deterministic cells by two workers, one of which is killed: the plans are those of this machine alone."""
    address, workers = cluster
    here, there = tmp_path / "here", tmp_path / "there"
    for folder in (here, there):
        folder.mkdir()
    local, remote = specification(here, 4, 6, OPTIONS), specification(there, 4, 6, OPTIONS)
    assert batch(local, "--jobs", "2").returncode == 0
    process = subprocess.Popen(words_of(remote, "--jobs", "2", "--scheduler", address), cwd=ROOT)
    until = time.monotonic() + 300
    while not (there / "out" / "cells.jsonl").exists() or len(lines(remote)) < 5:
        assert process.poll() is None
        assert time.monotonic() < until
        time.sleep(0.1)
    os.killpg(workers[0].pid, signal.SIGKILL)
    assert process.wait(timeout=900) == 0
    keys = [line["key"] for line in lines(remote)]
    assert sorted(keys) == sorted(line["key"] for line in lines(local))
    assert len(set(keys)) == 24
    for key in keys:
        plans = [(folder / "out" / "runs" / key / "plan.json").read_bytes() for folder in (here, there)]
        assert plans[0] == plans[1], key


@pytest.mark.slow
def test_a_scheduler_that_is_not_there_is_told(tmp_path: Path) -> None:
    """Exit 3 with a clear word, and no cell is done."""
    path = specification(tmp_path, 1, 1)
    done = batch(path, "--scheduler", "tcp://127.0.0.1:9")
    assert (done.returncode, "no scheduler answers there" in done.stderr) == (3, True), done.stderr
    assert "Traceback" not in done.stderr
    assert lines(path) == []
