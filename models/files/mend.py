"""Find out what else is wrong in an instance that breaks the schema, so that one reading reports everything.

Whatever breaks the schema is replaced by something valid, and the references are checked on the result. Of their
errors, only those count that the replacements cannot have caused.
"""

from __future__ import annotations

import json
from datetime import date, datetime
from decimal import Decimal
from itertools import count
from typing import TYPE_CHECKING, Any, get_args, get_origin

from pydantic import ValidationError

from models.instance import Instance
from models.paths import Path, path_of
from models.references import validate
from models.shape import as_tree, bare, branches_of, child_of, fields_of, words_of
from models.values import Tree
from models.wording import explain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pydantic.fields import FieldInfo

    from models.errors import Problem

MOST = 100  # broken places; with more, the rest of the file says little
# Fields of an entry by which others that name it are judged; other fields of it can be lost without effect on them.
_JUDGED = frozenset(
    ("run_by", "site", "hall", "accelerator", "sites", "paid", "divisible", "times", "copies", "ways", "scaling",
     "repeats_every_months", "due", "provider", "storage_usd_per_tb_month", "power_modes", "throughput", "demand")
)  # fmt: skip
ROUNDS = 3  # a replacement may uncover more
_INVENTED = "stand-in"  # names that stand in for missing ones; never shown
_new = count()


def problems_behind(data: dict[str, Any], known: Sequence[Problem]) -> list[Problem]:
    """Return the errors of the references that exist whatever the schema errors.

    Parameters:
        data: the data of an instance; changed on the way
        known: the schema errors
    Returns:
        the errors that do not follow from ``known``; none where too much is broken to say
    """
    mended: set[Path] = set()
    renamed = False
    problems = list(known)
    for attempt in range(ROUNDS):
        paths = {path_of(problem.place) for problem in problems}
        if len(paths) > MOST or any(len(path) < 2 for path in paths):
            return []
        for path in paths:
            renamed = _mend(data, path, attempt > 0) or renamed
        mended |= paths
        try:
            instance = Instance.model_validate(data)
        except ValidationError as error:
            problems = explain(error, Instance, data)
            continue
        errors, _ = validate(instance)
        return _independent(errors, mended, renamed, data)
    return []


def _mend(data: dict[str, Any], path: Path, again: bool) -> bool:
    """Remove what is at ``path`` if the schema has a default for it or does not know it; else replace it.

    Returns whether a name may have gone with it. ``again``: entries of tables are removed too (their key may be wrong).
    """
    node = _at(data, path[:-1])
    last = path[-1]
    above = _kind(data, path[:-1])
    tree = as_tree(above)
    if isinstance(node, dict) and tree is None and get_origin(bare(above)) is dict and not again:
        node[last] = _sample(get_args(bare(above))[1], None)
        return False
    field = fields_of(tree).get(str(last)) if tree is not None else None
    if isinstance(node, dict):
        if field is None or not field.is_required():
            node.pop(last, None)
            return False
        node[last] = _sample(field.annotation, field)
        return last == "id" or isinstance(node[last], (dict, list))
    if isinstance(node, list) and isinstance(last, int) and last < len(node):
        node[last] = _sample(_kind(data, path), None)
        return isinstance(node[last], dict)
    return False


def _kind(data: Any, path: Path) -> Any:
    """The annotation at a path without tags; the content of ``data`` picks the branch of a union."""
    kind: Any = Instance
    node = data
    for step in path:
        branches = branches_of(bare(kind))
        taken = branches if len(branches) == 1 else [branch for branch in branches if _takes(branch, node)]
        kind = child_of(taken[0], step) if taken else None
        node = _at(node, (step,))
    return bare(kind)


def _takes(branch: Any, node: Any) -> bool:
    branch = bare(branch)
    if isinstance(branch, type) and issubclass(branch, Tree):
        if not isinstance(node, dict):
            return False
        what = branch.model_fields.get("what")
        known = what is None or node.get("what") in get_args(what.annotation)
        return known and (not node or not fields_of(branch).keys().isdisjoint(node))
    origin: Any = get_origin(branch)
    return (isinstance(node, list) and origin is tuple) or (isinstance(node, dict) and origin is dict)


def _sample(kind: Any, field: FieldInfo | None) -> Any:
    """A value that is valid for an annotation."""
    branches = branches_of(bare(kind))
    if type(None) in get_args(bare(kind)):
        return None
    kind = bare(branches[0]) if branches else None
    if isinstance(kind, type) and issubclass(kind, Tree):
        required = {name: field for name, field in fields_of(kind).items() if field.is_required()}
        return {name: _sample(inner.annotation, inner) for name, inner in required.items()}
    if words := words_of(kind):
        return words[0]
    if get_origin(kind) is tuple:
        least = max((getattr(part, "min_length", 0) or 0 for part in (field.metadata if field else ())), default=0)
        return [_sample(get_args(kind)[0], None) for _ in range(least)]
    if get_origin(kind) is dict:
        return {}
    if kind is str:
        period = field is not None and any(r"\d{4}" in (getattr(part, "pattern", "") or "") for part in field.metadata)
        return "2027-01-01" if period else f"{_INVENTED} {next(_new)}"
    plain: dict[Any, Any] = {
        float: 1,
        int: 1,
        Decimal: 1,
        bool: False,
        date: "2027-01-01",
        datetime: "2027-01-01T00:00Z",
    }
    return plain.get(kind)


def _independent(errors: list[Problem], mended: set[Path], renamed: bool, data: dict[str, Any]) -> list[Problem]:
    """The errors that are neither in a mended entry nor in one that is judged by what was mended."""
    entries = {_entry(path) for path in mended}
    judged = {_entry(path) for path in mended if not _JUDGED.isdisjoint(path[2:])}
    names = {name for entry in judged if (name := _name(data, entry)) is not None}
    kinds = {path[0] for path in mended}
    result = []
    for error in errors:
        entry = _entry(path_of(error.place))
        if entry in entries or "horizon" in kinds or _INVENTED in f"{error.value} {error.rule} {error.fix}":
            continue
        if renamed and error.rule.startswith(("unknown", "matches nothing")):
            continue
        if "derived" in error.rule and kinds & {"offers", "profiles"}:
            continue
        text = json.dumps(_at(data, entry), default=str)
        if not any(json.dumps(name) in text for name in names):
            result.append(error)
    return result


def _entry(path: Path) -> Path:
    return path[:2] if len(path) > 1 and isinstance(path[1], int) else path[:3]


def _at(data: Any, path: Path) -> Any:
    for step in path:
        try:
            data = data[step]
        except (KeyError, IndexError, TypeError):
            return None
    return data


def _name(data: Any, entry: Path) -> str | None:
    found = _at(data, entry)
    name = found.get("id") if isinstance(found, dict) else None
    return name if isinstance(name, str) else None
