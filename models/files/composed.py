"""Texts in one form: Unicode can write `é` as one character or as two, which look the same and are not.

What is read is put into the composed form (NFC), the one that keyboards make. Where that changed a text, a warning says
so.
"""

from __future__ import annotations

import unicodedata
from typing import Any

from models.errors import Problem
from models.paths import Path, place_of

KIND = "a text that was not in Unicode's composed form (NFC) and has been put into it"


def composed(text: str) -> str:
    """A text in the composed form."""
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def is_composed(text: str) -> bool:
    """Whether a file of this text can hold no text in another form: neither plain nor escaped."""
    return "\\" not in text and unicodedata.is_normalized("NFC", text)


def compose(data: Any, path: Path = ()) -> tuple[Any, list[Problem], list[Problem]]:
    """(data in the composed form, errors, warnings); what is composed already is shared.

    Not for data that nest without end.
    """
    errors: list[Problem] = []
    warnings: list[Problem] = []
    return _compose(data, path, errors, warnings), errors, warnings


def change_of(place: str, text: str, file: str | None = None, line: int | None = None) -> Problem:
    """The warning of a text that was changed."""
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
                errors.append(Problem(place_of((*path, step)), ascii(name), "stands twice", "keep one of the two"))
            result[step] = _compose(child, (*path, step), errors, warnings)
        return result
    if isinstance(node, (list, tuple)):
        if not any(isinstance(child, (str, dict, list, tuple)) for child in node):
            return node
        return [_compose(child, (*path, number), errors, warnings) for number, child in enumerate(node)]
    return node
