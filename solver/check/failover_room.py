"""Where and when capacity may be kept for a service, and the most that may be kept if its deployment is decided."""

from __future__ import annotations

from collections.abc import Sequence
from operator import add
from typing import TYPE_CHECKING

from solver.check.demand import Row, asked_share, demand_of
from solver.check.failover import promised_shares

if TYPE_CHECKING:
    from models.workloads import Inference
    from solver.check.nearest import Catchment, Nearest
    from solver.price.given import Given

Flags = Sequence[bool]


class FailoverRoom:
    """The sites that may serve a metro of a service or take over for it, each computed once."""

    def __init__(self, given: Given, nearest: Nearest) -> None:
        self.given, self.nearest = given, nearest
        self._may: dict[tuple[str, str], list[bool]] = {}
        self._losses: dict[tuple[str, Catchment], dict[str, Flags]] = {}

    def may(self, service: Inference, site: str) -> list[bool]:
        """By piece: whether a site may serve any metro of a service, or take over for one."""
        key = (service.id, site)
        if key not in self._may:
            uses = [self._use(service, line.metro, site) for line in service.demand]
            self._may[key] = list(map(any, zip(*uses, strict=True)))
        return self._may[key]

    def most(self, service: Inference, site: str) -> Row:
        """By piece: max(smallest deployment, demand of the metros that a site may serve or take over).

        The whole demand counts, whether it is already open or not.
        """
        total = [0.0] * self.given.size
        for metro, row in demand_of(self.given, service).items():
            use = self._use(service, metro, site)
            total = list(map(add, total, (value if flag else 0.0 for value, flag in zip(row, use, strict=True))))
        return [max(service.smallest_deployment, value) for value in total]

    def _use(self, service: Inference, metro: str, site: str) -> Flags:
        flags = self.nearest.ring(service, metro).flags.get(site)
        if flags is None:
            return [False] * self.given.size
        if site in self.nearest.serving(service, metro):
            return flags
        catchment = self.nearest.catchments(service)[metro]
        use: Flags = [False] * self.given.size
        for domain, lost in self.losses(service, catchment).items():
            if site in self.nearest.takeover(service, catchment, domain):
                use = [known or (flag and one) for known, flag, one in zip(use, flags, lost, strict=True)]
        return use

    def losses(self, service: Inference, catchment: Catchment) -> dict[str, Flags]:
        """By failure domain and piece: whether a promise covers its loss, and the loss would affect a catchment."""
        key = (service.id, catchment)
        if key not in self._losses:
            self._losses[key] = self._losses_of(service, catchment) if service.promises else {}
        return self._losses[key]

    def _losses_of(self, service: Inference, catchment: Catchment) -> dict[str, Flags]:
        given, nearest = self.given, self.nearest
        asked, promised = demand_of(given, service), promised_shares(given, service)
        is_open = asked_share(given, service)
        served: dict[str, Flags] = {}  # by site: whether a metro with demand may be served there
        for metro in catchment:
            flags = nearest.ring(service, metro).flags
            for site in nearest.serving(service, metro):
                now = [f and d * o > 0 for f, d, o in zip(flags[site], asked[metro], is_open, strict=True)]
                served[site] = list(map(any, zip(served[site], now, strict=True))) if site in served else now
        losses: dict[str, Flags] = {}
        for domain, sites in nearest.domains.items():
            shares = promised.get(domain.split(":", 1)[0])
            hit = [served[site] for site in sites if site in served]
            if shares is not None and hit:
                losses[domain] = [
                    share > 0 and any(now) for share, now in zip(shares, zip(*hit, strict=True), strict=True)
                ]
        return losses
