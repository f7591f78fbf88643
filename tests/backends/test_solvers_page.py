"""The page about solvers says what the program knows of them."""

from __future__ import annotations

from solver.backends.__main__ import PAGE, tabled
from solver.backends.catalogue import ABILITIES, EXCUSED


def test_the_tables_are_up_to_date() -> None:
    """`docs/solvers.md` is what `python -m solver.backends` writes."""
    page = PAGE.read_text(encoding="utf-8")
    assert tabled(page) == page, "run python -m solver.backends"


def test_every_ability_has_its_excuse() -> None:
    """What a solver may lack is named, and nothing else is."""
    assert set(ABILITIES) | {"streams"} == set(EXCUSED)
