"""Claims runs and carries them out, each in a process of its own; takes over what dead workers have left.

A worker shows that it lives by counting up. The others watch the count by their own monotonic clocks, so that a step
of the time of day, on whatever machine, takes nobody for dead. Silence counts only while they could have heard a sign
of life: after a database was gone, or its disk full, or the watcher itself was halted, they begin to count anew.
"""

from __future__ import annotations

import os
import secrets
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import structlog

from api.runs.alive import born, lives
from api.runs.child import LOG
from api.runs.child_folders import PREFIX
from api.runs.host import host_id
from api.runs.leftovers import remove_leftovers
from api.service.carrier import Carrier
from api.service.database import StorageError
from api.service.defects import where

if TYPE_CHECKING:
    from collections.abc import Callable

    from api.service.runs import Claim
    from api.service.settings import ServiceSettings
    from api.service.store import Store

POLL = 0.1  # seconds between looks into the queue
BEATS = 4  # signs of life within a heartbeat
PATIENCE = 1.4  # heartbeats of silence; with what it takes to notice, runs are taken over within two
SWEEP = 3600.0  # seconds between two removals of what is older than the retention
AGAIN = 1.0  # seconds until the database is asked again
ENDING = 10.0  # seconds in which runs are given back; then others take them over

log = structlog.get_logger("ampacity.worker")


@dataclass
class _Seen:
    """The count of another worker, and when it was seen to change."""

    beat: int
    at: float


@dataclass
class Worker:
    """A worker on a store; `run` returns when it is told to end, and gives its runs back before."""

    store: Store
    settings: ServiceSettings
    id: str = field(default_factory=lambda: secrets.token_hex(6))
    _carriers: dict[Claim, Carrier] = field(default_factory=dict)
    _seen: dict[str, _Seen] = field(default_factory=dict)
    _looked: float = 0.0  # when the others were looked at
    _next_sweep: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _over: threading.Event = field(default_factory=threading.Event)

    def run(self, over: threading.Event) -> None:
        """Works until ``over`` is set; whatever the database says meanwhile, it tries again."""
        remove_leftovers(PREFIX)
        while not (self._try(self._enter) or over.wait(AGAIN)):
            pass
        beating = threading.Thread(target=self._live, name="heartbeat", daemon=True)
        beating.start()
        while not over.wait(POLL):
            if not self._try(self._look):
                over.wait(AGAIN)
        self._give_back()
        self._over.set()
        beating.join()
        if not self._active():
            self._try(lambda: self.store.runs.leave(self.id))

    def _try(self, work: Callable[[], None]) -> bool:
        """Does something with the database; False where it could not be done."""
        try:
            work()
        except StorageError:
            log.warning("storage")
            return False
        except Exception as error:  # a defect must not end a worker that others take for alive
            log.error("defect", error=type(error).__name__, where=where(error))
            return False
        return True

    def _enter(self) -> None:
        """Makes itself known, by a new name where others have given up the old one: nothing of that holds any more."""
        self.id = secrets.token_hex(6) if self._looked else self.id
        self.store.runs.enter(self.id, host_id(), os.getpid(), born(os.getpid()) or 0.0)
        self._take_over()

    def _look(self) -> None:
        self._obey()
        self._claim()

    def _claim(self) -> None:
        while len(self._active()) < self.settings.slots:
            claim = self.store.runs.claim(self.id, self.settings.running_per_key)
            if claim is None:
                return
            log.info("run claimed", run=claim.run, attempt=claim.attempt)
            carrier = Carrier(self.store, self.settings, claim)
            with self._lock:  # nobody may see one that is not alive yet
                carrier.start()
                self._carriers[claim] = carrier

    def _active(self) -> dict[Claim, Carrier]:
        with self._lock:
            self._carriers = {claim: carrier for claim, carrier in self._carriers.items() if carrier.is_alive()}
            return dict(self._carriers)

    def _obey(self) -> None:
        """Passes on what is asked of the runs; those whose lease is lost are ended."""
        active = self._active()
        if not active:
            return
        asked = self.store.runs.asked(active)
        for claim, carrier in active.items():
            if claim not in asked:
                carrier.end("lost")
            elif asked[claim] == "cancel":
                carrier.end("cancelled")
            elif asked[claim] == "stop":
                carrier.stop()

    def _live(self) -> None:
        while not self._over.wait(self.settings.heartbeat_seconds / BEATS):
            self._try(self._beat)

    def _beat(self) -> None:
        active = self._active()
        if self.store.runs.beat(self.id, {claim: carrier.spent for claim, carrier in active.items()}):
            self._take_over()
            for claim, carrier in active.items():
                if (content := carrier.new_log()) is not None:
                    self.store.runs.keep(claim, {LOG: content})
        else:  # somebody took this worker for dead
            self._enter()
        if self.settings.retention_days and time.monotonic() >= self._next_sweep:
            removed = self.store.runs.expire(self.settings.retention_days)
            removed += self.store.instances.expire(self.settings.retention_days)
            if not removed:  # else there may be more, and beats come first
                self._next_sweep = time.monotonic() + SWEEP
            remove_leftovers(PREFIX)

    def _take_over(self) -> None:
        """Puts the runs of dead workers back into the queue."""
        known = {worker.id: worker for worker in self.store.runs.workers()}
        present = time.monotonic()
        if present - self._looked > self.settings.heartbeat_seconds:
            self._seen.clear()
        self._looked = present
        dead: dict[str, int | None] = {}
        for name, worker in known.items():
            seen = self._seen.get(name)
            if seen is None or seen.beat != worker.beat:
                seen = self._seen[name] = _Seen(worker.beat, present)
            silent = present - seen.at > PATIENCE * self.settings.heartbeat_seconds
            if name != self.id and (silent or (worker.host == host_id() and not lives(worker.pid, worker.born))):
                dead[name] = worker.beat
        self._seen = {name: seen for name, seen in self._seen.items() if name in known}
        dead |= dict.fromkeys(self.store.runs.strays())
        for name, beat in dead.items():
            taken = self.store.runs.take_from(name, beat, self.settings.kills_before_giving_up, self.id)
            log.warning("worker dead", dead=name, runs=taken)

    def _give_back(self) -> None:
        active = self._active().values()
        for carrier in active:
            carrier.end("given back")
        until = time.monotonic() + ENDING  # not for ever: the database may be gone
        for carrier in active:
            carrier.join(timeout=max(0.0, until - time.monotonic()))
