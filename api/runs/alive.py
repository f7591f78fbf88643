"""Whether a process still runs, whatever happens to the time of day meanwhile."""

from __future__ import annotations

import os
from pathlib import Path

import psutil

HAS_PROC = Path("/proc/self/stat").exists()
TOLERANCE = 0.005 if HAS_PROC else 2.0  # seconds


def born(pid: int) -> float | None:
    """When a process was started, in seconds; None where it has ended or cannot be seen.

    On Linux they count from the start of the machine: a step of the clock moves the time of day at which a process
    that runs already was started.
    """
    if not HAS_PROC:
        try:
            return psutil.Process(pid).create_time()
        except psutil.Error:
            return None
    try:
        words = Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()
    except OSError:
        return None
    return int(words[19]) / os.sysconf("SC_CLK_TCK")


def lives(pid: int, since: float) -> bool:
    """Whether the process that was ``born`` at ``since`` still runs; its id may have been reused."""
    try:
        if psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:  # ended, and its parent has not noticed yet
            return False
    except psutil.NoSuchProcess:
        return psutil.pid_exists(pid)  # somebody else's may be hidden
    except psutil.Error:
        return True
    found = born(pid)
    return found is None or abs(found - since) <= TOLERANCE
