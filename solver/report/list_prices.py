"""List prices of orders, for people: undiscounted, over the whole term."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from models.hardware import Offer


def order_price(offer: Offer, lots: float) -> float:
    """USD of an order at the band for its own size, over its whole term.

    A slot shared by several pools may reach a better band.
    """
    band = max((b for b in offer.bands if b.from_lots <= lots), key=lambda b: b.from_lots, default=offer.bands[0])
    months = (offer.term_months or 1.0) if offer.paid == "monthly" else 1.0
    return float(band.price_usd) * lots * months
