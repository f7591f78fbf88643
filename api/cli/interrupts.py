"""Signals to a command that solves: the first keeps the plan, the second ends the process at once."""

from __future__ import annotations

import os
import signal
import threading

from api.runs.exit_codes import Exit
from api.runs.scratch import abandon


def stop_on_signals() -> threading.Event:
    """An event that the first interrupt, request to end or hangup sets.

    They are counted in a thread, where each arrives as it is sent: two that come while the main thread is deep in
    arithmetic would reach a handler as one.
    """
    stop = threading.Event()
    arrived, sent = os.pipe()
    os.set_blocking(sent, False)
    signal.set_wakeup_fd(sent, warn_on_full_buffer=False)
    for kind in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(kind) is not signal.SIG_IGN:  # `nohup` wants no end when the terminal goes
            signal.signal(kind, lambda *_: None)
    threading.Thread(target=_count, args=(arrived, stop), daemon=True).start()
    return stop


def _count(arrived: int, stop: threading.Event) -> None:
    os.read(arrived, 1)
    stop.set()
    os.read(arrived, 1)
    abandon()
    os._exit(int(Exit.KILLED))
