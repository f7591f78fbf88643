"""The temporary folder of a process that solves: it holds all temporary files of its runs and their solvers.

A process that is killed cannot remove its folder; the next one does (`api.runs.leftovers`).
"""

from __future__ import annotations

import shutil
import tempfile
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from api.runs.leftovers import named, remove_leftovers
from models.errors import InputError, Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

PREFIX = "ampacity-solve-"


class UnwritableError(InputError):
    """The system's temporary folder cannot be written: it is full, or read-only."""


@dataclass
class _Shared:
    """The folder while runs are under way, their number, and where `tempfile` worked before the first."""

    folder: Path | None = None
    runs: int = 0
    before: str | None = None


_lock, _shared = threading.RLock(), _Shared()


@contextmanager
def scratch() -> Iterator[Path]:
    """Provides a new temporary folder for a run and removes it afterwards; a process may have several runs under way.

    Meanwhile `tempfile` works in the folder above it, which is removed after the last run.

    Raises:
        UnwritableError: when the system's temporary folder cannot be written.
    """
    folder = _enter()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        _leave()


def system_folder() -> str:
    """The system's temporary folder, even while a run redirects `tempfile`.

    Raises:
        OSError: when there is none.
    """
    with _lock:
        if _shared.folder is not None:
            return str(_shared.folder.parent)
    return tempfile.gettempdir()


def abandon() -> None:
    """Removes the folder of this process at once, for an exit that skips all other cleanup."""
    folder = _shared.folder
    if folder is not None:
        shutil.rmtree(folder, ignore_errors=True)


def _enter() -> Path:
    with _lock:
        try:
            if _shared.folder is None:
                remove_leftovers(PREFIX)
                _shared.before = tempfile.tempdir
                _shared.folder = Path(tempfile.mkdtemp(prefix=named(PREFIX)))
                tempfile.tempdir = str(_shared.folder)
            folder = Path(tempfile.mkdtemp(prefix="run-", dir=_shared.folder))
        except OSError as error:
            if not _shared.runs:
                _close()
            fix = "free some space there, or set TMPDIR to another folder"
            rule = f"cannot be written: {error.strerror or error}"
            raise UnwritableError([Problem("", None, rule, fix, "the temporary folder")]) from None
        _shared.runs += 1
        return folder


def _leave() -> None:
    with _lock:
        _shared.runs -= 1
        if not _shared.runs:
            _close()


def _close() -> None:
    if _shared.folder is not None:
        tempfile.tempdir = _shared.before
        shutil.rmtree(_shared.folder, ignore_errors=True)
        _shared.folder = None
