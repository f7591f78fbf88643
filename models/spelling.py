"""What is wrong with the spelling of a name, and how to correct it."""

from __future__ import annotations

import re
import unicodedata

LONGEST = 120
_MARKS = "_.:/@+-"  # allowed in every name
_MORE = "#&'’(),"  # allowed only in names that are not ids


def advice_for_name(text: str, pattern: str) -> tuple[str, str]:
    """Return the rule that a text breaks and the fix, where it does not match the ``pattern`` of a kind of name."""
    run, wide = "(#" in pattern, "&" in pattern
    marks = _MARKS + (_MORE if wide else "")
    rule = f"must be a name: a letter or a digit, then letters, digits, {' '.join(marks)} and blanks, {LONGEST} at most"
    return rule, _way_out(text, marks + ("#" if run else ""))


def _way_out(text: str, marks: str) -> str:
    if not (inner := text.strip()):
        return "give it a name"
    if inner != text:
        return f"write `{inner}`, without the blank at its {'start' if text[0].isspace() else 'end'}"
    if (ordinary := "".join(" " if unicodedata.category(c) == "Zs" else c for c in text)) != text:
        return f"write `{ordinary}`, with ordinary blanks"
    if "#" in text and "#" not in marks:
        return "write it without #, which stands for the runs of a training that repeats, `id#k`"
    for character in text:
        if not re.fullmatch(rf"[\w {re.escape(marks)}]", character):
            return f"remove {character_name(character)}"
    if not re.match(r"\w", text):
        return f"start it with a letter or a digit, not with {character_name(text[0])}"
    return f"shorten it: it has {len(text)} characters"


def character_name(character: str) -> str:
    """Return a character as it prints, or else its code and name in Unicode."""
    if character.isascii() and character.isprintable() and character != " ":
        return f"`{character}`"
    return f"U+{ord(character):04X} ({unicodedata.name(character, 'a control character').lower()})"
