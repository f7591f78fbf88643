"""`ampacity` under a clock that somebody sets: `python -m tests.service.shifted FILE WORDS...`.

FILE holds the seconds by which the time of day is off; it may change at any time. As on a real machine, it moves the
moments at which processes were started as well, and no monotonic clock.
"""

from __future__ import annotations

import sys
import time
from datetime import datetime, timedelta, tzinfo
from pathlib import Path

import psutil

from api.cli.__main__ import main
from api.service import times

_file = Path(sys.argv.pop(1))
_time, _create_time = time.time, psutil.Process.create_time


def _shift() -> float:
    text = _file.read_text()
    return float(text) if text else 0.0


class _Shifted(datetime):
    @classmethod
    def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
        return datetime.now(tz) + timedelta(seconds=_shift())


time.time = lambda: _time() + _shift()
setattr(psutil.Process, "create_time", lambda self: _create_time(self) + _shift())  # noqa: B010
setattr(times, "datetime", _Shifted)  # noqa: B010
main()
