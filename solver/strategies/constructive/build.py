"""Building the constructive plan, from an instance to a point of its program."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import numpy as np

from solver.formulation.policy import empty_point
from solver.limits import Limits
from solver.program import violations
from solver.strategies.constructive.accounts import CAUTION, Accounts, Balance, Policies
from solver.strategies.constructive.buying import Buying
from solver.strategies.constructive.complete import point_of
from solver.strategies.constructive.ground import Ground
from solver.strategies.constructive.loads import Loads
from solver.strategies.constructive.order import Ask, by_launch, by_pain
from solver.strategies.constructive.pace import Pace
from solver.strategies.constructive.padding import pad
from solver.strategies.constructive.rates import Rates
from solver.strategies.constructive.run_book import RunBook
from solver.strategies.constructive.scarcity import Prices
from solver.strategies.constructive.services import Services
from solver.strategies.constructive.serving import Serving
from solver.strategies.constructive.share_caps import ShareCapRow, share_cap_rows, shed
from solver.strategies.constructive.trade import Trade
from solver.strategies.constructive.trainings import Runs

if TYPE_CHECKING:
    from collections.abc import Callable

    from solver.arrays import Bools, Floats
    from solver.formulation.formulate import Formulation
    from solver.tables.tables import Tables

logger = logging.getLogger(__name__)
ROUNDS = 8
PATIENCE = 1  # rounds that hold without a cheaper point, after which no other is tried
MORE = 0.04  # how much less of the whole a round counts on as long as there is no plan
CAUTIONS = 0.04  # how much less of the whole the next round counts on after one that broke a share cap


def construct(
    tables: Tables,
    formulation: Formulation,
    time_limit: float = 20.0,
    limits: Limits | None = None,
    reserve: float = 0.0,
) -> Floats | None:
    """Build a constructive plan, or fall back on the empty plan.

    The plan is built in several rounds, and the cheapest point is kept. A round places trainings first, at the prices
    of the round before, so that what is scarce goes to those who cannot do without. Then a market decides what is
    bought for services, and where they are served from. Share caps refer to a whole that the market foresees, and for
    trainings is that of the round before. Without a market, the first round is a sketch if there are share caps.

    Parameters:
        time_limit: seconds; once there is a point, no round is started that would not end in time.
        limits: the limits of the run, which always apply. What a round has not placed when time runs short is left out
            of the plan.
        reserve: seconds to leave.

    Returns:
        A point that keeps every row; None if neither a round nor the empty plan gives one.
    """
    pace = Pace(time_limit, Limits(np.inf) if limits is None else limits, reserve)
    program = formulation.program
    policies = Policies(program)
    prices = Prices(tables, formulation, policies)
    share_rows = share_cap_rows(tables)
    empty = empty_point(program.variables, tables, formulation.variables)
    nothing = _nothing_placed(tables, formulation, policies, empty)
    nothing_done = point_of(nothing)
    empty_holds = not violations(program, nothing_done)
    pace.prepared()
    wholes = Trade(nothing, prices, share_rows, pace).foresee()
    best: Floats | None = None
    caution, rounds, idle, cancels = CAUTION, 0, 0, True

    def another() -> bool:
        return rounds < ROUNDS and idle < PATIENCE and pace.has_time(best is not None)

    while another():
        known = _known(prices, wholes, caution)
        # a plan soon is worth more than a good one, so the first that may hold is built with more caution
        accounts = Accounts(policies, empty, wholes, caution - (MORE if best is None else 0.0))
        sketch = wholes is None and bool(policies.is_share.any())
        late = pace.begin(sketch, best is not None)
        point, serving = _one_round(tables, prices, accounts, share_rows, cancels, best is None, sketch, pace, late)
        broken = violations(program, point)
        pace.end()
        rounds += 1
        idle += best is not None and not broken
        if not broken and (best is None or program.cost @ point < program.cost @ best):
            best, idle = point, 0
        logger.info("constructive plan: %.4g kUSD, broken: %s", program.cost @ point, broken or "nothing")
        if not another():  # only another round needs prices, and the market is slow in a large instance
            break
        # cancelling lines lowers the spend that shares are taken of
        cancels &= not any(name.startswith("diversity/") and name.count("/") == 1 for name in broken)
        if any(name.startswith("diversity") for name in broken):
            caution -= CAUTIONS
        wholes = np.asarray(policies.of_whole @ point)
        if serving.traded is None:
            prices.learn(point, accounts)
        if np.array_equal(known, _known(prices, wholes, caution)):
            break  # another round would build the same
    if best is not None:
        return best
    return nothing_done if empty_holds else None


def _known(prices: Prices, wholes: Floats | None, caution: float) -> Floats:
    """What a round builds on, all in one array."""
    return np.concatenate((prices.rows, prices.uplink.ravel(), np.zeros(0) if wholes is None else wholes, [caution]))


def _one_round(  # noqa: PLR0913 (one array each)
    tables: Tables,
    prices: Prices,
    accounts: Accounts,
    share_rows: list[ShareCapRow],
    cancels: bool,
    cautious: bool,
    sketch: bool,
    pace: Pace,
    late: Callable[[], bool],
) -> tuple[Floats, Serving]:
    """Build one plan, and return its point with what it serves. A ``sketch`` skips all corrections.

    Once it is ``late``, nothing more is placed; what is there is corrected until it is ``over``.
    """
    formulation, over = prices.priced(), pace.over
    ground = Ground(tables, formulation)
    ground.uplink_price = prices.uplink
    buying = Buying(ground, accounts)
    closed_starts, closed_serves = _forbidden(tables)
    rates = Rates(ground)
    runs = Runs(ground, accounts, buying, rates, closed_starts)
    serving = Serving(Loads(ground, accounts, buying, rates), runs.book, closed_serves)
    services = Services(serving)
    _pinned(tables, ground, buying, runs)
    if cancels:
        buying.signed.cancel()
    order = by_launch(tables, runs, services)
    trainings = [ask for ask in order if ask[0] == "training"]
    _take_in_turn(tables, runs, services, trainings, late)
    serving.traded = Trade(serving, prices, share_rows, pace).run(cautious)
    if serving.traded is not None:
        planned, standby = serving.traded
        for _, i in by_pain(tables, services):
            if late():
                break
            services.serve_planned(i, planned, standby)
    if sketch:
        _take_in_turn(tables, runs, services, [ask for ask in order if ask[0] == "service"], late)
        return point_of(serving), serving
    # orders and upgrades for services may have made room for trainings that found none
    _take_in_turn(tables, runs, services, trainings + by_pain(tables, services), late)
    services.standby.cover(late)
    shed(share_rows, serving, over)
    if not over():
        buying.trim(Balance(accounts.policies, point_of(serving)))
    point = point_of(serving)
    if not over() and pad(formulation.program, accounts.policies, buying, point):
        point = point_of(serving)
    return point, serving


def _take_in_turn(tables: Tables, runs: Runs, services: Services, order: list[Ask], late: Callable[[], bool]) -> None:
    for kind, number in order:
        if late():
            return
        if kind == "training":
            runs.place(number, _copies_left(tables, runs, number))
        else:
            services.serve(number)


def _pinned(tables: Tables, ground: Ground, buying: Buying, runs: Runs) -> None:
    """Place first what pins ask for at least."""
    pools = {pool.id: p for p, pool in enumerate(tables.instance.pools)}
    named, orders, upgrades = tables.axis.calendar.named, tables.orders, tables.upgrades
    for pin in tables.instance.policy.pins:
        if pin.what == "forbid" or pin.at == "most":
            continue
        if pin.what == "order":
            offer = next(o for o, tree in enumerate(tables.instance.offers) if tree.id == pin.offer)
            here = (
                (orders.offer == offer)
                & (orders.pool == pools[pin.pool])
                & np.isin(orders.period, named(pin.serves_from))
            )
            for c in np.flatnonzero(here):
                buying.take(int(c), pin.value - ground.buy[c])
        elif pin.what == "upgrade":
            u = next(u for u, tree in enumerate(tables.instance.upgrades) if tree.id == pin.upgrade)
            columns = np.flatnonzero((upgrades.upgrade == u) & np.isin(upgrades.period, named(pin.serves_from)))
            while len(columns) and ground.upgrade[columns].sum() < pin.value:
                if not buying.begin(int(columns[-1])):
                    break
        elif pin.what == "training":
            only = runs.pool == pools[pin.pool]
            if pin.period is not None:
                only &= np.isin(tables.starts.period, named(pin.period))
            number = tables.trainings.number[pin.workload]
            for first in runs.worth.led_by(number):
                runs.place(first, _copies_left(tables, runs, first))
            runs.place(number, int(pin.value), only)


def _copies_left(tables: Tables, runs: Runs, number: int) -> int:
    return int(tables.trainings.copies[number] - runs.ground.start[runs.of_training[number]].sum())


def _forbidden(tables: Tables) -> tuple[Bools, Bools]:
    """The starts and the serve columns that pins close, as masks."""
    starts, serves, instance = tables.starts, tables.serves, tables.instance
    closed_starts, closed_serves = np.zeros(len(starts.training), bool), np.zeros(len(serves.line), bool)
    services = {service.id: i for i, service in enumerate(instance.inference)}
    for pin in instance.policy.pins:
        if pin.what != "forbid":
            continue
        pools = np.array(
            [
                (pin.pool is None or p.id == pin.pool) and (pin.site is None or p.site == pin.site)
                for p in instance.pools
            ]
        )
        if pin.workload in tables.trainings.number:
            j = tables.trainings.number[pin.workload]
            closed_starts |= (starts.training == j) & pools[tables.modes.pool[starts.mode]]
        if pin.workload in services and pin.site is not None:
            mine = tables.lines.service[serves.line] == services[pin.workload]
            closed_serves |= mine & (serves.site == tables.sites.ids.index(pin.site))
    return closed_starts, closed_serves


def _nothing_placed(tables: Tables, formulation: Formulation, policies: Policies, empty: Floats) -> Serving:
    """What is served in a plan in which nothing runs yet: nothing."""
    ground = Ground(tables, formulation)
    accounts = Accounts(policies, empty, None)
    buying = Buying(ground, accounts)
    loads = Loads(ground, accounts, buying, Rates(ground))
    return Serving(loads, RunBook(tables), _forbidden(tables)[1])
