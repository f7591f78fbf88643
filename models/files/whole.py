"""Files and folders that are either there as a whole or not at all."""

from __future__ import annotations

import os
import secrets
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from models.errors import InputError, Problem

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping


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

    A folder that stands there is replaced if it holds nothing but files of the names ``replaces``; one that cannot be
    renamed keeps standing, and its files are replaced one by one. InputError if it holds anything else or cannot be
    written; what stood there then still stands.
    """
    target = Path(path).absolute()
    refuse_foreign_folder(path, replaces)
    fresh, old = _work_folder(target), _beside(target)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        fresh.mkdir()
        for name, data in files.items():
            (fresh / name).write_bytes(data)
        if _stays(target):
            for name in files:
                (fresh / name).replace(target / name)
            for name in set(replaces) - set(files):
                (target / name).unlink(missing_ok=True)
        elif target.exists():
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


def refuse_unwritable_folder(path: str | Path, replaces: Collection[str]) -> None:
    """InputError if a folder cannot be written at ``path``, or would destroy something; folders above it are made."""
    refuse_foreign_folder(path, replaces)
    target = Path(path).absolute()
    trial = _work_folder(target)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        trial.mkdir()
        trial.rmdir()
    except OSError as error:
        raise _unwritable(path, error) from None


def refuse_foreign_folder(path: str | Path, replaces: Collection[str]) -> None:
    """InputError if something stands at ``path`` that writing a folder there would destroy."""
    target = Path(path)
    if not target.exists() and not target.is_symlink():
        return
    if not target.is_dir() or target.is_symlink():
        raise InputError([Problem("", None, "is not a folder", "name a new folder, or an empty one", str(path))])
    try:
        foreign = sorted(entry.name for entry in target.iterdir() if not _may_go(entry, replaces))
    except OSError as error:
        raise _unwritable(path, error) from None
    if foreign:
        rule = f"holds {foreign[0]}, which would be lost"
        raise InputError([Problem("", None, rule, "name a new folder, or an empty one", str(path))])


def _may_go(entry: Path, replaces: Collection[str]) -> bool:
    """Whether it is a file of ours, or what was left of one when a run was killed."""
    return (entry.name in replaces and not entry.is_dir()) or (entry.name[0] == "." and entry.suffix == ".part")


def _stays(target: Path) -> bool:
    """Whether a folder that is there cannot be renamed, or somebody would notice: a mount, or where the caller is."""
    if not target.exists():
        return False
    try:
        here = Path.cwd()
    except OSError:  # it has been removed meanwhile
        here = Path("/")
    target = target.resolve()
    return target.is_mount() or target == here or target in here.parents or not os.access(target.parent, os.W_OK)


def _work_folder(target: Path) -> Path:
    """A new name for the files until all are there: beside the folder, or in it where it stays."""
    return _beside(target / target.name) if _stays(target) else _beside(target)


def _beside(target: Path) -> Path:
    return target.with_name(f".{target.name[:100]}.{secrets.token_hex(8)}.part")


def _unwritable(path: str | Path, error: OSError) -> InputError:
    reason = error.strerror or "unknown reason"
    return InputError(
        [Problem("", None, f"cannot be written: {reason}", "choose a folder that exists and is yours", str(path))]
    )
