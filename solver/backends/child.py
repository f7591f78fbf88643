"""The solver's own process: reads one program from stdin, streams its findings to stdout, never outlives its parent.

HiGHS prints to stdout even when silenced, so the descriptor is moved away before any solver is imported.
"""

from __future__ import annotations

import importlib
import os
import signal
import threading
import time
import traceback
from typing import Any, BinaryIO


def main() -> None:
    """Serve one request."""
    replies = os.fdopen(os.dup(1), "wb")
    silent = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silent, 1)
    requests = os.fdopen(os.dup(0), "rb")
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    signal.signal(signal.SIGINT, signal.SIG_IGN)

    from solver.backends import wire

    request = wire.receive(requests)
    if request is None:
        return
    header, arrays = request
    header["received"], header["told"] = time.monotonic(), Told(header.get("cutoff"))
    threading.Thread(target=end_with_parent, args=(requests, header["told"]), daemon=True).start()
    worker = threading.Thread(target=_serve, args=(header, arrays, replies, stop), daemon=True)
    worker.start()
    while worker.is_alive():  # the main thread stays free for signals
        worker.join(0.05)
    replies.close()


def _serve(header: dict[str, Any], arrays: dict[str, Any], replies: BinaryIO, stop: threading.Event) -> None:
    """Hand the program to the one module that knows its solver, and report any failure to the parent."""
    from solver.backends import wire

    try:
        importlib.import_module(header["module"]).serve(header, arrays, replies, stop)
    except Exception as error:
        last = traceback.extract_tb(error.__traceback__)[-1]
        wire.send(replies, {"kind": "error", "message": f"{type(error).__name__}: {str(error)[:300]} ({last.name})"})


class Told:
    """What the parent tells while the solver runs: a cost from which on points are of no interest."""

    def __init__(self, cutoff: float | None) -> None:
        self.cutoff = float("inf") if cutoff is None else float(cutoff)


def end_with_parent(requests: BinaryIO, told: Told) -> None:
    """Take what the parent tells; end with it. It holds the other end of stdin for as long as it lives."""
    from solver.backends import wire

    while True:
        message = wire.receive(requests)
        if message is None:
            break
        told.cutoff = min(told.cutoff, float(message[0]["cutoff"]))
    if os.getpgrp() == os.getpid():  # kill the solvers started here as well
        os.killpg(0, signal.SIGKILL)
    os._exit(3)


if __name__ == "__main__":
    main()
    os._exit(0)  # a solver thread that does not return must not keep the process alive
