"""Events of runs as they come: one look at the database serves everybody who listens."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from functools import partial
from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool

from api.service.database import StorageError
from api.service.runs import ENDED

if TYPE_CHECKING:
    import threading
    from collections.abc import AsyncIterator

    from api.service.runs import Runs

LOOK = 0.1  # seconds between two looks
PING = 15.0  # seconds of silence after which a listener hears that the connection stands


class Tail:
    """Watches the runs that somebody listens to, until ``over``: then nobody is kept waiting any longer."""

    def __init__(self, runs: Runs, over: threading.Event) -> None:
        self._runs, self._over = runs, over
        self._listeners: dict[str, int] = defaultdict(int)
        self._heads: dict[str, tuple[int, str]] = {}
        self._news = asyncio.Condition()

    async def watch(self) -> None:
        """Looks for news until it is cancelled."""
        while True:
            await asyncio.sleep(LOOK)
            if self._over.is_set():
                async with self._news:
                    self._news.notify_all()
            if not self._listeners:
                continue
            try:
                heads = await run_in_threadpool(self._runs.heads, list(self._listeners))
            except StorageError:
                await asyncio.sleep(1.0)
                continue
            gone = {name: (-1, "") for name in self._listeners if name not in heads}
            if any(self._heads.get(name) != head for name, head in (heads | gone).items()):
                async with self._news:
                    self._heads |= heads | gone
                    self._news.notify_all()

    async def ended(self, run: str, seconds: float) -> None:
        """Returns when a run has ended or is gone, or after so many seconds."""
        async for _, state in self._changes(run, seconds):
            if state in ENDED or not state:
                return

    async def events(self, run: str, after: int) -> AsyncIterator[tuple[int, str] | None]:
        """Events of a run with numbers above ``after``, as (number, JSON), until it has ended; None: a ping is due."""
        async for count, state in self._changes(run, None):
            if count > after:
                for number, document in await run_in_threadpool(self._runs.events, run, after):
                    yield number, document
                    after = number
            elif count >= 0 and state not in ENDED:
                yield None
            if state in ENDED or not state:
                return

    def _is_news(self, run: str, seen: tuple[int, str]) -> bool:
        return self._heads.get(run, seen) != seen or self._over.is_set()

    async def _changes(self, run: str, seconds: float | None) -> AsyncIterator[tuple[int, str]]:
        """(number of events, state) at once, whenever either changes, and at the latest after ``PING``."""
        until = None if seconds is None else time.monotonic() + seconds
        self._listeners[run] += 1
        try:
            head = (await run_in_threadpool(self._runs.heads, [run])).get(run, (-1, ""))
            while True:
                yield head
                left = PING if until is None else min(PING, until - time.monotonic())
                if left <= 0 or self._over.is_set():
                    return
                seen = head
                try:
                    async with self._news:
                        await asyncio.wait_for(self._news.wait_for(partial(self._is_news, run, seen)), left)
                except TimeoutError:
                    continue
                head = self._heads.get(run, seen)
        finally:
            self._listeners[run] -= 1
            if not self._listeners[run]:
                del self._listeners[run]
                self._heads.pop(run, None)
