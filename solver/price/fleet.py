"""What stands and runs in a plan: stock, rented nodes, nodes used and energy, by pool and piece."""

from __future__ import annotations

from fractions import Fraction
from functools import cached_property
from itertools import repeat
from operator import add, mul
from typing import TYPE_CHECKING

from solver.price.money import FIXED, SCALE, add_product, exact, fixed, scaled

if TYPE_CHECKING:
    from solver.price.dates import Dates
    from solver.price.decided import Decided
    from solver.price.given import Given
    from solver.price.starts import Starts

Row = list[float]


class Fleet:
    """The nodes of a plan by pool and piece. Signed lines that the plan does not list are kept."""

    def __init__(self, given: Given, starts: Starts, dates: Dates, decided: Decided) -> None:
        self.given, self.starts, self.dates, self.decided = given, starts, dates, decided
        self.kept = {line.id: decided.kept.get(line.id, line.lots) for line in given.lines.values()}
        self.base = {name: self._base(name) for name in given.pools}
        self.added = self._added()
        zip_rows = {name: zip(self.base[name], self.added[name], strict=True) for name in given.pools}
        self.stock = {name: [float(a + b) for a, b in rows] for name, rows in zip_rows.items()}
        self.rented = {name: [0.0] * given.size for name in given.pools}
        for (_, pool), nodes in decided.rents.items():
            self.rented[pool] = list(map(add, self.rented[pool], nodes))

    # base_pt: nodes that stand at D_1, less those whose last day x ≥ D_1 is before the last day of t; retirements
    # before D_1 no longer count
    def _base(self, name: str) -> list[Fraction]:
        pool, pieces = self.given.pools[name], self.given.pieces
        nodes = [Fraction(pool.nodes)] * len(pieces)
        for retirement in pool.retirements:
            if retirement.last_day >= pieces[0].first_day:
                for number in range(self.dates.gone(0, retirement.last_day), len(pieces)):
                    nodes[number] -= retirement.nodes
        return nodes

    # Σ_{l→p,t} lot·kept[l] + Σ_o lot_o·buy[o,p,t], less what has expired
    def _added(self) -> dict[str, list[Fraction]]:
        given = self.given
        added = {name: [Fraction(0)] * given.size for name in given.pools}
        for line in given.lines.values():
            if line.offer in given.offers and line.pool in added:
                nodes = exact(given.offers[line.offer].lot_nodes) * exact(self.kept[line.id])
                self._stand(added[line.pool], nodes, *self.dates.line_there(line))
        for (name, pool, period), lots in self.decided.orders.items():
            nodes = exact(given.offers[name].lot_nodes) * exact(lots)
            self._stand(added[pool], nodes, period, self.dates.order_gone(given.offers[name], period))
        return added

    @staticmethod
    def _stand(row: list[Fraction], nodes: Fraction, first: int, gone: int) -> None:
        for number in range(first, gone):
            row[number] += nodes

    def used(self) -> dict[tuple[str, str], Row]:
        """By pool and mode: nodes used in each piece, Σ_a φ·n·start + Σ_k nodes."""
        used: dict[tuple[str, str], Row] = {}
        for (_, pool, mode), nodes in self.decided.nodes.items():
            row = used.get((pool, mode))
            used[pool, mode] = list(nodes) if row is None else list(map(add, row, nodes))
        for (workload, pool, mode, way, period), copies in self.decided.starts.items():
            row = used.setdefault((pool, mode), [0.0] * self.given.size)
            gang = float(self.starts.ways(self.given.trainings[workload])[way].nodes) * copies
            for number, share in self.starts.stay(workload, pool, mode, way, period).share.items():
                row[number] += float(share) * gang
        return used

    # kWh[q,t] = H·PUE_mean·kW_q·( Σ_a draw·φ·n·start + Σ_k (idle + (draw − idle)·mean_to_peak)·nodes
    #                              + idle·(powered − used) );   a provider's site: stock + rent for powered
    # Written as idle·powered + Σ_a (draw − idle)·φ·n·start + Σ_k (draw − idle)·mean_to_peak·nodes.
    def kwh(self, it: bool = False) -> dict[str, list[Fraction]]:
        """Energy by pool and piece, in kWh.

        Parameters:
            it: whether to leave out PUE, which gives IT energy instead of the meter's.
        """
        return {name: self._metered(name, row, it) for name, row in self._drawn.items()}

    @cached_property
    def _drawn(self) -> dict[str, list[int]]:
        """Power drawn by pool and piece, as nodes at full power in units of 1e-36."""
        given, size = self.given, self.given.size
        full: dict[str, list[int]] = {}
        for (pool, mode), nodes in self.decided.powered.items():
            if given.is_ours(given.pools[pool]):
                self._draw(full, pool, mode, fixed(nodes), exact(self._idle(pool)))
        for name, pool in given.pools.items():
            if not given.is_ours(pool):
                owned = map(round, map(mul, self._exact_stock(name), repeat(FIXED)))
                there = list(map(add, owned, fixed(self.rented[name])))
                self._draw(full, name, "full", there, exact(self._idle(name)))
        for (profile_id, name, mode), nodes in self.decided.nodes.items():
            profile, idle_share = given.profiles[profile_id], exact(self._idle(name))
            rate = (exact(profile.draw) - idle_share) * exact(profile.mean_to_peak)
            self._draw(full, name, mode, fixed(nodes), rate)
        for (workload, name, mode, way, period), copies in self.decided.starts.items():
            training = given.trainings[workload]
            rate = (exact(training.draw) - exact(self._idle(name))) * self.starts.ways(training)[way].nodes * copies
            rate *= given.modes_of(given.pools[name])[mode][0]
            row = full.setdefault(name, [0] * size)
            for number, share in self.starts.stay(workload, name, mode, way, period).share.items():
                row[number] += round(rate * share * SCALE) * FIXED
        return full

    def _exact_stock(self, name: str) -> list[Fraction]:
        return list(map(add, self.base[name], self.added[name]))

    def _idle(self, pool: str) -> float:
        return self.given.accelerator_of(self.given.pools[pool]).idle_share

    def _draw(self, full: dict[str, list[int]], pool: str, mode: str, nodes: list[int], rate: Fraction) -> None:
        power = self.given.modes_of(self.given.pools[pool])[mode][0]
        full[pool] = add_product(full.get(pool, [0] * self.given.size), nodes, scaled(rate * power))

    def _metered(self, name: str, row: list[int], it: bool) -> list[Fraction]:
        pool = self.given.pools[name]
        kw = exact(self.given.accelerator_of(pool).node_kw)
        pue = [1.0] * len(row) if it else self.given.calendar.read(self.given.hall_of(pool).pue, "mean")
        factors = (kw * exact(p) * hours for p, hours in zip(pue, self.given.hours, strict=True))
        whole = FIXED * SCALE * SCALE
        return [Fraction(a * scaled(f), whole) if a else Fraction(0) for a, f in zip(row, factors, strict=True)]
