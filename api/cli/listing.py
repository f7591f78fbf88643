"""Lists for people, with one line per entry."""

from __future__ import annotations

from typing import Any

CAN = {
    "integer": "integer columns",
    "continuous": "continuous columns",
    "duals": "duals",
    "warm_start": "warm start",
    "stop": "stops on request",
    "deterministic": "deterministic",
}


def solver_lines(rows: list[dict[str, Any]]) -> str:
    """One line per solver: name, version or why it is not available, and what it can do."""
    width = max(len(row["name"]) for row in rows)
    lines = []
    for row in rows:
        what = ", ".join(words for name, words in CAN.items() if row[name])
        state = row["version"] if row["available"] else f"not available: {row['why_not']}"
        lines.append(f"{row['name']:<{width}}  {state:<12}  {what}")
    return "\n".join(lines) + "\n"
