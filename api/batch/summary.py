"""What a batch came to: summary.txt, and summary.html, which needs nothing but itself.

Cells are compared with the first of their instance and options: the instance as it stands, under the first policy.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from api.batch.stored import JournalLine, name_of, options_text
from solver.report.table import table

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

SHOWN = 6  # decisions that differ, of a cell
COLOURS = (
    "#4c78a8", "#f58518", "#54a24b", "#e45756", "#72b7b2", "#b279a2", "#ff9da6", "#9d755d", "#bab0ac", "#eeca3b",
    "#333333", "#8cd17d", "#86bcb6", "#d37295",
)  # fmt: skip


def text_of(lines: Sequence[JournalLine], different: Mapping[str, Sequence[str]]) -> str:
    """summary.txt."""
    lines, common = _shared(lines)
    said = [_counted(lines), *([f"all with {common}"] if common else []), ""]
    said += table(HEADS, _cells(lines), "l" * _NUMBERS + "r" * (len(HEADS) - _NUMBERS))
    for line in lines:
        decisions = different.get(line["key"], ())
        if decisions:
            said += ["", f"{name_of(line)} decides otherwise:"]
            said += [f"  {words}" for words in decisions[:SHOWN]]
            if len(decisions) > SHOWN:
                said.append(f"  and {len(decisions) - SHOWN} more")
    return "\n".join(said) + "\n"


HEADS = ("instance", "scenario", "policy", "options", "state", "cost, USD", "gap", "unserved", "seconds")
_NUMBERS = 5  # columns from here on are numbers


def _cells(lines: Iterable[JournalLine]) -> list[tuple[str, ...]]:
    return [
        (
            line["instance"],
            line["scenario"] or "-",
            line["policy"],
            options_text(line["options"]) or "-",
            line["state"],
            "-" if line.get("objective_usd") is None else f"{line['objective_usd']:,.0f}",
            _share(line.get("gap")),
            _share(line.get("unserved_share")),
            f"{line['seconds']:.1f}",
        )
        for line in lines
    ]


def _shared(lines: Sequence[JournalLine]) -> tuple[list[JournalLine], str]:
    """The lines without the options that all of them have, and those options in words."""
    first = lines[0]["options"] if lines else {}
    common = {name: value for name, value in first.items() if all(one["options"].get(name) == value for one in lines)}
    left = [
        line | {"options": {name: value for name, value in line["options"].items() if name not in common}}
        for line in lines
    ]
    return left, options_text(common)


def _counted(lines: Sequence[JournalLine]) -> str:
    return f"{len(lines)} cells, {sum(line['holds'] == 'plan' for line in lines)} with a plan"


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.2%}"


def page_of(lines: Sequence[JournalLine], different: Mapping[str, Sequence[str]], title: str) -> str:
    """summary.html: the cells as a table, their costs by term side by side, and what each decides otherwise."""
    lines, common = _shared(lines)
    terms = sorted({name for line in lines for name, usd in (line.get("terms_usd") or {}).items() if usd})
    colours = {name: COLOURS[n % len(COLOURS)] for n, name in enumerate(terms)}
    return "\n".join(
        [
            "<!doctype html>",
            '<html lang="en"><head><meta charset="utf-8">',
            f"<title>{escape(title)}</title>",
            f"<style>{STYLE}</style></head><body>",
            f"<h1>{escape(title)}</h1>",
            f"<p>{_counted(lines)}{escape(f', all with {common}') if common else ''}.</p>",
            "<h2>Cells</h2>",
            *_table(lines),
            "<h2>Cost by term</h2>",
            "<p>Each bar is the cost of a cell; what a term earns (value left) is not drawn.</p>",
            '<p class="legend">',
            *(f'<span><i style="background:{colours[name]}"></i>{escape(name)}</span>' for name in terms),
            "</p>",
            *_bars(lines, colours),
            "<h2>What differs</h2>",
            "<p>Decisions that differ from the first cell of the same instance and options.</p>",
            *_differences(lines, different),
            "</body></html>",
            "",
        ]
    )


def _table(lines: Sequence[JournalLine]) -> Iterable[str]:
    yield (
        "<table><thead><tr>"
        + "".join(f'<th class="{_side(n)}">{escape(head)}</th>' for n, head in enumerate(HEADS))
        + "</tr></thead><tbody>"
    )
    for row, line in zip(_cells(lines), lines, strict=True):
        cells = "".join(f'<td class="{_side(n)}">{escape(cell)}</td>' for n, cell in enumerate(row))
        yield f'<tr id="{line["key"]}">{cells}</tr>'
    yield "</tbody></table>"


def _side(number: int) -> str:
    return "number" if number >= _NUMBERS else "text"


def _bars(lines: Sequence[JournalLine], colours: Mapping[str, str]) -> Iterable[str]:
    drawn = [(line, {n: usd for n, usd in (line.get("terms_usd") or {}).items() if usd > 0}) for line in lines]
    most = max((sum(terms.values()) for _, terms in drawn), default=0.0) or 1.0
    for line, terms in drawn:
        if not terms:
            continue
        parts = "".join(_bar(name, usd, 100 * usd / most, colours[name]) for name, usd in sorted(terms.items()))
        yield f'<div class="row"><span>{escape(name_of(line))}</span><div class="bar">{parts}</div></div>'


def _bar(name: str, usd: float, percent: float, colour: str) -> str:
    return f'<b style="width:{percent:.3f}%;background:{colour}" title="{escape(name)}: {usd:,.0f} USD"></b>'


def _differences(lines: Sequence[JournalLine], different: Mapping[str, Sequence[str]]) -> Iterable[str]:
    for line in lines:
        found = different.get(line["key"])
        if found is None:
            continue
        listed = "".join(f"<li>{escape(words)}</li>" for words in found)
        words = f"{len(found)} decisions differ" if found else "decides the same"
        yield f"<details><summary>{escape(name_of(line))}: {words}</summary><ul>{listed}</ul></details>"


STYLE = (
    "body{font:14px/1.45 system-ui,sans-serif;margin:2rem auto;max-width:72rem;padding:0 1rem;color:#222}"
    "table{border-collapse:collapse;width:100%;display:block;overflow-x:auto}"
    "th,td{border-bottom:1px solid #ddd;padding:.3rem .5rem;text-align:left;white-space:nowrap}"
    ".number{text-align:right;font-variant-numeric:tabular-nums}"
    ".legend span{margin-right:1rem}.legend i{display:inline-block;width:.8em;height:.8em;margin-right:.3em}"
    ".row{display:flex;align-items:center;margin:.2rem 0}.row span{flex:0 0 22rem;overflow-wrap:anywhere}"
    ".bar{display:flex;flex:1;height:1rem;background:#f4f4f4}.bar b{display:block;height:100%}"
    "details{margin:.3rem 0}@media(max-width:50rem){.row{display:block}}"
)
