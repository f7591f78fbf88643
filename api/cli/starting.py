"""The command `init`: writes a first instance to edit, as commented YAML or as CSV tables."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from models.errors import InputError, Problem
from models.files import load_instance, save, write_whole

NAME = "instance.yaml"


def write_starter(folder: Path, tables: bool) -> Path:
    """Writes the starter instance into a folder.

    Parameters:
        tables: whether to write CSV tables instead of a YAML file.

    Returns:
        The path that commands take as INSTANCE: the YAML file, or the folder of tables.

    Raises:
        InputError: when something there would be overwritten, or the folder cannot be written.
    """
    source = files("instances") / "starter.yaml"
    if tables:
        save(load_instance(Path(str(source))).instance, folder / "")
        return folder
    target = folder / NAME
    if target.exists() or target.is_symlink():
        raise InputError([Problem("", None, "already exists", "name another folder, or remove it", str(target))])
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        rule = f"cannot be created: {error.strerror or error}"
        raise InputError([Problem("", None, rule, "name a folder that you may create", str(folder))]) from None
    write_whole(target, source.read_bytes())
    return target
