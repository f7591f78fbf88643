"""The temporary folders of runs: an instance and plans lie there as plain files, so none may stay behind.

A worker that is killed cannot remove its folders. Their names say whose they are, so that the next worker on the
machine can.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
import time
from pathlib import Path

from api.runs.alive import born, lives
from api.runs.host import host_id

PREFIX = "ampacity-child-"
TRIES, PAUSE = 10, 0.1  # a solver that is being killed may still write


def make_folder() -> Path:
    """A new folder that only this user can read; raises OSError where there is no room."""
    since = round((born(os.getpid()) or 0.0) * 1000)
    return Path(tempfile.mkdtemp(prefix=f"{PREFIX}{_host()}-{os.getpid()}-{since}-"))


def remove_folder(folder: Path) -> None:
    """Removes a folder of a run whose process is ending."""
    for _ in range(TRIES):
        shutil.rmtree(folder, ignore_errors=True)
        if not folder.exists():
            return
        time.sleep(PAUSE)


def remove_leftovers() -> None:
    """Removes the folders of this user's workers on this machine that have ended."""
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}{_host()}-*-*-*"):
        pid, since = folder.name.removeprefix(f"{PREFIX}{_host()}-").split("-")[:2]
        try:
            ours = folder.lstat().st_uid == os.geteuid()
        except OSError:
            continue
        if ours and pid.isdigit() and since.isdigit() and not lives(int(pid), int(since) / 1000):
            shutil.rmtree(folder, ignore_errors=True)


def _host() -> str:
    return hashlib.sha256(host_id().encode()).hexdigest()[:8]
