"""Explain pydantic errors in the words of the product: which place, which rule, and how to fix it."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Any

from models.days import advice_for_day
from models.errors import Problem, shorten
from models.numerals import advice_for_number
from models.paths import Path, place_of
from models.shape import as_tree, fields_of, follow
from models.spelling import advice_for_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from pydantic import ValidationError
    from pydantic.fields import FieldInfo

    from models.values import Tree

MOST = 1000  # problems listed; a longer list would not help
EXPLAINED = 3 * MOST  # errors put into words: those of one field become one problem, and words take their time

_RULES: dict[str, Callable[[dict[str, Any]], str]] = {
    "greater_than_equal": lambda c: f"must be at least {_number(c['ge'])}",
    "greater_than": lambda c: f"must be more than {_number(c['gt'])}",
    "date_from_datetime_parsing": lambda _: "must be a day of the calendar, YYYY-MM-DD",
    "date_parsing": lambda _: "must be a day of the calendar, YYYY-MM-DD",
    "datetime_parsing": lambda _: "must be an instant, YYYY-MM-DDTHH:MMZ",
    "datetime_from_date_parsing": lambda _: "must be an instant, YYYY-MM-DDTHH:MMZ",
    "less_than_equal": lambda c: f"must be at most {_number(c['le'])}",
    "less_than": lambda c: f"must be less than {_number(c['lt'])}",
    "finite_number": lambda _: "must be a finite number",
    "float_type": lambda _: "must be a number",
    "float_parsing": lambda _: "must be a number",
    "decimal_type": lambda _: "must be a number",
    "int_type": lambda _: "must be a whole number",
    "int_from_float": lambda _: "must be a whole number",
    "int_parsing_size": lambda _: "must be a number of ordinary size",
    "bool_type": lambda _: "must be true or false",
    "string_type": lambda _: "must be text",
    "string_unicode": lambda _: "must be text of whole characters",
    "tuple_type": lambda _: "must be a list",
    "list_type": lambda _: "must be a list",
    "dict_type": lambda _: "must be an object",
    "model_type": lambda _: "must be an object",
    "model_attributes_type": lambda _: "must be an object",
    "too_short": lambda c: f"must have at least {c['min_length']}, has {c['actual_length']}",
    "string_too_long": lambda c: f"must have at most {c['max_length']:,} characters",
    "too_long": lambda c: f"must have at most {c['max_length']}, has {c['actual_length']}",
    "literal_error": lambda c: _one_of(c["expected"]),
    "union_tag_invalid": lambda c: _one_of(c["expected_tags"]),
}
_PATTERNS = {
    r"^\d{4}-(0": "must name a calendar month, YYYY-MM",
    r"^\d{4}-\d": "must name a period by its first day, YYYY-MM-DD",
    r"^[^\x00": "must be text without control characters",
    r"^[^/": "must be names joined by /",
    r"^([0-9": "must be a SHA-256 of 64 hexadecimal digits",
}
_FIXES = {
    "must be a number": "write a number",
    "must be a whole number": "write a whole number, without a point",
    "must be true or false": "write true or false without quotes",
    "must be text": "put it in quotes",
    "must be a list": "put it in [ ]",
    "must be an object": "give its fields by name",
}
_NUMBERS = ("must be a number", "must be a whole number")


def explain(error: ValidationError, root: type[Tree], data: Any, file: str | None = None) -> list[Problem]:
    """Turn a pydantic error into one problem for each thing that is wrong.

    Parameters:
        error: the error
        root: the tree that was validated
        data: the data that it was validated from
        file: name of the file, for problems
    Returns:
        the problems, with places free of tags of unions: at most ``MOST``, and one that counts the rest
    """
    found: dict[Path, list[tuple[str, Problem]]] = {}
    errors = error.errors(include_url=False)
    for one in errors[:EXPLAINED]:
        if one["type"] == "too_short" and len(one["input"]) >= one["ctx"]["min_length"]:
            continue  # there are enough, but wrong ones, and each has its own error
        path, _, union = follow(root, one["loc"])
        problem, path = _problem(one, path, root, data, file)
        found.setdefault(path, []).append(("union" if union is not None else "", problem))
    result: list[Problem] = []
    deeper = {path[:length] for path in found for length in range(len(path))}
    for path, problems in found.items():
        if all(mark == "union" for mark, _ in problems):
            if path in deeper:  # the value was meant as the branch whose errors lie inside it
                continue
            result.append(_either([problem for _, problem in problems]))
        else:
            result.extend(problem for _, problem in problems)
    result = _without_misspelt(result)
    if len(result) > MOST:
        number = len(result) - MOST + max(0, len(errors) - EXPLAINED)
        more = Problem("", None, f"and {number:,} more problems", "correct these first", file)
        return [*result[:MOST], more]
    return result


def _without_misspelt(problems: list[Problem]) -> list[Problem]:
    """Leave out fields that are missing because they are misspelt: the unknown field is reported instead."""
    meant = {(problem.place.rpartition(".")[0], problem.fix) for problem in problems if problem.rule == "unknown field"}
    return [
        problem
        for problem in problems
        if problem.rule != "missing"
        or not meant
        or (problem.place.rpartition(".")[0], f"did you mean `{problem.place.rpartition('.')[2]}`") not in meant
    ]


def _either(problems: list[Problem]) -> Problem:
    rules = list(dict.fromkeys(problem.rule for problem in problems))
    first = problems[0]
    rule = " or ".join([rules[0], *(rule.removeprefix("must ") for rule in rules[1:])])
    return Problem(first.place, first.value, rule, first.fix, first.file)


def _problem(one: Any, path: Path, root: type[Tree], data: Any, file: str | None) -> tuple[Problem, Path]:
    context: dict[str, Any] = one.get("ctx", {})
    rule, fix, value = "", "", _shown(one["input"])
    match one["type"]:
        case "missing":
            return _missing(path, one["loc"], root, file), path
        case "extra_forbidden":
            fix = _rename(str(path[-1]), _names(one["loc"][:-1], root), _siblings(data, path[:-1]))
            return Problem(place_of(path), None, "unknown field", fix, file), path
        case "union_tag_not_found":
            tags = "order, upgrade, training, service, forbid"
            rule, fix = f"missing `what`: one of {tags}", "add `what`"
            return Problem(place_of(path), None, rule, fix, file), path
        case "string_pattern_mismatch":
            pattern = context["pattern"]
            rule = next((rule for start, rule in _PATTERNS.items() if pattern.startswith(start)), "has another form")
            if r"^\w" in pattern or r":\w" in pattern:
                rule, fix = advice_for_name(one["input"], pattern)
        case "value_error":
            rule = str(context["error"])
        case other if other in _RULES:
            rule = _RULES[other](context)
        case _:
            rule = one["msg"][:1].lower() + one["msg"][1:]
    if one["type"] == "union_tag_invalid":
        path, value = (*path, "what"), _shown(context["tag"])
    described = _description(root, one["loc"])
    if rule == "must be a day, YYYY-MM-DD":
        fix = advice_for_day(one["input"])
    if rule in _NUMBERS and isinstance(one["input"], str):
        fix = advice_for_number(one["input"], described, _counts_in_hundredths(root, one["loc"]))
    fix = fix or _FIXES.get(rule) or closest(str(one["input"]), words(rule)) or "correct it"
    if described:
        fix += f" ({described})"
    return Problem(place_of(path), value, rule, fix, file), path


def _missing(path: Path, location: tuple[str | int, ...], root: type[Tree], file: str | None) -> Problem:
    description = _description(root, location)
    fix = f"add `{path[-1]}`" + (f": {description}" if description else "")
    return Problem(place_of(path), None, "missing", fix, file)


def _description(root: type[Tree], location: tuple[str | int, ...]) -> str:
    """What the schema says about the field that a location ends in, or lies in."""
    field = _field(root, location)
    return "" if field is None else field.description or ""


def _counts_in_hundredths(root: type[Tree], location: tuple[str | int, ...]) -> bool:
    """Whether the upper limit of the field there is 100, as of a percentage."""
    field = _field(root, location)
    return field is not None and any(getattr(part, "le", None) == 100 for part in field.metadata)


def _field(root: type[Tree], location: tuple[str | int, ...]) -> FieldInfo | None:
    """The field that a location ends in, or lies in."""
    for length in range(len(location), 0, -1):
        inner, _, _ = follow(root, location[:length])
        _, kind, _ = follow(root, location[: length - 1])
        tree = as_tree(kind)
        if tree is not None and inner and (field := fields_of(tree).get(str(inner[-1]))) is not None:
            return field
    return None


def _names(location: tuple[str | int, ...], root: type[Tree]) -> list[str]:
    _, kind, _ = follow(root, location)
    tree = as_tree(kind)
    return [] if tree is None else list(fields_of(tree))


def _siblings(data: Any, path: Path) -> set[str]:
    for step in path:
        try:
            data = data[step]
        except (KeyError, IndexError, TypeError):
            return set()
    return set(data) if isinstance(data, dict) else set()


def _rename(name: str, known: list[str], there: set[str]) -> str:
    """The fix for an unknown field: the closest name that is not given yet; `note` only if it starts alike."""
    free = [other for other in known if other not in there and (other != "note" or name[:3] == "not")]
    return closest(name, free) or f"remove it; known are {', '.join(known)}"


def closest(name: str, known: Iterable[str]) -> str:
    """Return `did you mean ...` for the closest name, or nothing where none is close."""
    near = difflib.get_close_matches(name, list(known), 1, 0.6)
    return f"did you mean `{near[0]}`" if near else ""


def words(rule: str) -> list[str]:
    """Return the words that a rule `must be one of a, b` lists; none for other rules."""
    _, found, listed = rule.partition("must be one of ")
    return listed.split(", ") if found else []


def _one_of(expected: str) -> str:
    listed = expected.replace("'", "").replace(" or ", ", ")
    return f"must be one of {listed}" if ", " in listed else f"must be {listed}"


def _number(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _shown(value: Any) -> Any:
    """A value in a form that a message and a JSON document can hold."""
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, (list, tuple)):
        return f"a list of {len(value)}"
    if value is None:
        return "null"
    if isinstance(value, (bool, int, float, str)):
        return value if len(shorten(value)) < 60 else shorten(value)
    return shorten(str(value))
