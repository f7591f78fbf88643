"""Index sets find elements by their keys, and say what rows and columns are about."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING

import numpy as np
import pytest

from models.files import load_instance
from solver.backends.written import write_program
from solver.formulation.formulate import formulate
from solver.formulation.linear import Expr
from solver.formulation.model import Model
from solver.index import Dimension, IndexSet, distinct, grid, listed, where
from solver.names import IN_LP, file_names, place_of_column, place_of_row
from solver.tables.tables import tables_of

if TYPE_CHECKING:
    from pathlib import Path

    from solver.program import Program

SITE = Dimension("site", ["fra1", "dub1", "osl1"])
PERIOD = Dimension("period", ["2027-01", "2027-02"], [{"period": "2027-01-01"}, {"period": "2027-02-01"}])


@pytest.fixture(scope="module")
def program() -> Program:
    """The program of a small instance."""
    return formulate(tables_of(load_instance("instances/handmade.yaml").instance)).program


def test_a_full_grid_numbers_all_combinations() -> None:
    """Numbers and keys of a grid are those of an array in the order of its dimensions."""
    over = grid(SITE, PERIOD)
    assert over.size == 6
    assert over.number(*over.keys).tolist() == list(range(6))
    assert [over.labels(k) for k in (0, 1, 5)] == [("fra1", "2027-01"), ("fra1", "2027-02"), ("osl1", "2027-02")]
    assert grid().size == 1
    assert grid().text(0) == ""


def test_a_masked_set_has_what_the_mask_has() -> None:
    """Elements are where the mask is true; others have no number."""
    over = where(np.array([[True, False], [False, False], [True, True]]), SITE, PERIOD)
    assert over.size == 3
    assert over.number(np.array([0, 0, 2]), np.array([0, 1, 1])).tolist() == [0, -1, 2]
    assert over.earlier().tolist() == [-1, -1, 1]


@pytest.mark.parametrize("over", [grid(SITE, PERIOD), where(np.ones((3, 2), bool), SITE, PERIOD)])
def test_keys_outside_of_a_dimension_are_nowhere(over: IndexSet) -> None:
    """A key of −1, as of no predecessor, or of T, as after the horizon, names no element, of however small a set."""
    assert over.number(np.array([-1, 0, 3, 2]), np.array([0, 2, 0, -1])).tolist() == [-1, -1, -1, -1]
    nothing = where(np.zeros((3, 2), bool), SITE, PERIOD)
    assert nothing.number(np.array([0, 2]), 1).tolist() == [-1, -1]


def test_different_combinations_are_counted_once() -> None:
    """`distinct` orders combinations by their keys and maps the list to them."""
    over, to = distinct((SITE, np.array([2, 0, 2])), (PERIOD, np.array([1, 0, 1])))
    assert [over.labels(k) for k in range(over.size)] == [("fra1", "2027-01"), ("osl1", "2027-02")]
    assert to.to.tolist() == [1, 0, 1]
    assert distinct((SITE, np.zeros(0, np.int64)))[0].size == 0


def test_what_is_taken_keeps_its_names() -> None:
    """Rows that are chosen, and chosen again, are still about the same sites; −1 is about none."""
    taken = grid(SITE, PERIOD).take(np.array([5, -1, 2])).take(np.array([2, 1, 0, -1]))
    assert [taken.labels(k) for k in range(4)] == [("dub1", "2027-01"), ("?", "?"), ("osl1", "2027-02"), ("?", "?")]
    assert taken.place(0) == {"site": "dub1", "period": "2027-01-01"}
    assert taken.place(1) == {}


def test_expressions_carry_their_index_set() -> None:
    """Sums have the rows of the target, and what is compared the rows of its left side."""
    model = Model()
    x = model.add("x", listed((SITE, np.array([0, 1, 1])), (PERIOD, np.array([0, 0, 1]))))
    by_site = x.sum(grid(SITE).map(x.over.keys[0]))
    model.require("limit", by_site[np.array([1])] * 2.0 <= 7.0)
    model.minimise(x.total())
    program = model.program(tight=False)
    assert program.describe("limit", 0) == "site dub1: 2·x[dub1, 2027-01] + 2·x[dub1, 2027-02] ≤ 7"
    assert isinstance(by_site, Expr)
    with pytest.raises(ValueError, match="sets of 3 and 1 elements"):
        by_site + x.total()


def test_a_row_says_what_it_was_before_it_was_scaled() -> None:
    """Coefficients in words are those of the formulation, although the solver's row is divided by its largest."""
    model = Model()
    x = model.add("x", grid(SITE))
    model.require("power", x * 20_000.0 <= 5_000.0)
    program = model.program(tight=False)
    assert program.row_upper[0] == 0.25
    assert program.describe("power", 2) == "site osl1: 20000·x[osl1] ≤ 5000 MW"


def test_a_row_is_told_in_the_words_of_the_domain(program: Program) -> None:
    """The row of power names its site and period, its columns, its side and its unit."""
    told = [program.describe("power", number) for number in range(4)]
    pattern = r"site \S+, 20\d\d-\d\d: [\d.]+·powered\[\S+, 20\d\d-\d\d\].* ≤ [\d.]+ MW"
    assert any(re.fullmatch(pattern, row) for row in told), told
    with pytest.raises(KeyError):
        program.describe("powr", 0)
    with pytest.raises(IndexError):
        program.describe("power", 10**6)


def test_every_row_and_column_can_be_told(program: Program) -> None:
    """No family lacks names: each row has words, and each column a place of its own."""
    for family, block in program.constraints.items():
        for number in range(block.stop - block.start):
            assert "?" not in program.describe(family, number), (family, number)
    assert program.names is not None
    named = [program.names.columns[family].size for family in program.variables]
    assert named == [block.stop - block.start for block in program.variables.values()]
    row = program.constraints["power"].start
    assert {"site", "period"} <= place_of_row(program, row).keys()
    assert {"site", "pool", "mode", "period"} == place_of_column(program, program.variables["powered"].start).keys()


@pytest.mark.parametrize(("suffix", "name"), [(".mps", "[A-Za-z0-9_.:/-]+"), (".lp", "[A-Za-z0-9_.]+")])
def test_files_have_readable_names(tmp_path: Path, program: Program, suffix: str, name: str) -> None:
    """An exported column is called by its family, pool, mode and period, and no two are called alike."""
    write_program(program, tmp_path / f"program{suffix}")
    text = (tmp_path / f"program{suffix}").read_text()
    bounds = text[text.index("BOUNDS" if suffix == ".mps" else "Bounds") :].splitlines()[1:]
    lines = [line.split() for line in bounds]
    names = {line[2] for line in lines if len(line) > 2}
    assert len(names) == program.columns
    assert all(re.fullmatch(name, found) for found in names)
    assert any(re.fullmatch(r"powered\..+\.full\.20\d\d[-_]\d\d", found) for found in names)


def test_names_that_would_be_the_same_differ(tmp_path: Path) -> None:
    """Ids that differ by letters that no file keeps, or behind the letters that are kept, stay two columns."""
    odd = Dimension("site", ["fra 1", "fra+1", "z" * 300, "z" * 299 + "y", "東京", "大阪"])
    model = Model()
    x = model.add("x", grid(odd))
    model.require("limit", x <= 1.0)
    model.minimise(x.total())
    program = model.program(tight=False)
    write_program(program, tmp_path / "odd.mps")
    rows = [line.split()[1] for line in (tmp_path / "odd.mps").read_text().splitlines() if line.startswith(" L ")]
    assert len(set(rows)) == 6
    assert max(map(len, rows)) <= 200


@pytest.mark.wall_clock
def test_many_ids_that_no_file_keeps_are_named_in_no_time() -> None:
    """Thousands of columns that come to one name get theirs one after the other, not by trying all before them."""
    size = 20_000
    over = grid(Dimension("site", ["東" * (1 + number % 90) + "京" for number in range(size)]))
    before = time.process_time()
    names = file_names({"x": slice(0, size)}, {"x": over}, size, IN_LP)
    assert time.process_time() - before < 5.0
    assert len(set(names)) == size
