"""``LIBRARY.md``: the library as a page, made from ``LIBRARY.json`` alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.library.named import NAMED
from benchmarks.library.rule import solved

if TYPE_CHECKING:
    from benchmarks.library.entry import Entry, Library, Origin, Size
    from benchmarks.library.named import Named

HEAD = """\
# The instance library

Made by `python -m benchmarks library --improve` from [LIBRARY.json](LIBRARY.json), which also has the hash of each
instance, the options, versions and command of each run, and the size of its program. Do not edit it.

- **Size**: sites / pools / accelerators / trainings, repeats and copies counted / services / periods.
- **Objective**: what the best plan known costs, in USD, as `ampacity check` prices it. The plans are in
  [library/](library/) (`xz -dc` unpacks one). `python -m benchmarks library` checks each against its instance and exits
  with 8 if anything recorded here is not true.
- **Bound**: no plan costs less, in USD. No file proves it; the last column and LIBRARY.json say how it was proven. A
  bound that a known plan refutes is never recorded, nor one that leaves a gap above 100 %, which says nothing.
- **Binds**: where the best plan stands at a limit: less than 2 % of a budget or cap is left, or of power, heat or racks
  at a site in some period, or no further node can be had there (supply: offers and makers have no more; quota: the
  provider's); then what is late, dropped or not served, and promises not kept.
- A run begins with the recorded plan and replaces only what it improves on. Seconds are those of the run; other work
  may have shared the machine.

| instance | size | objective | bound | gap | binds | plan found by | bound proven by |
|---|---|---:|---:|---:|---|---|---|
"""
NONE_YET = "none yet"


def page(library: Library) -> str:
    """The page."""
    rows = [_row(one, library.entry(one.name)) for one in NAMED]
    return HEAD + "".join(f"| {' | '.join(row)} |\n" for row in rows)


def gap_text(entry: Entry) -> str:
    """The relative gap in per cent, or why there is none."""
    if entry.best is None or entry.bound is None:
        return "-"
    if solved(entry.standing):
        return "0"
    gap = float(entry.best.usd - entry.bound.usd) / max(abs(float(entry.best.usd)), 1.0)
    return f"{100 * gap:.2f} %" if gap >= 0.00005 else f"{100 * gap:.1g} %"


def _row(one: Named, entry: Entry | None) -> list[str]:
    name = one.name if one.size is None or one.file is None else f"{one.name} ({one.file})"
    if entry is None:
        return [name, "", NONE_YET, NONE_YET, "", "", "", ""]
    best, bound = entry.best, entry.bound
    return [
        name,
        _size(entry.size),
        NONE_YET if best is None else f"{best.usd:,.2f}",
        NONE_YET if bound is None else f"{bound.usd:,.2f}",
        gap_text(entry),
        entry.binds,
        "" if best is None else _by(best.by),
        "" if bound is None else f"{bound.proved_by}, {_by_or_same(entry)}",
    ]


def _by_or_same(entry: Entry) -> str:
    assert entry.bound is not None
    return "the same run" if entry.best is not None and entry.best.by == entry.bound.by else _by(entry.bound.by)


def _size(size: Size) -> str:
    counts = size.sites, size.pools, size.accelerators, size.trainings, size.services, size.periods
    return " / ".join(f"{number:,}" for number in counts)


def _by(origin: Origin) -> str:
    options = origin.options
    seconds = f"{origin.seconds:,.{0 if origin.seconds >= 10 else 1}f}"
    how = f"{options.solver}, seed {options.seed}, {seconds} s on {origin.cores} cores"
    return f"ampacity {origin.versions.get('ampacity', '?')}, {how}, {origin.on}"
