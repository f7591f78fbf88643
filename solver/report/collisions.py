"""What people are told if there is no plan: what cannot hold together, and what would have to give."""

from __future__ import annotations

from typing import TYPE_CHECKING

from solver.report.table import more, table

if TYPE_CHECKING:
    from solver.result import Result

MOST_ROWS = 12  # of one conflict


def collisions(result: Result) -> list[str]:
    """Explain an infeasible result as lines of text."""
    if not result.conflicts:
        return [f"INFEASIBLE  no plan keeps every family; why was not found: {result.message}"]
    if any(conflict.reasons for conflict in result.conflicts):
        return _without_place(result)
    lines = [
        "INFEASIBLE  no plan keeps every family. Entries with the same number cannot hold together:",
        "            one of the commitments must give way by its amount, or all of the limits by theirs.",
        "",
    ]
    rows = []
    for number in sorted({conflict.number for conflict in result.conflicts}):
        mine = [conflict for conflict in result.conflicts if conflict.number == number]
        for at, entry in enumerate(mine[:MOST_ROWS]):
            rows.append([str(number) if at == 0 else "", entry.kind, entry.what, entry.when, entry.how_much])
        if len(mine) > MOST_ROWS:
            rows.append(["", "", f"... and {len(mine) - MOST_ROWS} more", "", ""])
    lines += table(["", "", "what", "when", "by how much"], rows, "r")
    if result.message and result.message.lower() != "infeasible":
        lines += ["", f"  {result.message}"]
    return lines


def _without_place(result: Result) -> list[str]:
    """The commitments that have no place even alone."""
    lines = ["INFEASIBLE  no plan keeps every family, because these commitments have no place:"]
    lines += [f"  {conflict.what}" for conflict in result.conflicts[:MOST_ROWS]]
    return [*lines, *more(len(result.conflicts), MOST_ROWS, "commitments, in run.json")]
