"""Energy by variable, and what it is priced at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from solver.formulation.variables import full_modes
from solver.tables.starts import energy_per_start

if TYPE_CHECKING:
    from solver.arrays import Floats, Ints
    from solver.tables.tables import Tables


@dataclass(frozen=True, eq=False)
class Priced:
    """A linear expression: by family of variables, the price of each; and what is paid in any case."""

    of: dict[str, Floats]
    constant: float = 0.0

    def at(self, values: dict[str, Floats]) -> float:
        """Evaluate at a point; families that are not among the ``values`` are zero."""
        return self.constant + float(sum(price @ values[name] for name, price in self.of.items() if name in values))


@dataclass(frozen=True, eq=False)
class Energy:
    """MWh of what is on and of what it does, besides being on."""

    tables: Tables
    keys: dict[str, tuple[Ints, ...]]
    idle: Floats  # [q,t] of a node that is on
    serving: Floats  # by variable of `nodes`
    running: Floats  # by (start, period)
    behind: Floats  # by start: after the horizon
    hours_behind: Floats  # by start: hours after the horizon

    def priced(self, rate: Floats, behind: Floats) -> Priced:
        """Price everything.

        Parameters:
            rate: [s,t] kUSD per MWh
            behind: [s] of runs after the horizon
        """
        if not rate.any() and not behind.any():
            return Priced({})
        priced, mode = self.counted(rate), self.tables.starts.mode
        priced.of["start"] += self.behind * behind[self.tables.pools.site[self.tables.modes.pool[mode]]]
        return priced

    def counted(self, rate: Floats) -> Priced:
        """Count what is drawn inside the horizon, at a ``rate`` [s,t] per MWh."""
        pools, modes, starts, rents = self.tables.pools, self.tables.modes, self.tables.starts, self.tables.rents
        site, full = pools.site[modes.pool], full_modes(self.tables)
        on = self.idle * rate[site]
        _, q, t = self.keys["nodes"]
        run = np.zeros(len(starts.training))
        entries = starts.running
        np.add.at(run, entries.run, self.running * rate[site[starts.mode[entries.run]], entries.period])
        return Priced(
            {
                "powered": on[self.keys["powered"]],
                "stock": np.where(pools.ours[:, None], 0.0, on[full]).ravel(),
                "rent": on[full[rents.pool], rents.period],
                "nodes": self.serving * rate[site[q], t],
                "start": run,
            }
        )


def energy_of(tables: Tables, keys: dict[str, tuple[Ints, ...]], it: bool = False) -> Energy:
    """Compute energy at the meter, or IT energy (``it``), for the keys of the variables."""
    pools, modes, pue = tables.pools, tables.modes, tables.halls.pue_energy
    pue = np.ones_like(pue) if it else pue
    kw = (pools.node_kw[modes.pool] * modes.power)[:, None]
    mwh = tables.axis.hours * pue[pools.hall[modes.pool]] * kw / 1e3
    share = pools.idle_share[modes.pool]
    k, q, t = keys["nodes"]
    draw = np.array([profile.draw for profile in tables.instance.profiles], float)
    mean = np.array([profile.mean_to_peak for profile in tables.instance.profiles], float)
    serving = mwh[q, t] * (draw[k] - share[q]) * mean[k]
    running, behind, hours = energy_per_start(tables.axis, pue, pools, modes, tables.trainings, tables.starts)
    return Energy(tables, keys, mwh * share[:, None], serving, running, behind, hours)
