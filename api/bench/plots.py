"""Plots of a benchmark as SVG, the same for the same figures."""

from __future__ import annotations

import importlib.util
import io
from typing import TYPE_CHECKING, Any

from models.errors import InputError, Problem

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from api.bench.rows import Figures

POINTS = 200  # in time


def refuse_without_matplotlib() -> None:
    """Tells early that plots cannot be drawn.

    Raises:
        InputError: when matplotlib is not installed.
    """
    if importlib.util.find_spec("matplotlib") is None:
        rule, fix = "needs matplotlib, which is not installed", "pip install 'ampacity[bench]'"
        raise InputError([Problem("", None, rule, fix, "ampacity bench")])


def gap_plot(title: str, by_backend: Mapping[str, Sequence[Figures]]) -> bytes:
    """The mean gap between plan and bound over time, one line for each contender."""
    figure, axes = _axes(title, "seconds", "mean gap between plan and bound, %")
    limit = max((one.trace.limit for figures in by_backend.values() for one in figures), default=1.0)
    times = [limit * number / POINTS for number in range(POINTS + 1)]
    for name, figures in by_backend.items():
        means = [sum(one.trace.gap_at(seconds) for one in figures) / max(1, len(figures)) for seconds in times]
        axes.plot(times, [100 * mean for mean in means], label=name, drawstyle="steps-post")
    axes.set_ylim(0, 100)
    axes.set_xlim(0, limit)
    return _drawn(figure, axes)


def profile_plot(title: str, profile: Mapping[str, Sequence[tuple[float, float]]]) -> bytes:
    """A performance profile, one line for each contender."""
    figure, axes = _axes(title, "factor of the best", "share of the problems, %")
    most = max((factor for steps in profile.values() for factor, _ in steps), default=1.0) * 1.1
    for name, steps in profile.items():
        factors, shares = [1.0], [0.0]
        for factor, share in steps:
            factors.append(factor)
            shares.append(100 * share)
        axes.plot([*factors, most], [*shares, shares[-1]], label=name, drawstyle="steps-post")
    axes.set_xscale("log", base=2)
    axes.set_xlim(1.0, max(most, 1.2))
    axes.set_ylim(0, 105)
    return _drawn(figure, axes)


def _axes(title: str, across: str, up: str) -> tuple[Any, Any]:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8.0, 4.5), layout="constrained")
    axes = figure.add_subplot()
    axes.set_title(title)
    axes.set_xlabel(across)
    axes.set_ylabel(up)
    axes.grid(alpha=0.3)
    return figure, axes


def _drawn(figure: Any, axes: Any) -> bytes:
    import matplotlib

    axes.legend(loc="best", frameon=False)
    content = io.BytesIO()
    with matplotlib.rc_context({"svg.hashsalt": "ampacity", "svg.fonttype": "none"}):
        figure.savefig(content, format="svg", metadata={"Date": None})
    return content.getvalue()
