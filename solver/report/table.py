"""Plain text tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def table(header: Sequence[str], rows: Sequence[Sequence[str]], right: str = "") -> list[str]:
    """Lay out a table as lines; ``right`` has an `r` for each right-aligned column, as in `lrl`."""
    everything = [list(header), *[list(row) for row in rows]]
    widths = [max(len(row[c]) for row in everything) for c in range(len(header))]
    sides = right.ljust(len(header), "l")

    def line(row: Sequence[str]) -> str:
        cells = [
            cell.rjust(w) if side == "r" else cell.ljust(w) for cell, w, side in zip(row, widths, sides, strict=True)
        ]
        return "  " + "  ".join(cells).rstrip()

    return [line(row) for row in everything]


def money(usd: float) -> str:
    """Format an amount as people say it: 12.3 M, 845 k, 3 USD."""
    size = abs(usd)
    if size >= 1e6:
        return f"{usd / 1e6:,.2f} M"
    return f"{usd / 1e3:,.1f} k" if size >= 1e3 else f"{usd:,.0f}"


def count(value: float) -> str:
    """Format a count or a quantity without needless digits."""
    return f"{value:,.0f}" if abs(value - round(value)) < 1e-6 else f"{value:,.1f}"


def more(total: int, shown: int, what: str) -> list[str]:
    """The line that says how many rows are not shown; none if all are."""
    return [f"  ... and {total - shown:,} more {what}"] if total > shown else []
