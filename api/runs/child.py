"""The process of one run: reads what to do from stdin, tells events on stdout, and never outlives its worker.

It knows neither the database nor any secret: instance and plan come and go as files in a folder of its own. It writes
lines of JSON:

    {"event": {...}, "plan": {...} or null}      an event, with the plan that it tells of
    {"done": {...}}                              the end; the files of the run lie in `files/`
    {"refused": [...]}                           what is wrong with the request
    {"unwritten": "..."}                         there is no room on the disk
    {"crashed": "..."}                           a solver's process failed before it found anything
"""

from __future__ import annotations

import errno
import json
import os
import signal
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

if TYPE_CHECKING:
    from api.runs.events import Event, Finished, Incumbent
    from models.plan import Plan

FILES, INSTANCE, START, LOG = "files", "instance.json", "start.json", "solver.log"
OPEN_FILES = 1024
LOST = 3  # exit code where the worker is gone
NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EFBIG)


def main() -> None:
    """Carries out one run."""
    began = time.monotonic()
    replies = os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # solvers print
    requests = os.fdopen(os.dup(0), "rb")
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    header = json.loads(requests.readline())
    stop = threading.Event()
    threading.Thread(target=_listen, args=(requests, stop), daemon=True).start()
    _limit(header)
    teller = EventTeller(replies)
    try:
        _carry_out(header, teller, stop, began)
    finally:
        replies.close()


def _listen(requests: BinaryIO, stop: threading.Event) -> None:
    """`stop` on a line keeps the plan. The worker holds the other end for as long as it lives; when it is gone, so are
    we, and solvers notice that by the same means.
    """
    for line in requests:
        if line.strip() == b"stop":
            stop.set()
    if os.getpgrp() == os.getpid():
        os.killpg(0, signal.SIGKILL)
    os._exit(LOST)


def _limit(header: dict[str, Any]) -> None:
    """Limits that the system keeps, for this process and each that it starts; the engine keeps tighter ones itself."""
    import resource

    memory, seconds = header["memory_bytes"], header["processor_seconds"]
    for kind, most in (
        (resource.RLIMIT_DATA, memory),
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_NOFILE, OPEN_FILES),
        (resource.RLIMIT_CORE, 0),
    ):
        _, hard = resource.getrlimit(kind)
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(kind, (most, most))


@dataclass
class _Held:
    """What has not been told yet: of plans and of bounds only the best counts."""

    incumbent: Incumbent | None = None
    bound: Event | None = None


class EventTeller:
    """Tells events from a thread of its own: to read a plan off the search may take seconds, and the search goes on."""

    def __init__(self, replies: BinaryIO) -> None:
        self._replies, self._writing = replies, threading.Lock()  # a worker that is slow to read holds up no search
        self._held, self._changed = _Held(), threading.Condition()
        self._over = False
        self._thread = threading.Thread(target=self._tell_all, daemon=True)
        self._thread.start()

    def hears(self, event: Event) -> None:
        """Takes an event from the threads that search."""
        from api.runs.events import Bound, Finished, Incumbent

        if isinstance(event, Incumbent):
            with self._changed:
                self._held.incumbent = event
                self._changed.notify()
        elif isinstance(event, Bound):
            with self._changed:
                self._held.bound = event
                self._changed.notify()
        elif isinstance(event, Finished):
            self._close(event)
        else:
            self.say({"event": event.document(), "plan": None})

    def say(self, message: dict[str, Any]) -> None:
        """One message, as a whole."""
        line = json.dumps(message, allow_nan=False).encode() + b"\n"
        with self._writing:
            self._replies.write(line)
            self._replies.flush()

    def _close(self, finished: Finished) -> None:
        """Tells what is left; a plan that was not read yet is no better than the one at the end."""
        with self._changed:
            self._over = True
            held, self._held = self._held, _Held()
            self._changed.notify()
        self._thread.join()
        if held.bound is not None:
            self.say({"event": held.bound.document(), "plan": None})
        if held.incumbent is not None and finished.plan is not None:
            self.say({"event": held.incumbent.document(), "plan": _dumped(finished.plan)})

    def _tell_all(self) -> None:
        while True:
            with self._changed:
                while not (self._over or self._held.incumbent or self._held.bound):
                    self._changed.wait()
                if self._over:
                    return
                held, self._held = self._held, _Held()
            if held.bound is not None:
                self.say({"event": held.bound.document(), "plan": None})
            if held.incumbent is not None:
                plan = _read(held.incumbent)
                if plan is not None:
                    self.say({"event": held.incumbent.document(), "plan": _dumped(plan)})


def _read(incumbent: Incumbent) -> Plan | None:
    try:
        return incumbent.plan()
    except Exception as error:  # the next plan may be readable, and the search goes on
        print(f"a plan cannot be read: {type(error).__name__}", file=sys.stderr)
        return None


def _dumped(plan: Any) -> Any:
    return plan.model_dump(mode="json", by_alias=True)


def _carry_out(header: dict[str, Any], teller: EventTeller, stop: threading.Event, began: float) -> None:
    from api.runs.execute import execute
    from api.runs.request import Request
    from api.runs.scratch import UnwritableError
    from models.errors import InputError, SolverError
    from solver.settings import Settings

    options = header["options"] | {"without": tuple(header["options"].get("without", ()))}
    start = START if Path(START).exists() else None
    try:
        settings = Settings(**options, log=LOG)
        request = Request(INSTANCE, header["scenario"], settings, header["cross_check"], start)
        run = execute(request, teller.hears, stop, began)
        Path(FILES).mkdir(exist_ok=True)
        for name, content in run.files().items():
            (Path(FILES) / name).write_bytes(content)
    except UnwritableError as error:
        teller.say({"unwritten": error.problems[0].rule})
        return
    except InputError as error:
        teller.say({"refused": [f"{problem.place}: {problem.rule}" for problem in error.problems]})
        return
    except SolverError as error:
        teller.say({"crashed": str(error)})
        return
    except OSError as error:
        if error.errno not in NO_ROOM:
            raise
        teller.say({"unwritten": error.strerror or "the disk is full"})
        return
    result = run.result
    teller.say(
        {
            "done": {
                "exit_code": int(run.exit_code),
                "state": run.state,
                "stopped": result.stopped,
                "holds": "none" if result.plan is None else "plan",
                "objective_usd": result.objective_usd,
                "bound_usd": result.bound_usd,
                "gap": result.gap,
                "message": result.message,
            }
        }
    )


if __name__ == "__main__":
    main()
