"""Files and folders that are either there as a whole or not at all."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Collection, Mapping
from pathlib import Path

from models.errors import InputError, Problem


def write_whole(path: str | Path, data: bytes) -> None:
    """Write under a temporary name beside ``path`` and rename: nobody ever reads half a file.

    InputError if the folder does not exist or cannot be written to; what stood at ``path`` then still stands.
    """
    target = Path(path)
    temporary = _beside(target)
    try:
        # Not `tempfile`: its files are private, and the result should follow the caller's umask.
        with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(target)
    except OSError as error:
        raise _unwritable(path, error) from None
    finally:
        temporary.unlink(missing_ok=True)


def write_whole_folder(path: str | Path, files: Mapping[str, bytes], replaces: Collection[str]) -> None:
    """Write a folder of files beside ``path`` and rename it; folders above it are made.

    A folder that stands there is replaced if it holds nothing but files of the names ``replaces``. InputError if it
    holds anything else or cannot be written; what stood there then still stands.
    """
    target = Path(path).absolute()
    refuse_foreign_folder(path, replaces)
    fresh, old = _beside(target), _beside(target)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        fresh.mkdir()
        for name, data in files.items():
            (fresh / name).write_bytes(data)
        if target.exists():
            target.rename(old)
            try:
                fresh.rename(target)
            except OSError:
                old.rename(target)
                raise
        else:
            fresh.rename(target)
    except OSError as error:
        raise _unwritable(path, error) from None
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)


def refuse_foreign_folder(path: str | Path, replaces: Collection[str]) -> None:
    """InputError if something stands at ``path`` that writing a folder there would destroy."""
    target = Path(path)
    if not target.exists() and not target.is_symlink():
        return
    if not target.is_dir() or target.is_symlink():
        raise InputError([Problem("", None, "is not a folder", "name a new folder, or an empty one", str(path))])
    try:
        foreign = sorted(entry.name for entry in target.iterdir() if entry.name not in replaces or entry.is_dir())
    except OSError as error:
        raise _unwritable(path, error) from None
    if foreign:
        rule = f"holds {foreign[0]}, which would be lost"
        raise InputError([Problem("", None, rule, "name a new folder, or an empty one", str(path))])


def _beside(target: Path) -> Path:
    return target.with_name(f".{target.name[:100]}.{secrets.token_hex(8)}.part")


def _unwritable(path: str | Path, error: OSError) -> InputError:
    reason = error.strerror or "unknown reason"
    return InputError(
        [Problem("", None, f"cannot be written: {reason}", "choose a folder that exists and is yours", str(path))]
    )
