"""What follows from the decisions of a plan: the columns of the program that no plan states, from those it does.

A column tied to others by an equation is computed from that row; a column that only has to be large enough takes the
least value. Nodes rented in shares (family rented) have no closed form and are left to a solver (`rented`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import spsolve_triangular

if TYPE_CHECKING:
    from solver.arrays import Floats, Ints
    from solver.formulation.formulate import Formulation
    from solver.formulation.variables import Variables
    from solver.program import Program
    from solver.tables.tables import Tables

SOMETHING = 1e-9
TIED = (
    ("stock", "balance"),
    ("ended", "ended"),
    ("started", "precedence/started"),
)  # each may depend on the one before
ASKED = (("golive", "deployment/golive"), ("short", "power"))  # the least that their rows require


def derive(tables: Tables, formulation: Formulation, x: Floats) -> Floats:
    """Set all columns but `standing`, `own` and `whole`.

    Parameters:
        x: a point with the columns that a plan states
    """
    program, variables, x = formulation.program, formulation.variables, x.copy()
    for name, rows in TIED:
        _tie(program, x, name, rows)
    _finish(tables, program, x)
    _bands(tables, variables, program, x)
    _launched(tables, variables, program, x)
    _there(tables, variables, program, x)
    asked = [(name, f"change/{name}") for name in program.variables if name.startswith(("less/", "more/"))]
    for name, rows in (*ASKED, *asked):
        x[program.variables[name]] = _asked(program, x, name, rows)
    if "slot" in program.variables:
        x[program.variables["slot"]] = np.ceil(_asked(program, x, "slot", "gang/slot") - SOMETHING)
    return program.completed(x)


def _tie(program: Program, x: Floats, name: str, rows: str) -> None:
    """Solve the equations of a family, each with one column of it and perhaps the one before."""
    if rows not in program.constraints or not program.constraints[rows].stop - program.constraints[rows].start:
        return
    columns, block = program.variables[name], program.constraints[rows]
    matrix = sparse.csr_array(program.matrix[block.start : block.stop])
    x[columns] = 0.0
    right = program.row_upper[block] - matrix @ x
    own = sparse.csr_array(matrix[:, columns.start : columns.stop])
    own.sort_indices()
    x[columns] = spsolve_triangular(own, right, lower=True)


def _asked(program: Program, x: Floats, name: str, rows: str) -> Floats:
    """The least values of columns, within their bounds, that satisfy the rows."""
    columns = program.variables[name]
    least = program.lower[columns].copy()
    if rows not in program.constraints:
        return least
    block = program.constraints[rows]
    matrix = sparse.csr_array(program.matrix[block.start : block.stop])
    without = x.copy()
    without[columns] = 0.0
    activity = matrix @ without
    own = sparse.coo_array(matrix[:, columns.start : columns.stop])
    low, high = program.row_lower[block][own.row], program.row_upper[block][own.row]
    lacking = np.where(own.data > 0, low - activity[own.row], activity[own.row] - high)
    there = (own.data != 0) & np.isfinite(lacking)
    np.maximum.at(least, own.col[there], lacking[there] / np.abs(own.data[there]))
    return np.minimum(least, program.upper[columns])


def _finish(tables: Tables, program: Program, x: Floats) -> None:
    """Chained trainings finish as early as their predecessors allow; 0 for one that is not run."""
    times, starts, chosen = tables.finish, tables.starts, program.values("start", x)
    days = times.days_of(starts, chosen)[times.chained]
    by_itself = np.zeros(len(times.row))
    np.add.at(by_itself, starts.training, times.late_days(starts) * chosen)
    x[program.variables["finish"]] = np.nan_to_num(days)
    late = np.nan_to_num(days - times.due[times.chained]) - by_itself[times.chained]
    x[program.variables["wait"]] = np.maximum(0.0, late) * (times.late[times.chained] > 0)


def _bands(tables: Tables, variables: Variables, program: Program, x: Floats) -> None:
    """All lots of a slot are in the band in which their number lies."""
    bands, orders, offers = variables.bands, tables.orders, tables.instance.offers
    if not len(bands.offer):
        return
    buy = program.values("buy", x)
    lots = np.zeros((len(offers), tables.axis.size))
    np.add.at(lots, (orders.offer, orders.period), buy)
    inside = np.zeros(lots.shape, np.int64)
    for o, t in zip(*np.nonzero(lots > SOMETHING), strict=True):
        reached = [b for b, band in enumerate(offers[o].bands) if band.from_lots <= lots[o, t] + SOMETHING]
        inside[o, t] = max(reached, default=0)
    slot = bands.offer, bands.period
    taken = (lots[slot] > SOMETHING) & (inside[slot] == bands.band_of)
    x[program.variables["ordered"]] = taken
    x[program.variables["band"]] = buy[bands.order] * taken[bands.ordered_of]


def _launched(tables: Tables, variables: Variables, program: Program, x: Floats) -> None:
    """A service that waits for a training is launched in the period after that in which the training is out."""
    i, t = variables.launched.over.keys
    if not len(i):
        return
    number, services = tables.trainings.number, tables.instance.inference
    after = np.array([number[service.after] if service.after is not None else -1 for service in services])
    row = variables.ended_of[after[i]] * tables.axis.size + t - 1
    ended = program.values("ended", x)
    x[program.variables["launched"]] = np.where(t > 0, np.minimum(1.0, ended[np.maximum(row, 0)]), 0.0)


def _there(tables: Tables, variables: Variables, program: Program, x: Floats) -> None:
    """A service is there in a region if it is deployed at one of its sites."""
    regions = [region.id for region in tables.instance.regions]
    region = np.array([regions.index(name) for name in tables.sites.region], np.int64)
    i, s, t = variables.live.over.keys
    total = np.zeros((len(tables.instance.inference), len(regions), tables.axis.size))
    at: tuple[Ints, Ints, Ints] = (i, region[s], t)
    np.add.at(total, at, program.values("live", x))
    x[program.variables["there"]] = np.minimum(1.0, total[variables.there.over.keys])
