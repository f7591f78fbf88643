"""Services: every metro is served by what stands, the cheapest first; what is left is rented or ordered while it pays."""

from __future__ import annotations

import numpy as np

from solver.arrays import Bools, Floats, Ints
from solver.formulation.variables import has_deployments
from solver.strategies.constructive.accounts import Accounts
from solver.strategies.constructive.buying import Buying
from solver.strategies.constructive.ground import SLACK, Ground
from solver.strategies.constructive.runs import Runs, _groups
from solver.tables.serving import reference_of, rollout_share

SOMETHING = 1e-9


class Services:
    """Serves one service after the other."""

    def __init__(self, ground: Ground, accounts: Accounts, buying: Buying, runs: Runs, closed: Bools):
        self.ground, self.accounts, self.buying, self.runs, self.closed = ground, accounts, buying, runs, closed
        tables = self.tables = ground.tables
        self.program = ground.formulation.program
        self.of_line = _groups(tables.serves.line, len(tables.lines.metro))
        self.profile = {profile.id: k for k, profile in enumerate(tables.instance.profiles)}
        self.pain = np.zeros((len(tables.lines.metro), tables.axis.size))
        line, t = ground.formulation.variables.unserved_set.keys
        block = self.program.variables["unserved"]
        must = self.program.upper[block] <= 0
        self.pain[line, t] = np.where(must, 1e12, self.program.cost[block])
        self.running = self._running_cost()
        self.live: dict[tuple[int, int], Bools] = {}

    def _running_cost(self) -> Floats:
        """[k,p,t] kUSD of a node that serves in t: what it takes on and above idle."""
        variables, tables = self.ground.formulation.variables, self.tables
        k, q, t = variables.nodes_set.keys
        result = np.full((len(tables.instance.profiles), len(tables.pools.ids), tables.axis.size), np.inf)
        full = q == self.ground.full_mode[tables.modes.pool[q]]
        p = tables.modes.pool[q[full]]
        cost = self.program.cost[self.program.variables["nodes"]][full] + self.runs.on_cost[p, t[full]]
        result[k[full], p, t[full]] = cost
        return result

    def serve(self, i: int) -> None:
        """Serves a service in all its metros and periods."""
        tables, service = self.tables, self.tables.instance.inference[i]
        k = self.profile[service.profile]
        open_ = self._open(i)
        lines = np.flatnonzero(tables.lines.service == i)
        sites = self._sites(i, lines)
        for line in lines[np.argsort(-tables.lines.demand[lines].max(axis=1), kind="stable")]:
            self._serve_line(i, k, int(line), self._left(int(line), open_), sites)
        if has_deployments(service):
            self._deploy(i, k, lines, sites)
        if service.uncovered_usd_per_unit_hour is None and service.promises:
            self._cover(i, k, lines)

    def _left(self, line: int, open_: Floats) -> Floats:
        """[t] demand of a line that is open and not yet served."""
        columns = self.of_line[line]
        served = np.bincount(self.tables.serves.period[columns], self.ground.serve[columns], self.tables.axis.size)
        return np.asarray(np.maximum(0.0, self.tables.lines.demand[line] * open_ - served))

    def _open(self, i: int) -> Floats:
        """[t] share of the asked demand that may be served, given when the training it waits for is out."""
        tables, service = self.tables, self.tables.instance.inference[i]
        if service.after is None:
            return np.ones(tables.axis.size)
        out = self.runs.ended[tables.trainings.number[service.after], :-1] >= 1.0 - 1e-9
        times = np.flatnonzero(out & tables.axis.on_or_after(service.launch))
        if not len(times):
            return np.zeros(tables.axis.size)
        first = int(times[0])
        late = rollout_share(tables.axis, service, np.arange(tables.axis.size) >= first)
        asked = rollout_share(tables.axis, service, tables.axis.on_or_after(service.launch))
        return np.where(asked > 0, np.minimum(1.0, late / np.maximum(asked, SOMETHING)), 0.0)

    def _sites(self, i: int, lines: Ints) -> Bools:
        """Sites that are considered: all; for a service that is deployed at a price few that reach all metros, in enough regions."""
        tables, service = self.tables, self.tables.instance.inference[i]
        n_sites = len(tables.sites.ids)
        if not has_deployments(service):
            return np.ones(n_sites, bool)
        reach = np.zeros((n_sites, len(lines)), bool)
        for column, line in enumerate(lines):
            open_columns = self.of_line[line][~self.closed[self.of_line[line]]]
            reach[np.unique(tables.serves.site[open_columns]), column] = True
        chosen, open_lines = np.zeros(n_sites, bool), reach.any(axis=0)
        while open_lines.any():
            best = int(np.argmax((reach & open_lines).sum(axis=1)))
            chosen[best] = True
            open_lines &= ~reach[best]
        regions = {tables.sites.region[s] for s in np.flatnonzero(chosen)}
        for s in np.argsort(-reach.sum(axis=1), kind="stable"):
            if len(regions) >= service.least_regions:
                break
            if reach[s].any() and tables.sites.region[s] not in regions:
                chosen[s] = True
                regions.add(tables.sites.region[s])
        return chosen

    def _serve_line(self, i: int, k: int, line: int, left: Floats, sites: Bools) -> None:
        tables = self.tables
        columns = self.of_line[line]
        columns = columns[sites[tables.serves.site[columns]] & ~self.closed[columns]]
        if not len(columns):
            return
        at = np.full((len(tables.sites.ids), tables.axis.size), -1)
        at[tables.serves.site[columns], tables.serves.period[columns]] = columns
        reach_cost = self.program.cost[self.program.variables["serve"]]
        options = []
        for s in np.unique(tables.serves.site[columns]):
            allowed = at[s] >= 0
            price = np.where(allowed, reach_cost[at[s]], 0.0)
            for p in self.ground.pools_at[s]:
                theta = tables.theta[k, p] * tables.sites.availability[s] * allowed
                running = np.where(np.isfinite(self.running[k, p]), self.running[k, p], 0.0)
                usable = (theta > 0) & np.isfinite(self.running[k, p])
                if usable.any():
                    unit = np.where(usable, price + running / np.maximum(theta, SOMETHING), np.inf)
                    options.append((float(unit[usable].mean()), int(s), int(p), np.where(usable, theta, 0.0), unit))
        for _, s, p, theta, _ in sorted(options, key=lambda option: option[0]):
            left = self._take(i, k, at[s], s, p, theta, left, self.ground.room(p))
        more = []
        hours = np.maximum(tables.axis.hours, 1.0)
        for mean_unit, s, p, theta, each in options:
            mean = float(theta[theta > 0].mean())
            if not tables.pools.ours[p] and np.isfinite(self.runs.rent_price[p]).any():
                rent = float((self.runs.rent_price[p] / hours)[np.isfinite(self.runs.rent_price[p])].mean())
                more.append((mean_unit + rent * float(hours.mean()) / mean, "rent", s, p, theta, each))
            times = np.flatnonzero(left > SOMETHING)
            found = (
                self.buying.cheapest(p, int(times[0])) or self.buying.cheapest(p, int(times[-1]))
                if len(times)
                else None
            )
            if found is not None:
                more.append((mean_unit + found[0] * float(hours.mean()) / mean, "order", s, p, theta, each))
        for _, what, s, p, theta, each in sorted(more, key=lambda option: option[0]):
            if not (left > SOMETHING).any():
                return
            if what == "rent":
                price = np.where(np.isfinite(self.runs.rent_price[p]), self.runs.rent_price[p], 1e12)
                pays = each + price / np.maximum(theta, SOMETHING) <= self.pain[line]
                left = self._take(i, k, at[s], s, p, theta * pays, left, self.ground.rentable(p))
            else:
                self._order(line, s, p, theta, each, left)
                left = self._take(i, k, at[s], s, p, theta, left, self.ground.room(p))

    def _order(self, line: int, s: int, p: int, theta: Floats, each: Floats, left: Floats) -> None:
        """Orders nodes period by period for what is left, where they pay by what would else be unserved."""
        ground, axis = self.ground, self.tables.axis
        for t in np.flatnonzero((left > SOMETHING) & (theta > 0) & (each < self.pain[line])):
            wanted = left[t] / theta[t]
            if self.tables.pools.ours[p]:
                bears = ground.room_of_site(p)[t]
                if bears < wanted and self.buying.upgrade(s, int(t)):
                    bears = ground.room_of_site(p)[t]
                wanted = min(wanted, bears)
            lacking = wanted - ground.room(p)[t]
            found = self.buying.cheapest(p, int(t))
            if lacking <= SOMETHING or found is None:
                continue
            rate, column = found
            lot = self.tables.orders.nodes[column]
            nodes = np.ceil(lacking / lot - SOMETHING) * lot
            life = slice(int(self.tables.orders.period[column]), int(self.tables.orders.expiry[column]))
            served = np.minimum(np.maximum(0.0, left[life] - ground.room(p)[life] * theta[life]), nodes * theta[life])
            gain = float(
                (
                    served
                    * np.maximum(0.0, np.minimum(self.pain[line], 1e9) - np.where(np.isfinite(each), each, 1e9))[life]
                ).sum()
            )
            if rate * nodes * float(axis.hours[life].sum()) <= gain:
                self.buying.buy(p, int(t), float(lacking))

    def _take(self, i: int, k: int, at: Ints, s: int, p: int, theta: Floats, left: Floats, room: Floats) -> Floats:
        """Serves what a pool has room for; what is left."""
        ground = self.ground
        amount = np.minimum(left, np.maximum(0.0, room) * theta)
        if ground.gbps[i] > 0:
            amount = np.minimum(
                amount, np.maximum(0.0, ground.uplink[s] - ground.uplink_used[s] - SLACK) / ground.gbps[i]
            )
        amount = np.where((amount > SOMETHING) & (at >= 0), amount, 0.0)
        if not amount.any():
            return left
        times = np.flatnonzero(amount)
        amount = self._afford(k, at, p, theta, amount)
        times = np.flatnonzero(amount)
        ground.serve[at[times]] += amount[times]
        self._load(i, k, s, p, theta, amount)
        return np.maximum(0.0, left - amount)

    def _afford(self, k: int, at: Ints, p: int, theta: Floats, amount: Floats) -> Floats:
        """What the policies leave of an amount, period by period where not all of it passes; booked."""
        for times in (np.flatnonzero(amount), *(np.array([t]) for t in np.flatnonzero(amount))):
            columns, amounts = self._effects(k, at, p, times, theta, amount)
            if self.accounts.allows(columns, amounts):
                self.accounts.take(columns, amounts)
                if len(times) == np.count_nonzero(amount):
                    return amount
            elif len(times) == 1:
                amount = np.where(np.arange(len(amount)) == times[0], 0.0, amount)
        return amount

    def _effects(self, k: int, at: Ints, p: int, times: Ints, theta: Floats, amount: Floats) -> tuple[Ints, Floats]:
        """Columns that grow when a pool serves an amount."""
        columns, amounts = self._standing(k, p, times, theta, amount)
        serve = self.program.variables["serve"].start + at[times]
        return np.concatenate((serve, columns)), np.concatenate((amount[times], amounts))

    def _standing(self, k: int, p: int, times: Ints, theta: Floats, amount: Floats) -> tuple[Ints, Floats]:
        """Columns that grow when a pool keeps capacity for an amount."""
        nodes = amount[times] / theta[times]
        variables = self.ground.formulation.variables
        columns, amounts = self.ground.follows(
            p, times, self.ground.share[p, times] + nodes, self.ground.need(p)[times] + nodes
        )
        serving = self.program.variables["nodes"].start + variables.nodes_set.at[k, self.ground.full_mode[p], times]
        return np.concatenate((serving, columns)), np.concatenate((nodes, amounts))

    def _load(self, i: int, k: int, s: int, p: int, theta: Floats, amount: Floats) -> None:
        ground = self.ground
        nodes = np.where(amount > 0, amount / np.maximum(theta, SOMETHING), 0.0)
        for taken in (ground.share, ground.long, ground.filling):
            taken[p] += nodes
        ground.nodes[k, p] += nodes
        ground.load[i, s] += amount
        ground.uplink_used[s] += amount * ground.gbps[i]
        ground.settle(p)

    def _deploy(self, i: int, k: int, lines: Ints, sites: Bools) -> None:
        """Keeps the smallest deployment wherever the service is, and is in enough regions; else it serves nothing then."""
        tables, service = self.tables, self.tables.instance.inference[i]
        profile = tables.instance.profiles[k]
        least = service.smallest_deployment / reference_of(profile)
        for t in range(tables.axis.size):
            here = set(np.flatnonzero(self.ground.load[i, :, t] > SOMETHING).tolist())
            if not here:
                continue
            regions = {tables.sites.region[s] for s in here}
            for s in map(int, np.flatnonzero(sites)):
                if (
                    len(regions) < service.least_regions
                    and tables.sites.region[s] not in regions
                    and self._raise(i, k, int(s), t, least)
                ):
                    here.add(int(s))
                    regions.add(tables.sites.region[s])
            kept = len(regions) >= service.least_regions and all(
                self._raise(i, k, int(s), t, least) for s in sorted(here)
            )
            if not kept:
                self._withdraw(i, k, lines, t)
                continue
            for s in sorted(here):
                self.live.setdefault((i, s), np.zeros(tables.axis.size, bool))[t] = True

    def _raise(self, i: int, k: int, s: int, t: int, load: float) -> bool:
        """Keeps at least ``load`` at a site in t; False where nothing there has room."""
        tables, ground = self.tables, self.ground
        lacking = load - ground.load[i, s, t]
        if lacking <= SOMETHING:
            return True
        if ground.formulation.variables.load_set.at[i, s, t] < 0:
            return False
        if ground.gbps[i] > 0 and ground.gbps[i] * lacking > ground.uplink[s, t] - ground.uplink_used[s, t]:
            return False
        for p in ground.pools_at[s]:
            theta = tables.theta[k, p] * tables.sites.availability[s]
            if theta[t] <= 0 or not np.isfinite(self.running[k, p, t]):
                continue
            room = ground.room(p)[t] if tables.pools.ours[p] else ground.rentable(p)[t]
            amount = np.zeros(tables.axis.size)
            amount[t] = min(lacking, room * theta[t])
            if amount[t] > SOMETHING:
                columns, amounts = self._standing(k, int(p), np.array([t]), theta, amount)
                if not self.accounts.allows(columns, amounts):
                    continue
                self.accounts.take(columns, amounts)
                self._load(i, k, s, int(p), theta, amount)
                lacking -= amount[t]
            if lacking <= SOMETHING:
                return True
        return False

    def _withdraw(self, i: int, k: int, lines: Ints, t: int) -> None:
        """Serves nothing in t; what was kept for it is given back."""
        ground, tables = self.ground, self.tables
        for line in lines:
            columns = self.of_line[line]
            here = columns[tables.serves.period[columns] == t]
            ground.serve[here] = 0.0
        for s in np.flatnonzero(ground.load[i, :, t] > 0):
            given_back = ground.load[i, s, t]
            ground.uplink_used[s, t] -= given_back * ground.gbps[i]
            ground.load[i, s, t] = 0.0
            for p in ground.pools_at[s]:
                theta = tables.theta[k, p] * tables.sites.availability[s, t]
                nodes = min(ground.nodes[k, p, t], given_back / theta) if theta > 0 else 0.0
                for taken in (ground.share, ground.long, ground.filling):
                    taken[p, t] -= nodes
                ground.nodes[k, p, t] -= nodes
                given_back -= nodes * theta
                ground.settle(p)
        for key in [key for key in self.live if key[0] == i]:
            self.live[key][t] = False

    def _cover(self, i: int, k: int, lines: Ints) -> None:
        """Capacity that takes over, for a service that must survive; where there is none it serves nothing then."""
        tables, ground = self.tables, self.ground
        takeovers, serves, domains = tables.takeovers, tables.serves, tables.domains
        mine = np.flatnonzero(takeovers.catchment_service[takeovers.catchment] == i)
        for t in range(tables.axis.size):
            columns = np.concatenate([self.of_line[line] for line in lines]) if len(lines) else np.zeros(0, np.int64)
            columns = columns[(serves.period[columns] == t) & (ground.serve[columns] > SOMETHING)]
            for d in range(len(domains.names)):
                share = takeovers.promised[i, d, t]
                lost = columns[domains.holds[d][serves.site[columns]]] if share > 0 else columns[:0]
                extra: dict[int, float] = {}
                for c in np.unique(takeovers.catchment_of[serves.line[lost]]):
                    amount = share * float(ground.serve[lost[takeovers.catchment_of[serves.line[lost]] == c]].sum())
                    options = mine[
                        (takeovers.catchment[mine] == c) & (takeovers.domain[mine] == d) & (takeovers.period[mine] == t)
                    ]
                    for option in options:
                        s = int(takeovers.site[option])
                        served = float(ground.serve[columns[serves.site[columns] == s]].sum())
                        already = served + extra.get(s, 0.0)
                        self._raise(i, k, s, t, already + amount)
                        took = min(amount, max(0.0, float(ground.load[i, s, t]) - already))
                        ground.takeover[option] = took
                        extra[s] = extra.get(s, 0.0) + took
                        amount -= took
                        if amount <= SOMETHING:
                            break
                    if amount > SOMETHING:
                        self._withdraw(i, k, lines, t)
                        ground.takeover[mine[takeovers.period[mine] == t]] = 0.0
                        columns = columns[:0]
                        break
                if not len(columns):
                    break
