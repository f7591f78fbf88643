"""The largest size by the command line: made and validated in the time, the memory and the bytes that a planner has."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.cli.test_hostile import GIGABYTE, ended

if TYPE_CHECKING:
    from pathlib import Path

SECONDS, BYTES = 60.0, 150e6
MEANT = ("inside a period", "that never count", "no site may ever serve", "cannot be kept anywhere")


@pytest.mark.wall_clock
@pytest.mark.slow
def test_the_largest_is_made_and_validated_within_a_minute_each(tmp_path: Path) -> None:
    """XL: 60 s of a core and 4 GB to make it and to validate it, below 150 MB of JSON.

    What is warned of is its two pools and kinds that are meant.
    """
    file = tmp_path / "xl.json"
    code, seconds, kilobytes, said = ended(["generate", "XL", "-o", str(file)], tmp_path)
    assert (code, seconds < SECONDS, kilobytes < 4 * GIGABYTE) == (0, True, True), (said, seconds, kilobytes)
    assert file.stat().st_size < BYTES
    code, seconds, kilobytes, said = ended(["validate", str(file)], tmp_path)
    assert (code, seconds < SECONDS, kilobytes < 4 * GIGABYTE) == (0, True, True), (said[:1000], seconds, kilobytes)
    about = [
        line for line in said.splitlines() if line.startswith("warning:") and not any(kind in line for kind in MEANT)
    ]
    assert len(about) == said.count("can never be powered") == 2, about
