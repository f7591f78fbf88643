"""Branch and cut from the relaxation that rounds have solved, with what it finds sent to the parent at once."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from solver.arrays import INF
from solver.backends import wire
from solver.backends.branch.choices import Group, groups_of
from solver.backends.branch.cutting import cut_root
from solver.backends.branch.tree import Tree

if TYPE_CHECKING:
    from collections.abc import Callable

    from solver.backends.branch.mixed_rounding import Mask, Values
    from solver.backends.relaxation import Relaxation

CUTTING_SHARE = 0.5  # of the time, for cuts, if a clock may decide


def branch(  # noqa: PLR0913 (a relaxation, its limits, and the way back)
    header: dict[str, Any],
    relaxation: Relaxation,
    integer: Mask,
    deadline: float,
    whole: Callable[[Values], Values],
    replies: BinaryIO,
) -> dict[str, Any]:
    """Add cuts and split nodes until all are settled or a limit is reached; return what the last message says.

    Parameters:
        header: of the request; ``told`` has the cutoff, which may fall.
        relaxation: solved.
        integer: [column].
        deadline: of the monotonic clock.
        whole: turns a point of the relaxation into one of the program.
    """
    began, options, told = time.monotonic(), header["options"], header["told"]

    def cutoff() -> float:
        return float(told.cutoff - options["gap"] * abs(told.cutoff)) if np.isfinite(told.cutoff) else INF

    def tell(kind: str, value: float, x: Values | None) -> None:
        if x is None:
            wire.send(replies, {"kind": kind, "bound": value})
        else:
            wire.send(replies, {"kind": kind, "objective": value}, {"x": whole(x)})

    groups = _with_rows(relaxation, groups_of(relaxation.arrays, np.flatnonzero(integer)))
    # without a clock, rounds of cuts end by what they gain alone
    cutting_ends = deadline if options["in_turn"] else began + CUTTING_SHARE * (deadline - began)
    cuts, before = 0, relaxation.cost
    if relaxation.optimum(deadline, 1) is not None:
        cuts = cut_root(relaxation, integer, cutting_ends)
    cut_in = time.monotonic() - began
    tree = Tree(
        relaxation,
        groups,
        integer,
        cutoff,
        deadline,
        options["work"],
        tell,
        bool(relaxation.arrays["branch_patient"][0]),
    )
    ended = tree.run()
    message = (
        f"{cuts} cuts from {before:.6g} to {tree.bound:.6g} in {cut_in:.1f} s, {tree.nodes} nodes split, "
        f"{len(tree.open)} open, {relaxation.solved} relaxations"
    )
    return {"stopped": ended, "message": message, "work": tree.work}


def _with_rows(relaxation: Relaxation, groups: list[Group]) -> list[Group]:
    """The groups that are used at most once, with a row for the sum of their columns."""
    from scipy import sparse

    single = [group for group in groups if group.single and len(group.columns) > 1]
    if not single:
        return [replace(group, single=False) for group in groups]
    start = np.cumsum([0, *(len(group.columns) for group in single)])
    columns = np.concatenate([group.columns for group in single])
    matrix = sparse.csr_array((np.ones(len(columns)), columns, start), shape=(len(single), relaxation.columns))
    first = len(relaxation.rows)
    relaxation.add(matrix, np.full(len(single), -INF), np.ones(len(single)))
    row = {group.number: first + k for k, group in enumerate(single)}
    return [replace(group, row=row.get(group.number, -1), single=group.number in row) for group in groups]
