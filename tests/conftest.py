"""What holds for all tests."""

from __future__ import annotations

import pytest

TRIES = 3


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A test marked `wall_clock` passes if one of three tries does: what else runs on a machine only ever takes time
    away, so the quickest try is the nearest to what the code needs.
    """
    for item in items:
        if item.get_closest_marker("wall_clock"):
            item.add_marker(pytest.mark.flaky(reruns=TRIES - 1))
