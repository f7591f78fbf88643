"""Money as text: cash beside budgets, the cost and its proof."""

from __future__ import annotations

from typing import TYPE_CHECKING

from solver.report.liability import liability
from solver.report.table import money, more, table

if TYPE_CHECKING:
    from solver.report.cash import Cash
    from solver.report.report import Report
    from solver.result import Result

MOST_ROWS = 8


def cash_lines(cash: list[Cash]) -> list[str]:
    """The section on cash: what is paid when, and what a budget leaves."""
    if not cash:
        return []
    limited = cash[0].limit is not None
    rows = []
    for entry in cash[:MOST_ROWS]:
        days, terms = f"{entry.first_day} to {entry.last_day}", ", ".join(entry.terms) or "everything"
        limit = [] if entry.limit is None else [money(entry.limit), money(entry.limit - entry.paid)]
        rows.append([entry.name, days, terms, money(entry.paid), money(entry.signed), *limit])
    head = [
        "budget" if limited else "year",
        "days",
        "terms",
        "paid",
        "of it signed",
        *(["limit", "left"] if limited else []),
    ]
    return [
        "CASH (undiscounted, USD)",
        *table(head, rows, "lllrrrr"[: len(head)]),
        *more(len(cash), MOST_ROWS, "budgets"),
    ]


def cost_lines(report: Report) -> list[str]:
    """The section on cost: terms, total, value left, what falls due later, limits that are used up."""
    check = report.check
    terms = [f"{name} {money(float(value))}" for name, value in check.terms_usd.items() if value]
    lines = ["COST (discounted to today, USD)", f"  {', '.join(terms)}"]
    total, sunk = money(float(check.cost_usd)), money(float(check.sunk_usd))
    lines.append(f"  total {total}, plus {sunk} that no decision can change")
    left = ", ".join(f"{term} {money(usd)}" for term, usd in report.value_left_usd.items() if usd)
    if left:
        lines.append(f"  value left on {report.last_day}: {left} (undiscounted; deducted from the cost)")
    lines += liability(check.price)
    if report.used_up:
        lines.append(f"  used up: {', '.join(report.used_up)}")
    return lines


def proof_lines(result: Result) -> list[str]:
    """How far the plan may be from the best, why the search ended, and what it saves over the constructive plan."""
    lines = []
    ended = f"stopped: {result.stopped}" + (f" ({result.message})" if result.stopped == "crashed" else "")
    if result.gap is None or result.bound_usd is None:
        lines.append(f"  no bound was proven: how far this is from the best is not known; {ended}")
    else:
        lines.append(
            f"  at most {100 * result.gap:.2f} % ({money(result.gap_usd or 0.0)}) above the best possible: "
            "no plan costs less than "
            f"{money(result.bound_usd)} ({result.proved_by}); {ended}"
        )
    if result.constructive_usd is not None:
        saved = result.constructive_usd - (result.objective_usd or 0.0)
        share = 100 * saved / max(abs(result.constructive_usd), 1.0)
        lines.append(
            f"  {money(saved)}, {share:.1f} %, better than the constructive plan, which goes by launch date and value"
        )
    return lines


def verdict_lines(report: Report) -> list[str]:
    """What the check says."""
    breaches = report.check.breaches
    but = f" but what is left out ({', '.join(report.left_out)})" if report.left_out else ""
    if breaches:
        return [f"  CHECK FAILED: {len(breaches)} breaches, the first: {breaches[0]}"]
    return [f"  checked: the plan keeps every family{but}"]
