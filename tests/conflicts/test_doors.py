"""The same answer through every door: strategies, solvers, limits, the command line."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import numpy as np
import pytest

from models.files import save
from models.instance import Instance
from solver.backends.outcome import Options, Outcome
from solver.conflicts.explain import explain, smallest
from solver.formulation.formulate import FAMILIES, formulate
from solver.limits import Limits
from solver.report.summary import summary
from solver.tables.tables import tables_of
from tests.check.small import JANUARY, Tree, edited
from tests.conflicts.told import asked, collisions, must_run, own_site
from tests.formulation.solved import month

if TYPE_CHECKING:
    from pathlib import Path

POWER = [("power", {"site": "own"}, JANUARY, 0.01, "MW")]


def short_of_power() -> Tree:
    """4 nodes of 15 kW at the meter, where 0.05 MW are ready."""
    return month(training=[must_run()], offers=[], **own_site(ready_mw=0.05))


@pytest.mark.parametrize(
    "settings", [{"strategy": "direct"}, {"solver": "scip"}, {"solver": "pyomo:highs"}, {"deterministic": True}]
)
def test_every_solver_and_strategy_is_told_the_same(settings: dict[str, str]) -> None:
    """Whoever has proven that there is no plan, the conflict is that of power."""
    assert collisions(short_of_power(), **settings)[1] == POWER


@pytest.mark.parametrize("threads", [1, 2])
def test_the_search_of_large_programs_tells_it_too(monkeypatch: pytest.MonkeyPatch, threads: int) -> None:
    """The search by neighbourhoods, in turn and side by side, ends with the same answer."""
    monkeypatch.setattr("solver.strategies.search_settings.LARGE", 0)
    assert collisions(short_of_power(), threads=threads)[1] == POWER


def test_a_feasible_instance_is_told_nothing() -> None:
    """With 0.06 MW the same training runs: no conflicts in the result, an empty list in its document."""
    result = asked(month(training=[must_run()], offers=[], **own_site(ready_mw=0.06)))
    assert result.stopped == "optimal" and result.conflicts == ()
    assert result.document()["conflicts"] == []
    assert "INFEASIBLE" not in summary(result)


def test_the_command_line_leaves_with_4(tmp_path: Path) -> None:
    """Exit 4; one document with the conflicts on stdout and in run.json, or text that names commitment, limit and
    amount.
    """
    save(Instance.model_validate(edited(short_of_power(), "regions", 1, provider="aws")), tmp_path / "short.json")

    def solved(*words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "api.cli", "solve", str(tmp_path / "short.json"), "--time-limit", "60", *words]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    done = solved("--format", "json")
    assert done.returncode == 4
    document = json.loads(done.stdout)
    commitment, limit = document["conflicts"]
    assert (commitment["family"], commitment["place"], commitment["amount"]) == ("placed", {"workload": "train"}, 1.0)
    assert {name: limit[name] for name in ("family", "place", "period", "unit")} == {
        "family": "power",
        "place": {"site": "own"},
        "period": JANUARY,
        "unit": "MW",
    }
    assert limit["amount"] == pytest.approx(0.01) and limit["limit"] == pytest.approx(0.05)
    done = solved()
    assert done.returncode == 4 and "Traceback" not in done.stderr
    assert done.stdout.startswith("INFEASIBLE")
    assert "training train must run" in done.stdout and "0.01 MW beyond 0.05" in done.stdout


def test_what_is_known_when_the_time_is_up() -> None:
    """No time at all: no conflicts and the reason.

    A stop after the first question: the commitment without its limits.
    """
    tables = tables_of(Instance.model_validate(short_of_power()))
    formulation = formulate(tables)
    late = explain(tables, formulation, frozenset(), Options(1.0), Limits(0.0), 0.0)
    assert late.conflicts == [] and late.message == "the time is up before all conflicts were found"
    limits = Limits(60.0)
    questions: list[float] = []

    class Counted(Limits):
        def left(self, reserve: float = 0.0) -> float:
            questions.append(limits.left())
            return questions[-1] if len(questions) <= 1 else -1.0

    told = explain(tables, formulation, frozenset(), Options(60.0, 0.0), Counted(60.0), 0.0)
    assert [(c.family, c.amount) for c in told.conflicts] == [("placed", 1.0)]
    assert "before all conflicts were found" in told.message


def test_a_solver_that_claims_too_much_costs_no_plan(monkeypatch: pytest.MonkeyPatch) -> None:
    """Infeasible, says the solver, and nobody planned by hand: asked again there is a plan, which is kept.

    It was a crash.
    """
    monkeypatch.setattr("solver.first.construct", lambda *_: None)
    monkeypatch.setattr(
        "solver.strategies.chosen.search", lambda *_, **__: Outcome("infeasible", None, None, None, "a liar", 0.0)
    )
    result = asked(month(training=[must_run()], offers=[], **own_site(ready_mw=0.06)))
    assert result.stopped == "crashed" and result.plan is not None
    assert result.check is not None and result.check.breaches == []


def test_a_family_that_nobody_has_described(monkeypatch: pytest.MonkeyPatch) -> None:
    """No start in `own` at all, says a family that the check does not know: its name, and where its row is."""

    def novel(model, tables, x):  # type: ignore[no-untyped-def]
        own = np.flatnonzero(tables.pools.ours[tables.modes.pool[tables.starts.mode]])
        model.require("novel", x.start[own] <= 0.0)

    monkeypatch.setitem(FAMILIES, "novel", novel)
    given, limits = collisions(month(training=[must_run()], offers=[]))
    assert [entry[0] for entry in given] == ["placed"]
    where = {"workload": "train", "way": "w", "site": "own", "pool": "own-h", "mode": "full"}
    assert limits == [("novel", where, JANUARY, None, "")]


def test_smallest_conflicts() -> None:
    """Of 20 commitments 3, 7 and 11 cannot hold together: exactly these are found, in far fewer questions than
    subsets.
    """
    asked_for: list[list[int]] = []

    def collide(hard: list[int]) -> bool:
        asked_for.append(hard)
        return {3, 7, 11} <= set(hard)

    others = [number for number in range(20) if number != 7]
    assert sorted(smallest([7], others, collide)) == [3, 11]
    assert len(asked_for) < 20
