"""Find out which day was meant by a value that is not of the form YYYY-MM-DD."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from typing import Any

_SPREADSHEET_ZERO = date(1899, 12, 30)  # day 0 of the serial numbers that spreadsheets store
_SERIAL = re.compile(r"[2-7]\d{4}(\.0)?", re.ASCII)  # 1954 to 2118
_FORMS = (
    "%d.%m.%Y", "%Y/%m/%d", "%Y.%m.%d", "%Y%m%d", "%d %B %Y", "%d %b %Y", "%d. %B %Y", "%B %d, %Y", "%b %d, %Y",
    "%B %d %Y", "%d-%b-%Y", "%d-%b-%y",
)  # fmt: skip
_EITHER = ("%m/%d/%Y", "%d/%m/%Y", "%m-%d-%Y", "%d-%m-%Y")  # month or day first: often both readings are possible


def advice_for_day(value: Any) -> str:
    """Advise how to write the day that a value most likely means; empty where that cannot be told."""
    text = str(value).strip()
    if _SERIAL.fullmatch(text):
        day = _SPREADSHEET_ZERO + timedelta(days=int(text[:5]))
        return f"write {day}, if a spreadsheet has stored the day as this number"
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}[T ][0-9:.]+(Z|[+-]\d{2}:?\d{2})?", text, re.ASCII):
        return f"write {text[:10]}, the day alone"
    meant = _read(text, _FORMS) or _read(text, _EITHER)
    return f"write {' or '.join(map(str, meant))}" + (", whichever is meant" if len(meant) > 1 else "") if meant else ""


def _read(text: str, forms: tuple[str, ...]) -> list[date]:
    """The different days that a text can mean in these forms."""
    days: list[date] = []
    for form in forms:
        try:
            days.append(datetime.strptime(text, form).date())
        except ValueError:
            continue
    return list(dict.fromkeys(days))
