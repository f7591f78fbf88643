"""Claims runs and carries them out, each in a process of its own; takes over what dead workers have left.

A worker shows that it lives by counting up. The others watch the count by their own monotonic clocks, so that a step
of the time of day, on whatever machine, takes nobody for dead.
"""

from __future__ import annotations

import os
import secrets
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import structlog

from api.service.carrier import Carrier
from api.service.database import StorageError

if TYPE_CHECKING:
    from api.service.runs import Claim
    from api.service.settings import ServiceSettings
    from api.service.store import Store

POLL = 0.1  # seconds between looks into the queue
BEATS = 4  # signs of life within a heartbeat
PATIENCE = 1.5  # heartbeats of silence; what is noticed and taken over within two
SWEEP = 3600.0  # seconds between two removals of what is older than the retention

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
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _over: threading.Event = field(default_factory=threading.Event)

    def run(self, over: threading.Event) -> None:
        """Works until ``over`` is set; whatever the database says meanwhile, it tries again."""
        beating = threading.Thread(target=self._live, name="heartbeat", daemon=True)
        entered = False
        while not over.is_set():
            try:
                if not entered:
                    self._enter()
                    entered = True
                    beating.start()
                self._obey()
                self._claim()
            except StorageError as error:
                log.warning("storage", reason=str(error))
                over.wait(1.0)
            over.wait(POLL)
        self._over.set()
        self._give_back()
        if entered:
            beating.join()
            try:
                self.store.runs.leave(self.id)
            except StorageError as error:
                log.warning("storage", reason=str(error))

    def _enter(self) -> None:
        host, pid = host_id(), os.getpid()
        self.store.runs.enter(self.id, host, pid, psutil.Process().create_time())
        self._take_over()

    def _claim(self) -> None:
        while len(self._active()) < self.settings.slots:
            claim = self.store.runs.claim(self.id, self.settings.running_per_key)
            if claim is None:
                return
            log.info("run claimed", run=claim.run, attempt=claim.attempt)
            carrier = Carrier(self.store, self.settings, claim)
            with self._lock:
                self._carriers[claim] = carrier
            carrier.start()

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
        interval = self.settings.heartbeat_seconds / BEATS
        next_sweep = 0.0
        while not self._over.wait(interval):
            try:
                spent = {claim: carrier.spent for claim, carrier in self._active().items()}
                if not self.store.runs.beat(self.id, spent):
                    self._enter()  # somebody took this worker for dead
                self._take_over()
                if time.monotonic() >= next_sweep and self.settings.retention_days:
                    next_sweep = time.monotonic() + SWEEP
                    self.store.runs.expire(self.settings.retention_days)
                    self.store.instances.expire(self.settings.retention_days)
            except StorageError as error:
                log.warning("storage", reason=str(error))

    def _take_over(self) -> None:
        """Puts the runs of dead workers back into the queue."""
        present = time.monotonic()
        known = {worker.id: worker for worker in self.store.runs.workers()}
        dead = []
        for name, worker in known.items():
            seen = self._seen.get(name)
            if seen is None or seen.beat != worker.beat:
                seen = self._seen[name] = _Seen(worker.beat, present)
            silent = present - seen.at > PATIENCE * self.settings.heartbeat_seconds
            if name != self.id and (silent or (worker.host == host_id() and not _lives(worker.pid, worker.born))):
                dead.append(name)
        self._seen = {name: seen for name, seen in self._seen.items() if name in known and name not in dead}
        for name in [*dead, *self.store.runs.strays()]:
            taken = self.store.runs.take_from(name, self.settings.kills_before_giving_up)
            log.warning("worker dead", dead=name, runs=taken)
            self.store.audit.add(f"worker {self.id}", f"take over from worker {name}")

    def _give_back(self) -> None:
        for carrier in self._active().values():
            carrier.end("given back")
        for carrier in self._active().values():
            carrier.join(timeout=10.0)  # not for ever: the database may be gone


def host_id() -> str:
    """The machine since it was started, and the space in which process numbers count."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        return f"{boot}/{os.stat('/proc/self/ns/pid').st_ino}"  # noqa: PTH116 (a link that leads to no path)
    except OSError:
        import platform

        return f"{platform.node()}/{psutil.boot_time():.0f}"


def _lives(pid: int, born: float) -> bool:
    try:
        return abs(psutil.Process(pid).create_time() - born) < 2.0
    except psutil.NoSuchProcess:
        return False
    except psutil.Error:
        return True
