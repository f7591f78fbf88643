"""The command line as another program sees it: an exit code, and one document on stdout."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]


def ampacity(*words: str) -> tuple[int, Any]:
    """Exit code and the document on stdout."""
    run = subprocess.run(
        [sys.executable, "-m", "api.cli", *words, "--format", "json"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Traceback" not in run.stderr, run.stderr
    return run.returncode, json.loads(run.stdout)
