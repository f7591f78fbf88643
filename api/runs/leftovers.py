"""Temporary folders whose names say whose they are, so that what a killed process has left can be removed.

A name holds the machine, with the space in which its process ids count, the process id and when the process was
started: containers may share a temporary folder without seeing each other's processes.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from pathlib import Path

from api.runs.alive import born, lives
from api.runs.host import host_id


def named(prefix: str) -> str:
    """The beginning of the names of folders of this process."""
    return f"{prefix}{_host()}-{os.getpid()}-{round((born(os.getpid()) or 0.0) * 1000)}-"


def remove_leftovers(prefix: str) -> None:
    """Removes the folders of this user's processes on this machine that have ended."""
    ours = f"{prefix}{_host()}-"
    for folder in Path(tempfile.gettempdir()).glob(f"{ours}*-*-*"):
        pid, since = folder.name.removeprefix(ours).split("-")[:2]
        try:
            mine = folder.lstat().st_uid == os.geteuid()
        except OSError:
            continue
        if mine and pid.isdigit() and since.isdigit() and not lives(int(pid), int(since) / 1000):
            shutil.rmtree(folder, ignore_errors=True)


def _host() -> str:
    return hashlib.sha256(host_id().encode()).hexdigest()[:8]
