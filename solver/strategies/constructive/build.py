"""The plan by hand, from an instance to a point of its program."""

from __future__ import annotations

import logging
import time
from dataclasses import replace

import numpy as np

from solver.arrays import Bools, Floats
from solver.formulation.formulate import Formulation
from solver.formulation.policy import empty_point
from solver.formulation.variables import has_deployments
from solver.program import Program
from solver.strategies.constructive.accounts import Accounts
from solver.strategies.constructive.buying import Buying
from solver.strategies.constructive.complete import point_of
from solver.strategies.constructive.ground import Ground
from solver.strategies.constructive.runs import Runs
from solver.strategies.constructive.services import Services
from solver.tables.money import KUSD
from solver.tables.tables import Tables

logger = logging.getLogger(__name__)
DEARER = (0.0, 1.0, 4.0)
ROUNDS = 4  # share caps compare with a whole that is known only from an earlier round
TOLERANCE = 1e-6


def construct(tables: Tables, formulation: Formulation, time_limit: float = 20.0) -> Floats | None:
    """A point that keeps every row; None where the plan by hand keeps them not and neither does the empty plan.

    Built several times, with cash counted for more each time, since a budget that is spent on the first that ask lacks for
    those who need it most; the cheapest is kept. After the first point, no round begins that would not end in time.
    """
    began = time.monotonic()
    program = formulation.program
    best: Floats | None = None
    longest = 0.0
    for dearer in DEARER if tables.instance.policy.budgets else DEARER[:1]:
        before: Floats | None = None
        for _ in range(ROUNDS):
            passed = time.monotonic() - began
            if (best is not None and passed + longest > time_limit) or passed > 2 * time_limit:
                break
            point = _one_round(tables, _with_dearer_cash(tables, formulation, dearer), before)
            longest = max(longest, time.monotonic() - began - passed)
            broken = violations(program, point)
            if not broken:
                best = point if best is None or program.cost @ point < program.cost @ best else best
                break
            logger.info("plan by hand: %s", ", ".join(f"{name} by {amount:.3g}" for name, amount in broken.items()))
            if not all(name.startswith("diversity") for name in broken):
                break
            before = point if before is None else 0.5 * (before + point)
    if best is not None:
        return best
    empty = empty_plan_point(tables, formulation)
    return None if violations(program, empty) else empty


def _with_dearer_cash(tables: Tables, formulation: Formulation, dearer: float) -> Formulation:
    """The same program in which a USD of a budget costs ``dearer`` USD more."""
    if not dearer:
        return formulation
    program = formulation.program
    cost = program.cost.copy()
    for number, limit in enumerate(tables.instance.policy.budgets):
        if f"budget/{number}" not in program.constraints:  # the family is left out
            continue
        for row in range(*program.constraints[f"budget/{number}"].indices(len(program.row_upper))):
            in_usd = float(limit.usd) * KUSD / program.row_upper[row] if program.row_upper[row] > 0 else 0.0
            entries = slice(program.matrix.indptr[row], program.matrix.indptr[row + 1])
            cost[program.matrix.indices[entries]] += dearer * in_usd * program.matrix.data[entries]
    return replace(formulation, program=replace(program, cost=cost))


def _one_round(tables: Tables, formulation: Formulation, before: Floats | None) -> Floats:
    ground = Ground(tables, formulation)
    empty = empty_point(formulation.program.variables, tables, formulation.variables)
    accounts = Accounts(formulation.program, empty, before)
    buying = Buying(ground, accounts)
    closed_starts, closed_serves = _forbidden(tables)
    runs = Runs(ground, accounts, buying, closed_starts)
    services = Services(ground, accounts, buying, runs, closed_serves)
    _pinned(tables, ground, buying, runs)
    order = _in_order(tables, runs)
    for again in (False, True):  # what an order or an upgrade has brought since may give room to what found none
        for kind, number in order:
            if kind == "training":
                copies = int(tables.trainings.copies[number] - ground.start[runs.of_training[number]].sum())
                runs.place(number, copies)
            elif not (again and has_deployments(tables.instance.inference[number])):
                services.serve(number)
    buying.trim()
    return point_of(ground, runs, services)


def _in_order(tables: Tables, runs: Runs) -> list[tuple[str, int]]:
    """By the day on which each is asked, the more valuable first; nobody before what it waits for."""
    axis = tables.axis
    key: dict[tuple[str, int], tuple[float, float]] = {}
    for j, run in enumerate(tables.trainings.runs):
        asked = -np.inf if runs.must[j] else axis.hour_of(run.earliest_start)
        key["training", j] = (asked, -float(runs.worth[j]))
    for i, service in enumerate(tables.instance.inference):
        key["service", i] = (axis.hour_of(service.launch), -1e9)
    waits: dict[tuple[str, int], list[tuple[str, int]]] = {}
    for j, k in tables.chains.follows:
        waits.setdefault(("training", k), []).append(("training", j))
    for i, service in enumerate(tables.instance.inference):
        if service.after is not None:
            waits.setdefault(("service", i), []).append(("training", tables.trainings.number[service.after]))
    order: list[tuple[str, int]] = []
    done: set[tuple[str, int]] = set()

    def visit(node: tuple[str, int]) -> None:
        stack = [node]
        while stack:
            top = stack[-1]
            ahead = [w for w in waits.get(top, ()) if w not in done]
            if ahead:
                stack.extend(ahead)
                continue
            stack.pop()
            if top not in done:
                done.add(top)
                order.append(top)

    for node in sorted(key, key=lambda n: (key[n], n)):
        visit(node)
    return order


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
            runs.place(tables.trainings.number[pin.workload], int(pin.value), only)


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


def empty_plan_point(tables: Tables, formulation: Formulation) -> Floats:
    """The empty plan as a point: nothing runs, everything that is asked is dropped or unserved."""
    ground = Ground(tables, formulation)
    empty = empty_point(formulation.program.variables, tables, formulation.variables)
    accounts = Accounts(formulation.program, empty, None)
    nothing = np.ones(len(tables.starts.training), bool)
    runs = Runs(ground, accounts, Buying(ground, accounts), nothing)
    services = Services(ground, accounts, runs.buying, runs, np.ones(len(tables.serves.line), bool))
    return point_of(ground, runs, services)
