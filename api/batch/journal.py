"""The journal of a batch or a benchmark: one line for each cell that is done, on disk before the next one begins."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

from models.errors import InputError, Problem

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path
    from types import TracebackType

NAME = "cells.jsonl"  # of a batch
RUNS = "runs"  # folder of the runs, by key
NEEDED = {"key", "instance", "scenario", "policy", "options"}  # of a line; more is there


class Journal:
    """The journal in a folder, which only one process has open at a time.

    Parameters:
        name: of its file.

    Raises:
        InputError: when the folder cannot be written, another process has the journal open, or a line of it other than
            the last one is broken.
    """

    def __init__(self, folder: Path, name: str = NAME) -> None:
        self._path = folder / name
        self.lines: dict[str, dict[str, Any]] = {}  # by key
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._file = self._path.open("a+b")
        except OSError as error:
            raise _refused(self._path, f"cannot be written: {error.strerror}", "name another folder with -o") from None
        try:
            _lock(self._file.fileno())
            self._read()
        except (BlockingIOError, PermissionError):
            self._file.close()
            raise _refused(self._path, "is in use by another process", "wait for it, or name another folder") from None
        except InputError:
            self._file.close()
            raise

    def __enter__(self) -> Journal:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def add(self, line: Mapping[str, Any]) -> None:
        """Adds the line of a cell that is done."""
        self.lines[line["key"]] = dict(line)
        self._file.write(json.dumps(line, ensure_ascii=False, allow_nan=False).encode() + b"\n")
        self._file.flush()
        os.fsync(self._file.fileno())

    def _read(self) -> None:
        """Reads the lines, and cuts a last one off that was not written to its end."""
        self._file.seek(0)
        content = self._file.read()
        self.lines = {line["key"]: line for line in lines_of(content, self._path)}
        whole = _whole(content)
        if whole < len(content):
            self._file.truncate(whole)
            self._file.flush()
            os.fsync(self._file.fileno())


def lines_of(content: bytes, path: Path) -> Iterator[dict[str, Any]]:
    """The lines of a journal, without a last one that was not written to its end.

    Raises:
        InputError: at a line that is none of a batch.
    """
    for number, text in enumerate(content[: _whole(content)].splitlines(), 1):
        try:
            line = json.loads(text)
            known = set(line) if isinstance(line, dict) else set()
        except ValueError:
            known = set()
        if not known >= NEEDED:
            fix = "remove the line; its cell is then solved again"
            raise InputError([Problem("", None, "is no line of a batch", fix, str(path), number)])
        yield line


def _whole(content: bytes) -> int:
    """Bytes of the lines that were written to their end."""
    return content.rfind(b"\n") + 1


def _lock(descriptor: int) -> None:
    try:
        import fcntl
    except ImportError:  # not on Windows
        return
    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _refused(path: Path, rule: str, fix: str) -> InputError:
    return InputError([Problem("", None, rule, fix, str(path))])
