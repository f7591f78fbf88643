"""Family placed: every copy of a training is run or dropped."""

from __future__ import annotations

from solver.formulation.linear import Map
from solver.formulation.program import Model
from solver.formulation.variables import Variables
from solver.tables.tables import Tables


def placed(model: Model, tables: Tables, x: Variables) -> None:
    """Every copy of a training begins once or is dropped.

    ∀ j   Σ_{a of j} start[a] + dropped[j] = copies_j
    """
    runs = tables.trainings
    begun = x.start.sum(Map(tables.starts.training, len(runs.runs)))
    model.require("placed", begun + x.dropped == runs.copies)
