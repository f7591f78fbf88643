"""The constructive plan: by launch date and value, on the cheapest ready pool, with orders placed back from need.

It needs no solver and takes seconds at any size. It is the first plan, the start of the search, and the yardstick.
"""

from solver.strategies.constructive.build import construct

__all__ = ["construct"]
