"""A comparison as text; long lists are cut and say by how much."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from solver.report.table import count, money, more, table

if TYPE_CHECKING:
    from solver.report.compare import Comparison, Figure, Side
    from solver.report.compare_decisions import Changed
    from solver.report.compare_inputs import Differing

MOST_ROWS = 12
WIDE = 48  # the most characters of a value that are shown
_WORDS = {  # how facts of a decision are worded; those not listed are shown as they are
    "serves_from": "from {}", "place_by": "sign by {}", "mode": "mode {}", "way": "way {}", "begins_in": "begins in {}",
    "finished_on": "finished on {}", "opens_on": "opens on {}", "line": "line {}",
}  # fmt: skip
_COUNTED = {"lots": "lot", "times": "time", "copies": "copy"}


def comparison_text(found: Comparison) -> str:
    """Put a comparison into words."""
    lines = [_head("A", found.a), _head("B", found.b), *(f"  note: {note}" for note in found.notes)]
    if found.same:
        return "\n".join([*lines, "", "nothing differs"]) + "\n"
    sections = [
        _fields("INPUTS", found.inputs, "fields"),
        _fields("OPTIONS", found.options, "options"),
        _decisions(found),
        _launches(found),
        _cost(found),
        _indicators(found),
    ]
    return "\n".join(["\n".join(lines), *("\n" + "\n".join(section) for section in sections if section)]) + "\n"


def _head(label: str, one: Side) -> str:
    cost = "no plan" if one.report is None else f"{money(float(one.report.check.cost_usd))} USD"
    ended = f", {one.ended}" if one.ended else ""
    scenario = one.asked.get("scenario")
    return f"{label}  {one.name}: {cost}{ended}{f', scenario {scenario}' if scenario else ''}"


def _fields(head: str, entries: list[Differing], what: str) -> list[str]:
    if not entries:
        return []
    rows = [[entry.place, *_both(entry.a, entry.b)] for entry in entries[:MOST_ROWS]]
    return [f"{head} ({len(entries):,})", *table(["", "A", "B"], rows), *more(len(entries), MOST_ROWS, what)]


def _both(a: Any, b: Any) -> tuple[str, str]:
    """Two values as text; of lists of equal length, only the first place at which they differ."""
    if isinstance(a, list) and isinstance(b, list) and len(a) == len(b):
        at = [number for number, pair in enumerate(zip(a, b, strict=True)) if pair[0] != pair[1]]
        others = f" and {len(at) - 1} more of {len(a)}" if len(at) > 1 else ""
        return f"[{at[0]}] {_short(a[at[0]])}", f"[{at[0]}] {_short(b[at[0]])}{others}"
    return _short(a), _short(b)


def _short(value: Any) -> str:
    if value is None:
        return "none"
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return f"{value:,.12g}"
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= WIDE else text[: WIDE - 3] + "..."


def _decisions(found: Comparison) -> list[str]:
    if not found.decisions:
        return ["DECISIONS  the same"] if found.a.plan is not None and found.b.plan is not None else []
    rows = []
    for what in dict.fromkeys(entry.what for entry in found.decisions):
        mine = [entry for entry in found.decisions if entry.what == what]
        rows += [[entry.what, entry.id, entry.change, _change(entry)] for entry in mine[:MOST_ROWS]]
        if len(mine) > MOST_ROWS:
            rows.append(["", f"... and {len(mine) - MOST_ROWS:,} more {what}s", "", ""])
    return [f"DECISIONS ({len(found.decisions):,})", *table(rows[0], rows[1:])]


def decision_text(entry: Changed) -> str:
    """Put a decision that differs on one line."""
    return " ".join(part for part in (entry.what, entry.id, entry.change, _change(entry)) if part)


def _change(entry: Changed) -> str:
    """What both sides have in common, then how the rest has changed."""
    if entry.before is None or entry.after is None:
        return ", ".join(_fact(name, value) for name, value in (entry.before or entry.after or {}).items())
    names = list(dict.fromkeys([*entry.before, *entry.after]))
    pairs = {name: (entry.before.get(name), entry.after.get(name)) for name in names}
    same = ", ".join(_fact(name, a) for name, (a, b) in pairs.items() if a == b)
    changed = ", ".join(_arrow(name, a, b) for name, (a, b) in pairs.items() if a != b)
    return f"{same}: {changed}" if same and changed else same or changed


def _arrow(name: str, a: Any, b: Any) -> str:
    if name == "signed":
        return "signed in B" if b else "signed in A"
    return f"{_fact(name, a)} -> {_said(name, b)}" if a is not None else f"-> {_fact(name, b)}"


def _fact(name: str, value: Any) -> str:
    if name == "signed":
        return "signed"
    if name in _COUNTED and value is not None:
        one, many = _COUNTED[name], name
        return f"{count(value)} {one if value == 1 else many}"
    return _WORDS.get(name, "{}").format(_said(name, value))


def _said(name: str, value: Any) -> str:
    if value is None:
        return "none"
    if name == "usd":
        return f"{money(float(value))} USD"
    if name == "served":
        return f"{100 * float(value):.1f} % served"
    if isinstance(value, list):
        return " + ".join(value) or "nowhere"
    return count(value) if isinstance(value, (int, float)) else str(value)


def _launches(found: Comparison) -> list[str]:
    if not found.launches:
        return []
    rows = [
        [
            slip.workload,
            slip.a or "none",
            slip.b or "none",
            "" if slip.slip_weeks is None else f"{slip.slip_weeks:+.1f}",
        ]
        for slip in found.launches[:MOST_ROWS]
    ]
    return [
        f"LAUNCHES ({len(found.launches):,})",
        *table(["", "A", "B", "weeks"], rows, "lllr"),
        *more(len(found.launches), MOST_ROWS, "services"),
    ]


def _cost(found: Comparison) -> list[str]:
    if found.cost_usd.a is None and found.cost_usd.b is None:
        return []
    terms = [(name, figure) for name, figure in found.terms_usd.items() if figure.a or figure.b]
    rows = [[name, *_money(figure)] for name, figure in [*terms, ("total", found.cost_usd)]]
    return ["COST (discounted to today, USD)", *table(["", "A", "B", "B less A"], rows, "lrrr")]


def _money(figure: Figure) -> list[str]:
    return ["none" if value is None else money(float(value)) for value in (figure.a, figure.b, figure.difference)]


def _indicators(found: Comparison) -> list[str]:
    """Indicators of the whole plan, and how many there are for single periods."""
    if not found.indicators:
        return []
    whole = [entry for entry in found.indicators if not entry.period]
    rows = [
        [entry.name, *(_figure(value) for value in (entry.figure.a, entry.figure.b)), entry.unit]
        for entry in whole[:MOST_ROWS]
    ]
    lines = [f"INDICATORS ({len(found.indicators):,})"]
    lines += table(["", "A", "B", ""], rows, "lrrl") if rows else []
    lines += more(len(whole), MOST_ROWS, "of the whole plan")
    periods = len(found.indicators) - len(whole)
    return lines + ([f"  {periods:,} of single periods (--format json lists all)"] if periods else [])


def _figure(value: float | str | None) -> str:
    if value is None:
        return "none"
    return value if isinstance(value, str) else f"{value:,.6g}"
