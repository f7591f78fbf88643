"""What the columns of a program are about."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from solver.arrays import Floats, Ints
    from solver.index import Dimension
    from solver.program import Program
    from solver.tables.tables import Tables


def keys_of(program: Program, dimension: Dimension) -> Ints:
    """[column] its key in a dimension; −1 if its family has none, or nothing is known of it."""
    found = np.full(program.columns, -1)
    if program.names is not None:
        for name, over in program.names.columns.items():
            for place, own in enumerate(over.dimensions):
                if own is dimension:
                    found[program.variables[name]] = over.keys[place]
    return found


def services_of(tables: Tables, program: Program) -> Ints:
    """[column] the service that it is about; −1 for none. Some columns are about a line or a catchment of a service."""
    named, result = tables.named, keys_of(program, tables.named.service)
    for dimension, service in (
        (named.metro, tables.lines.service),
        (named.catchment, tables.takeovers.catchment_service),
    ):
        key = keys_of(program, dimension)
        result = np.where(key >= 0, np.append(service, -1)[key], result)
    return result


def largest_gangs(tables: Tables) -> Floats:
    """[j] nodes of the largest gang that a training can start with."""
    nodes = np.zeros(len(tables.trainings.runs))
    np.maximum.at(nodes, tables.starts.training, tables.starts.nodes)
    return nodes
