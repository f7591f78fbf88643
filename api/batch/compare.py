"""Two batches side by side: what each cell costs in both, and how many decisions differ."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from api.batch.journal import RUNS
from api.batch.stored import CellPair, name_of, paired, read_batch
from api.runs.comparison import compare
from api.runs.stored import read_run
from solver.report.table import table

if TYPE_CHECKING:
    from pathlib import Path

FIGURES = ("key", "state", "objective_usd", "bound_usd", "gap", "unserved_share", "late_days", "headroom_mw", "seconds")
HEADS = ["cell", "A, USD", "B, USD", "B - A, USD", "decisions"]


def compared_batches(a: Path, b: Path) -> dict[str, Any]:
    """What differs, as JSON: `cells` in both, `only_a` and `only_b`.

    Raises:
        InputError: when either folder holds no batch, or the run of a cell cannot be read.
    """
    pairs = list(paired(read_batch(a), read_batch(b)))
    return {
        "cells": [_cell(pair, a, b) for pair in pairs if pair.a is not None and pair.b is not None],
        "only_a": [pair.coordinates for pair in pairs if pair.b is None],
        "only_b": [pair.coordinates for pair in pairs if pair.a is None],
    }


def comparison_of_batches(found: dict[str, Any]) -> str:
    """The same as text."""
    rows = [
        [
            name_of(cell),
            _usd(cell["a"]["objective_usd"]),
            _usd(cell["b"]["objective_usd"]),
            _usd(cell["difference_usd"], signed=True),
            "-" if cell["decisions"] is None else f"{cell['decisions']} differ" if cell["decisions"] else "the same",
        ]
        for cell in found["cells"]
    ]
    lines = table(HEADS, rows, "lrrrl") if rows else ["no cell is in both"]
    for side, only in (("A", found["only_a"]), ("B", found["only_b"])):
        lines += [f"only in {side}: {name_of(cell)}" for cell in only]
    return "\n".join(lines) + "\n"


def _cell(pair: CellPair, a: Path, b: Path) -> dict[str, Any]:
    assert pair.a is not None
    assert pair.b is not None
    sides = {name: {fact: line.get(fact) for fact in FIGURES} for name, line in (("a", pair.a), ("b", pair.b))}
    before, after = (sides[name]["objective_usd"] for name in ("a", "b"))
    difference: float | None = None
    decisions: int | None = None
    if before is not None and after is not None:
        difference = round(after - before, 2)
        decisions = len(
            compare(*(read_run(home / RUNS / line["key"]) for home, line in ((a, pair.a), (b, pair.b)))).decisions
        )
    return {**pair.coordinates, **sides, "difference_usd": difference, "decisions": decisions}


def _usd(value: float | None, signed: bool = False) -> str:
    return "-" if value is None else f"{value:+,.0f}" if signed else f"{value:,.0f}"
