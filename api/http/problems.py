"""Errors in one shape: `application/problem+json` (RFC 9457), with JSON pointers (RFC 6901) into the body.

Neither a value nor any other text of the input comes back, and none is logged: what people plan is their secret.
"""

from __future__ import annotations

import json
import re
from functools import cache
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Literal, get_args

from starlette.responses import Response

from models.paths import path_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from models.errors import Problem

MEDIA_TYPE = "application/problem+json"
Kind = Literal["instance", "plan", "scenario"]  # that have a schema
KINDS: tuple[Kind, ...] = get_args(Kind)
MOST = 1000  # problems that an answer lists
_WORD = re.compile(r"\w+")
_AT = re.compile(r", at .*$", re.DOTALL)
_SHORTEST = 3  # letters of a text that is worth hiding

Faults = list[dict[str, str]]


class RefusedError(Exception):
    """A request that is not done: its status, a sentence on why, and what is wrong where in the body."""

    def __init__(
        self,
        status: int,
        detail: str,
        errors: Sequence[Mapping[str, str]] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status, self.detail, self.errors, self.headers = status, detail, list(errors), dict(headers or {})

    def response(self) -> Response:
        """As an answer."""
        return problem_response(self.status, self.detail, self.errors, self.headers)


def problem_response(
    status: int, detail: str, errors: Sequence[Mapping[str, str]] = (), headers: Mapping[str, str] | None = None
) -> Response:
    """A problem as an answer; `errors` is left out where there are none."""
    document = document_of(status, detail)
    if errors:
        document["errors"] = list(errors[:MOST])
        if len(errors) > MOST:
            document["more_errors"] = len(errors) - MOST
    return Response(json.dumps(document), status, dict(headers or {}), MEDIA_TYPE)


def document_of(status: int, detail: str) -> dict[str, Any]:
    """A problem as JSON data."""
    return {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": detail}


def faults_of(problems: Sequence[Problem], below: str, texts: Iterable[str]) -> Faults:
    """Problems of the input as pointers and rules, without any of ``texts``, which is the text of the input.

    ``below``: the pointer of what the places are counted from.
    """
    hidden = _Hidden(texts, {words for problem in problems for words in (problem.rule, problem.fix)})
    return [
        {
            "pointer": below + pointer_of(problem.place),
            "rule": hidden.out_of(problem.rule),
            "fix": hidden.out_of(problem.fix),
        }
        for problem in problems
    ]


def pointer_of(place: str) -> str:
    """`sites[3].ready_mw` as `/sites/3/ready_mw`; the root is the empty text."""
    steps = (str(step).replace("~", "~0").replace("/", "~1") for step in path_of(place))
    return "".join(f"/{step}" for step in steps)


def texts_of(data: Any) -> Iterator[str]:
    """Every text in parsed data, names of fields included; some more than once."""
    open_ones = [data]
    while open_ones:
        tree = open_ones.pop()
        if isinstance(tree, str):
            yield tree
        elif isinstance(tree, dict):
            yield from tree
            open_ones.extend(tree.values())
        elif isinstance(tree, list):
            open_ones.extend(child for child in tree if isinstance(child, (str, dict, list)))


class _Hidden:
    """Texts that must not show, found by their first words; words of the schema are no secret."""

    def __init__(self, texts: Iterable[str], said: Iterable[str]) -> None:
        """``said``: all that will be asked for; texts that begin with no word of it need not be kept."""
        words, longest = set[str](), 0
        for one in said:
            words.update(_WORD.findall(one))
            longest = max(longest, len(one))
        self._by_word: dict[str, list[tuple[int, str]]] = {}  # by its first word: where that begins, and the text
        for text in texts:
            first = _WORD.search(text) if _SHORTEST <= len(text) <= longest else None
            if first is not None and first.group() in words and text not in _vocabulary():
                self._by_word.setdefault(first.group(), []).append((first.start(), text))

    def out_of(self, words: str) -> str:
        """The words with `…` in place of each such text."""
        words = _AT.sub("", words) if words.startswith("is not JSON") else words
        result, at = [], 0
        for match in _WORD.finditer(words):
            if match.start() < at:
                continue
            for offset, text in sorted(self._by_word.get(match.group(), ()), key=lambda found: -len(found[1])):
                begin = match.start() - offset
                if begin >= at and words.startswith(text, begin):
                    result += [words[at:begin], "…"]
                    at = begin + len(text)
                    break
        return "".join([*result, words[at:]])


@cache
def _vocabulary() -> frozenset[str]:
    """Names and fixed values of the schema."""
    from models.schema import schema_of

    return frozenset().union(*(_names(schema_of(kind)) for kind in KINDS))


def _names(tree: Any) -> set[str]:
    found: set[str] = set()
    if isinstance(tree, dict):
        found.update(tree.get("properties", {}))
        found.update(value for value in [*tree.get("enum", ()), tree.get("const")] if isinstance(value, str))
        found.update(name for child in tree.values() for name in _names(child))
    elif isinstance(tree, list):
        found.update(name for child in tree for name in _names(child))
    return found
