"""Serving services one by one: where they are deployed, what serves their metros, and what takes over after a loss."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from solver.formulation.variables import has_deployments
from solver.strategies.constructive.deployments import Deployments
from solver.strategies.constructive.standby import Standby

if TYPE_CHECKING:
    from solver.strategies.constructive.serving import Serving


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
        lines = np.flatnonzero(self.tables.lines.service == i)
        lines = lines[np.argsort(-self.tables.lines.demand[lines].max(axis=1), kind="stable")]
        opened = serving.opened(i)
        left = {int(line): serving.left(int(line), opened) for line in lines}
        if has_deployments(service):
            self.deployments.serve(i, left)
        else:
            everywhere = np.ones((len(self.tables.sites.ids), self.tables.axis.size), bool)
            serving.serve_lines(i, left, everywhere)
        if service.uncovered_usd_per_unit_hour is None and service.promises:
            self.standby.cover_or_withdraw(i, lines)
