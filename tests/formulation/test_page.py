"""The page of the model says what the formulation says."""

from __future__ import annotations

from typing import Any

import pytest

from instances.generator import generate
from solver.families import FAMILIES as NAMES
from solver.families import GROUPS
from solver.formulation.__main__ import PAGE, page
from solver.formulation.formulate import FAMILIES, formulate
from solver.formulation.meanings import PRICED, VARIABLES
from solver.formulation.terms import TERMS
from solver.price.money import TERMS as PRICED_TERMS
from solver.tables.tables import tables_of


def test_the_page_is_current() -> None:
    """`docs/model.md` is what `python -m solver.formulation` writes."""
    assert PAGE.read_text(encoding="utf-8") == page()


def test_each_family_is_in_one_group() -> None:
    """The page lists every family once, in the order of the formulation."""
    assert [name for group in GROUPS.values() for name in group] == list(FAMILIES) == list(NAMES)
    assert PRICED.keys() <= FAMILIES.keys()
    assert {variable for variable, _ in PRICED.values()} <= VARIABLES.keys()


def test_the_terms_of_the_program_are_those_of_the_price() -> None:
    """By the same names in the same order; the price of change comes last."""
    assert (*TERMS, "change") == PRICED_TERMS


@pytest.mark.parametrize("size", ["XS", "S"])
def test_every_variable_has_a_meaning(size: Any) -> None:
    """No program has a family of columns that the page leaves out."""
    program = formulate(tables_of(generate(size, 3))).program
    assert {family.split("/")[0] for family in program.variables} <= VARIABLES.keys()
