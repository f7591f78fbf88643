"""The lists of what exists, one for each family of variables, as a data frame would hold them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from benchmarks.written.prepared.departures import Departures, departures_of
from benchmarks.written.prepared.limits import Limits, limits_of
from benchmarks.written.prepared.prices import Prices
from solver.arrays import Bools, Floats, Ints, spans
from solver.formulation.model import Model
from solver.formulation.variables import variables_of
from solver.formulation.when import discounted

if TYPE_CHECKING:
    from benchmarks.written.prepared.energy import Priced
    from solver.formulation.bands import Bands
    from solver.formulation.useful import Useful
    from solver.index import IndexSet
    from solver.tables.tables import Tables


@dataclass(frozen=True, eq=False)
class Frame:
    """A family of variables: the keys of each, its bounds, and whether it is whole."""

    over: IndexSet
    lower: Floats
    upper: Floats
    integer: Bools

    @property
    def size(self) -> int:
        """Number of variables."""
        return self.over.size

    @property
    def keys(self) -> tuple[Ints, ...]:
        """By dimension: the key of each variable."""
        return self.over.keys


@dataclass(frozen=True, eq=False)
class Prepared:
    """The tables of an instance, and what follows from them by arithmetic alone."""

    tables: Tables
    frames: dict[str, Frame]
    useful: Useful
    bands: Bands
    ended_of: Ints  # by training: its row of `ended` for followers in a later period, or −1
    freed_of: Ints  # by training: its row of `ended` for one-copy followers, or −1
    limits: Limits
    prices: Prices
    costs: dict[str, Priced]  # by cost term, discounted
    departures: Departures

    def where_done(self) -> tuple[Ints, Ints]:
        """Return (upgrade column, period) for every period in which an upgrade that was started is in service."""
        return spans(self.tables.upgrades.period, self.tables.upgrades.expiry)

    def mean_cells(self) -> tuple[Ints, Floats]:
        """[q,t] first piece of the stretch that holds a cell, and the share of the stretch that lies in it."""
        pool = self.tables.modes.pool
        return self.tables.stretches.first[pool], self.tables.stretches.weight[pool]


def prepare(tables: Tables) -> Prepared:
    """Prepare an instance. Bounds of variables and the lists of what exists are those of our own program."""
    model = Model()
    x = variables_of(model, tables)
    bare = model.program(tight=False)
    assert bare.names is not None
    frames = {
        name: Frame(bare.names.columns[name], bare.lower[block], bare.upper[block], bare.integer[block])
        for name, block in bare.variables.items()
    }
    prices = Prices(tables, {name: frame.keys for name, frame in frames.items()}, x.bands)
    return Prepared(
        tables,
        frames,
        x.useful,
        x.bands,
        x.ended_of,
        x.freed_of,
        limits_of(tables, frames["short"].keys, frames["short"].upper, prices),
        prices,
        prices.of_terms(discounted(tables.instance, tables.axis)),
        departures_of(tables, frames["live"].over),
    )
