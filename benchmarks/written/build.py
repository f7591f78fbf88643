"""Measures how long it takes to state the program, ours against Pyomo and linopy, and how much memory that needs."""

from __future__ import annotations

import importlib.metadata
import json
import statistics
import subprocess
from typing import TYPE_CHECKING, Any, get_args

from benchmarks.written.ways import WAYS, installed
from instances.generator.shape import Size
from models.errors import InputError, Problem, SolverError
from models.files.whole import refuse_unwritable_folder, write_whole_folder
from solver.backends.launch import command, environment
from solver.versions import versions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

FILES = frozenset(("builds.jsonl", "builds.md"))
STEPS = ("prepare_seconds", "build_seconds", "load_seconds", "build_mb", "peak_mb")
HEADER = """\
| instance | | prepare s | build s | hand over s | both s | against ours | build MB | peak MB | against ours |
|---|---|---:|---:|---:|---:|---:|---:|---:|---:|
"""
FOOTER = """
Medians. Building begins with the tables of the instance and ends when the model is stated; preparing lists, limits and
prices is part of it. Handing over ends when HiGHS holds the program. Memory is the peak above what the process held
with the tables: when the model is stated, and when HiGHS holds it as well. What is ours also tightens and scales rows.
"""


def measure(
    folder: Path, instances: Iterable[tuple[str, int]], repetitions: int, tell: Callable[[str], object]
) -> list[dict[str, Any]]:
    """Measure every instance in every way that is installed, one process at a time, and write the results.

    Parameters:
        folder: of `builds.jsonl`, with every measurement, and `builds.md`, with a table of medians
        instances: size and seed of each
        repetitions: measurements of each instance in each way
        tell: is told in a line what was measured or left out
    Raises:
        InputError: when a size is unknown or the folder cannot be written
        SolverError: when a measurement fails
    """
    chosen = list(instances)
    _refuse_unknown([size for size, _ in chosen])
    refuse_unwritable_folder(folder, FILES)
    software = versions() | _peers()
    rows: list[dict[str, Any]] = []
    for way in WAYS:
        if not installed(way):
            tell(f"{way} is not installed, and is left out; `make peers` installs it\n")
    for size, seed in chosen:
        for repetition in range(repetitions):  # the ways take turns, so that all suffer alike from a busy machine
            for way in filter(installed, WAYS):
                row = {**_measured(way, size, seed), "repetition": repetition, "versions": software}
                rows.append(row)
                tell(f"{size} {seed} {way}: build {row['build_seconds']:.2f} s, load {row['load_seconds']:.2f} s\n")
    lines = "".join(json.dumps(row) + "\n" for row in rows)
    write_whole_folder(folder, {"builds.jsonl": lines.encode(), "builds.md": table(rows).encode()}, FILES)
    return rows


def _refuse_unknown(sizes: Iterable[str]) -> None:
    known = get_args(Size)
    rule, fix = f"is no size; there are {', '.join(known)}", "name one of them"
    problems = [Problem("--size", size, rule, fix) for size in sizes if size not in known]
    if problems:
        raise InputError(problems)


def _measured(way: str, size: str, seed: int) -> dict[str, Any]:
    words = command("benchmarks.written.child", way, size, str(seed))
    done = subprocess.run(words, capture_output=True, text=True, check=False, env=environment())
    if done.returncode != 0:
        last = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
        raise SolverError(f"the process that states {size} {seed} in the way of {way} failed: {last}")
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def _peers() -> dict[str, str]:
    found = {}
    for name in ("linopy", "xarray", "pandas"):
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def table(rows: list[dict[str, Any]]) -> str:
    """Return the medians as a Markdown table, each way with its ratio to ours, and what the columns mean."""
    return HEADER + "".join(_lines(rows)) + FOOTER


def _lines(rows: list[dict[str, Any]]) -> Iterator[str]:
    for size, seed in dict.fromkeys((row["size"], row["seed"]) for row in rows):
        ways = {way: _medians(rows, way, size, seed) for way in WAYS}
        ours = ways["ours"]
        for way, found in ways.items():
            if found is None or ours is None:
                continue
            both, ours_both = (one["build_seconds"] + one["load_seconds"] for one in (found, ours))
            figures = (
                f"{found['prepare_seconds']:.2f}",
                f"{found['build_seconds']:.2f}",
                f"{found['load_seconds']:.2f}",
                f"{both:.2f}",
                _ratio(both, ours_both),
                f"{found['build_mb']:.0f}",
                f"{found['peak_mb']:.0f}",
                _ratio(found["peak_mb"], ours["peak_mb"]),
            )
            yield f"| {size} {seed} | {way} | {' | '.join(figures)} |\n"


def _ratio(one: float, other: float) -> str:
    return f"{one / other:.1f}x" if other > 0 else "-"


def _medians(rows: list[dict[str, Any]], way: str, size: str, seed: int) -> dict[str, float] | None:
    mine = [row for row in rows if (row["way"], row["size"], row["seed"]) == (way, size, seed)]
    return {step: statistics.median(row[step] for row in mine) for step in STEPS} if mine else None
