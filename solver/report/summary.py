"""The summary: one screen that says what to sign first, what is late and why, what runs where, and how good the plan is."""

from __future__ import annotations

from models.instance import Instance
from models.plan import Order, Plan
from solver.report.table import count, money, table
from solver.result import Result

MOST_ROWS = 8


def summary(instance: Instance, result: Result) -> str:
    """The whole summary as text."""
    lines: list[str] = []
    if result.plan is None:
        lines.append(f"No plan. The search stopped: {result.stopped} ({result.message}).")
        if result.bound_usd is not None:
            lines.append(f"No plan can cost less than {money(result.bound_usd)} USD.")
        return "\n".join(lines) + "\n"
    for section in (_sign_first, _not_as_asked, _where):
        lines += [*section(instance, result.plan), ""]
    return "\n".join([*lines, *_money(result)]) + "\n"


def _sign_first(instance: Instance, plan: Plan) -> list[str]:
    if not plan.orders:
        return ["SIGN FIRST  nothing has to be ordered"]
    offers = {offer.id: offer for offer in instance.offers}
    rows = []
    ordered = sorted(plan.orders, key=lambda order: (order.place_by, order.offer, order.pool))
    for order in ordered[:MOST_ROWS]:
        slack = (order.place_by - instance.horizon.today).days / 7
        nodes = order.lots * offers[order.offer].lot_nodes
        rows.append([
            order.place_by.isoformat(), f"{slack:.1f}", offers[order.offer].supplier, order.offer,
            f"{count(order.lots)} ({count(nodes)} nodes)", order.pool, order.serves_from, money(_price(instance, order)),
        ])  # fmt: skip
    head = ["place by", "weeks left", "supplier", "offer", "lots", "pool", "serves from", "USD"]
    return ["SIGN FIRST", *table(head, rows, "lrlllllr"), *_more(len(ordered), "orders")]


def _price(instance: Instance, order: Order) -> float:
    """Price of an order over its whole term, undiscounted."""
    offer = next(offer for offer in instance.offers if offer.id == order.offer)
    band = max((b for b in offer.bands if b.from_lots <= order.lots), key=lambda b: b.from_lots, default=offer.bands[0])
    months = (offer.term_months or 1.0) if offer.paid == "monthly" else 1.0
    return float(band.price_usd) * order.lots * months


def _not_as_asked(instance: Instance, plan: Plan) -> list[str]:
    lines = []
    for dropped in plan.dropped:
        lines.append(f"  {dropped.workload}: {dropped.copies} not run")
    for unserved in plan.unserved:
        periods = [piece.name for piece, value in zip(instance.calendar, unserved.demand, strict=True) if value > 0]
        peak = max(unserved.demand)
        lines.append(
            f"  {unserved.workload}, {unserved.metro}: up to {count(peak)} tokens/s unserved in {', '.join(periods)}"
        )
    if not lines:
        return ["DROPPED OR UNSERVED  nothing"]
    return ["DROPPED OR UNSERVED", *lines[:MOST_ROWS], *_more(len(lines), "lines")]


def _where(instance: Instance, plan: Plan) -> list[str]:
    pools = {pool.id: pool for pool in instance.pools}
    rows = []
    for site in instance.sites:
        runs = [start for start in plan.training if pools[start.pool].site == site.id]
        services = sorted({serve.workload for serve in plan.serve if serve.site == site.id})
        nodes = max(
            (
                sum(column)
                for column in zip(*(s.nodes for s in plan.stock if pools[s.pool].site == site.id), strict=True)
            ),
            default=0.0,
        )
        rented = max((max(rent.nodes) for rent in plan.rents if pools[rent.pool].site == site.id), default=0.0)
        what = ", ".join(f"{run.workload} ({run.period})" for run in sorted(runs, key=lambda r: r.period)) or "-"
        rows.append(
            [
                site.id,
                count(nodes),
                count(rented),
                ", ".join(services) or "-",
                what if len(what) < 70 else what[:67] + "...",
            ]
        )
    return ["WHAT RUNS WHERE", *table(["site", "nodes", "rented", "services", "training"], rows, "lrrll")]


def _money(result: Result) -> list[str]:
    assert result.check is not None
    rows = [[name, money(float(value))] for name, value in result.check.terms_usd.items() if value]
    lines = ["COST (discounted to today)", *table(["term", "USD"], rows, "lr")]
    lines.append(
        f"  total {money(result.objective_usd or 0.0)} USD; what is signed and cannot be changed beside it: {money(float(result.check.sunk_usd))} USD"
    )
    if result.gap is None or result.bound_usd is None:
        lines.append(f"  no bound yet: how far from the best this is, nobody has proved; stopped: {result.stopped}")
    else:
        lines.append(
            f"  at most {100 * result.gap:.2f} % ({money(result.gap_usd or 0.0)} USD) above the best possible: no plan costs less than "
            f"{money(result.bound_usd)} USD ({result.proved_by}); stopped: {result.stopped}"
        )
    breaches = result.check.breaches
    lines.append(
        "  checked: the plan keeps every family" if not breaches else f"  CHECK FAILED: {len(breaches)} breaches"
    )
    return lines


def _more(total: int, what: str) -> list[str]:
    return [f"  ... and {total - MOST_ROWS} more {what}"] if total > MOST_ROWS else []
