"""Put texts into one form: Unicode can write `é` as one character or as two, which look the same but differ.

Whatever is read is put into the composed form (NFC), the one that keyboards produce. A warning names each text that
this changed.
"""

from __future__ import annotations

import unicodedata
from typing import Any

from models.errors import Problem
from models.paths import Path, place_of

KIND = "a text that was not in Unicode's composed form (NFC) and has been put into it"


def composed(text: str) -> str:
    """Return a text in the composed form."""
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def is_composed(text: str) -> bool:
    """Whether all texts in a file are surely in the composed form: those written as they are, and no escapes."""
    return "\\" not in text and unicodedata.is_normalized("NFC", text)


def compose(data: Any, path: Path = ()) -> tuple[Any, list[Problem], list[Problem]]:
    """Put all texts in parsed data into the composed form.

    Parameters:
        data: parsed data; the nesting must be limited, since this recurses
        path: place of the data, for problems
    Returns:
        the data in the composed form, the errors (names that become the same) and the warnings (texts that changed)
    """
    errors: list[Problem] = []
    warnings: list[Problem] = []
    return _compose(data, path, errors, warnings), errors, warnings


def change_of(place: str, text: str, file: str | None = None, line: int | None = None) -> Problem:
    """Return the warning about a text that was changed."""
    rule = f"is read as {composed(text)!r}: it was not in Unicode's composed form (NFC)"
    return Problem(place, ascii(text), rule, "save it in this form, everywhere", file, line, KIND)


def _compose(node: Any, path: Path, errors: list[Problem], warnings: list[Problem]) -> Any:
    if isinstance(node, str):
        if (text := composed(node)) != node:
            warnings.append(change_of(place_of(path), node))
        return text
    if isinstance(node, dict):
        result: dict[Any, Any] = {}
        for name, child in node.items():
            step = composed(name) if isinstance(name, str) else name
            if step != name:
                warnings.append(change_of(place_of((*path, step)), name))
            if step in result:
                errors.append(Problem(place_of((*path, step)), ascii(name), "appears twice", "keep one of the two"))
            result[step] = _compose(child, (*path, step), errors, warnings)
        return result
    if isinstance(node, (list, tuple)):
        if not any(isinstance(child, (str, dict, list, tuple)) for child in node):
            return node
        return [_compose(child, (*path, number), errors, warnings) for number, child in enumerate(node)]
    return node
