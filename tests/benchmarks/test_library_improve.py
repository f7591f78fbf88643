"""Improving the library with runs that pretend: only what is better is recorded, and only on top of what is true."""

from __future__ import annotations

import dataclasses
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from benchmarks.library import command
from benchmarks.library import improve as improving
from benchmarks.library.command import improve_library
from benchmarks.library.improve import improve
from benchmarks.library.shelf import Shelf
from benchmarks.library.verify import STALE, verified
from models.errors import InputError, SolverError
from models.plan import Plan
from solver.settings import Settings
from tests.benchmarks.library_cases import BETWEEN, BROKEN, CHEAP, DEAR, OTHER, XS_1, content, cost, finds

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.library.entry import Entry
    from models.instance import Instance
    from solver.result import Result

QUICK = Settings(time_limit=1.0, gap=0.0)


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    """A library that knows the dear plan and a bound."""
    shelf = Shelf(tmp_path)
    improve(shelf, XS_1, QUICK, finds(DEAR, 1.0))
    return shelf


def entry(shelf: Shelf) -> Entry:
    """The one entry."""
    (entry,) = shelf.read().instances
    return entry


def usd(entry: Entry) -> tuple[Decimal, Decimal]:
    """Objective and bound."""
    assert entry.best is not None and entry.bound is not None
    return entry.best.usd, entry.bound.usd


def test_the_first_run_is_recorded(shelf: Shelf) -> None:
    """Objective, bound, what binds, and the run with its command, options, versions, seconds and day."""
    known = entry(shelf)
    assert known.best is not None and known.bound is not None
    assert usd(known) == (cost(DEAR), Decimal(1)) and known.bound.proved_by == "a solver"
    assert known.binds == "1 dropped (100.0 % of the value)"
    by = known.best.by
    assert by.command.endswith("library --improve --only XS-1 --time-limit 1 --solver highs --seed 1")
    assert by.options.time_limit_seconds == by.seconds == 1.0 and "ampacity" in by.versions and by.on
    assert verified(shelf, XS_1, known).faults == ()


def test_what_is_better_is_recorded(shelf: Shelf) -> None:
    """A cheaper plan and a higher bound replace what was there; each keeps the run that it is from."""
    improve(shelf, XS_1, QUICK, finds(CHEAP, 0.5))
    between = entry(shelf)
    assert between.best is not None and usd(between) == (cost(CHEAP), Decimal(1))
    assert between.best.by.started_from_usd == cost(DEAR)
    change = improve(shelf, XS_1, dataclasses.replace(QUICK, seed=7), finds(DEAR, 2.0))
    after = entry(shelf)
    assert after.best == between.best and after.bound is not None and after.bound.by.options.seed == 7
    assert change.words == "XS-1: bound 2.00 (was 1.00); time"
    assert verified(shelf, XS_1, after).faults == ()


@pytest.mark.parametrize("run", [finds(DEAR, 1.0), finds(DEAR, 0.5), finds(DEAR), finds(None, 1.0), finds(None)])
def test_nothing_better_leaves_every_byte(shelf: Shelf, run: improving.Search) -> None:
    """The same, worse or nothing at all: no file is even touched."""
    before = content(shelf.folder)
    assert improve(shelf, XS_1, QUICK, run).words.startswith("XS-1: nothing better")
    assert content(shelf.folder) == before


@pytest.mark.parametrize(
    ("run", "words"),
    [
        (finds(BROKEN, 2.0), "does not hold"),
        (finds(CHEAP, BETWEEN), "refutes the bound proven now"),
        (finds(None, 1e9), "refutes the bound proven now"),
        (finds(None, 2.0, "infeasible"), "infeasible"),
        (finds(BROKEN, 2.0, "crashed"), "crashed"),
    ],
)
def test_what_cannot_be_true_leaves_every_byte(shelf: Shelf, run: improving.Search, words: str) -> None:
    """A plan that breaks something, a bound above a known plan, a run that failed: an error, nothing recorded."""
    before = content(shelf.folder)
    with pytest.raises(SolverError, match=words):
        improve(shelf, XS_1, QUICK, run)
    assert content(shelf.folder) == before


def test_a_failed_run_may_leave_a_plan_but_no_bound(shelf: Shelf) -> None:
    """The check speaks for the plan; for the bound only the run that failed."""
    with pytest.raises(SolverError, match="crashed"):
        improve(shelf, XS_1, QUICK, finds(CHEAP, 2.0, "crashed"))
    known = entry(shelf)
    assert usd(known) == (cost(CHEAP), Decimal(1))


def test_an_entry_of_an_earlier_version_is_told_and_replaced(shelf: Shelf) -> None:
    """Its plan still serves as a start; what was recorded counts no more, not even where it looked better."""
    now = dataclasses.replace(XS_1, given=OTHER)
    assert verified(shelf, now, entry(shelf)).faults == (STALE,)
    started: list[Plan | None] = []
    dearer = Plan.model_validate(DEAR.model_dump(by_alias=True) | {"instance_sha256": OTHER.sha256})

    def search(instance: Instance, settings: Settings, start: Plan | None) -> Result:
        started.append(start)
        return finds(dearer, 0.5)(instance, settings, start)

    assert "earlier version" in improve(shelf, now, QUICK, search).words
    known = entry(shelf)
    assert started == [DEAR] and known.instance_sha256 == OTHER.sha256
    assert known.best is not None and known.bound is not None
    assert known.best.usd > cost(DEAR) and known.bound.usd < 1
    assert verified(shelf, now, known).faults == ()


def test_on_top_of_what_is_not_true_nothing_is_recorded(shelf: Shelf) -> None:
    """An objective that the plan does not have is told, by --improve and without it."""
    known = entry(shelf)
    assert known.best is not None
    false = known.model_copy(update={"best": known.best.model_copy(update={"usd": known.best.usd - 1})})
    shelf.put(false, None)
    (fault,) = verified(shelf, XS_1, entry(shelf)).faults
    assert fault.startswith("the plan costs")
    before = content(shelf.folder)
    with pytest.raises(InputError, match="is not what is recorded"):
        improve(shelf, XS_1, QUICK, finds(CHEAP, 2.0))
    assert content(shelf.folder) == before


def test_what_is_solved_is_not_searched_again(shelf: Shelf) -> None:
    """Once bound and objective are equal, no time is spent on it."""
    improve(shelf, XS_1, QUICK, finds(CHEAP, float(cost(CHEAP)), "optimal"))
    before = content(shelf.folder)

    def search(instance: Instance, settings: Settings, start: Plan | None) -> Result:
        raise AssertionError("searched")

    assert improve(shelf, XS_1, QUICK, search).note == "solved"
    assert content(shelf.folder) == before


def test_other_words_are_corrected(shelf: Shelf) -> None:
    """What binds follows from the plan: other words of an earlier version are replaced, and this is no improvement."""
    before = entry(shelf)
    shelf.put(before.model_copy(update={"binds": "the moon"}), None)
    assert verified(shelf, XS_1, entry(shelf)).words.startswith("other limits bind than recorded")
    change = improve(shelf, XS_1, QUICK, finds(None))
    assert change.words == "XS-1: nothing better; what binds is corrected; time" and not change.better
    assert entry(shelf) == before


def test_another_run_may_be_faster(shelf: Shelf) -> None:
    """What another process has recorded meanwhile is compared with, not overwritten."""

    def search(instance: Instance, settings: Settings, start: Plan | None) -> Result:
        improve(shelf, XS_1, QUICK, finds(CHEAP, 2.0))
        return finds(DEAR, 1.5)(instance, settings, start)

    improve(shelf, XS_1, QUICK, search)
    known = entry(shelf)
    assert usd(known) == (cost(CHEAP), Decimal(2))


def test_each_entry_is_on_disk_before_the_next_begins(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """An interruption in the second search costs nothing of the first, and the exit code says so."""
    two = dataclasses.replace(XS_1, name="XS-2")
    runs = iter([finds(CHEAP, 2.0)])

    def one_after_the_other(shelf: Shelf, one: object, settings: Settings) -> improving.Change:
        search = next(runs, None)
        if search is None:
            raise KeyboardInterrupt
        return improve(shelf, XS_1, settings, search)

    monkeypatch.setattr(command, "chosen", lambda only: [XS_1, two])
    monkeypatch.setattr(command, "lay_out", lambda shelf: None)
    monkeypatch.setattr(command, "improve", one_after_the_other)
    assert improve_library(shelf.folder, (), QUICK, "text") == 130
    known = entry(shelf)
    assert known.best is not None and known.best.usd == cost(CHEAP)
    assert "1 of 1 improved" in capsys.readouterr().out
