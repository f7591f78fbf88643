"""The time of a run: how much is left, whether a stop was asked for, and whether the clock has decided anything."""

from __future__ import annotations

import threading
import time


class Clock:
    """Runs from the call on. ``decided`` is set once something ended earlier than it would have without a clock."""

    def __init__(self, seconds: float, stop: threading.Event | None = None):
        self.began = time.monotonic()
        self.limit, self.decided = seconds, False
        self._stop = stop

    @property
    def stopped(self) -> bool:
        """Whether a stop was asked for."""
        return self._stop is not None and self._stop.is_set()

    def passed(self) -> float:
        """Seconds since the call."""
        return time.monotonic() - self.began

    def left(self, reserve: float = 0.0) -> float:
        """Seconds that are left before the last ``reserve`` seconds; none after a stop."""
        return -1.0 if self.stopped else self.limit - reserve - self.passed()

    def late(self, reserve: float = 0.0) -> bool:
        """Whether nothing is left; whoever asks and is told so does less than it would, so the clock has decided."""
        if self.left(reserve) > 0:
            return False
        self.decided = True
        return True
