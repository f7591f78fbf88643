"""Signed lines with their dates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from solver.tables.contracts import term_left
from solver.tables.orders import expiry

if TYPE_CHECKING:
    from models.hardware import Offer
    from models.instance import Instance
    from models.scenario import SignedLine
    from solver.arrays import Bools, Floats, Ints
    from solver.tables.axis import Axis


@dataclass(frozen=True, eq=False)
class SignedLines:
    """Arrays over lines l."""

    pool: Ints
    arrives: Ints  # first piece in which it serves; T if none
    expiry: Ints  # first piece in which it is gone; T if none; the piece of its arrival if it never serves
    lots: Floats
    left: Floats  # share of its price that is left on the last day of the horizon
    nodes: Floats  # per lot
    firm: Bools  # cannot be cancelled
    integer: Bools  # kept in whole lots only


def signed_lines_of(instance: Instance, axis: Axis) -> SignedLines:
    """List the signed lines of the incumbent, in order; none without an incumbent."""
    lines = instance.incumbent.lines if instance.incumbent is not None else ()
    pools = {pool.id: p for p, pool in enumerate(instance.pools)}
    offers = {offer.id: offer for offer in instance.offers}
    arrives = np.array([axis.calendar.first_on_or_after(line.ready_on) for line in lines], np.int64)
    life = {accelerator.id: accelerator.life_months for accelerator in instance.accelerators}
    gone = [_expiry(axis, line, offers[line.offer], int(t), life) for line, t in zip(lines, arrives, strict=True)]
    ends = np.maximum(np.array(gone, np.int64), arrives)  # gone before a whole period of service: never serves
    return SignedLines(
        pool=np.array([pools[line.pool] for line in lines], np.int64),
        arrives=arrives,
        expiry=ends,
        lots=np.array([line.lots for line in lines], float),
        left=np.array(
            [_left(axis, line, offers[line.offer], int(t), life) for line, t in zip(lines, arrives, strict=True)], float
        ),
        nodes=np.array([offers[line.offer].lot_nodes for line in lines], float),
        firm=np.array([line.cancellation_fee_usd is None for line in lines], bool),
        integer=np.array([not offers[line.offer].divisible for line in lines], bool),
    )


def _left(axis: Axis, line: SignedLine, offer: Offer, arrives: int, life: dict[str, float]) -> float:
    """Share of the price left by the term of the offer, or by life if the nodes are owned.

    Owned nodes that arrive after the horizon keep their full value.
    """
    if offer.term_months is not None:
        return term_left(axis, line, offer.term_months)
    return axis.share_left(arrives, life[offer.accelerator])


def _expiry(axis: Axis, line: SignedLine, offer: Offer, arrives: int, life: dict[str, float]) -> int:
    """First piece not wholly inside the term; without an end date, owned nodes live from the piece of their arrival."""
    if line.ends_on is None:
        owned = offer.paid == "once" and offer.term_months is None
        return expiry(axis, arrives, life[offer.accelerator]) if owned and arrives < axis.size else axis.size
    gone = np.flatnonzero(axis.last_day > line.ends_on.toordinal())
    return int(gone[0]) if len(gone) else axis.size
