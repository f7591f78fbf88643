"""Lists for people: one line a thing."""

from __future__ import annotations

from typing import Any

CAN = {
    "integer": "whole columns",
    "continuous": "continuous columns",
    "duals": "duals",
    "warm_start": "goes on from a plan",
    "stop": "stops when asked",
    "deterministic": "deterministic",
}


def solver_lines(rows: list[dict[str, Any]]) -> str:
    """Solvers with their versions and abilities."""
    width = max(len(row["name"]) for row in rows)
    lines = []
    for row in rows:
        what = ", ".join(words for name, words in CAN.items() if row[name])
        state = row["version"] if row["available"] else f"not here: {row['why_not']}"
        lines.append(f"{row['name']:<{width}}  {state:<12}  {what}")
    return "\n".join(lines) + "\n"
