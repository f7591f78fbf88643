"""What is signed already: lines with their dates and what is still to pay."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.instance import Instance
from models.scenario import SignedLine
from solver.formulation.linear import Bools, Floats, Ints
from solver.tables.axis import Axis
from solver.tables.money import KUSD, discount, share_left


@dataclass(frozen=True, eq=False)
class SignedLines:
    """Arrays over lines l."""

    pool: Ints
    arrives: Ints  # first piece in which it serves; T if there is none
    expiry: Ints  # first piece in which it is gone; T if there is none
    lots: Floats
    nodes: Floats  # of a lot
    firm: Bools
    integer: Bools
    to_pay: Floats  # kUSD per lot, discounted, less value left
    fee: Floats  # kUSD per lot


def signed_lines_of(instance: Instance, axis: Axis) -> SignedLines:
    """The lines of the incumbent, in order; none without one."""
    lines = instance.incumbent.lines if instance.incumbent is not None else ()
    pools = {pool.id: p for p, pool in enumerate(instance.pools)}
    offers = {offer.id: offer for offer in instance.offers}
    life = {accelerator.id: accelerator.life_months for accelerator in instance.accelerators}
    arrives = np.array([axis.calendar.first_on_or_after(line.ready_on) for line in lines], np.int64)
    expiry = np.array([_expiry(axis, line) for line in lines], np.int64)
    never = arrives >= expiry  # gone before it could serve a whole period
    return SignedLines(
        pool=np.array([pools[line.pool] for line in lines], np.int64),
        arrives=np.where(never, axis.size, arrives),
        expiry=np.where(never, axis.size, expiry),
        lots=np.array([line.lots for line in lines], float),
        nodes=np.array([offers[line.offer].lot_nodes for line in lines], float),
        firm=np.array([line.cancellation_fee_usd is None for line in lines], bool),
        integer=np.array([not offers[line.offer].divisible for line in lines], bool),
        to_pay=np.array(
            [
                _to_pay(instance, axis, line, int(t), life[offers[line.offer].accelerator])
                for line, t in zip(lines, arrives, strict=True)
            ],
            float,
        ),
        fee=np.array([float(line.cancellation_fee_usd or 0) * KUSD for line in lines], float),
    )


def _expiry(axis: Axis, line: SignedLine) -> int:
    if line.ends_on is None:
        return axis.size
    gone = np.flatnonzero(axis.last_day > line.ends_on.toordinal())
    return int(gone[0]) if len(gone) else axis.size


def _to_pay(instance: Instance, axis: Axis, line: SignedLine, arrives: int, life: float) -> float:
    due = sum(float(payment.usd) * discount(instance, payment.on) for payment in line.payments)
    if not line.price_usd or arrives >= axis.size:
        return due * KUSD
    since = axis.calendar[arrives].first_day
    left = float(line.price_usd) * share_left(since, axis.calendar.last_day, life) * axis.at_end
    return (due - left) * KUSD
