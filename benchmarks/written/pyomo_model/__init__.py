"""The program in Pyomo: sparse index sets, and a rule for each family, as its documentation shows."""

from benchmarks.written.pyomo_model.model import DEFINITIONS, FAMILIES, pyomo_model

__all__ = ["DEFINITIONS", "FAMILIES", "pyomo_model"]
