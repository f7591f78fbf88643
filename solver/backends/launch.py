"""How a process of our own is started: by the same Python and the same code as this one, whatever lies in the caller's
folder.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def command(module: str, *words: str) -> list[str]:
    """The words that run a module of ours. `-P`: a file `solver.py` where the caller stands is not taken for it."""
    return [sys.executable, "-P", "-m", module, *words]


def environment(**more: str) -> dict[str, str]:
    """The caller's environment, in which our own code comes first."""
    paths = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths), **more}
