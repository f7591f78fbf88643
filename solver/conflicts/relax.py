"""Building the elastic program of a formulation: which rows may give, and what giving costs."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from solver.arrays import INF, Floats, Ints
from solver.conflicts.commitments import FAMILIES, Commitment
from solver.conflicts.elastic import Elastic

if TYPE_CHECKING:
    from solver.formulation.formulate import Formulation
    from solver.program import Program
    from solver.tables.tables import Tables

# Cost of giving, per share of the limit: what can be bought, built or decided otherwise gives first, then what follows
# in time. Last, per node, come the nodes that there are and what a node can do. A promise gives before the same share
# of demand.
IN_TIME = ("data", "precedence", "finish", "chain", "rollout", "deployment", "spread")
OF_NODES = ("inventory", "capacity", "gang", "rented", "throughput")
COSTS = dict.fromkeys(IN_TIME, 30.0) | dict.fromkeys(OF_NODES, 1000.0) | {"inventory": 300.0}
COST_OF_PROMISES = 0.5
MEANING = (  # rows that define what a column is, not what it may be
    "balance",
    "ended",
    "change",
    "precedence/started",
    "supply/bands",
    "supply/one",
    "gang/slot",
    "deployment/load",
    "deployment/golive",
    "rollout/stays",
    "rented/standing",
    "rented/own",
    "rented/whole",
    "rented/one",
    "rented/long",
    "rented/all",
)
OFFERED = ("/limit", "/quota")  # endings of the names of rows whose right side is what is on offer
COMMITTED = "committed"  # a family of bounds in the program, of rows here


def relaxed(tables: Tables, formulation: Formulation, commitments: list[Commitment]) -> Elastic:
    """Build the elastic program. Rows of a family that is not known here count as limits."""
    program = formulation.program
    families = _limits(program)
    frozen, held = _frozen(tables, program)
    families = [*families, COMMITTED] if len(frozen) else families
    matrix, low, high = _with_ties(program, frozen, held)
    rows, owner = _rows_that_give(program, commitments, families)
    rows = np.concatenate((rows, np.arange(len(low) - len(frozen), len(low))))
    owner = np.concatenate((owner, np.full(len(frozen), -len(families))))
    down, up = np.isfinite(high[rows]), np.isfinite(low[rows])
    at, owner = np.concatenate((rows[down], rows[up])), np.concatenate((owner[down], owner[up]))
    signs = np.concatenate((np.full(down.sum(), -1.0), np.ones(up.sum())))
    added = sparse.csr_array((signs, (at, np.arange(len(at)))), shape=(len(low), len(at)))
    cost = _costs(families, owner, matrix[at], low[at], high[at])
    nothing = np.zeros(len(at))
    whole = replace(
        program,
        cost=np.zeros(program.columns + len(at)),
        offset=0.0,
        matrix=sparse.csr_array(sparse.hstack((matrix, added))),
        row_lower=low,
        row_upper=high,
        lower=np.concatenate((program.lower, nothing)),
        upper=np.concatenate((program.upper, nothing)),
        integer=np.concatenate((program.integer, nothing.astype(bool))),
        constraints={},
        defined=(),
        names=None,
        scale=None,
    )
    frees = tuple(_frees(formulation, commitment) for commitment in commitments)
    costs = np.concatenate((_cost_of_freeing(program.columns, tables, commitments, frees), cost))
    return Elastic(whole, program.columns, frees, tuple(families), owner, at, costs, *_open_bounds(program, frozen))


def family_of(name: str) -> str:
    """The family of rows named `family/which`; rows limited by an offer or a quota are supply, whatever their name."""
    return "supply" if name.endswith(OFFERED) else name.split("/", 1)[0]


def _limits(program: Program) -> list[str]:
    """Families of limits in the order of the program."""
    names = [name for name in program.constraints if _is_limit(program, name)]
    return list(dict.fromkeys(map(family_of, names)))


def _is_limit(program: Program, name: str) -> bool:
    family = family_of(name)
    if family in FAMILIES or family == "cut" or name in program.defined:
        return False
    return family not in MEANING and name not in MEANING


def _frozen(tables: Tables, program: Program) -> tuple[Ints, Floats]:
    """Columns whose bounds belong to family committed, and the values that they are held at."""
    columns: list[Ints] = []
    held: list[Floats] = []
    signed = np.where(tables.signed.firm, tables.signed.lots, np.nan)
    parts = (("buy", tables.orders.frozen), ("upgrade", tables.upgrades.frozen), ("kept", signed))
    for name, values in parts:
        block = program.variables.get(name, slice(0, 0))
        at = np.flatnonzero(~np.isnan(values) & (program.lower[block] == program.upper[block]))
        columns.append(block.start + at)
        held.append(values[at])
    return np.concatenate(columns), np.concatenate(held)


def _with_ties(program: Program, frozen: Ints, held: Floats) -> tuple[sparse.csr_array, Floats, Floats]:
    """Matrix and sides, with a row for each frozen column and without cuts, which follow from rows that may give."""
    ones = np.ones(len(frozen))
    ties = sparse.csr_array((ones, (np.arange(len(frozen)), frozen)), shape=(len(frozen), program.columns))
    low, high = program.row_lower.copy(), program.row_upper.copy()
    for name, block in program.constraints.items():
        if family_of(name) == "cut":
            low[block], high[block] = -INF, INF
    matrix = sparse.csr_array(sparse.vstack((program.matrix, ties)))
    return matrix, np.concatenate((low, held)), np.concatenate((high, held))


def _rows_that_give(program: Program, commitments: list[Commitment], families: list[str]) -> tuple[Ints, Ints]:
    """The rows of limits and of pins, and their owners."""
    pins = {commitment.number: number for number, commitment in enumerate(commitments) if commitment.family == "pins"}
    rows: list[Ints] = [np.zeros(0, np.int64)]
    owner: list[Ints] = [np.zeros(0, np.int64)]
    for name, block in program.constraints.items():
        if family_of(name) == "pins":
            number = pins[int(name.split("/")[1])]
        elif _is_limit(program, name):
            number = -1 - families.index(family_of(name))
        else:
            continue
        rows.append(np.arange(block.start, block.stop))
        owner.append(np.full(block.stop - block.start, number))
    return np.concatenate(rows), np.concatenate(owner)


def _costs(families: list[str], owner: Ints, matrix: sparse.csr_array, low: Floats, high: Floats) -> Floats:
    """Cost of giving one unit, by what gives, from its owner, its row and the sides of that row.

    The size of a limit is at least the largest coefficient of its row: the limit may be 0.
    """
    largest = np.asarray(abs(matrix).max(axis=1).todense()).ravel() if len(owner) else np.zeros(0)
    size = np.maximum(largest, np.maximum(*(np.where(np.isfinite(side), np.abs(side), 0.0) for side in (low, high))))
    names = [*reversed(families), ""]  # the last stands for commitments
    cost = np.array([COSTS.get(name, 1.0) for name in names])
    in_nodes = np.array([name in OF_NODES for name in names])
    at = np.where(owner < 0, owner + len(families), len(families))
    return np.asarray(cost[at] / np.where(in_nodes[at] | (size <= 0), 1.0, size))


def _frees(formulation: Formulation, commitment: Commitment) -> Ints:
    """The columns that a commitment holds at 0."""
    program, x = formulation.program, formulation.variables
    if commitment.family == "placed":
        return np.array([program.variables["dropped"].start + commitment.number])
    if commitment.family == "demand":
        lines = x.unserved.over.keys[0]
        return np.asarray(program.variables["unserved"].start + np.flatnonzero(lines == commitment.number))
    if commitment.family == "failover":
        catchments = x.uncovered.over.keys[0]
        return np.asarray(program.variables["uncovered"].start + np.flatnonzero(catchments == commitment.number))
    return np.zeros(0, np.int64)


def _cost_of_freeing(columns: int, tables: Tables, commitments: list[Commitment], frees: tuple[Ints, ...]) -> Floats:
    """Cost by column of the original: giving up all of a commitment, in all periods, costs 1, a promise less."""
    lines, takeovers = tables.lines, tables.takeovers
    cost = np.zeros(columns)
    for commitment, mine in zip(commitments, frees, strict=True):
        number = commitment.number
        if commitment.family == "placed":
            cost[mine] = 1.0 / tables.trainings.copies[number]
        elif commitment.family == "demand":
            cost[mine] = 1.0 / lines.demand[number].sum()
        elif commitment.family == "failover":
            cost[mine] = COST_OF_PROMISES / lines.demand[takeovers.catchment_of == number].sum()
    return cost


def _open_bounds(program: Program, frozen: Ints) -> tuple[Floats, Floats]:
    """Bounds of the original without those that stand for limits, which are rows here."""
    lower, upper = program.lower.copy(), program.upper.copy()
    lower[frozen] = 0.0
    upper[frozen] = INF
    for name in ("buy", "rent"):
        upper[program.variables.get(name, slice(0, 0))] = INF
    return lower, upper
