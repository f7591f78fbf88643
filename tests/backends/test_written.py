"""Programs as files: what is read back is what was written."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import numpy as np
import pytest
from scipy import sparse

from solver.backends.written import write_program
from solver.program import Program

if TYPE_CHECKING:
    from pathlib import Path

READ = """
import json, sys, highspy
solver = highspy.Highs(); solver.setOptionValue("output_flag", False)
solver.readModel(sys.argv[1]); lp = solver.getLp()
print(json.dumps([lp.row_lower_, lp.row_upper_, lp.row_names_, lp.offset_]))
"""


@pytest.mark.parametrize("name", ["m.mps", "m.mps.gz", "m.lp"])
def test_sides_of_rows_read_back(tmp_path: Path, name: str) -> None:
    """1e-6 to 1e12, 0.1 to 1e6, 1 to 2, one side, none of a lower: each row, or the two that stand for it, as it was,
    to the last digit.
    """
    low, high = np.array([1e-6, 0.1, 1.0, -np.inf, 3.0]), np.array([1e12, 1e6, 2.0, 7.5, 3.0])
    program = Program(
        np.array([1.0, 2.0]),
        0.1,
        sparse.csr_array(np.array([[1.0, 1.0], [1.0, 2.0], [1.0, 0.0], [3.0, 1.0], [0.0, 1.0]])),
        low,
        high,
        np.zeros(2),
        np.full(2, 9.0),
        np.array([True, False]),
        {"x": slice(0, 2)},
        {"row": slice(0, 5)},
    )
    write_program(program, tmp_path / name)
    done = subprocess.run(
        [sys.executable, "-c", READ, str(tmp_path / name)], capture_output=True, text=True, check=True
    )
    lower, upper, names, offset = json.loads(done.stdout.splitlines()[-1])
    assert offset == 0.1
    for r in range(5):
        mine = [k for k, row in enumerate(names) if row in (f"row.{r}", f"row.{r}.low")]
        assert max(lower[k] for k in mine) == low[r], names
        assert min(upper[k] for k in mine) == high[r], names
