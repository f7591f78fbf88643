"""What a node costs by pool and period, at the prices of a round."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from solver.strategies.constructive.ground import Ground


class Rates:
    """kUSD by pool and period [p,t], read off the costs of the program once."""

    def __init__(self, ground: Ground):
        tables, program = ground.tables, ground.formulation.program
        shape = (len(tables.pools.ids), tables.axis.size)
        rents = tables.rents
        self.rent = np.full(shape, np.inf)  # of the cheapest node that can be rented; inf if none can
        np.minimum.at(self.rent, (rents.pool, rents.period), program.cost[program.variables["rent"]])
        self.on = np.zeros(shape)  # of a node that is on, at our sites
        q, t = ground.formulation.variables.powered.over.keys
        main = q == ground.full_mode[tables.modes.pool[q]]
        self.on[tables.modes.pool[q[main]], t[main]] = program.cost[program.variables["powered"]][main]
