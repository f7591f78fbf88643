"""Offers of every way to pay, for the small instance over quarters: what one lot costs is worked out in the tests."""

from __future__ import annotations

from typing import Any

from tests.check.small import JANUARY, Tree, edited, offer, order, small

QUARTERS = ("quarter",) * 4
PLACED = "2026-12-18"  # two weeks before January; `own` and `cloud` take no time to commission


def monthly(name: str = "lease", price: float = 1000, term: float = 8.0, **more: Any) -> Tree:
    """A node leased by the month."""
    bands = [{"from_lots": 1.0, "price_usd": price}]
    return offer(name, paid="monthly", label="lease", term_months=term, bands=bands) | more


def at_cloud(**more: Any) -> Tree:
    """What makes an offer one of the provider's."""
    return {"label": "reserve", "sites": ["cloud"], "supplier": "aws"} | more


def part(share: float, when: str = "delivery", weeks: float = 0.0) -> Tree:
    """A part of a price."""
    return {"share": share, "when": when, "weeks_after": weeks}


PARTS = [part(0.3, "order"), part(0.5, weeks=4.0), part(0.2, weeks=104.0)]  # the last one after the horizon
KINDS = {
    "owned": offer("o"),
    "owned, in parts": offer("o", payments=PARTS),
    "prepaid": offer("o", term_months=36.0) | at_cloud(),
    "prepaid, in parts": offer("o", term_months=36.0, payments=PARTS) | at_cloud(),
    "leased": monthly("o", 100),
    "leased for longer than the horizon": monthly("o", 100, 36.0),
    "leased for less than a period": monthly("o", 100, 0.5),
    "leased, a share up front": monthly("o", 100, 36.0, up_front_share=0.25),
    "reserved, all up front": monthly("o", 100, 36.0, up_front_share=1.0) | at_cloud(),
}


def over(*periods: Any, **more: Any) -> Tree:
    """The small instance over these periods from 2027 on, without discount; nothing stands at `own`."""
    tree = small(**more)
    tree["horizon"] = {"today": "2026-12-01", "start": JANUARY, "periods": list(periods)}
    return edited(tree, "pools", 0, nodes=0)


def one(offered: Tree, since: str = JANUARY, lots: float = 1.0) -> Tree:
    """The order of an offer for the pool where it delivers."""
    pool = "cloud-h" if offered["sites"] == ["cloud"] else "own-h"
    return order(lots, since, PLACED, offer=offered["id"], pool=pool)
