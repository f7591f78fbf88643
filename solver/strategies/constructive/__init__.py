"""A constructive plan: by launch date and value, the cheapest ready pool first, orders back from need.

It needs no solver, so it is there within seconds at any size: the first plan, the start of the search, and the
yardstick.
"""

from solver.strategies.constructive.build import construct

__all__ = ["construct"]
