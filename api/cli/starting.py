"""The command `init`: a first instance to change, as commented YAML or as CSV tables."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from models.errors import InputError, Problem
from models.files import load_instance, save, write_whole

NAME = "instance.yaml"


def write_starter(folder: Path, tables: bool) -> Path:
    """Writes the starter instance into ``folder`` and returns what a command takes as INSTANCE.

    As CSV tables the folder itself is the instance. InputError if something stands there that would be lost, or if the
    folder cannot be written.
    """
    source = files("instances") / "starter.yaml"
    if tables:
        save(load_instance(Path(str(source))).instance, folder / "")
        return folder
    target = folder / NAME
    if target.exists() or target.is_symlink():
        raise InputError([Problem("", None, "is there already", "name another folder, or remove it", str(target))])
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        rule = f"cannot be made: {error.strerror or error}"
        raise InputError([Problem("", None, rule, "name a folder that you may make", str(folder))]) from None
    write_whole(target, source.read_bytes())
    return target
