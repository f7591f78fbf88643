"""Versions of the software that computes the result."""

from __future__ import annotations

import importlib.metadata
import platform

PACKAGES = ("ampacity", "highspy", "numpy", "ortools", "pydantic", "pyomo", "scipy")


def versions() -> dict[str, str]:
    """Versions of Python and of each package that takes part, by name."""
    return {"python": platform.python_version(), **{name: importlib.metadata.version(name) for name in PACKAGES}}
