"""A solver that behaves oddly in the way that its name says, for the tests of what is around a solver's process."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from solver.backends import wire

if TYPE_CHECKING:
    import threading

LOUD = 1_000_000  # bytes, far more than a pipe holds


def serve(header: dict[str, Any], arrays: dict[str, Any], replies: BinaryIO, stop: threading.Event) -> None:
    """`odd:loud`, `odd:broken` after a point, `odd:orphan`: ends and leaves a process that holds its stdout."""
    behaviour = header["options"]["solver"].split(":", 1)[1]
    x = np.array(arrays["lower"])
    point = {"objective": float(arrays["cost"] @ x + header["offset"])}
    if behaviour == "loud":
        sys.stderr.write("x" * LOUD)
        sys.stderr.flush()
    elif behaviour == "broken":
        wire.send(replies, {"kind": "point", **point}, {"x": x})
        raise RuntimeError("something broke")
    elif behaviour == "orphan":
        subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], pass_fds=(replies.fileno(),))
        os._exit(9)
    wire.send(replies, {"kind": "end", "stopped": "optimal", "message": "", "solver": "odd", **point}, {"x": x})
