"""Serves all cases that a solver can treat in one process: ``python -m tests.backends.serve_cases SOLVER``.

A line of JSON each.
"""

from __future__ import annotations

import importlib
import io
import json
import os
import sys
import threading
import time
from dataclasses import asdict

import numpy as np

from solver.backends import wire
from solver.backends.catalogue import Backend, backend
from solver.backends.outcome import Options
from solver.backends.process import _arrays
from solver.backends.shrink import Shrunk
from tests.backends.cases import CASES, Case


def fits(engine: Backend, case: Case) -> bool:
    """Whether a solver can treat the program; a solver of relaxations gets the relaxation of none."""
    whole = np.array(case.whole)
    if not engine.integer:
        return not whole.any()
    return engine.continuous or bool(whole.all())


def answer(engine: Backend, case: Case) -> dict[str, object]:
    """What the adapter sends at the end, without what the parent takes off the program beforehand."""
    program = case.program
    options = Options(time_limit=20.0, gap=0.0, threads=1, solver=engine.name)
    whole = Shrunk(
        program,
        np.arange(program.columns),
        np.zeros(program.columns),
        np.arange(len(program.row_lower)),
    )
    replies = io.BytesIO()
    header = {
        "module": engine.module,
        "offset": program.offset,
        "options": asdict(options),
        "received": time.monotonic(),
    }
    importlib.import_module(engine.module).serve(header, _arrays(whole, None, None), replies, threading.Event())
    replies.seek(0)
    ending: dict[str, object] = {}
    while (message := wire.receive(replies)) is not None:
        if message[0]["kind"] == "end":
            ending = {**message[0], "x": message[1]["x"].tolist() if "x" in message[1] else None}
    return {"name": case.name, **ending}


def main() -> None:
    """Answers go to the real stdout; what solvers print does not."""
    out = os.fdopen(os.dup(1), "w")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    engine = backend(sys.argv[1])
    for case in CASES:
        if fits(engine, case):
            out.write(json.dumps(answer(engine, case)) + "\n")
            out.flush()


if __name__ == "__main__":
    main()
    sys.stderr.flush()
    os._exit(0)
