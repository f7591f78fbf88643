"""Write files and folders as a whole or not at all."""

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
    """Write a file under a temporary name beside ``path`` and rename it, so that nobody ever reads half a file.

    Raises:
        InputError: when the folder does not exist or cannot be written to; a file at ``path`` then stays as it was
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
    """Write a folder of files beside ``path`` and rename it; folders above it are created.

    An existing folder is replaced if it holds only files named in ``replaces``. If it cannot be renamed, its files are
    replaced one by one instead.

    Parameters:
        path: the folder
        files: the content of each file, by name
        replaces: names of files that may be overwritten or removed
    Raises:
        InputError: when the folder holds anything else, or cannot be written; it then stays as it was, unless its files
            were being replaced one by one
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
    """Check that a folder can be written at ``path`` without destroying anything; folders above it are created.

    Raises:
        InputError: when it cannot
    """
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
    """Check that writing a folder at ``path`` would destroy nothing but files named in ``replaces``.

    Raises:
        InputError: when it would, or when ``path`` is not a folder
    """
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
    """Whether an entry is a file that may be replaced, or a temporary one that a killed run left behind."""
    return (entry.name in replaces and not entry.is_dir()) or (entry.name[0] == "." and entry.suffix == ".part")


def _stays(target: Path) -> bool:
    """Whether an existing folder must not be renamed: a mount, around the working folder, or in a protected folder."""
    if not target.exists():
        return False
    try:
        here = Path.cwd()
    except OSError:  # the working folder has been removed
        here = Path("/")
    target = target.resolve()
    return target.is_mount() or target == here or target in here.parents or not os.access(target.parent, os.W_OK)


def _work_folder(target: Path) -> Path:
    """A new name for the files until all are written: beside the folder, or inside it if that cannot be renamed."""
    return _beside(target / target.name) if _stays(target) else _beside(target)


def _beside(target: Path) -> Path:
    return target.with_name(f".{target.name[:100]}.{secrets.token_hex(8)}.part")


def _unwritable(path: str | Path, error: OSError) -> InputError:
    reason = error.strerror or "unknown reason"
    return InputError(
        [Problem("", None, f"cannot be written: {reason}", "choose a folder that exists and is yours", str(path))]
    )
