"""The process of a run from outside: started in a session of its own, and ended with all that it has started."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from solver.backends.launch import command

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

ENDING = 2.0  # seconds that a process may take to end once its output is closed


def start_child(
    folder: Path, environment: Mapping[str, str], header: Mapping[str, Any], module: str = "api.runs.child"
) -> subprocess.Popen[bytes]:
    """Starts a module of ours in a folder that holds its instance, and tells it what to do.

    Raises:
        OSError: when no process can be started.
    """
    with (folder / "stderr").open("wb") as errors:
        process = subprocess.Popen(
            command(module),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            cwd=folder,
            env=dict(environment),
            start_new_session=True,
        )
    assert process.stdin is not None
    with suppress(OSError):  # it died at once
        process.stdin.write(json.dumps(header).encode() + b"\n")
        process.stdin.flush()
    return process


def kill_child(process: subprocess.Popen[bytes]) -> None:
    """Ends a process and its group; solvers, which have sessions of their own, end when it is gone."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)


def death_of(process: subprocess.Popen[bytes]) -> str:
    """How a process ended that has closed its output without a last message."""
    try:
        code = process.wait(timeout=ENDING)
    except subprocess.TimeoutExpired:
        return "ended without an answer"
    return f"killed by signal {-code}" if code < 0 else f"exit code {code}"


def close_child(process: subprocess.Popen[bytes]) -> None:
    """Closes the pipes of a process that has ended."""
    for stream in (process.stdin, process.stdout):
        if stream is not None:
            with suppress(OSError):
                stream.close()
