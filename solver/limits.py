"""The limits of a run: its time, its memory, and whether a stop was asked for."""

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
    "stopped": "a stop was asked for",
}


class Limits:
    """Count from the call on. ``decided`` is set once something ended earlier than it would have without them."""

    def __init__(self, seconds: float, stop: threading.Event | None = None, memory_gb: float | None = None):
        self.began = time.monotonic()
        self.seconds, self.memory_gb, self.decided = seconds, memory_gb, False
        self.stop, self._full = stop, False

    @property
    def reason(self) -> Reason:
        """Which of them came first, where one has come."""
        if self._full:
            return "memory"
        return "stopped" if self.stop is not None and self.stop.is_set() else "time"

    def passed(self) -> float:
        """Seconds since the call."""
        return time.monotonic() - self.began

    def left(self, reserve: float = 0.0) -> float:
        """Seconds that are left before the last ``reserve`` seconds; none after a stop, or where the memory is full."""
        if self.memory_gb is not None and not self._full:
            self._full = used_gb() > self.memory_gb
        return -1.0 if self.reason != "time" else self.seconds - reserve - self.passed()

    def late(self, reserve: float = 0.0) -> bool:
        """Whether nothing is left; whoever asks and is told so does less than it would have."""
        if self.left(reserve) > 0:
            return False
        self.decided = True
        return True
