"""Problems that others pose, said in our schema: the engine finds what enumeration finds, and what was published."""

from __future__ import annotations

import dataclasses
import itertools
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from scipy.optimize import linprog

from benchmarks.external import run as running
from benchmarks.external.families import FAMILIES, Case, cases_of
from benchmarks.external.problems import (
    Assignment,
    Location,
    LotSizing,
    assignment,
    location_by_customer,
    location_by_site,
    lot_sizing,
)
from benchmarks.external.run import Row, run
from models.errors import InputError
from solver.check import Breach
from solver.solve import solve

if TYPE_CHECKING:
    from solver.result import Result

ROOT = Path(__file__).parents[2]
OWN = Path(__file__).parent / "own"
EXTERNAL = os.environ.get("AMPACITY_EXTERNAL")
needs_external = pytest.mark.skipif(
    EXTERNAL is None, reason="AMPACITY_EXTERNAL names no folder with instances of others"
)


def flow(problem: Location, opened: tuple[int, ...]) -> float:
    """Least cost of serving from open sites, every customer split as one likes."""
    sites, customers = range(len(problem.capacity)), range(len(problem.demand))
    pairs = [(i, j) for i in sites for j in customers if i in opened]
    if not pairs:
        return float("inf")
    takes = [[problem.demand[j] if i == s else 0.0 for i, j in pairs] for s in sites]
    serves = [[1.0 if j == c else 0.0 for _, j in pairs] for c in customers]
    found = linprog(
        [problem.cost[i][j] for i, j in pairs], takes, problem.capacity, serves, [1.0] * len(customers), (0, 1)
    )
    return float(found.fun) if found.fun is not None else float("inf")


def best_location(problem: Location, single: bool) -> float:
    """By trying every set of open sites and, where each customer has one site, every way to choose it."""
    sites, customers = range(len(problem.capacity)), range(len(problem.demand))
    best = float("inf")
    for size in range(len(problem.capacity) + 1):
        for opened in itertools.combinations(sites, size):
            fixed = sum(problem.opening[i] for i in opened)
            if not single:
                best = min(best, fixed + flow(problem, opened))
                continue
            for choice in itertools.product(opened, repeat=len(problem.demand)):
                loads = [sum(problem.demand[j] for j in customers if choice[j] == i) for i in sites]
                if all(load <= limit for load, limit in zip(loads, problem.capacity, strict=True)):
                    best = min(best, fixed + sum(problem.cost[choice[j]][j] for j in customers))
    return best


def best_assignment(problem: Assignment, maximise: bool) -> float:
    """By trying every way to give each job an agent."""
    agents, jobs = range(len(problem.capacity)), range(len(problem.cost[0]))
    costs = []
    for choice in itertools.product(agents, repeat=len(problem.cost[0])):
        loads = [sum(problem.need[i][j] for j in jobs if choice[j] == i) for i in agents]
        if all(load <= limit for load, limit in zip(loads, problem.capacity, strict=True)):
            costs.append(sum(problem.cost[choice[j]][j] for j in jobs))
    return max(costs) if maximise else min(costs)


def best_lots(problem: LotSizing) -> float:
    """By trying every set of setups, the lots by a linear program."""
    items, periods = range(len(problem.holding)), range(len(problem.demand[0]))
    cells = [(i, t) for i in items for t in periods]
    best = float("inf")
    for setups in itertools.product((0, 1), repeat=len(cells)):
        on = dict(zip(cells, setups, strict=True))
        # held of an item in t: what was made until then less what was asked
        holding = [sum(problem.holding[i] for u in periods if u >= t) for i, t in cells]
        asked = [sum(problem.demand[i][: t + 1]) for i, t in cells]
        lacking = [[-1.0 if k == i and u <= t else 0.0 for k, u in cells] for i, t in cells]
        time = [[problem.unit_time[i] if u == t else 0.0 for i, u in cells] for t in periods]
        room = [problem.capacity - sum(problem.setup_time[i] * on[i, t] for i in items) for t in periods]
        bounds = [(0, None if on[cell] else 0) for cell in cells]
        found = linprog(holding, [*lacking, *time], [*(-a for a in asked), *room], bounds=bounds)
        if found.fun is not None:
            fixed = sum(problem.setup_cost[i] * on[i, t] for i, t in cells)
            kept = sum(problem.holding[i] * sum(problem.demand[i][: t + 1]) for i, t in cells)
            best = min(best, fixed + float(found.fun) - kept)
    return best


@pytest.mark.parametrize("capacity", [4.0, 9.0])
@pytest.mark.parametrize("variant", ["splittable", "single-source"])
def test_facility_location_is_what_enumeration_finds(capacity: float, variant: str, tmp_path: Path) -> None:
    """3 sites, 4 customers, split or not.

    The capacity that the file leaves open is in the name; the solution adds up.
    """
    case = Case("cflp_orlib", f"own34_{capacity:g}", variant, None)
    row = run(OWN, case, 20.0, tmp_path)
    problem = location_by_customer(OWN / "cflp_orlib" / "own34.txt", capacity)
    assert row.proven
    assert row.objective == pytest.approx(best_location(problem, variant == "single-source"), rel=1e-7)
    folder = tmp_path / "cflp_orlib" / f"own34_{capacity:g}-{variant}"
    assert {file.name for file in folder.iterdir()} == {"instance.json", "plan.json", "solution.json"}
    solution = json.loads((folder / "solution.json").read_text())
    opened = sum(problem.opening[i] for i in solution["open"])
    served = sum(share * problem.cost[i][j] for j, i, share in solution["assign"])
    assert solution["objective"] == pytest.approx(opened + served, rel=1e-7)
    assert {j for j, _, _ in solution["assign"]} == {0, 1, 2, 3}


def test_a_customer_of_one_site_is_read_by_site() -> None:
    """The other format: costs by site, what follows them is not read; 9 + 8 + 6 do for 5, 4, 3, 2."""
    row = run(OWN, Case("sscflp_diaz", "own34", "single-source", None), 20.0, None)
    problem = location_by_site(OWN / "sscflp_diaz" / "own34.raw")
    assert row.proven
    assert row.objective == pytest.approx(best_location(problem, True), rel=1e-7)
    assert best_location(problem, False) <= best_location(problem, True)


@pytest.mark.parametrize("variant", ["min", "max"])
def test_generalised_assignment_is_what_enumeration_finds(variant: str, tmp_path: Path) -> None:
    """3 agents, 5 jobs, as cheap or as dear as possible."""
    row = run(OWN, Case("gap_chu1997", "own35", variant, None), 20.0, tmp_path)
    problem = assignment(OWN / "gap_chu1997" / "own35")
    assert row.proven
    assert row.objective == pytest.approx(best_assignment(problem, variant == "max"), rel=1e-9)
    solution = json.loads((tmp_path / "gap_chu1997" / f"own35-{variant}" / "solution.json").read_text())
    assert sum(problem.cost[i][j] for j, i, _ in solution["assign"]) == pytest.approx(row.objective)


def test_lot_sizing_is_what_enumeration_finds(tmp_path: Path) -> None:
    """2 items, 3 months: setup times take of the capacity, what is made early is held."""
    row = run(OWN, Case("clsp_trigeiro", "own23", "multi-item", None), 20.0, tmp_path)
    problem = lot_sizing(OWN / "clsp_trigeiro" / "own23")
    assert row.proven
    assert row.objective == pytest.approx(best_lots(problem), rel=1e-7)
    solution = json.loads((tmp_path / "clsp_trigeiro" / "own23-multi-item" / "solution.json").read_text())
    made = [sum(amount for i, _, amount in solution["produce"] if i == item) for item in (0, 1)]
    assert made == pytest.approx([23.0, 17.0])


def external(folder: Path, *more: str) -> subprocess.CompletedProcess[str]:
    """The command, as it is called."""
    words = ["-m", "benchmarks", "external", str(folder), "--time-limit", "20", *more]
    done = subprocess.run([sys.executable, *words], cwd=ROOT, capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stderr, done.stderr
    return done


def test_the_command_prints_rows_and_names_what_it_cannot_read(tmp_path: Path) -> None:
    """JSON on stdout; a folder without a reader is a line on stderr and no row; nothing given, nothing agreed."""
    folder = tmp_path / "given"
    shutil.copytree(OWN, folder)
    (folder / "cflp_orlib" / "own34.txt").write_text(
        (OWN / "cflp_orlib" / "own34.txt").read_text().replace("capacity", "6")
    )
    done = external(folder, "--format", "json")
    assert done.returncode == 0, done.stderr
    rows = json.loads(done.stdout)
    keys = {"family", "instance", "variant", "optimum", "objective", "bound", "seconds", "proven", "agrees"}
    assert all(set(row) == keys and row["agrees"] is None and row["proven"] for row in rows)
    assert [(row["family"], row["variant"]) for row in rows] == [
        ("cflp_orlib", "splittable"),
        ("clsp_trigeiro", "multi-item"),
        ("gap_chu1997", "min"),
        ("sscflp_diaz", "single-source"),
    ]
    assert "strange: no reader for this folder" in done.stderr


def test_a_file_that_is_none_says_so(tmp_path: Path) -> None:
    """Too short, not a number, not a size, not finite, below 0, nothing asked for: file and line are named."""
    for text, line, words in (
        ("", None, "is empty"),
        ("3 4\n9", 2, "ends too early"),
        ("3 x", 1, "is 'x': is not a number"),
        ("0 4", 1, "of at least 1"),
        ("nan 4", 1, "finite number"),
        ("1.5 4", 1, "whole number"),
        ("1 1\n-5 1\n1\n1", 2, "of at least 0"),
        ("1 1\n5 1\n0\n1", 3, "above 0"),
        ("1 1\n5 1\n1\ninf", 4, "finite number"),
    ):
        file = tmp_path / "file"
        file.write_text(text)
        with pytest.raises(InputError) as refused:
            location_by_site(file)
        (problem,) = refused.value.problems
        assert (problem.file, problem.line) == (str(file), line), text
        assert words in str(problem), text


def test_two_capacities_are_more_than_we_read(tmp_path: Path) -> None:
    """A file of lot sizing with a capacity for each period would shift all that follows: refused.

    So is a need of nothing.
    """
    lots = (OWN / "clsp_trigeiro" / "own23").read_text().split("\n")
    (tmp_path / "lots").write_text("\n".join([lots[0], "2", "10 10", *lots[2:]]))
    with pytest.raises(InputError, match=r"capacities is 2\.0: must be a whole number up to 1"):
        lot_sizing(tmp_path / "lots")
    (tmp_path / "jobs").write_text("1 1\n3\n0\n4\n")
    with pytest.raises(InputError, match=r"need is 0\.0: must be a finite number above 0"):
        assignment(tmp_path / "jobs")
    (tmp_path / "jobs").write_text("1 1\n3\n1\n1.5\n")
    with pytest.raises(InputError, match=r"capacity is 1\.5: must be a whole number"):
        assignment(tmp_path / "jobs")


def test_one_bad_file_costs_no_other_row(tmp_path: Path) -> None:
    """The others are solved and printed, the bad one is named with its line, and the exit code is 3."""
    family = tmp_path / "sscflp_diaz"
    shutil.copytree(OWN / "sscflp_diaz", family)
    (family / "broken.raw").write_text("3 4\n9 x\n")
    (family / "README.md").write_text("Not an instance.\n")
    done = external(tmp_path, "--format", "json")
    assert done.returncode == 3
    assert [row["instance"] for row in json.loads(done.stdout)] == ["own34"]
    assert f"error: {family / 'broken.raw'}:2 opening cost is 'x': is not a number" in done.stderr


HEADER = "family,instance,optimum,variant,status,source\n"


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        (HEADER + "sscflp_diaz,own34,abc,single-source,proven,x\n", ":2 optimum is 'abc': must be a number, or empty"),
        (HEADER + "sscflp_diaz,own34,nan,single-source,proven,x\n", ":2 optimum is 'nan': must be finite, or empty"),
        (
            HEADER + "sscflp_diaz,own34,78,sinlge,proven,x\n",
            ":2 variant is 'sinlge': must begin with single-source or splittable",
        ),
        (HEADER + "gap_chu1997,own35,1,,proven,x\n", ":2 variant is '': must begin with min or max"),
        (HEADER + "gap_chu1997,../own35,1,min,proven,x\n", ":2 instance is '../own35': must be the name of a file"),
        ("family;instance;optimum;variant;status\n", ":1 header must have the columns"),
        (HEADER + 'sscflp_diaz,"own34,78\n', "unexpected end of data"),
    ],
)
def test_a_list_of_optima_that_is_none_is_refused(tmp_path: Path, rows: str, words: str) -> None:
    """Before anything is solved: place, value, rule."""
    for family in ("sscflp_diaz", "gap_chu1997"):
        shutil.copytree(OWN / family, tmp_path / family)
    (tmp_path / "optima.csv").write_text(rows)
    with pytest.raises(InputError) as refused:
        cases_of(tmp_path, None)
    assert words in str(refused.value)


def test_what_is_left_out_is_told(tmp_path: Path) -> None:
    """Rows without a file, files without a row, nothing at all, and a family that is none."""
    shutil.copytree(OWN / "sscflp_diaz", tmp_path / "sscflp_diaz")
    (tmp_path / "optima.csv").write_text(
        f"{HEADER}sscflp_diaz,p9,78,single-source,proven,x\ngap_chu1997,a,1,min,proven,x\n"
    )
    cases, left_out = cases_of(tmp_path, None)
    assert cases == []
    assert left_out == [
        "sscflp_diaz/own34: not in optima.csv",
        "sscflp_diaz/p9: in optima.csv, but no such file",
        "gap_chu1997/a: in optima.csv, but no such file",
    ]
    assert "nothing to solve" in external(tmp_path).stderr
    with pytest.raises(InputError, match="neither a folder nor a family"):
        cases_of(tmp_path, "sscflp")


def test_two_files_of_a_name_are_refused(tmp_path: Path) -> None:
    """`own34.opt` beside `own34.raw`: neither is taken for the instance."""
    shutil.copytree(OWN / "sscflp_diaz", tmp_path / "sscflp_diaz")
    (tmp_path / "sscflp_diaz" / "own34.opt").write_text("78\n")
    with pytest.raises(InputError, match=r"there are own34\.opt and own34\.raw"):
        run(tmp_path, Case("sscflp_diaz", "own34", "single-source", None), 20.0, None)


def test_a_capacity_that_the_file_does_not_ask_for_is_refused() -> None:
    """`own34_5` of a file with capacities of its own, and `own34` of one that leaves it open."""
    with pytest.raises(InputError, match="but the file does not leave it open"):
        location_by_customer(OWN / "sscflp_diaz" / "own34.raw", 5.0)
    with pytest.raises(InputError, match="is left open; give it in the name"):
        run(OWN, Case("cflp_orlib", "own34", "splittable", None), 20.0, None)


def test_where_nothing_can_be_written_nothing_is_solved(tmp_path: Path) -> None:
    """A file where the folder should be: exit 3 at once."""
    (tmp_path / "file").write_text("keep")
    done = external(OWN, "--only", "gap_chu1997", "-o", str(tmp_path / "file"))
    assert (done.returncode, done.stdout) == (3, "")
    assert "cannot be written" in done.stderr


def test_a_plan_that_breaks_something_is_no_solution(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nothing is claimed of it, nothing is proven, and what an earlier run wrote does not stay beside the new
    instance.
    """
    case = Case("gap_chu1997", "own35", "min", None)
    assert run(OWN, case, 20.0, tmp_path).proven

    def breaking(*arguments: Any) -> Result:
        result = solve(*arguments)
        assert result.check is not None
        return dataclasses.replace(
            result, check=dataclasses.replace(result.check, breaches=[Breach("power", {}, 1.0, "MW", 0.0)])
        )

    monkeypatch.setattr(running, "solve", breaking)
    row = run(OWN, case, 20.0, tmp_path)
    assert (row.objective, row.proven, row.agrees) == (None, False, None)
    assert [file.name for file in (tmp_path / "gap_chu1997" / "own35-min").iterdir()] == ["instance.json"]


@pytest.mark.parametrize(
    ("objective", "bound", "proven", "agrees", "of_best_known"),
    [
        (100.0, 100.0, True, True, True),
        (100.00009, 100.0, True, True, True),
        (101.0, 101.0, True, False, False),
        (101.0, 90.0, False, None, None),
        (99.0, 90.0, False, False, None),
        (99.0, 99.0, True, False, None),
        (101.0, 100.5, False, False, False),
        (None, 100.5, False, False, False),
        (None, None, False, None, None),
    ],
)
def test_what_agrees(objective: Any, bound: Any, proven: bool, agrees: Any, of_best_known: Any) -> None:
    """100 is published.

    Proven: nothing is better; else it may be beaten. Never may a bound be above it, plan or not.
    """
    for status, expected in (
        ("PROVEN optimal", agrees),
        ("best known", of_best_known),
        ("not proven (heuristic)", of_best_known),
    ):
        row = Row(Case("gap_chu1997", "x", "min", 100.0, status), objective, bound, 1.0)
        assert (row.proven, row.agrees) == (proven, expected), status
        mirrored = None if objective is None else -objective, None if bound is None else -bound
        assert Row(Case("gap_chu1997", "x", "max", -100.0, status), *mirrored, 1.0).agrees is expected, status


def test_infeasible_is_refuted_by_what_is_published() -> None:
    """Whoever has published a value has a solution; where nobody has, nothing is refuted."""
    assert Row(Case("gap_chu1997", "x", "min", 100.0, "best known"), None, None, 1.0, True).agrees is False
    assert Row(Case("gap_chu1997", "x", "min", None), None, None, 1.0, True).agrees is None


@needs_external
@pytest.mark.parametrize(
    ("family", "instance", "variant"),
    [
        ("cflp_orlib", "cap41", "splittable"),
        ("cflp_orlib", "cap63", "splittable"),
        ("sscflp_orlib", "cap63", "single-source"),
        ("sscflp_diaz", "p2", "single-source"),
        ("gap_cattrysse1994", "gap1-0", "max"),
        ("gap_cattrysse1994", "gap1-0", "min"),
        ("clsp_trigeiro", "X11117A", "multi-item"),
    ],
)
def test_published_optima_are_found(family: str, instance: str, variant: str) -> None:
    """One or two of each family, proven, as published."""
    cases, _ = cases_of(Path(str(EXTERNAL)), family)
    (case,) = [case for case in cases if (case.instance, case.variant) == (instance, variant)]
    row = run(Path(str(EXTERNAL)), case, 60.0, None)
    assert (row.proven, row.agrees) == (True, True), row


def test_every_family_has_a_reader_of_ours() -> None:
    """Families that are read are those that the documentation names."""
    assert set(FAMILIES) == {
        "cflp_orlib",
        "sscflp_orlib",
        "sscflp_holmberg",
        "sscflp_diaz",
        "gap_cattrysse1994",
        "gap_chu1997",
        "gap_yagiura2004",
        "clsp_trigeiro",
    }
