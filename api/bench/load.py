"""What a cell costs, and what else the machine does meanwhile."""

from __future__ import annotations

import os
import platform
import resource
import threading
import time
from pathlib import Path
from typing import Any

import psutil

from solver.memory import GB, used_gb

EVERY = 0.2  # seconds between two looks at the memory


class Meter:
    """Measures this process and all that it starts, from its creation on."""

    def __init__(self) -> None:
        self._began, self._busy, self._own = time.monotonic(), _busy(), _own()
        self._load = os.getloadavg()[0]
        self.peak_gb = used_gb()
        self._over = threading.Event()
        threading.Thread(target=self._watch, daemon=True).start()

    def stop(self) -> dict[str, Any]:
        """The figures since the creation.

        Returns:
            seconds, seconds of processors, peak of the memory in GB, load before and after, and how many cores other
            processes used on average.
        """
        self._over.set()
        seconds = time.monotonic() - self._began
        own = _own() - self._own
        others = max(0.0, _busy() - self._busy - own) / max(seconds, 1e-3)
        return {
            "cpu_seconds": round(own, 2),
            "memory_gb": round(self.peak_gb, 3),
            "load": [round(self._load, 2), round(os.getloadavg()[0], 2)],
            "other_cores": round(others, 2),
        }

    def _watch(self) -> None:
        while not self._over.wait(EVERY):
            self.peak_gb = max(self.peak_gb, used_gb())


def machine() -> dict[str, Any]:
    """The model of the processor, its cores, and the memory in GB."""
    return {
        "cpu": _model(),
        "cores": os.cpu_count(),
        "memory_gb": round(psutil.virtual_memory().total / GB),
    }


def _model() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def _busy() -> float:
    """Seconds that all processors of the machine have worked."""
    times = psutil.cpu_times()
    return float(sum(times) - times.idle - getattr(times, "iowait", 0.0) - getattr(times, "guest", 0.0))


def _own() -> float:
    """Seconds that this process and its ended children have worked."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)
