"""One measurement in a process of its own: ``python -m benchmarks.written.child WAY SIZE SEED`` prints it as JSON.

Before the clock starts, a small instance goes the whole way once, so that nothing is imported for the first time while
it runs.
"""

from __future__ import annotations

import gc
import json
import resource
import sys
import time
from typing import Any, cast, get_args

import psutil

from benchmarks.written.ways import WAYS
from instances.generator import generate
from instances.generator.shape import Size
from solver.tables.tables import tables_of

WARM_UP: tuple[Size, int] = ("XS", 1)
MEGABYTE = 1e6


def measured(way: str, size: str, seed: int) -> dict[str, Any]:
    """State one instance in one way, and hand it to the solver.

    Returns:
        seconds of each step; and by how much the peak of memory after it exceeds what the process held with the tables
        before, in MB
    """
    state = WAYS[way]
    state(tables_of(generate(*WARM_UP))).hand_over()
    tables = tables_of(generate(cast("Size", size), seed))
    gc.collect()
    held = psutil.Process().memory_info().rss
    began = time.perf_counter()
    stated = state(tables)
    done = time.perf_counter()
    peak = _peak()
    loading = time.perf_counter()
    solver = stated.hand_over()
    loaded = time.perf_counter()
    row = {
        "way": way,
        "size": size,
        "seed": seed,
        "columns": stated.columns,
        "rows": stated.rows,
        "prepare_seconds": stated.prepared,
        "build_seconds": done - began,
        "load_seconds": loaded - loading,
        "build_mb": max(0, peak - held) / MEGABYTE,
        "peak_mb": max(0, _peak() - held) / MEGABYTE,
        "held_mb": held / MEGABYTE,
    }
    del solver
    return row


def _peak() -> int:
    """Most memory that the process has held so far, in bytes."""
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024


def main(way: str, size: str, seed: str) -> None:
    """Measure once, and print the measurement."""
    assert way in WAYS
    assert size in get_args(Size)
    sys.stdout.write(json.dumps(measured(way, size, int(seed))) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
