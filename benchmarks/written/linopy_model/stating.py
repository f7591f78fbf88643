"""Variables over one dimension each, and sums over them by rows.

Most combinations of keys do not exist, so that arrays over whole products would be almost empty. Each family is
therefore one dimension, the rows of its data frame, and sums are `groupby(...).sum()` over columns of that frame, as
the documentation of linopy advises for sparse models. The model is sparse: grouped sums are held in CSR form, not as
arrays padded to the largest group.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import linopy
import numpy as np
import pandas as pd
import xarray as xr

from solver.arrays import INF
from solver.formulation.variables import full_modes

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from benchmarks.written.prepared import Frame, Prepared
    from solver.arrays import Floats, Ints


def matched(left: Ints, right: Ints) -> tuple[Ints, Ints]:
    """Join two columns of a key: return the rows of both for each pair that has the same key."""
    one = pd.DataFrame({"key": left, "left": np.arange(len(left))})
    pairs = one.merge(pd.DataFrame({"key": right, "right": np.arange(len(right))}), on="key")
    return pairs["left"].to_numpy(np.int64), pairs["right"].to_numpy(np.int64)


class Stating:
    """A model under construction."""

    def __init__(self, data: Prepared) -> None:
        """Begin with an empty model."""
        linopy.options["semantics"] = "v1"  # what sparse models require
        self.m = linopy.Model(sparse=True)
        self.data, self.tables, self.limits = data, data.tables, data.limits
        self.x: dict[str, Any] = {}
        self.size: dict[str, int] = {}

    def add(self, name: str, size: int, lower: ArrayLike = 0.0, upper: ArrayLike = INF, integer: bool = False) -> None:
        """Add a family of variables."""
        index = pd.RangeIndex(size, name=name)
        low, high = (pd.Series(np.broadcast_to(bound, size), index) for bound in (lower, upper))
        self.x[name] = 1.0 * self.m.add_variables(low, high, coords=[index], name=name, integer=integer)
        self.size[name] = size

    def add_frame(self, name: str, frame: Frame) -> None:
        """Add a family from its frame; one that is whole in part becomes two, joined along their dimension."""
        if frame.integer.all() or not frame.integer.any():
            self.add(name, frame.size, frame.lower, frame.upper, bool(frame.integer.any()))
            return
        parts = []
        for chosen, suffix in ((frame.integer, "whole"), (~frame.integer, "divisible")):
            index = pd.Index(np.flatnonzero(chosen), name=name)
            low, high = (pd.Series(bound[chosen], index) for bound in (frame.lower, frame.upper))
            whole = suffix == "whole"
            parts.append(1.0 * self.m.add_variables(low, high, coords=[index], name=f"{name}_{suffix}", integer=whole))
        joined = linopy.merge(parts, dim=name, cls=linopy.LinearExpression)
        self.x[name] = joined.reindex({name: np.arange(frame.size)})
        self.size[name] = frame.size

    def total(self, name: str, to: Ints, size: int, weight: ArrayLike = 1.0, numbers: Ints | None = None) -> Any:
        """Sum variables of a family by row.

        Parameters:
            to: the row of each term, or −1 for none
            size: number of rows
            weight: of each term
            numbers: the variable of each term; by default each variable of the family once
        """
        weights = np.broadcast_to(np.asarray(weight, float), len(to))
        kept = (to >= 0) & (weights != 0) & (True if numbers is None else numbers >= 0)
        terms, index = self.x[name], pd.RangeIndex(len(to), name=name)
        if numbers is not None or not kept.all():
            chosen = np.flatnonzero(kept) if numbers is None else numbers[kept]
            index = pd.RangeIndex(len(chosen), name="term")
            terms = terms.isel({name: xr.DataArray(chosen, coords=[index])}).drop_vars(name)
        if not (weights[kept] == 1.0).all():
            terms = terms * xr.DataArray(weights[kept], coords=[index])
        rows = terms.groupby(pd.Series(to[kept], index, name="row")).sum()
        return rows.reindex(row=np.arange(size)).fillna(0.0)

    def each(self, name: str, numbers: Ints, weight: ArrayLike = 1.0) -> Any:
        """Return the variable of each row, times a weight; 0 where the number is −1."""
        return self.total(name, np.arange(len(numbers)), len(numbers), weight, numbers)

    def priced(self, name: str, price: ArrayLike) -> Any:
        """Sum all variables of a family, each times its price."""
        prices = np.broadcast_to(np.asarray(price, float), self.size[name])
        return (self.x[name] * xr.DataArray(prices, coords=[pd.RangeIndex(len(prices), name=name)])).sum()

    def on(self, cells: Ints, mean: bool = True) -> Any:
        """Return the nodes that run in cells (mode·T + period): powered at ours, stock and rent at a provider's.

        Parameters:
            mean: over the stretch that begins with the period, rather than in its first piece
        """
        tables, times = self.tables, self.tables.axis.size
        full = full_modes(tables)
        (q, t), (p, time) = self.data.frames["powered"].keys, self.data.frames["stock"].keys
        rents = tables.rents
        theirs = ~tables.pools.ours[p]
        rows = []
        for name, mode, period, counted in (
            ("powered", q, t, np.ones(len(q), bool)),
            ("stock", full[p], time, theirs),
            ("rent", full[rents.pool], rents.period, np.ones(len(rents.pool), bool)),
        ):
            first, weight = self.data.mean_cells()
            cell = mode * times + (first[mode, period] if mean else period)
            row, item = matched(cells, np.where(counted, cell, -1))
            rows.append(self.total(name, row, len(cells), weight[mode, period][item] if mean else 1.0, item))
        return rows[0] + rows[1] + rows[2]

    def serving(self, cells: Ints, mean: bool = True) -> Any:
        """Return the nodes that serve in cells, as `on` does."""
        _, q, t = self.data.frames["nodes"].keys
        first, weight = self.data.mean_cells()
        row, item = matched(cells, q * self.tables.axis.size + (first[q, t] if mean else t))
        return self.total("nodes", row, len(cells), weight[q, t][item] if mean else 1.0, item)

    def in_use(self, name: str, cells: Ints) -> Any:
        """Return `full` or `used` in cells; 0 where nothing can be."""
        times = self.tables.axis.size
        return self.each(name, self.data.frames[name].over.number(cells // times, cells % times))

    def row(self, values: ArrayLike) -> xr.DataArray:
        """Label one value per row."""
        array: Floats = np.asarray(values, float)
        return xr.DataArray(array, coords=[pd.RangeIndex(len(array), name="row")])

    def require(self, name: str, size: int, constraint: Any) -> None:
        """Add a family of rows, unless there are none."""
        if size:
            self.m.add_constraints(constraint, name=name)
