"""Signals to `solve`: the first ends the search and keeps the plan, the second ends the process at once."""

from __future__ import annotations

import os
import signal
import threading

from api.runs.exit_codes import Exit
from api.runs.scratch import abandon


def stop_on_signals() -> threading.Event:
    """Returns an event that the first SIGINT, SIGTERM or SIGHUP sets.

    A thread counts the signals as they arrive. A handler would see two of them as one if both came while the main
    thread was busy in native code.
    """
    stop = threading.Event()
    arrived, sent = os.pipe()
    os.set_blocking(sent, False)
    signal.set_wakeup_fd(sent, warn_on_full_buffer=False)
    for kind in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(kind) is not signal.SIG_IGN:  # under `nohup` the process outlives its terminal
            signal.signal(kind, lambda *_: None)
    threading.Thread(target=_count, args=(arrived, stop), daemon=True).start()
    return stop


def _count(arrived: int, stop: threading.Event) -> None:
    os.read(arrived, 1)
    stop.set()
    os.read(arrived, 1)
    abandon()
    os._exit(int(Exit.KILLED))
