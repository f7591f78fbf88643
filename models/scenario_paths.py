"""Follow the paths of a scenario into the parts of an instance, and make its changes there.

The steps of a path are field names, keys of tables and entries of lists. An entry is named by its id; without one, by
what it is about (metro, medium, carrier, data class, accelerator, ...), or else by its index from 0. `*` stands for
every entry. A name that contains a `/` may be written as it is.
"""

from __future__ import annotations

import difflib
import math
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import ValidationError

from models.errors import InputError, Problem, shorten
from models.instance import Instance
from models.paths import place_of
from models.trees import trees
from models.values import Growth, Tree, is_growth
from models.wording import explain

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from models.scenario import Change, Scenario

# Fields that may name an entry of a list: the first of these that it has.
_KEYS = (
    "id", "metro", "medium", "carrier", "data_class", "accelerator", "cooling", "year", "gpus", "hall", "site", "kind",
    "upgrade",
)  # fmt: skip
_CLOSED = ("schema", "horizon", "scenarios")
T = TypeVar("T", bound=Tree)


def changed_fields(instance: Instance, scenario: Scenario, at: str) -> dict[str, Any]:
    """Make the changes of a scenario and return the fields of the instance that they affect.

    Parameters:
        instance: the instance to change; it stays as it is
        scenario: the scenario whose changes are made, in order
        at: place of the scenario, for problems
    Returns:
        the new value of each changed field, by name; unchanged entries of a list are shared with ``instance``
    Raises:
        InputError: listing every change that cannot be made, or else everything in the changed parts that breaks the
            schema
    """
    parts: dict[tuple[str, int | None], Any] = {}
    problems: list[Problem] = []
    for number, change in enumerate(scenario.changes):
        try:
            _make(instance, change, parts)
        except _RefusedError as refused:
            problems.append(Problem(f"{at}.changes[{number}]", change.path, refused.rule, refused.fix))
    if problems:
        raise InputError(problems)
    result: dict[str, Any] = {}
    for (name, index), data in parts.items():
        prefix = place_of((name,) if index is None else (name, index))
        old = getattr(instance, name)
        kind = type(old if index is None else old[index])
        try:
            tree = kind.model_validate(data)
        except ValidationError as error:
            for problem in explain(error, kind, data):
                rule = f"{problem.rule} (in scenario {scenario.id}, at {prefix}.{problem.place})"
                problems.append(replace(problem, place=f"{at}.changes", rule=rule))
            continue
        if index is None:
            result[name] = tree
        else:
            result.setdefault(name, list(old))[index] = tree
    if problems:
        raise InputError(problems)
    return {name: tuple(value) if isinstance(value, list) else value for name, value in result.items()}


class _RefusedError(Exception):
    """A change that cannot be made."""

    def __init__(self, rule: str, fix: str):
        self.rule, self.fix = rule, fix


def _make(instance: Instance, change: Change, parts: dict[tuple[str, int | None], Any]) -> None:
    """Make a change in ``parts``; each part is dumped from the instance when it is first touched."""
    first, *steps = change.path.split("/")
    if first in _CLOSED:
        raise _RefusedError(f"{first} is the same in every scenario", "change something else")
    fields = [name for name in Instance.model_fields if name != "schema_"]
    if first not in fields:
        raise _missing(first, fields)
    if not steps:
        raise _RefusedError(f"names all of {first}", "name a field or an entry in it")
    value = getattr(instance, first)
    if value is None:
        raise _RefusedError(f"{first} is null in this instance", "remove the change")
    roots: list[tuple[tuple[str, int | None], list[str]]]
    roots = (
        [((first, index), rest) for index, rest in _entries(value, steps)]
        if isinstance(value, tuple)
        else [((first, None), steps)]
    )
    spots: list[tuple[Any, Any]] = []
    refused: list[_RefusedError] = []
    for key, rest in roots:
        if not rest:
            raise _RefusedError("names a whole entry", "name a field in it")
        if key not in parts:
            tree = value if key[1] is None else value[key[1]]
            parts[key] = _whole(tree)
        try:
            spots += _spots(parts[key], rest)
        except _RefusedError as one:
            refused.append(one)
    if refused and (not spots or "*" not in steps):
        raise refused[0]
    _operate(instance, change, spots, several="*" in steps)


def _whole(tree: Tree) -> dict[str, Any]:
    """Dump a tree as data, including the fields that files leave out when they are not given."""
    data: dict[str, Any] = tree.model_dump(mode="json", by_alias=True)
    for path, inner in trees(tree, ()):
        missing = [n for n, f in type(inner).model_fields.items() if f.exclude_if is not None and n != "note"]
        if missing:
            node: Any = data
            for step in path:
                node = node[step]
            node.update({name: _as_data(getattr(inner, name)) for name in missing if name not in node})
    return data


def _as_data(empty: Any) -> Any:
    """The JSON form of a field that is not given: 0 or an empty list."""
    return list(empty) if isinstance(empty, tuple) else empty


def _entries(entries: tuple[Tree, ...], steps: list[str]) -> Iterator[tuple[int, list[str]]]:
    """(index, remaining steps) of each entry that the first steps name."""
    if steps[0] == "*":
        yield from ((index, steps[1:]) for index in range(len(entries)))
        return
    names = [entry_name(tree.__dict__, index) for index, tree in enumerate(entries)]
    found, taken = _match(names, steps)
    yield from ((index, steps[taken:]) for index in found)


def _spots(node: Any, steps: list[str]) -> list[tuple[Any, Any]]:
    """(list or object, index or key) of everything that ``steps`` name below ``node``."""
    if isinstance(node, list):
        names: list[Any] = [
            entry_name(entry, index) if isinstance(entry, dict) else str(index) for index, entry in enumerate(node)
        ]
        keys: list[Any] = list(range(len(node)))
    elif isinstance(node, dict):
        names = keys = list(node)
    else:
        raise _RefusedError(
            f"continues with {steps[0]} after {shorten(node)}, which has no parts", "end the path there"
        )
    every = steps[0] == "*"
    found, taken = (list(range(len(keys))), 1) if every else _match(names, steps)
    if every and not found:
        raise _RefusedError("matches nothing: `*` stands where there is no entry", "remove the change")
    if len(steps) == taken:
        return [(node, keys[index]) for index in found]
    spots: list[tuple[Any, Any]] = []
    refused: _RefusedError | None = None
    for index in found:
        try:
            spots += _spots(node[keys[index]], steps[taken:])
        except _RefusedError as one:
            refused = refused or one
    if refused is not None and not spots:
        raise refused
    return spots


def _match(names: list[str], steps: list[str]) -> tuple[list[int], int]:
    """(indices of the entries with that name, number of steps the name takes); a name may contain slashes."""
    for taken in range(1, len(steps) + 1):
        wanted = "/".join(steps[:taken])
        found = [index for index, name in enumerate(names) if name == wanted]
        if found:
            return found, taken
    if steps[0].isdecimal() and len(steps[0]) < 10 and int(steps[0]) < len(names):
        return [int(steps[0])], 1
    raise _missing(steps[0], names)


def entry_name(entry: Any, index: int) -> str:
    """Return the name of a list entry in a path: its id, else what it is about, else its index."""
    return next((str(entry[key]) for key in _KEYS if entry.get(key) is not None), str(index))


def _missing(step: str, names: Collection[str]) -> _RefusedError:
    near = difflib.get_close_matches(step, list(names)[:5000], 1, 0.6)
    listed = ", ".join(list(names)[:8]) + (", ..." if len(names) > 8 else "")
    fix = f"did you mean `{near[0]}`" if near else "name one of them, or `*` for all"
    return _RefusedError(f"matches nothing at step {step}; there are {listed or 'none'}", fix)


def _operate(instance: Instance, change: Change, spots: list[tuple[Any, Any]], several: bool) -> None:
    if change.operation == "set":
        for node, key in spots:
            node[key] = change.value
        return
    by = change.value
    if isinstance(by, bool) or not isinstance(by, (int, float)) or not math.isfinite(by):
        raise _RefusedError(f"{change.operation} needs a number, has {shorten(by)}", "give a number")
    touched = 0
    for node, key in spots:
        old = node[key]
        if several and (old is None or old == "derived"):
            continue  # no limit stays no limit, and a derived price follows the prices it is derived from
        node[key] = _computed(instance, old, change)
        touched += 1
    if not touched:
        raise _RefusedError(f"finds no number to {change.operation}", "set it instead, or remove the change")


def _computed(instance: Instance, old: Any, change: Change) -> Any:
    if isinstance(old, (int, float)) and not isinstance(old, bool):
        return _number(old, change)
    if is_growth(old):
        if change.operation == "multiply":
            return {**old, "from": _number(old["from"], change)}
        old = _by_period(instance, old)  # once something is added, it no longer grows by a constant share
    values = old if isinstance(old, list) else list(old.values()) if isinstance(old, dict) else []
    if not values or not all(isinstance(v, (int, float)) and not isinstance(v, bool) for v in values):
        raise _RefusedError(f"finds {shorten(old, 40)}, which is not a number to {change.operation}", "set it instead")
    if isinstance(old, dict):
        return {name: _number(value, change) for name, value in old.items()}
    return [_number(value, change) for value in old]


def _by_period(instance: Instance, old: dict[str, Any]) -> list[float]:
    """A number that grows, as one number per period."""
    try:
        return instance.calendar.read(Growth.model_validate(old), "largest")
    except ValueError:
        raise _RefusedError("finds a number that grows, but the horizon is wrong", "correct the horizon") from None


def _number(old: float, change: Change) -> int | float:
    """Calculate in decimals, so that 19.99 USD times 1.1 is exact; whole numbers stay whole where they can."""
    a, b = Decimal(repr(old)), Decimal(repr(change.value))
    result = a * b if change.operation == "multiply" else a + b
    return int(result) if isinstance(old, int) and result == result.to_integral_value() else float(result)
