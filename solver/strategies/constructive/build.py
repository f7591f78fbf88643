"""The plan by hand, from an instance to a point of its program."""

from __future__ import annotations

import logging
from collections.abc import Callable

import numpy as np

from solver.arrays import Bools, Floats
from solver.formulation.formulate import Formulation
from solver.formulation.policy import empty_point
from solver.limits import Limits
from solver.program import Program
from solver.strategies.constructive.accounts import CAUTION, Accounts, Policies
from solver.strategies.constructive.buying import Buying
from solver.strategies.constructive.complete import point_of
from solver.strategies.constructive.ground import Ground
from solver.strategies.constructive.loads import Loads
from solver.strategies.constructive.order import Ask, by_launch, by_pain
from solver.strategies.constructive.pace import Pace
from solver.strategies.constructive.padding import pad
from solver.strategies.constructive.prices import Prices
from solver.strategies.constructive.runs import Runs
from solver.strategies.constructive.services import Services
from solver.strategies.constructive.shares import ShareCapRow, expected_whole, share_cap_rows, shed
from solver.tables.tables import Tables

logger = logging.getLogger(__name__)
ROUNDS = 12
PATIENCE = 3  # rounds in a row that find nothing cheaper, after which no other is tried
CAUTIONS = 0.04  # by how much less of the whole is taken for granted after a round that broke a share cap
TOLERANCE = 1e-6


def construct(
    tables: Tables,
    formulation: Formulation,
    time_limit: float = 20.0,
    limits: Limits | None = None,
    reserve: float = 0.0,
) -> Floats | None:
    """A point that keeps every row; None where the plan by hand keeps them not and neither does the empty plan.

    Built several times. What ran out in a round has a price in the next, so that it goes to those who cannot do without; share
    caps compare with a whole that is known only from the round before, so the first is a sketch where there are any. The
    cheapest point is kept. No round begins that would not end in ``time_limit`` seconds, once there is a point; until then,
    and never longer, the ``limits`` count, less a ``reserve`` in seconds: what a round has not taken when it gets late is left
    out of the plan.
    """
    pace = Pace(time_limit, Limits(np.inf) if limits is None else limits, reserve)
    program = formulation.program
    policies = Policies(program)
    prices = Prices(tables, formulation, policies)
    share_rows = share_cap_rows(tables)
    carbon = np.array([r for r, name in enumerate(policies.names) if name.startswith("carbon/")], np.int64)
    empty = empty_point(program.variables, tables, formulation.variables)
    nothing = _nothing_placed(tables, formulation, policies, empty)
    pace.prepared()
    prices.bid(empty, nothing, carbon, prices.rows, pace.takes_too_long)
    best: Floats | None = None
    whole: Floats | None = None
    caution, rounds, idle, cancels = CAUTION, 0, 0, True

    def another() -> bool:
        return rounds < ROUNDS and idle < PATIENCE and pace.has_time(best is not None)

    while another():
        accounts = Accounts(policies, empty, whole, caution)
        sketch = whole is None and bool(policies.is_share.any())
        late = pace.begin(sketch, best is not None)
        point, services = _one_round(tables, prices, accounts, share_rows, sketch, cancels, late, pace.over)
        broken = violations(program, point)
        pace.end()
        rounds += 1
        idle += best is not None
        if not broken and (best is None or program.cost @ point < program.cost @ best):
            best, idle = point, 0
        logger.info("plan by hand: %.4g kUSD, broken: %s", program.cost @ point, broken or "nothing")
        if not another():  # prices are of use to a next round only, and the market is slow in a large instance
            break
        # what is cancelled makes the spend smaller that others have a share of
        cancels &= whole is None or not any(name.startswith("diversity/") and name.count("/") == 1 for name in broken)
        if whole is not None and any(name.startswith("diversity") for name in broken):
            caution -= CAUTIONS
        whole = expected_whole(program, share_rows, point, services.loads.used_mw())
        paid = prices.rows.copy()
        prices.learn(point, services.ground, accounts)
        prices.bid(point, services, carbon, paid, pace.takes_too_long)
    if best is not None:
        return best
    point = point_of(nothing.ground, nothing.runs, nothing)
    return None if violations(program, point) else point


def _one_round(
    tables: Tables, prices: Prices, accounts: Accounts, share_rows: list[ShareCapRow], sketch: bool, cancels: bool,
    late: Callable[[], bool], over: Callable[[], bool],
) -> tuple[Floats, Services]:  # fmt: skip
    """A plan, and the services as they are placed in it. A ``sketch`` takes everyone once and sets nothing right.

    Nothing more is taken when it gets ``late``; what is there is set right as long as it is not ``over``.
    """
    formulation = prices.priced()
    ground = Ground(tables, formulation)
    ground.uplink_price = prices.uplink
    buying = Buying(ground, accounts)
    closed_starts, closed_serves = _forbidden(tables)
    runs = Runs(ground, accounts, buying, closed_starts)
    services = Services(Loads(ground, accounts, buying, runs), closed_serves)
    _pinned(tables, ground, buying, runs)
    if cancels:
        buying.signed.cancel()
    order = by_launch(tables, runs, services)
    _take_in_turn(tables, runs, services, order, late)
    if sketch:
        return point_of(ground, runs, services), services
    # what an order or an upgrade has brought since may give room to what found none
    again = [ask for ask in order if ask[0] == "training"]
    _take_in_turn(tables, runs, services, again + by_pain(tables, services), late)
    services.standby.cover(late)
    shed(share_rows, services, over)
    buying.trim()
    point = point_of(ground, runs, services)
    if not over() and pad(formulation.program, accounts.policies, buying, point):
        point = point_of(ground, runs, services)
    return point, services


def _take_in_turn(tables: Tables, runs: Runs, services: Services, order: list[Ask], late: Callable[[], bool]) -> None:
    for kind, number in order:
        if late():
            return
        if kind == "training":
            runs.place(number, _copies_left(tables, runs, number))
        else:
            services.serve(number)


def _pinned(tables: Tables, ground: Ground, buying: Buying, runs: Runs) -> None:
    """What a planner has asked for at least comes first."""
    pools = {pool.id: p for p, pool in enumerate(tables.instance.pools)}
    numbers, orders, upgrades = tables.axis.calendar.number, tables.orders, tables.upgrades
    for pin in tables.instance.policy.pins:
        if pin.what == "forbid" or pin.at == "most":
            continue
        if pin.what == "order":
            offer = next(o for o, tree in enumerate(tables.instance.offers) if tree.id == pin.offer)
            here = (
                (orders.offer == offer) & (orders.pool == pools[pin.pool]) & (orders.period == numbers[pin.serves_from])
            )
            for c in np.flatnonzero(here):
                buying._take(int(c), pin.value - ground.buy[c])
        elif pin.what == "upgrade":
            u = next(u for u, tree in enumerate(tables.instance.upgrades) if tree.id == pin.upgrade)
            columns = np.flatnonzero((upgrades.upgrade == u) & (upgrades.period == numbers[pin.serves_from]))
            while len(columns) and ground.upgrade[columns].sum() < pin.value:
                if not buying._begin(int(columns[-1])):
                    break
        elif pin.what == "training":
            only = runs.pool == pools[pin.pool]
            if pin.period is not None:
                only &= tables.starts.period == numbers[pin.period]
            number = tables.trainings.number[pin.workload]
            for first in runs.led_by(number):
                runs.place(first, _copies_left(tables, runs, first))
            runs.place(number, int(pin.value), only)


def _copies_left(tables: Tables, runs: Runs, number: int) -> int:
    return int(tables.trainings.copies[number] - runs.ground.start[runs.of_training[number]].sum())


def _forbidden(tables: Tables) -> tuple[Bools, Bools]:
    """Starts and serve columns that a pin closes."""
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


def violations(program: Program, point: Floats) -> dict[str, float]:
    """Families of rows and columns that a point breaks, with the largest distance."""
    activity = program.matrix @ point
    scale = TOLERANCE * np.maximum(1.0, np.abs(np.where(np.isfinite(program.row_upper), program.row_upper, 0.0)))
    distance = np.maximum(program.row_lower - activity, activity - program.row_upper) - scale
    found = {}
    for name, block in program.constraints.items():
        worst = float(distance[block].max(initial=-1.0))
        if worst > 0:
            found[name] = worst
    distance = np.maximum(program.lower - point, point - program.upper) - TOLERANCE
    for name, block in program.variables.items():
        worst = float(distance[block].max(initial=-1.0))
        if worst > 0:
            found[f"bound of {name}"] = worst
    return found


def _nothing_placed(tables: Tables, formulation: Formulation, policies: Policies, empty: Floats) -> Services:
    """The services of a plan in which nothing runs yet."""
    ground = Ground(tables, formulation)
    accounts = Accounts(policies, empty, None)
    buying = Buying(ground, accounts)
    runs = Runs(ground, accounts, buying, np.ones(len(tables.starts.training), bool))
    return Services(Loads(ground, accounts, buying, runs), _forbidden(tables)[1])
