"""Pages whose commands talk to a server: their fences, run one after the other in one shell."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.test_readme import FENCE

ELLIPSIS = "…"
LONGEST = 120.0  # seconds that a fence may take
CURL = r"""#!/bin/sh
exec {curl} -w '%{{stderr}}%{{http_code}}\n' "$@" 2>> {statuses}
"""


@dataclass(frozen=True)
class Fence:
    """A fence of a page: its language, its text, and what the page shows as the answer."""

    what: str
    text: str
    shown: str | None

    @property
    def refused(self) -> list[str]:
        """The statuses that the page says its requests are refused with, in comments."""
        words = (line.strip()[1:].strip()[:3] for line in self.text.splitlines() if line.lstrip().startswith("#"))
        return [word for word in words if word.isdecimal()]


def fences_of(page: str) -> list[Fence]:
    """The fences of a page in its order; JSON is what the fence before it answers."""
    found: list[Fence] = []
    for what, text in FENCE.findall(page):
        if what == "json":
            found[-1] = Fence(found[-1].what, found[-1].text, text)
        else:
            found.append(Fence(what, text, None))
    return found


class Shell:
    """Runs fences in a folder with `.venv` and `instances` in it; variables and functions stay from one to the next."""

    def __init__(self, folder: Path, environment: dict[str, str] | None = None) -> None:
        self.folder, self._state, self._statuses = folder, folder / ".state", folder / ".statuses"
        (folder / ".venv").symlink_to(Path(sys.executable).parents[1])
        (folder / "instances").symlink_to(Path(__file__).parents[2] / "instances")
        tools = folder / ".tools"
        tools.mkdir()
        curl = tools / "curl"
        curl.write_text(CURL.format(curl=shutil.which("curl"), statuses=self._statuses))
        curl.chmod(0o755)
        self._environment = {**os.environ, "PATH": f"{tools}:{os.environ['PATH']}", **(environment or {})}
        self._state.touch()

    def run(self, text: str) -> tuple[str, list[str]]:
        """What a fence prints, and the statuses of its requests."""
        self._statuses.write_text("")
        script = (
            f"source {self._state} 2>/dev/null\nset -eu -o pipefail\n{text}\n"
            f"{{ declare -p; declare -f; }} > {self._state}\n"
        )
        done = subprocess.run(
            ["bash", "-c", script],
            cwd=self.folder,
            env=self._environment,
            capture_output=True,
            text=True,
            timeout=LONGEST,
            check=False,
        )
        statuses = self._statuses.read_text().split()
        assert done.returncode == 0, f"{text}\n{statuses}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}"
        assert "Traceback" not in done.stderr, done.stderr
        return done.stdout, statuses


def differs(shown: Any, found: Any, place: str = "") -> list[str]:
    """Where an answer is of another shape than the one that a page shows; `…` stands for more members or text."""
    if isinstance(shown, dict) and isinstance(found, dict):
        more = ELLIPSIS in shown
        names = set(shown) - {ELLIPSIS}
        wrong = names - set(found) if more else names ^ set(found)
        parts = [part for name in names & set(found) for part in differs(shown[name], found[name], f"{place}/{name}")]
        return [*(f"{place}/{name}" for name in sorted(wrong)), *parts]
    if isinstance(shown, list) and isinstance(found, list):
        if shown and not found:
            return [f"{place}/0"]
        return [part for one in shown for part in differs(one, found[0], f"{place}/0")]
    if shown is None or found is None:
        return [] if shown is None or place else [place]
    kinds = [float if isinstance(one, int) and not isinstance(one, bool) else type(one) for one in (shown, found)]
    return [] if kinds[0] is kinds[1] else [place]


def shape(shown: str, found: str) -> list[str]:
    """`differs` of what a page shows and of the last document that was printed."""
    document, rest = None, found.strip()
    while rest:
        document, end = json.JSONDecoder().raw_decode(rest)
        rest = rest[end:].lstrip()
    return differs(json.loads(shown), document)
