"""Serving services one by one: where they are deployed, what serves their metros, and what takes over after a loss."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from solver.formulation.variables import has_deployments
from solver.strategies.constructive.deployments import Deployments
from solver.strategies.constructive.loads import SOMETHING
from solver.strategies.constructive.standby import Standby

if TYPE_CHECKING:
    from solver.arrays import Floats, Ints
    from solver.strategies.constructive.serving import Planned, Serving


class Services:
    """Serves one service after the other; called again for a service, it serves what is left."""

    def __init__(self, serving: Serving):
        self.serving, self.tables = serving, serving.tables
        self.deployments, self.standby = Deployments(serving), Standby(serving)

    def worth(self, i: int) -> float:
        """kUSD per hour that a reference node of a service is worth."""
        mine = self.tables.lines.service == i
        return float((self.serving.pain[mine] / np.maximum(self.tables.axis.hours, 1.0)).max(initial=0.0))

    def serve(self, i: int) -> None:
        """Serve a service in all its metros and periods."""
        service, serving = self.tables.instance.inference[i], self.serving
        lines, left = self._left(i)
        if has_deployments(service):
            self.deployments.serve(i, left)
        else:
            everywhere = np.ones((len(self.tables.sites.ids), self.tables.axis.size), bool)
            serving.serve_lines(i, left, everywhere)
        self._survive(i, lines)

    def serve_planned(self, i: int, planned: Planned, on_standby: Floats) -> None:
        """Serve a service from where a plan says, and keep what it plans to keep on standby.

        Parameters:
            on_standby: [i,p,t] reference nodes.
        """
        lines, left = self._left(i)
        standby = on_standby[i]
        where = np.ones((len(self.tables.sites.ids), self.tables.axis.size), bool)
        if has_deployments(self.tables.instance.inference[i]):
            load = standby.copy()
            for line in left:
                for p, amount in planned.get(line, {}).items():
                    load[p] += amount
            where = self.deployments.deploy_planned(i, left, load)
        self.serving.serve_planned(i, left, where, planned)
        self._keep(i, np.where(where[self.serving.ground.site], standby, 0.0))
        self._survive(i, lines)

    def _keep(self, i: int, standby: Floats) -> None:
        """Keep capacity on standby [p,t], beyond what is spare at a site already, as far as it may be of use."""
        ground, loads = self.serving.ground, self.serving.loads
        useful = ground.formulation.variables.useful.load[i]
        for option in loads.options(i):
            s, p = option.site, option.pool
            spare = np.maximum(0.0, ground.load[i, s] - loads.served[i, s])
            wanted = np.minimum(np.maximum(0.0, standby[p] - spare), np.maximum(0.0, useful[s] - ground.load[i, s]))
            if (wanted > SOMETHING).any():
                loads.add(i, option, wanted, ground.room_with_rent(p))

    def _left(self, i: int) -> tuple[Ints, dict[int, Floats]]:
        """The lines of a service, the largest first, and what of each is open and not yet served [t]."""
        lines = np.flatnonzero(self.tables.lines.service == i)
        lines = lines[np.argsort(-self.tables.lines.demand[lines].max(axis=1), kind="stable")]
        opened = self.serving.opened(i)
        return lines, {int(line): self.serving.left(int(line), opened) for line in lines}

    def _survive(self, i: int, lines: Ints) -> None:
        service = self.tables.instance.inference[i]
        if service.uncovered_usd_per_unit_hour is None and service.promises:
            self.standby.cover_or_withdraw(i, lines)
