"""Progress of a search on standard error: a live line on a terminal, otherwise a line for each new plan or bound."""

from __future__ import annotations

import sys
import threading
import time
from typing import Literal

from api.cli.streams import say
from api.runs.events import Event, Started, relative_gap

Known = tuple[float | None, float | None]  # objective and bound, USD
Form = Literal["auto", "plain", "off"]
BETWEEN = 2.0  # least seconds between two lines with news
HEARTBEAT = 10.0  # seconds after which a line is written even without news
TICK = 0.2


class Teller:
    """Shows the progress of one run.

    If standard error is a terminal and ``form`` is auto, one line is rewritten in place. Otherwise a line is written
    for each new plan or bound, at most one every ``BETWEEN`` seconds, and after ``HEARTBEAT`` seconds without either.

    Parameters:
        form: auto, plain (always lines) or off.
        began: the moment, by the monotonic clock, from which seconds count.
    """

    def __init__(self, form: Form, began: float) -> None:
        self.live = form == "auto" and sys.stderr is not None and sys.stderr.isatty()
        self._began, self._off = began, form == "off"
        self._known: Known = (None, None)
        self._told: Known = (None, None)
        self._told_at = time.monotonic()
        self._shown = ""
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._tell, daemon=True)

    def __enter__(self) -> Teller:
        if not self._off:
            self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        if self._thread.is_alive():
            self._thread.join()
        if self._shown:
            say("\r\x1b[K")

    def show(self, event: Event) -> None:
        """Takes an event; cheap, and safe to call from any thread."""
        if not isinstance(event, Started):
            self._known = (event.objective_usd, event.bound_usd)

    def _tell(self) -> None:
        while not self._over.wait(TICK):
            self._rewrite() if self.live else self._add()
        if not self.live and self._known != self._told:  # the last news is always shown
            self._line()

    def _rewrite(self) -> None:
        line = describe(*self._known, time.monotonic() - self._began)
        if line != self._shown:
            say(f"\r\x1b[K{line}")
            self._shown = line

    def _add(self) -> None:
        silent = time.monotonic() - self._told_at
        if silent >= HEARTBEAT or (silent >= BETWEEN and self._known != self._told):
            self._line()

    def _line(self) -> None:
        self._told, self._told_at = self._known, time.monotonic()
        say(describe(*self._told, time.monotonic() - self._began) + "\n")


def describe(objective: float | None, bound: float | None, seconds: float) -> str:
    """Seconds, incumbent, bound and gap as one line; ``objective`` and ``bound`` are in USD."""
    best = "no plan yet" if objective is None else f"plan {objective / 1e6:,.3f} M USD"
    proven = "no bound yet" if bound is None else f"bound {bound / 1e6:,.3f} M USD"
    gap = relative_gap(objective, bound)
    return f"{int(seconds):4d} s: {best}, {proven}" + ("" if gap is None else f", gap {100 * gap:.2f} %")
