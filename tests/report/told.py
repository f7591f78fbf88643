"""The report and the summary of the best plan of a hand-sized instance."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from models.instance import Instance
from solver.report.report import Report, report_of
from solver.report.summary import summary
from solver.settings import Settings
from solver.solve import solve

if TYPE_CHECKING:
    from solver.report.undone import DroppedRun, Late, NotServed
    from tests.check.small import Tree


def reported(tree: Tree, **settings: Any) -> tuple[Report, str]:
    """Data and text."""
    options = {"time_limit": 60, "gap": 0.0, "threads": 1} | settings
    result = solve(Instance.model_validate(tree), Settings(**options))
    report = report_of(result)
    assert report is not None, result.message
    return report, summary(result, report)


def late(tree: Tree) -> Late:
    """The one thing that is late."""
    (entry,) = reported(tree)[0].undone.late
    return entry


def dropped(tree: Tree) -> DroppedRun:
    """The one training that is dropped."""
    (entry,) = reported(tree)[0].undone.dropped
    return entry


def not_served(tree: Tree) -> NotServed:
    """The one metro that is not served in full."""
    (entry,) = reported(tree)[0].undone.not_served
    return entry


def section(text: str, head: str) -> list[str]:
    """Lines of a section of the summary, without its head."""
    for part in text.split("\n\n"):
        lines = part.strip("\n").split("\n")
        if lines[0].startswith(head):
            return lines[1:]
    return []
