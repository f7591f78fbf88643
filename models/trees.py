"""Every tree of an instance, with its path."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from models.values import Tree

if TYPE_CHECKING:
    from models.paths import Path


def trees(value: Any, path: Path) -> Iterator[tuple[Path, Tree]]:
    """Yield ``value`` and each tree below it, with their paths; iterative, and lists of numbers are skipped."""
    waiting: list[tuple[Path, Any]] = [(path, value)]
    while waiting:
        at, node = waiting.pop()
        if isinstance(node, Tree):
            yield at, node
            inner: Any = node.__dict__.items()  # fields and cached properties
        elif isinstance(node, tuple):
            if not node or not isinstance(node[0], (Tree, tuple, Mapping)):
                continue
            inner = enumerate(node)
        elif isinstance(node, Mapping):
            inner = node.items()
        else:
            continue
        waiting.extend(((*at, step), child) for step, child in inner if isinstance(child, (Tree, tuple, Mapping)))
