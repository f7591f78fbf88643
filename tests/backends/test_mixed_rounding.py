"""No cut takes away a point whose integers are whole."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import optimize, sparse

from solver.backends.branch.mixed_rounding import Cut, Separator, VariableBounds

INTEGERS, FLOWS, ROWS = 6, 6, 7


def drawn(seed: int) -> dict[str, Any]:
    """Rows over integers and flows; some flows are switched by an integer, some rows are equalities."""
    draw = np.random.default_rng(seed)
    count = INTEGERS + FLOWS
    matrix = np.where(draw.random((ROWS, count)) < 0.5, draw.integers(-9, 10, (ROWS, count)), 0).astype(float)
    inside = np.concatenate((draw.integers(0, 3, INTEGERS), draw.random(FLOWS) * 4))
    side = matrix @ inside
    width = np.where(draw.random(ROWS) < 0.3, 0.0, draw.random(ROWS) * 5)
    switched = np.zeros((FLOWS // 2, count))
    for k in range(FLOWS // 2):
        switched[k, INTEGERS + k], switched[k, k] = 1.0, -float(draw.integers(2, 7))
    infinite = np.full(len(switched), -np.inf)
    return {
        "matrix": sparse.csr_array(np.vstack((matrix, switched))),
        "row_lower": np.concatenate((np.where(draw.random(ROWS) < 0.4, -np.inf, side - width), infinite)),
        "row_upper": np.concatenate((side + width, np.zeros(len(switched)))),
        "lower": np.zeros(count),
        "upper": np.concatenate((draw.integers(1, 4, INTEGERS).astype(float), np.full(FLOWS, 9.0))),
        "integer": np.arange(count) < INTEGERS,
        "cost": draw.normal(size=count),
    }


def most(case: dict[str, Any], value: np.ndarray) -> float | None:
    """The most that a row reaches at points with whole integers; None if there are none."""
    rows = optimize.LinearConstraint(case["matrix"], case["row_lower"], case["row_upper"])
    bounds = optimize.Bounds(case["lower"], case["upper"])
    found = optimize.milp(-value, integrality=case["integer"].astype(int), bounds=bounds, constraints=rows)
    return None if found.x is None else -float(found.fun)


def cuts(case: dict[str, Any], x: np.ndarray, seed: int) -> list[Cut]:
    """Cuts of single rows, of paths and of random aggregations."""
    draw = np.random.default_rng(seed)
    variable = VariableBounds(case["matrix"], case, case["integer"])
    rows = case["matrix"], case["row_lower"], case["row_upper"]
    separator = Separator(*rows, (case["lower"], case["upper"]), case["integer"], variable, x)
    count = case["matrix"].shape[0]
    found = [separator.path(row, np.ones(count)) for row in range(count)]
    for _ in range(30):
        chosen = draw.choice(count, min(3, count), replace=False)
        found.append(separator.cut(chosen, draw.normal(size=len(chosen))))
    return [cut for cut in found if cut is not None]


def test_no_cut_takes_a_whole_point() -> None:
    """Each row that is found is violated by the point of the relaxation, and by no point with whole integers."""
    seen = 0
    for seed in range(25):
        case = drawn(seed)
        relaxed = optimize.milp(
            case["cost"],
            bounds=optimize.Bounds(case["lower"], case["upper"]),
            constraints=optimize.LinearConstraint(case["matrix"], case["row_lower"], case["row_upper"]),
        )
        if relaxed.x is None:
            continue
        for cut in cuts(case, relaxed.x, seed):
            assert cut.value @ relaxed.x[cut.columns] > cut.most, seed
            row = np.zeros(len(relaxed.x))
            row[cut.columns] = cut.value
            reached = most(case, row)
            if reached is not None:
                assert reached <= cut.most + 1e-5 * max(1.0, np.abs(cut.value).max()), (seed, cut)
                seen += 1
    assert seen > 60


def test_a_flow_is_bounded_by_its_switch() -> None:
    """Rows of two columns are known as variable bounds."""
    case = drawn(1)
    variable = VariableBounds(case["matrix"], case, case["integer"])
    assert variable.switch[INTEGERS : INTEGERS + 3].tolist() == [0, 1, 2]
    assert (variable.switch[:INTEGERS] == -1).all()
    assert (variable.most[INTEGERS : INTEGERS + 3] >= 2).all()


@pytest.mark.parametrize(
    ("value", "most_of_row", "x", "cut"),
    [
        pytest.param([2.0, 2.0], 3.0, [1.0, 0.5], ([1.0, 1.0], 1.0), id="halves"),
        pytest.param([5.0, 3.0], 7.0, [1.0, 2 / 3], ([1.0, 0.5], 1.0), id="a-knapsack"),
    ],
)
def test_known_cuts(value: list[float], most_of_row: float, x: list[float], cut: tuple[list[float], float]) -> None:
    """The textbook's cuts of small rows."""
    case = {
        "matrix": sparse.csr_array(np.array([value])),
        "row_lower": np.array([-np.inf]),
        "row_upper": np.array([most_of_row]),
        "lower": np.zeros(2),
        "upper": np.ones(2),
        "integer": np.ones(2, bool),
    }
    found = cuts(case, np.array(x), 1)
    scaled = [(c.value / c.value.max(), c.most / c.value.max()) for c in found]
    assert any(np.allclose(v, cut[0], atol=1e-6) and m <= cut[1] + 1e-6 for v, m in scaled), scaled
