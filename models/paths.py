"""Places in a tree: as steps (`("sites", 3, "ready_mw")`) for programs, as text (`sites[3].ready_mw`) for people."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

Path = tuple[str | int, ...]

_PLAIN = re.compile(r"[\w-]+")
_STEP = re.compile(r'\[(\d+)\]|\[("(?:[^"\\]|\\.)*")\]|\.?([\w-]+)')


def place_of(path: Iterable[str | int]) -> str:
    """Format a path as text; the root is the empty text. A key that is not a plain word is quoted in brackets."""
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        elif _PLAIN.fullmatch(step):
            text += f".{step}" if text else step
        else:
            text += f"[{json.dumps(step, ensure_ascii=False)}]"
    return text


def path_of(place: str) -> Path:
    """Parse a text made by ``place_of`` back into its steps."""
    steps: list[str | int] = []
    for number, quoted, word in _STEP.findall(place):
        if number:
            steps.append(int(number))
        else:
            steps.append(json.loads(quoted) if quoted else word)
    return tuple(steps)
