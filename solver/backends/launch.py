"""How a process of our own is started: by the same Python and code as this one, whatever the caller's folder holds."""

from __future__ import annotations

import os
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def command(module: str, *words: str) -> list[str]:
    """Return the command that runs one of our modules; `-P` keeps a `solver.py` in the caller's folder out."""
    return [sys.executable, "-P", "-m", module, *words]


def environment(**more: str) -> dict[str, str]:
    """Return the caller's environment, with our own code first on the path, and the programs beside our Python last."""
    paths = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    programs = [*filter(None, [os.environ.get("PATH")]), str(Path(sys.executable).parent)]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths), "PATH": os.pathsep.join(programs), **more}
