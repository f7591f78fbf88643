"""Write trees as JSON or YAML, with lists of numbers on one line. The content is the canonical form."""

from __future__ import annotations

import json
import os
import re
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from models.files.source import is_yaml
from models.files.tables import save_tables
from models.files.text import refuse
from models.files.whole import write_whole
from models.files.yaml_text import plain_scalar
from models.instance import Instance

if TYPE_CHECKING:
    from models.values import Tree

_WIDTH = 110
_SAFE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_./+@-]*( [A-Za-z0-9_./+@-]+)*")


def save(tree: Tree, path: str | os.PathLike[str]) -> None:
    """Write a tree to a `.json`, `.yaml` or `.yml` file, or an instance to a folder of tables (a name without suffix).

    The file or folder is written as a whole or not at all.

    Raises:
        InputError: when the suffix is unknown, or writing fails
    """
    name = os.fspath(path)
    folder = not PurePath(name).suffix or os.path.isdir(name)  # noqa: PTH112 (a Path raises for names that no file can have)
    if isinstance(tree, Instance) and folder:
        save_tables(tree, name)
    elif is_yaml(name):
        write_whole(name, to_yaml(tree))
    elif name.lower().endswith(".json"):
        write_whole(name, to_json(tree))
    else:
        raise refuse(
            name, "must be a .json, .yaml or .yml file, or a folder (no suffix)", "give it one of these suffixes"
        )


def to_json(tree: Tree) -> bytes:
    """Serialise a tree to JSON, indented by one space per level: large instances stay small, and diffs readable."""
    parts: list[str] = []
    _json(tree.model_dump(mode="json", by_alias=True), 0, parts)
    parts.append("\n")
    return "".join(parts).encode()


def to_yaml(tree: Tree) -> bytes:
    """Serialise a tree to YAML in block style, with lists of numbers and small objects of scalars on one line."""
    parts: list[str] = []
    _yaml(tree.model_dump(mode="json", by_alias=True), 0, parts)
    return "".join(parts).encode()


def _is_tree(value: Any) -> bool:
    return isinstance(value, (dict, list)) and bool(value)


def _flat(value: Any) -> bool:
    """Whether a value goes on one line: a scalar, or a list of scalars."""
    if not _is_tree(value):
        return True
    return isinstance(value, list) and not any(_is_tree(child) for child in value)


def _dump(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(", ", ": "))


def _short(value: dict[str, Any]) -> str | None:
    if len(value) > 8 or not all(_flat(child) for child in value.values()):
        return None
    text = _dump(value)
    return text if len(text) <= _WIDTH else None


def _json(value: Any, depth: int, parts: list[str]) -> None:
    if _flat(value):
        parts.append(_dump(value))
        return
    if isinstance(value, dict) and (short := _short(value)) is not None:
        parts.append(short)
        return
    indent = "\n" + " " * (depth + 1)
    opened, closed = ("{", "}") if isinstance(value, dict) else ("[", "]")
    separator = opened
    for step in value:
        parts += (separator, indent)
        if isinstance(value, dict):
            parts += (_dump(step), ": ")
            _json(value[step], depth + 1, parts)
        else:
            _json(step, depth + 1, parts)
        separator = ","
    parts += ("\n" + " " * depth, closed)


def _yaml(value: Any, depth: int, parts: list[str]) -> None:
    """A list or an object in block style, each line indented by ``depth`` levels; ends with a line break."""
    if not _is_tree(value):
        parts.append(f"{_inline(value)}\n")
        return
    indent = "  " * depth
    if isinstance(value, dict):
        for name, child in value.items():
            parts.append(f"{indent}{_text(name)}:")
            if _flat(child):
                parts.append(f" {_inline(child)}\n")
            else:
                parts.append("\n")
                _yaml(child, depth + 1, parts)
        return
    for child in value:
        if _flat(child) or (isinstance(child, dict) and _short(child) is not None):
            parts.append(f"{indent}- {_inline(child)}\n")
            continue
        inner: list[str] = []
        _yaml(child, depth + 1, inner)
        inner[0] = f"{indent}- {inner[0][len(indent) + 2 :]}"
        parts += inner


def _inline(value: Any) -> str:
    if isinstance(value, list):
        return "[" + ", ".join(map(_inline, value)) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_text(name)}: {_inline(child)}" for name, child in value.items()) + "}"
    return _text(value) if isinstance(value, str) else json.dumps(value, allow_nan=False)


def _text(value: str) -> str:
    """A text, quoted unless it reads back as itself; what does not print is escaped."""
    if _SAFE.fullmatch(value) and plain_scalar(value) == value:
        return value
    quoted = json.dumps(value, ensure_ascii=False)
    return "".join(c if c.isprintable() else _escaped(c) for c in quoted)


def _escaped(character: str) -> str:
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
