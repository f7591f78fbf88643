"""Convert one value to the text of a cell, and back.

A cell that does not read as what its field asks for stays text; the schema then says what is wrong with it.
"""

from __future__ import annotations

import json
import re
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from models.files.json_text import integer_of
from models.numerals import doubtful

if TYPE_CHECKING:
    from models.files.tables.layout import Column

MUST = "must"  # null where an empty cell would mean the default: a commitment
BETWEEN = ";"
_INTEGER = re.compile(r"[+-]?\d+", re.ASCII)
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_NUMBERS: tuple[type, ...] = (int, float, Decimal)


def text_of(value: Any, column: Column) -> str:
    """Return the cell for a value of dumped data."""
    if column.form == "any":
        return _text_of_any(value)
    if value is None:
        return MUST if column.null_is_must else ""
    if column.form == "words":
        if all(isinstance(entry, str) for entry in value):
            return BETWEEN.join(value)
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else json.dumps(value)


def value_of(text: str, column: Column) -> Any:
    """Return the value of a cell that is not empty."""
    if column.form == "any":
        return _any_of(text)
    if column.null_is_must and text.strip() == MUST:
        return None
    if column.form in ("words", "series") and text.lstrip()[:1] in ("[", "{"):
        return _any_of(text)
    if column.form == "words":
        return [part.strip() for part in text.split(BETWEEN)]
    kinds = column.bases
    plain = text.strip()
    if bool in kinds and plain.lower() in ("true", "false"):
        return plain.lower() == "true"
    if not kinds.isdisjoint(_NUMBERS) and (number := _number_of(plain)) is not None:
        whole = int in kinds and kinds.isdisjoint((float, Decimal)) and number == int(number)
        return int(number) if whole else number
    return plain if kinds <= {date, datetime, bool, *_NUMBERS} else text


def _number_of(text: str) -> int | float | None:
    if _INTEGER.fullmatch(text):
        return integer_of(text)
    return float(text) if _NUMBER.fullmatch(text) and not doubtful(text) else None


def _text_of_any(value: Any) -> str:
    """JSON, or a text as it is where it reads back as the same."""
    if isinstance(value, str) and value and not value.isspace() and _any_of(value) == value:
        return value
    return json.dumps(value, ensure_ascii=False)


def _any_of(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text
    except RecursionError:
        return text
