"""One run in a process of its own: started, listened to, ended; what it tells is on disk before anybody can see it."""

from __future__ import annotations

import json
import os
import threading
import time
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any

import structlog

from api.runs import child
from api.runs.child_folders import make_folder, remove_folder
from api.runs.child_process import close_child, death_of, kill_child, start_child
from api.service.database import StorageError
from api.service.defects import where
from api.service.runs import PLAN, Claim, CostAndBound, End, RunState, ended, finished, known_of
from solver.backends.launch import environment

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from pathlib import Path

    from api.service.settings import ServiceSettings
    from api.service.store import Store

LEAST = 2.0  # seconds that an attempt gets, however little its run has left
MORE = 60.0  # the same where those did not suffice to restore the best plan of earlier attempts
LATE = 60.0  # seconds beyond its limit after which a process is taken to hang
AGAIN = 1.0  # seconds until the database is asked again
PAUSE = 5.0  # seconds without a new run where there was no room for the files of one
LONGEST = 2000  # characters of a reason
KEPT = (  # of the environment; the rest of it may hold secrets
    "PATH", "HOME", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR", "LD_LIBRARY_PATH", "VIRTUAL_ENV", "SYSTEMROOT",
    "OMP_NUM_THREADS", "GRB_LICENSE_FILE", "XPAUTH_PATH", "ILOG_LICENSE_FILE",
)  # fmt: skip
SUCCEEDED = (0, 4, 5, 6)  # exit codes: an instance that allows no plan was answered as well
NO_PLAN, CRASHED = 6, 7
HANGS = "it did not end in time"

log = structlog.get_logger("ampacity.worker")


class Carrier(threading.Thread):
    """Carries out a claimed run."""

    def __init__(self, store: Store, settings: ServiceSettings, claim: Claim) -> None:
        super().__init__(name=f"run {claim.run}", daemon=True)
        self._store, self._settings, self._claim = store, settings, claim
        self._process: subprocess.Popen[bytes] | None = None
        self._time: tuple[float, float | None] = claim.spent, None  # spent before, and when its process was started
        self._limit = 0.0  # seconds that its process may take
        self._unstored = 0.0  # seconds that its process may have waited for the database
        self._least = LEAST
        self._folder: Path | None = None
        self._logged = 0  # bytes of the log that have been read
        self._why: str | None = None  # lost, cancelled, given back or HANGS
        self._death = "it could not be started"
        self._ended = threading.Event()
        self._stopped = False
        self._lock = threading.Lock()
        self._known = CostAndBound(None, None)

    @property
    def spent(self) -> float:
        """Seconds of the run's time limit, those of earlier attempts included; to wait for the database costs none."""
        before, began = self._time
        if began is None:
            return before
        passed = time.monotonic() - began
        return before + min(passed, max(self._limit, passed - self._unstored))

    def new_log(self) -> bytes | None:
        """The log of the solver so far; None where it has not grown since the last call."""
        folder = self._folder
        if folder is None:
            return None
        try:
            content = (folder / child.LOG).read_bytes()
        except OSError:  # the solver has not begun, or the run has ended
            return None
        if len(content) == self._logged:
            return None
        self._logged = len(content)
        return content

    def stop(self) -> None:
        """Asks the search to end and to keep its plan."""
        with self._lock:
            if self._stopped or self._process is None or self._process.stdin is None:
                return
            self._stopped = True
            with suppress(OSError):
                self._process.stdin.write(b"stop\n")
                self._process.stdin.flush()

    def end(self, why: str) -> None:
        """Ends the process at once, with all that it has started."""
        with self._lock:
            if self._why is None:
                self._why = why
                self._ended.set()
                if self._process is not None:
                    kill_child(self._process)

    def run(self) -> None:
        """Of the thread."""
        folder = None
        try:
            folder = self._folder = make_folder()
            done = self._carry_out(folder)
            if self._has_lost_its_plan(done):
                self._least = MORE
                done = self._carry_out(folder)
            self._settle(done, folder)
        except OSError as error:
            log.error("run not carried out", run=self._claim.run, reason=error.strerror or type(error).__name__)
            self._insist(lambda: self._release(killed=False))
            self._ended.wait(PAUSE)
        except Exception as error:  # a defect must not leave the run without an end
            name = type(error).__name__
            log.error("run not carried out", run=self._claim.run, reason=name, where=where(error))
            why = f"{type(error).__name__} in the worker"
            self._insist(lambda: self._release(killed=True, why=why))
        finally:
            self._folder = None
            if folder is not None:
                remove_folder(folder)

    def _carry_out(self, folder: Path) -> dict[str, Any] | None:
        """Starts the process and takes what it tells; its last message, None where it died without one."""
        claim = self._claim
        content = self._insist(lambda: self._store.instances.content(claim.instance_sha256))
        plan = self._insist(lambda: self._store.runs.file(claim.run, PLAN))
        row = self._insist(lambda: self._store.runs.get(claim.run))
        if row is None:  # the lease is lost, and the run removed since
            self.end("lost")
            return None
        self._known = known_of(row)
        (folder / child.INSTANCE).write_bytes(content)
        if plan is not None:
            (folder / child.START).write_bytes(plan)
        header = self._header()
        self._limit = header["options"]["time_limit"]
        process = self._start(folder, header)
        if process is None:
            return None
        guard = threading.Thread(target=self._guard, args=(process, self._limit + LATE), daemon=True)
        guard.start()
        try:
            message = self._converse(process)
            if message is None:
                self._death = death_of(process)
            return message
        finally:
            with self._lock:
                kill_child(process)
                process.wait()
                self._process = None  # its id may be another's from now on
                self._time = self.spent, None
            close_child(process)

    def _start(self, folder: Path, header: dict[str, Any]) -> subprocess.Popen[bytes] | None:
        """The process, which has been told what to do; None where the run is to end before it has begun."""
        with self._lock:
            if self._why is not None:
                return None
            process = start_child(folder, _environment(folder), header)
            self._time = self._time[0], time.monotonic()
            self._process = process  # from now on `stop` writes to it
        return process

    def _guard(self, process: subprocess.Popen[bytes], seconds: float) -> None:
        """Ends a process that hangs; one that waits for a worker that waits for the database does not."""
        until = time.monotonic() + seconds
        while self._process is process:
            if time.monotonic() > until + self._unstored:
                self.end(HANGS)
                return
            self._ended.wait(1.0)
            if self._ended.is_set():
                return

    def _header(self) -> dict[str, Any]:
        asked = self._claim.request
        options = dict(asked["options"])
        options["time_limit"] = max(self._least, options["time_limit"] - self._time[0])
        most = self._settings.run_memory_gb
        options["memory_limit_gb"] = min(most, options.get("memory_limit_gb") or most)
        return {
            "scenario": asked.get("scenario"),
            "cross_check": asked.get("cross_check"),
            "options": options,
            "memory_bytes": int(options["memory_limit_gb"] * 1.5e9) + 2_000_000_000,
            "processor_seconds": int((options["time_limit"] + LATE) * (os.cpu_count() or 1)),
        }

    def _converse(self, process: subprocess.Popen[bytes]) -> dict[str, Any] | None:
        assert process.stdout is not None
        for line in process.stdout:
            try:
                message = json.loads(line)
            except ValueError:  # it died in the middle of a line
                break
            if "event" not in message:
                return dict(message)
            if not self._insist(partial(self._record, message)):
                self.end("lost")
        return None

    def _has_lost_its_plan(self, message: dict[str, Any] | None) -> bool:
        """Whether the time that was left did not even suffice to restore the best plan of earlier attempts."""
        if message is None or "done" not in message or self._why is not None or self._least == MORE:
            return False
        done = message["done"]
        return done["holds"] == "none" and done["exit_code"] == NO_PLAN and self._known.objective_usd is not None

    def _record(self, message: dict[str, Any]) -> bool:
        """Keeps an event and its plan; of later attempts only what is better than what was known."""
        event, known, plan = dict(message["event"]), None, None
        event["seconds"] = round(event["seconds"] + self._time[0], 3)
        if event["event"] in ("incumbent", "bound"):
            better = self._better(event)
            if better is None:
                return True
            known, plan = better, message["plan"]
            event |= {"objective_usd": known.objective_usd, "bound_usd": known.bound_usd, "gap": known.gap}
        content = None if plan is None else json.dumps(plan, ensure_ascii=False, allow_nan=False).encode() + b"\n"
        held = self._store.runs.record(self._claim, [event], known, content, self.spent)
        if held and known is not None:
            self._known = known
        return held

    def _better(self, event: dict[str, Any]) -> CostAndBound | None:
        """What is known with an event; None where it tells nothing new."""
        objective, bound = self._known.objective_usd, self._known.bound_usd
        if event["event"] == "incumbent":
            if objective is not None and event["objective_usd"] >= objective:
                return None
            objective = event["objective_usd"]
        elif bound is not None and event["bound_usd"] <= bound:
            return None
        else:
            bound = event["bound_usd"]
        return CostAndBound(objective, bound)

    def _settle(self, message: dict[str, Any] | None, folder: Path) -> None:
        """Writes the end, or gives the run back."""
        why, message = self._why, message or {}
        done = message.get("done")
        if why == "lost":
            return
        if why == "cancelled":
            self._finish("cancelled", "cancelled")
        elif done is not None and done["exit_code"] != CRASHED:
            contents = {path.name: path.read_bytes() for path in sorted((folder / child.FILES).iterdir())}
            end = self._end_of(done)
            if self._insist(lambda: self._store.runs.finish(self._claim, end, contents, self.spent)):
                log.info("run ended", run=self._claim.run, state=end.state, stopped=end.stopped)
        elif "refused" in message:
            self._finish("failed", "; ".join(message["refused"])[:LONGEST])
        elif "unwritten" in message:
            raise OSError(None, message["unwritten"])
        elif why == "given back":
            self._insist(lambda: self._release(killed=False))
        else:
            words = str(done["message"] if done is not None else message.get("crashed") or why or self._death)
            log.warning("run's process died", run=self._claim.run, attempt=self._claim.attempt, reason=words[:LONGEST])
            self._insist(lambda: self._release(killed=True, why=words[:LONGEST]))

    def _end_of(self, done: dict[str, Any]) -> End:
        code, objective = done["exit_code"], done["objective_usd"]
        state: RunState = "succeeded" if code in SUCCEEDED else "failed"
        reason = None if code in (0, 5) else done["message"] or done["state"]
        if done["holds"] == "none" and self._known.objective_usd is not None:
            objective, state = self._known.objective_usd, "failed"
            reason = "the best plan so far could not be restored, so it is not checked"
        bounds = [bound for bound in (done["bound_usd"], self._known.bound_usd) if bound is not None]
        known = CostAndBound(objective, max(bounds, default=None))
        holds = "none" if objective is None else "plan"
        document = finished(state, self.spent, known, reason, exit_code=code, stopped=done["stopped"], holds=holds)
        return End(state, document, done["stopped"], code, reason, known)

    def _finish(self, state: RunState, reason: str) -> None:
        end = ended(state, self.spent, self._known, reason, "stopped" if state == "cancelled" else None)
        self._insist(lambda: self._store.runs.finish(self._claim, end, {}, self.spent))

    def _release(self, killed: bool, why: str | None = None) -> bool:
        most = self._settings.kills_before_giving_up
        return self._store.runs.release(self._claim, killed, most, self.spent, why)

    def _insist(self, work: Callable[[], Any]) -> Any:
        """Does something with the database, and again until it can be done: a full disk has room again one day."""
        since = time.monotonic()
        while True:
            try:
                return work()
            except StorageError as error:
                log.warning("storage", run=self._claim.run, reason=str(error))
                time.sleep(AGAIN)
                self._unstored += time.monotonic() - since
                since = time.monotonic()


def _environment(folder: Path) -> dict[str, str]:
    """What a run's process may know of the worker's environment."""
    ours = environment()
    return {name: ours[name] for name in (*KEPT, "PYTHONPATH") if name in ours} | {"TMPDIR": str(folder)}
