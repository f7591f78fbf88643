"""Programs that others wrote, read from MPS files by HiGHS in a process of its own: it prints, and may crash."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from scipy import sparse

from models.errors import InputError, Problem
from solver.backends import wire
from solver.backends.launch import command, environment
from solver.program import Program

if TYPE_CHECKING:
    from pathlib import Path

    from solver.arrays import Floats

SUFFIXES = (".mps", ".mps.gz")
UNREADABLE = "is no MPS file that HiGHS can read", "write it in fixed or free MPS format"
MORE = "has a quadratic cost, or columns that are neither continuous nor integer", "only linear programs are solved"


@dataclass(frozen=True, eq=False)
class Read:
    """A program that minimises, and the ``sign`` that turns its costs into those of the file: −1 if that maximises."""

    program: Program
    sign: float


def read_mps(path: Path) -> Read:
    """Read a mixed-integer linear program from a `.mps` or `.mps.gz` file.

    Raises:
        InputError: when HiGHS cannot read the file, or it holds more than a mixed-integer linear program
    """
    try:
        path.open("rb").close()
    except OSError as error:
        rule = f"cannot be read: {error.strerror}"
        raise InputError([Problem("", None, rule, "check the name and its permissions", str(path))]) from None
    words = command("solver.backends.mps_file", str(path.absolute()))
    with subprocess.Popen(
        words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment()
    ) as process:
        assert process.stdout is not None
        message = wire.receive(process.stdout)
    header, arrays = message or ({"refused": UNREADABLE}, {})
    if "refused" in header:
        rule, fix = header["refused"]
        raise InputError([Problem("", None, rule, fix, str(path))])
    shape = (len(arrays["row_lower"]), len(arrays["cost"]))
    program = Program(
        header["sign"] * arrays["cost"],
        header["sign"] * header["offset"],
        _by_row(arrays, shape, header["by_column"]),
        _endless(arrays["row_lower"], header["infinity"]),
        _endless(arrays["row_upper"], header["infinity"]),
        _endless(arrays["lower"], header["infinity"]),
        _endless(arrays["upper"], header["infinity"]),
        arrays["integer"].astype(bool),
        {"column": slice(0, shape[1])},
        {"row": slice(0, shape[0])},
    )
    return Read(program, header["sign"])


def _by_row(arrays: dict[str, Any], shape: tuple[int, int], by_column: bool) -> sparse.csr_array:
    parts = (arrays["data"], arrays["indices"], arrays["indptr"])
    if by_column:
        return sparse.csr_array(sparse.csc_array(parts, shape=shape))
    return sparse.csr_array(parts, shape=shape)


def _endless(limits: Floats, infinity: float) -> Floats:
    """Limits with what HiGHS takes for infinite as infinite."""
    return np.where(np.abs(limits) >= infinity, np.copysign(np.inf, limits), limits)


def main(path: str) -> None:
    """Read a file and send its program to standard output."""
    replies = os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    import highspy

    solver: Any = highspy.Highs()  # type: ignore[no-untyped-call]
    solver.setOptionValue("output_flag", False)
    if solver.readModel(path) == highspy.HighsStatus.kError:
        wire.send(replies, {"refused": UNREADABLE}, {})
        return
    model = solver.getModel()
    lp, kind = model.lp_, cast("Any", highspy.HighsVarType)
    kinds = list(lp.integrality_)
    whole = np.array([one in (kind.kInteger, kind.kImplicitInteger) for one in kinds], np.bool_)
    if model.hessian_.dim_ or not all(one == kind.kContinuous or own for one, own in zip(kinds, whole, strict=True)):
        wire.send(replies, {"refused": MORE}, {})
        return
    header = {
        "sign": -1.0 if lp.sense_ == highspy.ObjSense.kMaximize else 1.0,
        "offset": float(lp.offset_),
        "by_column": lp.a_matrix_.format_ == highspy.MatrixFormat.kColwise,
        "infinity": float(highspy.kHighsInf),
    }
    names = {"cost": lp.col_cost_, "lower": lp.col_lower_, "upper": lp.col_upper_}
    arrays = {name: np.array(values, float) for name, values in names.items()}
    arrays |= {"row_lower": np.array(lp.row_lower_, float), "row_upper": np.array(lp.row_upper_, float)}
    arrays |= {"indptr": np.array(lp.a_matrix_.start_), "indices": np.array(lp.a_matrix_.index_)}
    arrays |= {"data": np.array(lp.a_matrix_.value_, float), "integer": whole if kinds else np.zeros(lp.num_col_, bool)}
    wire.send(replies, header, arrays)


if __name__ == "__main__":
    main(sys.argv[1])
