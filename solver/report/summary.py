"""The summary: one screen that says what to sign first, what is late and why, what runs where, and how good the plan is."""

from __future__ import annotations

import numpy as np

from models.plan import Plan
from solver.report.clocks import clocks_of
from solver.report.figures import Figures, figures_of
from solver.report.prices import order_price
from solver.report.table import count, money, table
from solver.result import Result
from solver.tables.places import MEDIA
from solver.tables.tables import Tables

MOST_ROWS = 6


def summary(result: Result) -> str:
    """The whole summary as text."""
    tables = result.tables
    if result.plan is None or tables is None:
        lines = [f"No plan. The search stopped: {result.stopped} ({result.message})."]
        if result.bound_usd is not None:
            lines.append(f"No plan can cost less than {money(result.bound_usd)} USD.")
        return "\n".join(lines) + "\n"
    figures = figures_of(tables, result.plan)
    sections = [
        _sign_first(tables, result.plan),
        _not_as_asked(tables, result.plan, figures),
        _where(tables, result.plan, figures),
        _upgrades(tables, result.plan),
        _headroom(tables, figures),
        _money(result),
    ]
    return "\n".join("\n".join(section) + "\n" for section in sections if section)


def _sign_first(tables: Tables, plan: Plan) -> list[str]:
    instance = tables.instance
    if not plan.orders:
        return ["SIGN FIRST  nothing has to be ordered"]
    offers = {offer.id: offer for offer in instance.offers}
    rows = []
    ordered = sorted(plan.orders, key=lambda order: (order.place_by, order.offer, order.pool))
    for order in ordered[:MOST_ROWS]:
        slack = (order.place_by - instance.horizon.today).days / 7
        offer = offers[order.offer]
        lots = f"{count(order.lots)} ({count(order.lots * offer.lot_nodes)} nodes)"
        price = money(order_price(offer, order.lots))
        rows.append(
            [
                order.place_by.isoformat(),
                f"{slack:.1f}",
                offer.supplier,
                order.offer,
                lots,
                order.pool,
                order.serves_from,
                price,
            ]
        )
    head = ["place by", "weeks left", "supplier", "offer", "lots", "pool", "serves from", "list USD"]
    return ["SIGN FIRST", *table(head, rows, "lrlllllr"), *_more(len(ordered), "orders, in orders.csv")]


def _not_as_asked(tables: Tables, plan: Plan, figures: Figures) -> list[str]:
    """Late with the clock that came last, dropped, unserved."""
    starts, axis = tables.starts, tables.axis
    lines: list[tuple[float, str]] = []
    for a, start in zip(figures.starts, plan.training, strict=True):
        run = tables.trainings.runs[int(starts.training[a])]
        late = 0.0 if run.due is None else (starts.end[a] - axis.hour_of(run.due)) / 24.0 - 1.0
        if late > 0:
            clock = clocks_of(tables, figures, int(a)).last
            why = f"last clock: {clock}" if clock else "all clocks had come: room or price"
            lines.append((-late, f"  late     {run.id} in {start.pool}: {count(late)} days behind {run.due}; {why}"))
    for dropped in plan.dropped:
        lines.append((-1e6, f"  dropped  {dropped.workload}: {dropped.copies} not run"))
    served = {service.workload: service.launched for service in plan.services}
    for service in tables.instance.inference:
        first = axis.calendar.first_on_or_after(service.launch)
        launched = served.get(service.id)
        if launched is None:
            lines.append(
                (-1e5, f"  late     {service.id}: not launched inside the horizon, asked for {service.launch}")
            )
        elif axis.calendar.number[launched] > first:
            lines.append(
                (
                    -1e3,
                    f"  late     {service.id}: launched {launched}, asked for {service.launch}; waits for {service.after}",
                )
            )
    unserved: dict[str, list[float]] = {}
    for entry in plan.unserved:
        total = unserved.setdefault(entry.workload, [0.0] * axis.size)
        unserved[entry.workload] = [a + b for a, b in zip(total, entry.demand, strict=True)]
    for name, demand in unserved.items():
        worst = int(np.argmax(demand))
        lines.append(
            (
                -demand[worst],
                f"  unserved {name}: up to {count(demand[worst])} tokens/s, in {axis.calendar[worst].name}",
            )
        )
    if not lines:
        return ["LATE, DROPPED, UNSERVED  nothing"]
    texts = [text for _, text in sorted(lines)]
    return ["LATE, DROPPED, UNSERVED", *texts[:MOST_ROWS], *_more(len(texts), "lines")]


def _where(tables: Tables, plan: Plan, figures: Figures) -> list[str]:
    pools = {pool.id: pool for pool in tables.instance.pools}
    rows = []
    for s, site in enumerate(tables.instance.sites):
        here = tables.pools.site == s
        runs = sum(start.copies for start in plan.training if pools[start.pool].site == site.id)
        services = len({serve.workload for serve in plan.serve if serve.site == site.id})
        on = figures.powered[here].sum(axis=0)
        if not on.any():
            continue
        used = float(
            (figures.used[here].sum(axis=0) * tables.axis.hours).sum()
            / max(float((on * tables.axis.hours).sum()), 1e-9)
        )
        kinds = sorted({hall.cooling for hall in site.halls})
        rented = float(figures.rented[here].sum(axis=0).max(initial=0.0))
        rows.append(
            [
                site.id,
                ", ".join(kinds),
                count(float(on.max())),
                count(rented),
                f"{100 * used:.0f} %",
                count(runs),
                count(services),
            ]
        )
    head = ["site", "cooling", "nodes on", "rented", "used", "trainings", "services"]
    rows.sort(key=lambda row: -float(row[2].replace(",", "")))
    return [
        "WHAT RUNS WHERE (largest of all periods)",
        *table(head, rows[: 2 * MOST_ROWS], "llrrrrr"),
        *_more(len(rows) - MOST_ROWS, "sites"),
    ]


def _upgrades(tables: Tables, plan: Plan) -> list[str]:
    if not plan.upgrades:
        return ["UPGRADES  none"]
    trees = {tree.id: tree for tree in tables.instance.upgrades}
    rows = []
    ordered = sorted(plan.upgrades, key=lambda begun: (begun.place_by, begun.upgrade))
    for begun in ordered[:MOST_ROWS]:
        tree = trees[begun.upgrade]
        cost = f"{money(float(tree.cost_usd) * begun.times)}{' a month' if tree.paid == 'monthly' else ''}"
        rows.append([begun.place_by.isoformat(), begun.upgrade, tree.site, begun.serves_from, str(begun.times), cost])
    return [
        "UPGRADES",
        *table(["begin by", "upgrade", "site", "done", "times", "USD"], rows, "llllrr"),
        *_more(len(ordered), "upgrades"),
    ]


def _headroom(tables: Tables, figures: Figures) -> list[str]:
    """The tightest period of each site run by us."""
    rows = []
    names = [piece.name for piece in tables.axis.calendar]
    for s, site in enumerate(tables.sites.ids):
        if not tables.sites.ours[s]:
            continue
        left = figures.power_limit_mw[s] - figures.power_mw[s]
        t = int(np.argmin(left))
        listed = [m for m in range(len(MEDIA)) if figures.heat_limit_kw[s, m].any()]
        heat = (
            min(((figures.heat_limit_kw[s, m] - figures.heat_kw[s, m]).min(), MEDIA[m]) for m in listed)
            if listed
            else (0.0, "-")
        )
        halls = tables.halls.site == s
        racks = (figures.racks_limit[halls] - figures.racks[halls]).sum(axis=0).min()
        rows.append([site, f"{left[t]:,.2f} MW in {names[t]}", f"{heat[0]:,.0f} kW {heat[1]}", count(float(racks))])
    if not rows:
        return []
    return [
        "HEADROOM (least of all periods)",
        *table(["site", "power", "heat", "rack positions"], rows[: 2 * MOST_ROWS], "lrrr"),
        *_more(len(rows) - MOST_ROWS, "sites"),
    ]


def _money(result: Result) -> list[str]:
    assert result.check is not None
    terms = [f"{name} {money(float(value))}" for name, value in result.check.terms_usd.items() if value]
    objective = result.objective_usd or 0.0
    lines = ["COST (discounted to today, USD)", f"  {', '.join(terms)}"]
    lines.append(
        f"  total {money(objective)}; beside it {money(float(result.check.sunk_usd))} that no decision can change"
    )
    if result.gap is None or result.bound_usd is None:
        lines.append(f"  no bound: how far from the best this is, nobody has proved; stopped: {result.stopped}")
    else:
        lines.append(
            f"  at most {100 * result.gap:.2f} % ({money(result.gap_usd or 0.0)}) above the best possible: no plan costs less than "
            f"{money(result.bound_usd)} ({result.proved_by}); stopped: {result.stopped}"
        )
    if result.constructive_usd is not None:
        saved = result.constructive_usd - objective
        share = 100 * saved / max(abs(result.constructive_usd), 1.0)
        lines.append(f"  {money(saved)}, {share:.1f} %, better than planning by hand in order of launch dates")
    breaches = result.check.breaches
    lines.append(
        "  checked: the plan keeps every family"
        if not breaches
        else f"  CHECK FAILED: {len(breaches)} breaches, the first: {breaches[0]}"
    )
    return lines


def _more(total: int, what: str) -> list[str]:
    return [f"  ... and {total - MOST_ROWS} more {what}"] if total > MOST_ROWS else []
