"""What SCIP prints: each bound becomes a message, never above what was proven."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest

from instances.generator import generate
from solver.backends import wire
from solver.backends.mathopt import PRINTED, _Log
from solver.backends.outcome import Options
from solver.backends.process import solve
from solver.formulation.formulate import formulate
from solver.tables.tables import tables_of

if TYPE_CHECKING:
    from pathlib import Path

HEADER = " time | node  | left  |LP iter|LP it/n|mem/heur|dualbound   | primalbound  |  gap   | compl. "
LINE = "{:5.1f}s|     1 |     0 |   100 |     - |    12M |{:^14}| 3.361716e+05 |   5.25%| unknown"


def told(*lines: str, path: str | None = None) -> list[float]:
    """The bounds sent for these lines."""
    replies = io.BytesIO()
    _Log(path, replies)(list(lines))
    replies.seek(0)
    found = []
    while (message := wire.receive(replies)) is not None:
        found.append(message[0]["bound"])
    return found


def test_each_better_bound_is_sent() -> None:
    """Rising bounds are sent in turn; a line without one, a lower one or another text is passed over."""
    lines = ["presolving:", LINE.format(0.5, "--"), HEADER, LINE.format(1.0, "--")]
    lines += [LINE.format(2.0, text) for text in ("3.100000e+05", "3.000000e+05", "3.200000e+05")]
    assert told(*lines, "SCIP Status : interrupted") == pytest.approx([310_000.0, 320_000.0], rel=2 * PRINTED)


@pytest.mark.parametrize("value", [333_333.34999, 0.123456749, -77_777.774999, 1.00000049999])
def test_rounding_is_taken_off(value: float) -> None:
    """A bound that was printed rounded up is sent below its value."""
    (bound,) = told(HEADER, LINE.format(1.0, f"{value:.6e}"))
    assert bound <= value
    assert bound == pytest.approx(value, rel=3 * PRINTED)


def test_the_log_is_kept(tmp_path: Path) -> None:
    """All lines are in the file."""
    path = tmp_path / "scip.log"
    told(HEADER, "something", path=str(path))
    assert path.read_text().splitlines() == [HEADER, "something"]


def test_scip_prints_what_is_read() -> None:
    """Far more bounds arrive than the few that MathOpt reports with points, and none is above the optimum."""
    program = formulate(tables_of(generate("XS", 1))).program
    options = Options(time_limit=60, gap=0.0, solver="scip", heuristics=False, own={"display/freq": 1})
    outcome = solve(program, options)
    assert outcome.stopped == "optimal" and outcome.objective is not None
    assert len(outcome.bounds) > 10
    assert outcome.bounds[-1] <= outcome.objective * (1 + 1e-9)
