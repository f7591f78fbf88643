"""What a market has to sell: nodes, power, heat, racks and uplinks in each period, and what policy rows leave."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from solver.strategies.constructive.loads import SOMETHING

if TYPE_CHECKING:
    from solver.arrays import Floats, Ints
    from solver.program import Program
    from solver.strategies.constructive.accounts import Accounts
    from solver.strategies.constructive.bids import Bids
    from solver.strategies.constructive.serving import Serving
    from solver.strategies.constructive.share_caps import ShareCapRow

UNLIMITED = 1e12
LEAST = 1e-3  # share of the cost of unserved demand: where prices start
NO_PRICE = 3.0  # times that: prices that stay below it are none
MOST = 1e6  # times that: nobody pays more, so that what there is nothing of does not get dearer without end
SHARPER = 4.0  # a share cap moves its price this much faster, since both of its sides move


@dataclass(eq=False)
class Scarce:
    """Resources r of one kind, each limited in each period; a cell takes some of one of them."""

    name: str
    of: Ints  # [g]
    takes: Floats  # [g,t] for a reference node
    limit: Floats  # [r,t]
    first: float  # its smallest price, kUSD
    price: Floats  # [r,t]


@dataclass(eq=False)
class Row:
    """A policy row: limited over all periods together."""

    number: int
    takes: Floats  # [g,t] for a reference node
    limit: float
    first: float
    is_share: bool
    price: float

    def excess(self, used: float, size: float) -> float:
        """By how much it is used up, as a share of its limit; ``size`` counts what it gains like what it takes."""
        if self.is_share:
            return SHARPER * (used - self.limit) / (size + abs(self.limit) + SOMETHING)
        return used / max(self.limit, SOMETHING) - 1.0


def scarce_of(serving: Serving, bids: Bids, share_rows: list[ShareCapRow], least: float) -> list[Scarce]:
    """List what may become scarce in single periods; ``least`` kUSD of a reference node is where prices start."""
    ground, tables, cells = serving.ground, serving.tables, bids.cells
    ours, site = tables.pools.ours, tables.pools.site
    kinds: list[Scarce] = []
    demand = _most_demand(bids)[bids.asker]

    def sell(name: str, of: Ints, takes: Floats, limit: Floats, always: bool = False) -> None:
        most = _on(of[bids.cell], demand * takes[bids.cell], len(limit))  # if every bid were taken as a whole
        if (takes > 0).any() and (always or (most > limit).any()):
            first = least / float(takes[takes > 0].mean())
            limit = np.maximum(limit, 0.0)
            kinds.append(Scarce(name, of, takes, limit, first, np.full(limit.shape, first)))

    usable = np.where(tables.usable, 1.0, 0.0)
    pools = range(len(ours))
    stand = np.array([ground.stock[p] - ground.need(p) for p in pools]) * usable
    rentable = np.array([np.zeros(tables.axis.size) if ours[p] else ground.rentable(p) for p in pools]) * usable
    rented, p = cells.rented[:, None], cells.pool
    sell("nodes", p, np.where(rented, 0.0, cells.nodes), stand)
    sell("rents", p, np.where(rented, cells.nodes, 0.0), rentable - np.maximum(stand, 0.0))
    here = np.where(ours[p][:, None], cells.nodes, 0.0)
    sell(
        "power",
        site[p],
        ground.mw[p] * ground.part[p] * here,
        ground.power - _on(ground.site, ground.mw * ground.drawing, len(ground.power)),
    )
    for medium in range(ground.heat.shape[1]):
        each = (ground.kw * tables.pools.heat_shares[:, medium])[:, None]
        left = ground.heat[:, medium] - _on(ground.site, each * ground.drawing, len(ground.power))
        sell(f"heat/{medium}", site[p], each[p] * ground.part[p] * here, left)
    each = tables.pools.positions[:, None]
    left = ground.positions - _on(ground.hall, each * ground.powered, len(ground.positions))
    sell("positions", ground.hall[p], each[p] * here, left)
    gbps = np.zeros(len(tables.instance.profiles))
    gbps[serving.loads.profile] = ground.gbps
    uplink = np.where(np.isfinite(ground.uplink), ground.uplink - ground.uplink_used, UNLIMITED)
    sell("uplink", site[p], np.repeat(gbps[cells.profile][:, None], tables.axis.size, axis=1), uplink)
    for cap in sorted({row.cap for row in share_rows}):
        rows = [row for row in share_rows if row.cap == cap]
        group = np.full(len(tables.sites.ids), len(rows))
        for number, row in enumerate(rows):
            group[row.sites] = number
        taken = np.where(
            (group[site[p]] < len(rows))[:, None], ground.kw[p][:, None] * ground.part[p] * cells.nodes, 0.0
        )
        sell(f"share/{cap}", group[site[p]], taken, np.full((len(rows) + 1, tables.axis.size), UNLIMITED), always=True)
    return kinds


def _most_demand(bids: Bids) -> Floats:
    """[a,t] the most that an asker could ask for; for standby, the whole demand of its catchment."""
    result = bids.demand.copy()
    for a in range(len(bids.lines), len(result)):
        mine = bids.catchment[: len(bids.lines)] == bids.catchment[a]
        result[a] = bids.demand[: len(bids.lines)][mine].sum(axis=0)
    return result


def _on(of: Ints, each: Floats, count: int) -> Floats:
    result = np.zeros((count, each.shape[1]))
    np.add.at(result, of, each)
    return result


def policy_takes(serving: Serving, bids: Bids, accounts: Accounts, numbers: Ints) -> tuple[Floats, Floats]:
    """[row,g,t] what a reference node takes of policy rows, and what it adds to their wholes, weighted as in the row.

    What transfer takes is a mean over the bids of a cell.
    """
    ground, cells, program, policies = serving.ground, bids.cells, serving.loads.program, accounts.policies
    t = np.arange(serving.tables.axis.size)
    nodes = _column(
        program,
        "nodes",
        ground.formulation.variables.nodes.over.at[cells.profile[:, None], ground.mode[cells.pool], t],
    )
    rent = np.where(cells.rented[:, None], ground.rent_column[cells.pool], -1)
    on = np.where(serving.tables.pools.ours[cells.pool][:, None], ground.serving_column[cells.pool], rent)
    serve = _serve_columns(serving, bids)
    shape = (len(numbers), *cells.nodes.shape)
    takes, wholes = np.zeros(shape), np.zeros(shape)

    def taken(each: Floats) -> Floats:
        by_node = sum(np.where(columns >= 0, each[np.maximum(columns, 0)], 0.0) for columns in (nodes, on))
        result: Floats = by_node * cells.nodes
        first = program.variables["serve"]
        if each[first].any():
            count, total = np.zeros_like(result), np.zeros_like(result)
            np.add.at(count, bids.cell[bids.serves], serve >= 0)
            np.add.at(total, bids.cell[bids.serves], np.where(serve >= 0, each[np.maximum(serve, 0)], 0.0))
            result += total / np.maximum(count, 1.0)
        return result

    for n, row in enumerate(numbers.tolist()):
        takes[n] = taken(policies.row(row))
        if policies.is_share[row]:
            wholes[n] = taken(policies.whole_of(row))
    return takes + wholes, wholes


def _column(program: Program, name: str, at: Ints) -> Ints:
    return np.asarray(np.where(at >= 0, program.variables[name].start + at, -1))


def _serve_columns(serving: Serving, bids: Bids) -> Ints:
    """[b,t] the serve column of a bid for demand."""
    site = serving.tables.pools.site[bids.cells.pool[bids.cell]]
    ends = np.append(bids.begin[1:], len(bids.asker))
    found = [serving.at(lines[0])[site[bids.begin[a] : ends[a]]] for a, lines in enumerate(bids.lines)]
    return _column(serving.loads.program, "serve", np.concatenate(found)) if found else np.zeros((0, 1), np.int64)


def scarce_rows(accounts: Accounts, numbers: Ints, takes: Floats, left: Floats, least: float) -> list[Row]:
    """List the policy rows that bids take of; ``left`` [row] is what each has left."""
    rows = []
    for number, each, rest in zip(numbers.tolist(), takes, left.tolist(), strict=True):
        some = each != 0
        share = bool(accounts.policies.is_share[number])
        if some.any():
            first = least / float(np.abs(each[some]).mean())
            limit = rest if share else max(rest, 0.0)
            rows.append(Row(number, each, limit, first, share, first))
    return rows
