"""Find out what the schema has at a place, by following a path through the annotations of the trees.

pydantic puts the tags of unions into its paths; the annotations tell these tags apart from names.
"""

from __future__ import annotations

import types
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import Tag

from models.values import Tree

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo

    from models.paths import Path


def follow(root: type[Tree], location: tuple[str | int, ...]) -> tuple[Path, Any, int | None]:
    """Follow a location of a pydantic error through the annotations.

    Parameters:
        root: the tree that the location starts from
        location: the steps, tags of unions among them
    Returns:
        the path without tags; the annotation there, None where the schema has none; and, where the location ends with
        the tag of a union, the number of steps to that union, else None
    """
    path: list[str | int] = []
    kind: Any = root
    union: int | None = None
    rest = list(location)
    while rest:
        kind = bare(kind)
        branches = branches_of(kind)
        step = rest.pop(0)
        if len(branches) > 1:
            kind, union = _branch(branches, step), len(path)
        elif step == "[key]":
            break
        else:
            path.append(step)
            kind, union = child_of(branches[0] if branches else None, step), None
    return tuple(path), bare(kind), union


def fields_of(tree: type[Tree]) -> dict[str, FieldInfo]:
    """Return the fields of a tree by the names that files use."""
    return {field.alias or name: field for name, field in tree.model_fields.items()}


def as_tree(kind: Any) -> type[Tree] | None:
    """Return the tree that a place holds; None if it holds none, or one of several."""
    branches = branches_of(bare(kind))
    only = bare(branches[0]) if len(branches) == 1 else None
    return only if isinstance(only, type) and issubclass(only, Tree) else None


def bare(kind: Any) -> Any:
    """Strip an annotation of its Annotated."""
    while get_origin(kind) is Annotated:
        kind = get_args(kind)[0]
    return kind


def branches_of(kind: Any) -> list[Any]:
    """Return the members of a union, without null; an annotation that is not a union is its only member."""
    if get_origin(kind) in (Union, types.UnionType):
        branches = [branch for branch in get_args(kind) if branch is not type(None)]
        return branches_of(bare(branches[0])) if len(branches) == 1 else branches
    return [kind]


def _branch(branches: list[Any], tag: str | int) -> Any:
    for branch in branches:
        if get_origin(branch) is Annotated and any(isinstance(m, Tag) and m.tag == tag for m in get_args(branch)):
            return branch
        inner = bare(branch)
        if isinstance(inner, type) and issubclass(inner, Tree):
            what = inner.model_fields.get("what")
            if inner.__name__ == tag or (what is not None and tag in get_args(what.annotation)):
                return inner
    return None


def child_of(kind: Any, step: str | int) -> Any:
    """Return the annotation one step into a tree, a list or a table; None where there is none."""
    kind = bare(kind)
    if isinstance(kind, type) and issubclass(kind, Tree):
        field = fields_of(kind).get(str(step))
        return None if field is None else field.annotation
    origin, inner = get_origin(kind), get_args(kind)
    if origin is tuple and inner:
        return inner[0]
    if origin in (dict, Mapping) and len(inner) == 2:
        return inner[1]
    return None


def words_of(kind: Any) -> list[str]:
    """Return the words that a literal allows; none for other annotations."""
    return [str(word) for word in get_args(kind)] if get_origin(kind) is Literal else []
