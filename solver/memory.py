"""Memory that the engine and its solvers' processes hold."""

from __future__ import annotations

import psutil

GB = 1e9


def used_gb() -> float:
    """Resident memory of this process and of those that it has started, GB."""
    own = psutil.Process()
    total = int(own.memory_info().rss)
    for child in own.children(recursive=True):
        try:
            total += int(child.memory_info().rss)
        except psutil.NoSuchProcess:  # it has ended since
            continue
    return total / GB
