"""The limits of a run: time, memory and a request to stop."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Literal

from solver.memory import used_gb

if TYPE_CHECKING:
    import threading

Reason = Literal["time", "memory", "stopped"]
WHY: dict[Reason, str] = {
    "time": "the time is up",
    "memory": "the memory is full",
    "stopped": "it was asked to stop",
}


class Limits:
    """The limits of a run, counted from the call. ``decided`` is set once a limit has made anything end early."""

    def __init__(self, seconds: float, stop: threading.Event | None = None, memory_gb: float | None = None):
        self.began = time.monotonic()
        self.seconds, self.memory_gb, self.decided = seconds, memory_gb, False
        self.stop, self._full = stop, False

    @property
    def reason(self) -> Reason:
        """Which limit was reached first; `time` if none was."""
        if self._full:
            return "memory"
        return "stopped" if self.stop is not None and self.stop.is_set() else "time"

    def passed(self) -> float:
        """Seconds since the call."""
        return time.monotonic() - self.began

    def left(self, reserve: float = 0.0) -> float:
        """Seconds left before the last ``reserve`` seconds; negative after a stop or when the memory is full."""
        if self.memory_gb is not None and not self._full:
            self._full = used_gb() > self.memory_gb
        return -1.0 if self.reason != "time" else self.seconds - reserve - self.passed()

    def late(self, reserve: float = 0.0) -> bool:
        """Whether no time is left before the last ``reserve`` seconds; if so, ``decided`` is set."""
        if self.left(reserve) > 0:
            return False
        self.decided = True
        return True
