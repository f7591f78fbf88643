"""One cell solved in a process of its own, on this machine or on one that a scheduler has chosen.

What goes in and what comes out is bytes and plain data, so that neither needs a folder that both machines see.
"""

from __future__ import annotations

import json
import os
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from api.runs import child
from api.runs.child_folders import make_folder, remove_folder
from api.runs.child_process import close_child, death_of, kill_child, start_child
from solver.backends.launch import environment

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path

LATE = 60.0  # seconds beyond its time limit after which a process is taken to hang
MEMORY = 1e12  # bytes: the engine keeps the limit of the options, if there is one
CRASHED = 7


@dataclass(frozen=True)
class Work:
    """What a process is told: the instance as it is solved, as JSON, and the options of the engine."""

    key: str
    content: bytes
    options: dict[str, Any]
    cross_check: str | None


@dataclass(frozen=True)
class Done:
    """What became of it: the files of the run, and how it ended. No files: the process died, or hung."""

    key: str
    files: dict[str, bytes] = field(repr=False)
    end: dict[str, Any]  # exit_code, state, stopped, ..., reason
    seconds: float


class Stop:
    """Ends the processes of all cells under way; what they have found is not kept, so that they are solved again."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._processes: set[subprocess.Popen[bytes]] = set()
        self.asked = threading.Event()

    def ask(self) -> None:
        """Ends them, and lets none begin."""
        with self._lock:
            self.asked.set()
            for process in self._processes:
                kill_child(process)

    def enter(self, process: subprocess.Popen[bytes]) -> None:
        """A process that has begun."""
        with self._lock:
            self._processes.add(process)
            if self.asked.is_set():
                kill_child(process)

    def leave(self, process: subprocess.Popen[bytes]) -> None:
        """A process that has ended."""
        with self._lock:
            self._processes.discard(process)


def carried_out(work: Work, stop: Stop | None = None) -> Done:
    """Solves a cell. Whatever happens to its process is a result of the cell."""
    began = time.monotonic()
    folder = make_folder()
    try:
        (folder / child.INSTANCE).write_bytes(work.content)
        message = _message(work, folder, stop)
        files: dict[str, bytes] = {}
        if "done" in message:
            files = {path.name: path.read_bytes() for path in sorted((folder / child.FILES).iterdir())}
            end = message["done"]
        elif "refused" in message:
            end = {"exit_code": 3, "state": "refused", "reason": "; ".join(message["refused"])}
        else:
            end = {"exit_code": CRASHED, "state": "crashed", "reason": next(iter(message.values()))}
        return Done(work.key, files, end, round(time.monotonic() - began, 3))
    finally:
        remove_folder(folder)


def _message(work: Work, folder: Path, stop: Stop | None) -> dict[str, Any]:
    limit = work.options["time_limit"] + LATE
    header = {
        "scenario": None,
        "cross_check": work.cross_check,
        "options": work.options,
        "memory_bytes": int(MEMORY),
        "processor_seconds": int(limit * (os.cpu_count() or 1)),
    }
    return last_message(start_child(folder, environment(TMPDIR=str(folder)), header), limit, stop)


def last_message(process: subprocess.Popen[bytes], limit: float, stop: Stop | None) -> dict[str, Any]:
    """What a process says last, in JSON, apart from events; `crashed` with the reason if it ends without a message.

    Parameters:
        limit: seconds after which it is killed.
        stop: ends it as well.
    """
    if stop is not None:
        stop.enter(process)
    guard = threading.Timer(limit, kill_child, [process])
    guard.daemon = True
    guard.start()
    message: dict[str, Any] = {}
    try:
        assert process.stdout is not None
        for line in process.stdout:
            with suppress(ValueError):  # it died in the middle of a line
                told = json.loads(line)
                message = {} if "event" in told else told
        if not message:
            message = {"crashed": f"the process died: {death_of(process)}" if guard.is_alive() else "the process hung"}
    finally:
        guard.cancel()
        kill_child(process)
        process.wait()
        if stop is not None:
            stop.leave(process)
        close_child(process)
    return message
