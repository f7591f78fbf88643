"""Programs of others: what an MPS file says is what a solver is given."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from instances.generator import generate
from models.errors import InputError
from solver.backends.mps_file import read_mps
from solver.backends.outcome import Options
from solver.backends.process import solve
from solver.backends.written import write_program
from solver.problem import PlanningProblem

if TYPE_CHECKING:
    from pathlib import Path

MOST = """NAME most
OBJSENSE
    MAX
ROWS
 N c
 L r1
 G r2
COLUMNS
 M1 'MARKER' 'INTORG'
 x c 3
 x r1 2
 M2 'MARKER' 'INTEND'
 y c 2
 y r1 1
 y r2 1
RHS
 RHS r1 7
 RHS r2 1
 RHS c -5
BOUNDS
 UP B x 10
ENDATA
"""


def test_a_program_that_maximises_is_turned_round(tmp_path: Path) -> None:
    """Costs change their sign, and with it come back: the most of 3x + 2y + 5 is 19."""
    path = tmp_path / "most.mps"
    path.write_text(MOST)
    read = read_mps(path)
    program = read.program
    assert (read.sign, program.cost.tolist(), program.offset) == (-1.0, [-3.0, -2.0], -5.0)
    assert program.integer.tolist() == [True, False]
    assert program.row_upper.tolist() == [7.0, np.inf]
    assert program.upper.tolist() == [10.0, np.inf]
    outcome = solve(program, Options(10.0, 0.0, threads=1))
    assert outcome.objective is not None
    assert read.sign * outcome.objective == pytest.approx(19.0)


@pytest.mark.parametrize("suffix", [".mps", ".mps.gz"])
def test_what_is_exported_reads_back(tmp_path: Path, suffix: str) -> None:
    """The program of an instance survives the way through a file."""
    program = PlanningProblem.of(generate("XS", 1)).program
    path = tmp_path / f"xs{suffix}"
    write_program(program, path)
    again = read_mps(path).program
    for name in ("cost", "lower", "upper", "integer"):
        assert np.array_equal(getattr(again, name), getattr(program, name)), name
    assert again.offset == pytest.approx(program.offset, rel=1e-12)
    stated = np.isfinite(program.row_lower) | np.isfinite(program.row_upper)  # readers drop rows without a limit
    assert abs(again.matrix[: stated.sum()] - program.matrix[stated]).max() == 0


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("nothing of the kind", "no MPS file"),
        ("NAME x\nROWS\n N c\nCOLUMNS\n x c 1\nQUADOBJ\n x x 2\nENDATA\n", "quadratic"),
        ("NAME x\nROWS\n N c\n L r\nCOLUMNS\n x c 1\n x r 1\nRHS\n RHS r 1\nBOUNDS\n SC B x 5\nENDATA\n", "neither"),
    ],
)
def test_what_is_no_mixed_integer_linear_program_is_refused(tmp_path: Path, text: str, words: str) -> None:
    """Nonsense, quadratic costs and semi-continuous columns are told by name of the file."""
    path = tmp_path / "odd.mps"
    path.write_text(text)
    with pytest.raises(InputError, match=words):
        read_mps(path)


def test_a_file_that_is_missing_is_told(tmp_path: Path) -> None:
    """Its name and the reason."""
    with pytest.raises(InputError, match="No such file"):
        read_mps(tmp_path / "none.mps")
