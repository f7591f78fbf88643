"""Warnings as text: by kind, so that a hundred of one kind do not hide one of another."""

from __future__ import annotations

from api.cli.output import warning_lines
from models.errors import Problem

KIND = "power that counts from the next period only"


def of_kind(number: int) -> Problem:
    return Problem(
        f"sites[{number}].roadmap[0].on", "2027-02-15", "lies inside a period", "plan months", "a.json", 7, KIND
    )


def test_warnings_of_a_kind_share_a_line() -> None:
    """Five of a kind: their number, the first three with place and value, and one way out.

    One without a kind stands first.
    """
    lines = warning_lines([*map(of_kind, range(5)), Problem("horizon", None, "covers 1 months", "plan more")])
    assert len(lines) == 2 and lines[0] == "warning: input horizon covers 1 months. To fix: plan more."
    assert lines[1].startswith(f"warning: {KIND} (5): a.json:7 sites[0].roadmap[0].on is '2027-02-15'; ")
    assert lines[1].endswith("; and 2 more (--format json lists all). To fix: plan months.")
    assert "sites[2]" in lines[1] and "sites[3]" not in lines[1]


def test_one_of_a_kind_is_told_in_full() -> None:
    """A kind with one warning reads like any other warning."""
    assert warning_lines([of_kind(0)]) == [f"warning: {of_kind(0)}"]


def test_the_kind_is_in_the_document() -> None:
    """JSON lists each warning with its kind."""
    assert of_kind(1).document()["kind"] == KIND
