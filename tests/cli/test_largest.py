"""The largest size by the command line: made and validated in the time, the memory and the bytes that a planner has."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.test_hostile import GIGABYTE, ended

SECONDS, BYTES = 60.0, 150e6


@pytest.mark.slow
def test_the_largest_is_made_and_validated_within_a_minute_each(tmp_path: Path) -> None:
    """XL: 60 s of a core and 4 GB to make it and to validate it, below 150 MB of JSON; nothing but its two warnings is said."""
    file = tmp_path / "xl.json"
    code, seconds, kilobytes, said = ended(["generate", "XL", "-o", str(file)], tmp_path)
    assert (code, seconds < SECONDS, kilobytes < 4 * GIGABYTE) == (0, True, True), (said, seconds, kilobytes)
    assert file.stat().st_size < BYTES
    code, seconds, kilobytes, said = ended(["validate", str(file)], tmp_path)
    assert (code, seconds < SECONDS, kilobytes < 4 * GIGABYTE) == (0, True, True), (said[:1000], seconds, kilobytes)
    assert said.count("warning:") == said.count("can never be powered") == 2
