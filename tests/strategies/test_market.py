"""The market of the constructive plan: it keeps what is limited, and gives what is scarce to those who need it most."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pytest

from instances.generator.generate import generate
from solver.formulation.variables import has_deployments
from solver.limits import Limits
from solver.problem import PlanningProblem
from solver.program import violations
from solver.strategies.constructive import market as market_module
from solver.strategies.constructive.accounts import Balance
from solver.strategies.constructive.complete import point_of
from solver.strategies.constructive.investments import Investments
from solver.strategies.constructive.market import Market, used_of
from solver.strategies.constructive.modes import cheapest_modes
from solver.strategies.constructive.pace import Pace
from solver.strategies.constructive.scarcity import Prices
from solver.strategies.constructive.services import Services
from solver.strategies.constructive.share_caps import _shed_in, share_cap_rows
from solver.strategies.constructive.trade import Trade
from tests.strategies.nothing import nothing_placed

if TYPE_CHECKING:
    from instances.generator.shape import Size
    from solver.strategies.constructive.serving import Serving


@dataclass(frozen=True, eq=False)
class Ground:
    """A plan in which nothing is placed yet, and what a market needs to know of it."""

    problem: PlanningProblem
    serving: Serving
    prices: Prices

    def market(self) -> Market:
        """A market that has not begun."""
        policies = self.serving.loads.accounts.policies
        held = policies.held(point_of(self.serving))
        paid = np.zeros(len(policies.limit))
        return Market(self.serving, share_cap_rows(self.problem.tables), paid, self.prices.has_price, held)

    def investments(self, market: Market) -> Investments:
        """All that could be bought."""
        return Investments(self.serving, np.zeros(len(self.prices.rows)), market.demand.sum(axis=0))


def ground(size: Size, seed: int) -> Ground:
    """The ground of a generated instance."""
    problem = PlanningProblem.of(generate(size, seed))
    policies, _, serving = nothing_placed(problem.tables, problem.formulation)
    return Ground(problem, serving, Prices(problem.tables, problem.formulation, policies))


def lost(market: Market) -> float:
    """KUSD of demand that a market leaves unserved."""
    assert market.bids is not None
    served = np.add.reduceat(market.asked, market.bids.begin)
    each = market.bids.pain * np.maximum(market.demand - served, 0.0)
    return float(each[: len(market.bids.lines)].sum())


@pytest.mark.parametrize("seed", range(1, 7))
def test_what_is_asked_for_keeps_every_limit(seed: int) -> None:
    """After settling and filling: demand, nodes, power, heat, racks, uplinks, and rows that only grow."""
    market = ground("XS", seed).market()
    market.settle(80)
    market.fill(2, 40)
    assert market.bids is not None
    by_cell = market.by_cell(market.asked)
    for kind in market.kinds:
        assert (used_of(kind, by_cell) <= kind.limit * (1.0 + 1e-6) + 1e-6).all(), kind.name
    for row in (row for row in market.rows if not row.is_share):
        assert float((by_cell * row.takes).sum()) <= row.limit * (1.0 + 1e-6) + 1e-6
    served = np.add.reduceat(market.asked, market.bids.begin)[: len(market.bids.lines)]
    assert (served <= market.demand[: len(served)] + 1e-6).all()


@pytest.mark.parametrize("seed", range(1, 4))
def test_more_turns_come_closer_to_the_cheapest_flows(seed: int) -> None:
    """On an S, a fourth of the turns loses more, and filling gains."""
    few, many = (ground("S", seed).market() for _ in range(2))
    few.settle(60)
    many.settle(240)
    before = lost(many)
    assert before < lost(few)
    many.fill(2, 60)
    assert lost(many) < before


def test_what_is_scarce_goes_to_those_who_need_it_most() -> None:
    """The share of their demand that the dearest tenth of services get is larger than that of the cheapest half."""
    market = ground("S", 1).market()
    market.settle(240)
    assert market.bids is not None
    share = np.add.reduceat(market.asked, market.bids.begin).sum(axis=1) / np.maximum(market.demand.sum(axis=1), 1e-9)
    demand = np.arange(len(share)) < len(market.bids.lines)
    pain = market.bids.pain.mean(axis=1)
    dear, cheap = (pain >= np.quantile(pain[demand], 0.9)), (pain <= np.quantile(pain[demand], 0.5))
    assert share[demand & dear].mean() > 0.9 > share[demand & cheap].mean()


def test_purchases_pay_off() -> None:
    """With orders and upgrades, a market loses less than with what stands, within what offers and suppliers have."""
    here = ground("S", 2)
    without, with_purchases = here.market(), here.market()
    without.settle(240)
    investments = here.investments(with_purchases)
    with_purchases.settle(240, investments)
    assert lost(with_purchases) < 0.8 * lost(without)
    assert (investments.amount <= investments.upper + 1e-9).all() and (investments.amount > 0.0).any()
    used = np.bincount(investments.group, investments.weight * investments.amount[investments.member])
    assert (used <= investments.limit * (1.0 + 1e-6) + 1e-6).all()


def test_an_upgrade_comes_with_what_has_to_come_before_it() -> None:
    """Those whose conditions cannot be met in time are not offered; the cost of the others includes them."""
    here = ground("S", 3)
    investments = here.investments(here.market())
    tables, trees = here.problem.tables, here.problem.instance.upgrades
    columns, first_day = tables.upgrades, tables.axis.first_day
    later = [package for package in investments.packages if len(package) > 1]
    assert later and len(investments.packages) < len(columns.upgrade)
    for package in later:
        tree = trees[columns.upgrade[package[-1]]]
        done_on = {trees[columns.upgrade[c]].id: int(first_day[columns.period[c]]) for c in package[:-1]}
        assert all(done_on[name] <= columns.place_by[package[-1]] for name in tree.after)


def test_nodes_serve_at_less_power_where_power_is_dear_and_at_full_power_where_nodes_are() -> None:
    """Pools of ours take the mode with most per node in one case, with most per watt in the other."""
    here = ground("S", 1)
    market = here.market()
    market.settle(60)
    pools, modes, ground_ = here.problem.tables.pools, here.problem.tables.modes, here.serving.ground
    for row in market.rows:
        row.price = 0.0
    full = modes.power[ground_.full_mode][:, None]
    for dear, expected in (("nodes", np.array_equal), ("power", lambda power, full: bool((power < full).any()))):
        for kind in market.kinds:
            kind.price = np.full_like(kind.price, 1e9 if kind.name == dear else 0.0)
        chosen = cheapest_modes(here.serving, market, np.zeros(len(here.prices.rows)))
        power = modes.power[chosen]
        assert expected(power, np.broadcast_to(full, power.shape))
        assert np.array_equal(chosen[~pools.ours], ground_.mode[~pools.ours])


def test_a_deployment_stands_on_the_pool_that_the_market_names() -> None:
    """Of two pools of a site with room, capacity is raised on the one that is named first, though it is dearer."""
    here = ground("S", 1)
    loads, ground_ = here.serving.loads, here.serving.ground
    n_times, options = ground_.stock.shape[1], loads.options(0)
    at_site = [
        [o.pool for o in options if o.site == s and np.isfinite(o.unit).all()] for s in range(len(ground_.power))
    ]
    pools = next(pools for pools in at_site if len(pools) >= 2)
    for p in pools:
        ground_.stand(p, slice(0, n_times), 50.0)
    loads.first = np.zeros(len(ground_.stock))
    loads.first[pools[-1]] = 1.0
    assert not loads.rise(0, int(ground_.site[pools[0]]), np.full(n_times, 1e-3)).any()
    nodes = ground_.nodes[loads.profile[0]]
    assert nodes[pools[-1]].all() and not nodes[pools[0]].any()


def test_promises_get_standby_elsewhere() -> None:
    """A market asks for it, at sites outside of what may be lost, and serving as planned keeps it."""
    here = ground("S", 1)
    trade = Trade(here.serving, here.prices, share_cap_rows(here.problem.tables), Pace(60.0, Limits(np.inf), 0.0))
    traded = trade.run(cautious=True)
    assert traded is not None and traded[1].any()
    services, loads, ground_ = Services(here.serving), here.serving.loads, here.serving.ground
    for i in range(len(here.problem.instance.inference)):
        services.serve_planned(i, *traded)
    kept = (ground_.load - loads.served).sum(axis=(1, 2))
    promised = np.array([bool(service.promises) for service in here.problem.instance.inference])
    without = np.array([not has_deployments(service) for service in here.problem.instance.inference])
    assert (kept[promised & without] > 1e-6).any()
    assert not (kept[~promised & without] > 1e-6).any()


def test_what_cannot_be_served_less_is_withdrawn_from_a_share_cap() -> None:
    """A service that stands on its smallest deployment uses no power in a period once its region has to shed it all."""
    here = ground("S", 1)
    services, loads, ground_ = Services(here.serving), here.serving.loads, here.serving.ground
    instance = here.problem.instance
    i = next(n for n, s in enumerate(instance.inference) if s.smallest_deployment and here.serving.may_shrink(n))
    services.serve(i)
    t = int(np.argmax(ground_.load[i].sum(axis=0)))
    assert ground_.load[i, :, t].any()
    for _ in range(3):
        _shed_in(here.serving, np.ones(len(ground_.power), bool), t, 1e6)
    assert not ground_.load[i, :, t].any() and loads.used_mw()[:, t].sum() == pytest.approx(0.0, abs=1e-9)
    assert not any(on[t] for (service, _), on in here.serving.live.items() if service == i)
    broken = violations(here.problem.program, point_of(here.serving))
    assert not [name for name in broken if name.startswith(("deployment", "failover"))]


def test_nodes_at_less_power_leave_more_room() -> None:
    """What serves at less than full power draws that much less power and heat, and takes as many racks."""
    here = ground("S", 1)
    ground_, loads, modes = here.serving.ground, here.serving.loads, here.problem.tables.modes
    stands = np.flatnonzero(ground_.stock.any(axis=1))
    p = next(int(p) for p in stands if (modes.power[modes.pool == p] < 1.0).any())
    mode = ground_.mode.copy()
    mode[p] = np.flatnonzero(modes.pool == p)[np.argmin(modes.power[modes.pool == p])]
    before = ground_.room_of_site(p).copy()
    loads.serve_in(mode)
    assert (ground_.room_to_serve(p) >= before - 1e-9).all()
    assert (ground_.room_of_site(p) == before).all()
    services = range(len(here.problem.instance.inference))
    i, option = next((i, option) for i in services for option in loads.options(i) if option.pool == p)
    took = loads.add(i, option, np.full(ground_.stock.shape[1], 0.01), ground_.room(p))
    nodes = np.where(took > 0, took / np.maximum(option.theta, 1e-9), 0.0)
    assert took.any() and ground_.drawing[p] == pytest.approx(ground_.part[p] * nodes)
    point = point_of(here.serving)
    assert here.problem.program.values("nodes", point).sum() == pytest.approx(nodes.sum())


def test_bids_in_parts_are_the_bids(monkeypatch: pytest.MonkeyPatch) -> None:
    """The prices do not depend on how many bids are worked on at a time."""
    found = []
    for at_once in (1, 10**9):
        monkeypatch.setattr(market_module, "AT_ONCE", at_once)
        market = ground("XS", 2).market()
        market.settle(40)
        found.append([kind.price for kind in market.kinds] + [np.array([row.price for row in market.rows])])
    for one, other in zip(*found, strict=True):
        assert one == pytest.approx(other, rel=1e-6)


def test_a_market_that_takes_too_long_is_left() -> None:
    """It asks each turn whether it is over, and still knows prices and flows."""
    asked = 0

    def over() -> bool:
        nonlocal asked
        asked += 1
        return asked == 3

    market = ground("XS", 1).market()
    market.settle(100, over=over)
    assert asked == 3 and market.asked.any()


def test_without_services_there_is_no_market() -> None:
    """Trainings alone: nobody bids, nothing is planned, and prices stay as they are."""
    instance = generate("XS", 1)
    problem = PlanningProblem.of(instance.model_copy(update={"inference": ()}))
    policies, _, serving = nothing_placed(problem.tables, problem.formulation)
    prices = Prices(problem.tables, problem.formulation, policies)
    trade = Trade(serving, prices, share_cap_rows(problem.tables), Pace(1.0, Limits(10.0), 0.0))
    assert trade.foresee() is None
    assert trade.run(cautious=True) is None
    assert not prices.rows.any()


def test_giving_back_keeps_share_caps() -> None:
    """What lowers a whole so that a share of it is exceeded is not given back; what breaks nothing is."""
    here = ground("S", 2)
    policies, bands = here.serving.loads.accounts.policies, here.problem.program.variables["band"]
    balance = Balance(policies, point_of(here.serving))
    columns, amounts = np.array([bands.start]), np.ones(1)  # its price counts in the whole of each supplier's cap
    raised = np.flatnonzero(policies.effect(columns, amounts) < 0)
    assert len(raised)
    balance.over[:] = -1e9
    assert balance.gives_back(columns, amounts)
    balance.over[raised[0]] = 0.0
    assert not balance.gives_back(columns, amounts)
    assert balance.over[raised[0]] == 0.0
