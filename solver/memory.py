"""Memory held by the engine and the processes of its solvers."""

from __future__ import annotations

import psutil

GB = 1e9


def used_gb() -> float:
    """Return the resident memory of this process and all its descendants, in GB."""
    own = psutil.Process()
    total = int(own.memory_info().rss)
    for child in own.children(recursive=True):
        try:
            total += int(child.memory_info().rss)
        except psutil.NoSuchProcess:  # it has ended in the meantime
            continue
    return total / GB
