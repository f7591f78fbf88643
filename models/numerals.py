"""Numbers in the forms that people write (`200,000`, `12 %`, `$5`), and what to write instead.

Nothing is guessed: such a text is refused, and the fix names the number, or both where two readings are possible.
"""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal, InvalidOperation

LARGEST = Decimal(10) ** 15  # of the schema
_PARTS = re.compile(
    r"(?P<before>[^\d+.,-]*)(?P<number>[-+]?[\d.,](?:[\d.,'’_ ]*\d)?(?:[eE][-+]?\d+)?)(?P<after>[^\d]*)"
)
_BLANKS_GROUP = re.compile(r"([-+]?\d{1,3})((?:[ '’_]\d{3})+)((?:[.,]\d+)?)")
_MONEY = ("$", "USD", "US$")
_THOUSAND = ("k", "K")


def doubtful(text: str) -> bool:
    """Whether a number may stand for another: programs write 200 or 200.0, so `200.000` may mean 200,000."""
    return re.fullmatch(r"[-+]?[1-9]\d{0,2}\.\d\d0", text) is not None


def advice_for_number(text: str, description: str, percent: bool = False) -> str:
    """Advise what to write instead of a text where a number is needed.

    Parameters:
        text: the text that was given
        description: what the schema says about the field; it names the units that need no conversion
        percent: whether the field counts in hundredths
    Returns:
        the fix; empty if the text cannot be read as a number
    """
    plain = unicodedata.normalize("NFKC", text).strip().replace("−", "-")
    plain = "".join(str(unicodedata.digit(c)) if c.isdigit() else c for c in plain)
    parts = _PARTS.fullmatch(plain)
    if parts is None:
        return ""
    unit = (parts["before"].strip() + " " + parts["after"].strip()).strip()
    factor = _factor(unit, description, percent)
    numbers = [_written(number * (factor or 1)) for number in _readings(parts["number"])]
    if not numbers:
        return ""
    if factor is None:
        return f"write the number alone, in the unit of the field, without `{unit}`"
    without = f"without `{unit}` and quotes" if unit else "without quotes"
    if len(numbers) == 2:
        mark = "comma" if "," in parts["number"] else "point"
        both = f"{numbers[0]} if the {mark} groups thousands, {numbers[1]} if it is the decimal {mark}"
        return f"it can be read in two ways: write {both}, {without}"
    return f"write {numbers[0]} {without}"


def _factor(unit: str, description: str, percent: bool) -> Decimal | None:
    """The factor that replaces the unit of a number; None where the unit is unknown."""
    if unit == "%":
        return Decimal(1) if percent else Decimal("0.01")
    if unit in _THOUSAND:
        return Decimal(1000)
    known = not unit or unit in _MONEY or re.search(rf"\b{re.escape(unit)}\b", description) is not None
    return Decimal(1) if known else None


def _readings(text: str) -> list[Decimal]:
    """The numbers that a text can mean; of two, the first reads the mark as grouping, the second as decimal."""
    if (grouped := _BLANKS_GROUP.fullmatch(text)) is not None:
        text = grouped[1] + re.sub(r"\D", "", grouped[2]) + grouped[3].replace(",", ".")
        return _decimals(text)
    marks = sorted({mark for mark in ".," if mark in text}, key=text.rindex)
    if len(marks) == 2:
        group, point = marks
        return _decimals(text.replace(group, "").replace(point, ".")) if _grouped(text.split(point)[0], group) else []
    if not marks:
        return _decimals(text)
    (mark,) = marks
    if text.count(mark) > 1:
        return _decimals(text.replace(mark, "")) if _grouped(text, mark) else []
    decimal = _decimals(text.replace(mark, "."))
    return _decimals(text.replace(mark, "")) + decimal if _grouped(text, mark) else decimal


def _grouped(text: str, mark: str) -> bool:
    """Whether a mark separates groups of three digits."""
    return re.fullmatch(rf"[-+]?[1-9]\d{{0,2}}({re.escape(mark)}\d{{3}})+", text) is not None


def _decimals(text: str) -> list[Decimal]:
    try:
        number = Decimal(text)
    except InvalidOperation:
        return []
    return [number] if abs(number) <= LARGEST else []


def _written(number: Decimal) -> str:
    """Digits without an exponent unless there are too many: JSON, YAML and CSV all read them."""
    text = f"{number:f}"
    if len(text) > 24:
        return f"{number.normalize():e}"
    return text.rstrip("0").rstrip(".") if "." in text else text
