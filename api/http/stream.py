"""Events of runs as they come: one look at the database serves everybody who listens."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import defaultdict
from contextlib import aclosing, suppress
from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool

from api.service.database import StorageError
from api.service.runs import ENDED

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from api.service.runs import KeptRuns

GONE = (-1, "")  # in place of the number of events and the state
LOOK = 0.1  # seconds between two looks
PING = 15.0  # seconds of silence after which a listener hears that the connection stands


class Tail:
    """Watches the runs that somebody listens to, until ``over`` is set: then they are let go, and come back later."""

    def __init__(self, runs: KeptRuns, over: threading.Event | None = None) -> None:
        self._runs, self._over = runs, over or threading.Event()
        self._listeners: dict[str, int] = defaultdict(int)
        self._heads: dict[str, tuple[int, str]] = {}
        self._bells = set[asyncio.Event]()  # one per listener: a condition that many share does not survive their ends

    async def watch(self) -> None:
        """Looks for news until it is cancelled."""
        while True:
            await asyncio.sleep(LOOK)
            if not self._listeners:
                continue
            if self._over.is_set():
                self._ring()
                continue
            asked = list(self._listeners)  # others may come while the database is asked
            try:
                found = await run_in_threadpool(self._runs.heads, asked)
            except StorageError:
                await asyncio.sleep(1.0)
                continue
            heads = {name: found.get(name, GONE) for name in asked if name in self._listeners}
            if any(self._heads.get(name) != head for name, head in heads.items()):
                self._heads |= heads
                self._ring()

    def _ring(self) -> None:
        for bell in self._bells:
            bell.set()

    async def ended(self, run: str, seconds: float) -> None:
        """Returns when a run has ended or is gone, or after so many seconds."""
        async with aclosing(self._changes(run, seconds)) as changes:
            async for _, state in changes:
                if state in ENDED or not state:
                    return

    async def events(self, run: str, after: int) -> AsyncGenerator[tuple[int, str] | None, None]:
        """Events of a run with numbers above ``after``, as (number, JSON), until it has ended; None: a ping is due."""
        async with aclosing(self._changes(run, None)) as changes:
            async for count, state in changes:
                if count > after:
                    for number, document in await run_in_threadpool(self._runs.events, run, after):
                        yield number, document
                        after = number
                elif count >= 0 and state not in ENDED:
                    yield None
                if state in ENDED or not state:
                    return

    def _is_news(self, run: str, seen: tuple[int, str]) -> bool:
        return self._over.is_set() or self._heads.get(run, seen) != seen

    async def _changes(self, run: str, seconds: float | None) -> AsyncGenerator[tuple[int, str], None]:
        """(number of events, state) at once, whenever either changes, and at the latest after ``PING``."""
        until = None if seconds is None else time.monotonic() + seconds
        self._listeners[run] += 1
        bell = asyncio.Event()
        self._bells.add(bell)
        try:
            head = (await run_in_threadpool(self._runs.heads, [run])).get(run, GONE)
            while True:
                yield head
                left = PING if until is None else min(PING, until - time.monotonic())
                if left <= 0 or self._over.is_set():
                    return
                with suppress(TimeoutError):
                    async with asyncio.timeout(left):
                        while not self._is_news(run, head):
                            bell.clear()
                            await bell.wait()
                head = self._heads.get(run, head)
        finally:
            self._bells.discard(bell)
            self._listeners[run] -= 1
            if not self._listeners[run]:
                del self._listeners[run]
                self._heads.pop(run, None)
