"""The program in linopy: one dimension per family and sums by groups, in a sparse model."""

from benchmarks.written.linopy_model.model import DEFINITIONS, FAMILIES, linopy_model

__all__ = ["DEFINITIONS", "FAMILIES", "linopy_model"]
