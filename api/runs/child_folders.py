"""The temporary folders of runs: an instance and plans lie there as plain files, so none may stay behind.

A worker that is killed cannot remove its folders; the next one does (`api.runs.leftovers`).
"""

from __future__ import annotations

import shutil
import tempfile
import time
from pathlib import Path

from api.runs.leftovers import named

PREFIX = "ampacity-child-"
TRIES, PAUSE = 10, 0.1  # a solver that is being killed may still write


def make_folder() -> Path:
    """A new folder that only this user can read; raises OSError where there is no room."""
    return Path(tempfile.mkdtemp(prefix=named(PREFIX)))


def remove_folder(folder: Path) -> None:
    """Removes a folder of a run whose process is ending."""
    for _ in range(TRIES):
        shutil.rmtree(folder, ignore_errors=True)
        if not folder.exists():
            return
        time.sleep(PAUSE)
