"""Rows gathered one by one, turned into arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence


def columns_of(rows: Sequence[tuple[Any, ...]], *kinds: type) -> list[Any]:
    """Transpose rows into one array per column; an empty list gives empty arrays.

    Parameters:
        kinds: the type of each column
    """
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(kinds)
    return [np.asarray(column, kind) for column, kind in zip(columns, kinds, strict=True)]
