"""The price of a plan: every cost term, computed from instance and plan alone."""

from solver.price.pricing import Price, price

__all__ = ["Price", "price"]
