"""Turns the progress of the engine into events: one for each cheaper plan and each higher bound."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from api.runs.events import Bound, Event, Finished, Incumbent, Started
from api.runs.exit_codes import Exit, state_of
from solver.result import CENT, DEFECT, Result

if TYPE_CHECKING:
    from models.plan import Plan
    from solver.backends.process import Progress

Watch = Callable[[Event], None]


class Watcher:
    """Reports the events of one run to ``watch``.

    Parameters:
        watch: called with each event; None: nobody watches.
        began: the moment, by the monotonic clock, from which seconds count.
    """

    def __init__(self, watch: Watch | None, began: float) -> None:
        self._watch, self._began = watch, began
        self._objective: float | None = None
        self._bound: float | None = None
        self._lock = threading.Lock()

    def starts(self, started: Started) -> None:
        """Reports the first event."""
        self._tell(started)

    def sees(self, progress: Progress) -> None:
        """Takes the progress of the engine, in kUSD; safe to call from any thread."""
        x, reader = progress.x, progress.reader
        read = None if x is None or reader is None else lambda: reader(x)
        with self._lock:
            self._news(_usd(progress.objective), _usd(progress.bound), read)

    def ends(self, result: Result, code: Exit) -> None:
        """Reports the last events: a plan or bound that the search did not report, and the end of the run."""
        objective, bound, plan = result.objective_usd, result.bound_usd, result.plan
        with self._lock:
            told = objective is not None and self._objective is not None and _same(objective, self._objective)
            self._news(None if told else objective, bound, None if plan is None else lambda: plan)
            self._tell(Finished(self.seconds, objective, bound, state_of(code), code, plan))

    @property
    def seconds(self) -> float:
        """Seconds since ``began``."""
        return time.monotonic() - self._began

    def _news(self, objective: float | None, bound: float | None, read: Callable[[], Plan] | None) -> None:
        if objective is not None and (self._objective is None or objective < self._objective):
            self._objective = objective
            self._tell(Incumbent(self.seconds, objective, self._bound, read))
        if bound is not None and (self._bound is None or bound > self._bound):
            self._bound = bound
            self._tell(Bound(self.seconds, self._objective, bound))

    def _tell(self, event: Event) -> None:
        if self._watch is not None:
            self._watch(event)


def _same(priced: float, believed: float) -> bool:
    """Whether the price by the check, which is rounded to the cent, agrees with the cost that the search reported."""
    return abs(priced - believed) <= CENT + DEFECT * abs(believed)


def _usd(thousands: float | None) -> float | None:
    return None if thousands is None else thousands * 1e3
