"""Variables, and the rows that define some of them: balance, bands, ended, and the use of nodes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from benchmarks.written.linopy_model.stating import Stating


def variables(g: Stating) -> None:
    """Add every family of variables over what exists."""
    for name, frame in g.data.frames.items():
        g.add_frame(name, frame)


def use(g: Stating) -> None:
    """Nodes busy all of a stretch, and nodes used on average over it."""
    times, starts, running = g.tables.axis.size, g.tables.starts, g.tables.stretches.running
    nodes, mode = starts.nodes[running.run], starts.mode[running.run]
    (q, t), size = g.data.frames["full"].keys, g.data.frames["full"].size
    whole = running.share >= 1.0
    row = np.where(whole, g.data.frames["full"].over.number(mode, running.period), -1)
    runs = g.total("start", row, size, nodes, running.run)
    g.require("full", size, g.each("full", np.arange(size)) == runs + g.serving(q * times + t))
    (q, t), size = g.data.frames["used"].keys, g.data.frames["used"].size
    row = np.where(whole, -1, g.data.frames["used"].over.number(mode, running.period))
    runs = g.total("start", row, size, running.share * nodes, running.run)
    g.require("used", size, g.each("used", np.arange(size)) == runs + g.in_use("full", q * times + t))


def balance(g: Stating) -> None:
    """The stock of each pool is what stood before, what arrives and what leaves."""
    orders, signed, over = g.tables.orders, g.tables.signed, g.data.frames["stock"].over
    size = over.size
    come = g.total("buy", over.number(orders.pool, orders.period), size, orders.nodes)
    come = come + g.total("kept", over.number(signed.pool, signed.arrives), size, signed.nodes)
    go = g.total("buy", over.number(orders.pool, orders.expiry), size, orders.nodes)
    go = go + g.total("kept", over.number(signed.pool, signed.expiry), size, signed.nodes)
    before = g.each("stock", over.earlier())
    change = g.row(g.tables.pools.change.ravel())
    g.require("balance", size, g.each("stock", np.arange(size)) - before - come + go == change)


def bands(g: Stating) -> None:
    """Orders are split into price bands, one band per offer and period."""
    data = g.data.bands
    columns, row = np.unique(data.order, return_inverse=True)
    split = g.total("band", row, len(columns)) - g.each("buy", columns)
    g.require("supply/bands", len(columns), split == 0.0)
    size = len(data.offer)
    lots, every = g.total("band", data.ordered_of, size), np.arange(size)
    g.require("supply/low", size, lots - g.each("ordered", every, data.low) >= 0.0)
    g.require("supply/high", size, lots - g.each("ordered", every, np.maximum(data.high, 0.0)) <= 0.0)
    g.require("supply/one", data.slots.size, g.total("ordered", data.slot_of, data.slots.size) <= 1.0)
    slots = zip(*(keys.tolist() for keys in data.slots.keys), strict=True)
    asked = np.array([number for number, slot in enumerate(slots) if slot in g.limits.asked_slots], np.int64)
    place = np.full(data.slots.size, -1)
    place[asked] = np.arange(len(asked))
    g.require("supply/pinned", len(asked), g.total("ordered", place[data.slot_of], len(asked)) >= 1.0)


def ended(g: Stating) -> None:
    """Copies of a training that are out by a period."""
    j, chains, over = g.tables.starts.training, g.tables.chains, g.data.frames["ended"].over
    newly = g.total("start", over.number(g.data.ended_of[j], chains.out), over.size)
    if not np.array_equal(g.data.ended_of, g.data.freed_of):
        newly = newly + g.total("start", over.number(g.data.freed_of[j], chains.frees), over.size)
    gone = g.each("ended", np.arange(over.size)) - g.each("ended", over.earlier())
    g.require("ended", over.size, gone == newly)
