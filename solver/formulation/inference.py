"""Families demand and deployment: every metro is served or not, with capacity kept for what is served."""

from __future__ import annotations

import numpy as np

from solver.formulation.linear import Map
from solver.formulation.program import Model
from solver.formulation.variables import Variables
from solver.tables.tables import Tables


def demand(model: Model, tables: Tables, x: Variables) -> None:
    """What a metro asks is served at allowed sites or counted as unserved.

    ∀ i,m,t   Σ_s serve[i,m,s,t] + unserved[i,m,t] = D_imt·ρ_i(D_t − asked launch)
    """
    serves = tables.serves
    served = x.serve.sum(x.unserved_set.map(serves.line, serves.period))
    line, t = x.unserved_set.keys
    model.require("demand", served + x.unserved == tables.lines.demand[line, t])


def deployment(model: Model, tables: Tables, x: Variables) -> None:
    """What is served at a site has capacity there.

    ∀ i,s,t   Σ_m serve[i,m,s,t] ≤ load[i,s,t]
    """
    serves = tables.serves
    service = tables.lines.service[serves.line] if len(serves.line) else np.zeros(0, np.int64)
    served = x.serve.sum(x.load_set.map(service, serves.site, serves.period))
    rows = np.unique(served.row)
    model.require("deployment/load", served[rows] <= x.load[rows])
