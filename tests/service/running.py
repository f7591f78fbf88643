"""Servers and workers as processes of their own, on loopback, in a folder of the test's; all end with it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

from api.client import Client

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ROOT = Path(__file__).parents[2]
PATIENCE = 30.0  # seconds until a process must have said that it is there


@dataclass
class Running:
    """A server or a worker: its process, and the lines that it has said on stderr."""

    process: subprocess.Popen[str]
    lines: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        """Where a server listens."""
        return next(line.split()[-1] for line in self.lines if line.startswith("ampacity serves on "))

    def client(self, key: str | None = None) -> Client:
        """A client of a server."""
        return Client(self.url, key, timeout=60.0)

    def kill(self) -> None:
        """`kill -9` of this process alone."""
        self.process.kill()
        self.process.wait()

    def kill_all(self) -> None:
        """`kill -9` of this process and of all that it has started, at once."""
        with suppress(psutil.NoSuchProcess):
            family = psutil.Process(self.process.pid).children(recursive=True)
            for one in [psutil.Process(self.process.pid), *family]:
                with suppress(psutil.NoSuchProcess):
                    one.send_signal(signal.SIGKILL)
        self.process.wait()

    def end(self) -> int:
        """SIGTERM, and the exit code."""
        self.process.terminate()
        return self.process.wait(timeout=60)


@contextmanager
def running(command: str, folder: Path, *words: str, settings: Mapping[str, str] | None = None) -> Iterator[Running]:
    """`serve` or `worker` on a data folder; ``settings``: variables of the environment."""
    given = ["--port", "0"] if command == "serve" else []
    process = subprocess.Popen(
        [sys.executable, "-m", "api.cli", command, *given, "--data-dir", str(folder), *words],
        cwd=ROOT,
        env={**os.environ, "AMPACITY_HEARTBEAT_SECONDS": "1", **(settings or {})},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    found = Running(process)
    listening = threading.Thread(target=_listen, args=(found,), daemon=True)
    listening.start()
    try:
        until = time.monotonic() + PATIENCE
        while not any(line.startswith("ampacity ") for line in found.lines):
            assert process.poll() is None, "".join(found.lines)
            assert time.monotonic() < until, "it does not start"
            time.sleep(0.02)
        yield found
    finally:
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                found.kill_all()
        listening.join()
        if process.stderr is not None:
            process.stderr.close()


def _listen(found: Running) -> None:
    assert found.process.stderr is not None
    for line in found.process.stderr:
        found.lines.append(line)
