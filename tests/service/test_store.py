"""Runs as they are kept: leases, order, limits, take-over, retention; on SQLite and on PostgreSQL."""

from __future__ import annotations

import random
import threading
import time
from typing import TYPE_CHECKING

import pytest

from api.service import runs as runs_module
from api.service.runs import PLAN, CostAndBound, OtherBodyError, ReferredError, StillRunsError, TooManyError
from api.service.settings import ServiceSettings
from api.service.store import Store
from instances.generator import generate
from tests.service.kept import end_as, events_of, lease, opened, put, row_of, submission
from tests.service.postgres import Postgres, postgres

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

INSTANCE = generate("XS", 1)
MOST = 3  # deaths


@pytest.fixture(scope="module")
def server() -> Iterator[Postgres]:
    with postgres() as found:
        yield found


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest) -> str:
    """Where the database is; empty: SQLite."""
    if request.param == "sqlite":
        return ""
    return str(request.getfixturevalue("server").new())


@pytest.fixture
def store(url: str, tmp_path: Path) -> Iterator[Store]:
    """A store with two workers, `a` and `b`."""
    with opened(tmp_path, url) as found:
        for name in ("a", "b"):
            found.runs.enter(name, "somewhere", 1, 0.0)
        yield found


def test_the_queue_goes_by_priority_and_then_by_age(store: Store) -> None:
    """The highest priority first, then the earliest; a run is claimed once."""
    names = [put(store, INSTANCE, priority=priority) for priority in (0, 5, -3, 5, 0)]
    claimed = [lease(store, "a").run for _ in names]
    assert claimed == [names[index] for index in (1, 3, 0, 4, 2)]
    assert store.runs.claim("a", 0) is None


def test_limits_of_a_key(store: Store) -> None:
    """A key has at most so many runs waiting or running, and so many running; others are not held up by it."""
    first = put(store, INSTANCE, "one")
    put(store, INSTANCE, "one")
    with pytest.raises(TooManyError):
        store.runs.submit(submission(INSTANCE, "one"), 2)
    other = put(store, INSTANCE, "two", priority=-9)
    assert [claim and claim.run for claim in (store.runs.claim("a", 1) for _ in range(3))] == [first, other, None]


def test_the_same_key_and_body_give_the_same_run(store: Store) -> None:
    """Also where eight ask at once; another body is refused, and another owner's key is another key."""
    put(store, INSTANCE)
    found: list[str] = []
    threads = [
        threading.Thread(target=lambda: found.append(store.runs.submit(submission(INSTANCE, key="k"), 100)[0].id))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8 and len(set(found)) == 1
    with pytest.raises(OtherBodyError):
        store.runs.submit(submission(INSTANCE, key="k", seed=3), 100)
    assert store.runs.submit(submission(INSTANCE, "two", key="k"), 100)[1]


def test_whoever_lost_the_lease_changes_nothing(store: Store) -> None:
    """Neither event, plan, end nor return of an earlier attempt counts; those of the current one do."""
    run = put(store, INSTANCE)
    old = lease(store, "a")
    assert store.runs.record(old, [{"event": "started"}])
    assert store.runs.take_from("a", 0, MOST, "b") == [run]
    new = lease(store, "b")
    before, events = row_of(store, run), events_of(store, run)
    assert new.attempt == old.attempt + 1
    assert not store.runs.record(old, [{"event": "incumbent"}], CostAndBound(1.0, None), b"{}", 99.0)
    assert not store.runs.finish(old, end_as("failed"), {PLAN: b"{}"}, 99.0)
    assert not store.runs.release(old, True, 1)
    store.runs.enter("a", "somewhere", 1, 0.0)
    assert store.runs.beat("a", {old: 99.0}) and store.runs.asked([old]) == {}
    assert (row_of(store, run), events_of(store, run), store.runs.file(run, PLAN)) == (before, events, None)
    assert store.runs.finish(new, end_as("succeeded"), {}, 2.0)
    assert not store.runs.finish(new, end_as("failed"), {}, 2.0)
    assert row_of(store, run).state == "succeeded" and events_of(store, run)[-1]["state"] == "succeeded"


def test_a_worker_that_gives_a_sign_of_life_is_not_dead(store: Store) -> None:
    """What was decided on an earlier sign of life is not done; a worker that is not known any more claims nothing."""
    run = put(store, INSTANCE)
    claim = lease(store, "a")
    assert store.runs.beat("a", {claim: 1.5}) and row_of(store, run).spent == 1.5
    assert store.runs.take_from("a", 0, MOST, "b") == [] and row_of(store, run).state == "running"
    assert store.runs.take_from("a", 1, MOST, "b") == [run]
    assert not store.runs.beat("a", {}) and store.runs.claim("a", 0) is None and row_of(store, run).state == "queued"
    assert store.runs.take_from("a", 1, MOST, "b") == []
    words = {(entry.who, entry.what, entry.run) for entry in store.audit.page(None, 10)}
    assert ("worker b", "take over from worker a", run) in words


def test_runs_of_a_worker_that_nobody_knows_are_found(store: Store) -> None:
    """Such as one that left without giving its runs back."""
    run = put(store, INSTANCE)
    lease(store, "a")
    store.runs.leave("a")
    assert store.runs.strays() == ["a"]
    assert store.runs.take_from("a", None, MOST, "b") == [run] and store.runs.strays() == []


def test_a_run_is_given_up_after_three_deaths(store: Store) -> None:
    """It fails and says why; to be given back in good order is no death."""
    run = put(store, INSTANCE)
    for _ in range(5):
        assert store.runs.release(lease(store, "a"), False, MOST, 1.0)
    assert (row_of(store, run).state, row_of(store, run).kills) == ("queued", 0)
    assert store.runs.release(lease(store, "a"), True, MOST, 2.0, "killed by signal 9")
    lease(store, "b")
    store.runs.take_from("b", 0, MOST, "a")
    assert row_of(store, run).state == "queued"
    assert store.runs.release(lease(store, "a"), True, MOST, 3.0, "killed by signal 9")
    row, events = row_of(store, run), events_of(store, run)
    assert (row.state, row.stopped, row.kills, row.attempts, row.spent) == ("failed", "crashed", 3, 8, 3.0)
    assert row.reason == events[-1]["reason"] and "3 times" in row.reason and "signal 9" in row.reason
    assert store.runs.claim("a", 0) is None


def test_what_is_asked_of_a_run(store: Store) -> None:
    """One that has not begun ends at once; one whose worker died ends if cancelled, and keeps its plan if stopped."""
    waiting, stopped, gone, going, going_on = (put(store, INSTANCE) for _ in range(5))
    assert store.runs.ask(waiting, "cancel") == "cancelled" and "before it began" in row_of(store, waiting).reason
    assert store.runs.ask(stopped, "stop") == "cancelled"
    claims = {claim.run: claim for claim in (lease(store, "a") for _ in range(3))}
    assert store.runs.ask(going, "cancel") == "running" and store.runs.ask(going, "stop") == "running"
    assert store.runs.asked(claims.values()) == {claims[gone]: None, claims[going]: "cancel", claims[going_on]: None}
    store.runs.take_from("a", 0, MOST, "b")
    assert row_of(store, going).state == "cancelled" and row_of(store, gone).state == "queued"
    assert store.runs.ask(gone, "cancel") == "cancelled"
    assert store.runs.ask(going_on, "stop") == "queued"
    again = lease(store, "b")
    assert again.run == going_on and store.runs.asked([again]) == {again: "stop"}
    assert store.runs.ask(waiting, "cancel") == "cancelled" and len(events_of(store, waiting)) == 1
    assert store.runs.ask("f" * 20, "stop") is None


def test_an_event_and_its_plan_are_one(store: Store) -> None:
    """Where one of several events cannot be written, nothing is: no event, no plan, no cost."""
    run = put(store, INSTANCE)
    claim, known = lease(store, "a"), CostAndBound(5.0, None)
    before = row_of(store, run)
    with pytest.raises(ValueError, match="JSON"):
        store.runs.record(claim, [{"event": "incumbent"}, {"event": float("nan")}], known, b"{}")
    assert row_of(store, run) == before and not events_of(store, run) and store.runs.file(run, PLAN) is None
    assert store.runs.record(claim, [{"event": "incumbent"}], known, b"{}")
    row = row_of(store, run)
    assert (row.holds, row.objective_usd, row.events, store.runs.file(run, PLAN)) == ("plan", 5.0, 1, b"{}")


def test_retention(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Finished runs go when they are old, a few at a time, but none that another refers to; then their instance."""
    monkeypatch.setattr(runs_module, "AT_ONCE", 2)
    old = [put(store, INSTANCE) for _ in range(3)]
    for name in old:
        store.runs.ask(name, "cancel")
    child = put(store, INSTANCE, parent=old[0])
    time.sleep(0.01)
    assert store.runs.expire(1.0) == 0 and store.instances.expire(1.0) == 0
    assert store.runs.expire(1e-9) == 2 and store.runs.expire(1e-9) == 0
    assert store.runs.get(old[0]) is not None and store.runs.get(old[1]) is None
    with pytest.raises(StillRunsError):
        store.runs.remove(child)
    with pytest.raises(ReferredError):
        store.runs.remove(old[0])
    store.runs.ask(child, "cancel")
    time.sleep(0.01)
    assert store.runs.expire(1e-9) == 1 and store.instances.expire(1e-9) == 0
    assert store.runs.expire(1e-9) == 1 and store.instances.expire(1e-9) == 1
    assert store.instances.content(INSTANCE.sha256) is None and store.instances.listed(None) == []


def test_pages_go_from_the_latest_to_the_first(store: Store) -> None:
    """None twice and none left out, though runs are added meanwhile; of one owner and one state only."""
    names = [put(store, INSTANCE) for _ in range(7)]
    put(store, INSTANCE, "other")
    store.runs.ask(names[3], "cancel")
    seen, below = [], None
    while page := store.runs.page("local", None, below, 3):
        seen += [row.id for row in page]
        below = page[-1].number
        put(store, INSTANCE)
    assert seen == names[::-1]
    assert [row.id for row in store.runs.page("local", "cancelled", None, 9)] == [names[3]]
    assert len(store.runs.page(None, None, None, 99)) == 7 + 1 + 3


def test_all_at_once(url: str, tmp_path: Path) -> None:
    """Workers claim, tell and finish while others cancel, take over and enter anew: every run ends, and once."""
    seed = 20_270_101
    with opened(tmp_path, url) as one, opened(tmp_path, url) as two:
        names = [put(one, INSTANCE) for _ in range(40)]
        for worker in ("a", "b", "c"):
            one.runs.enter(worker, "somewhere", 1, 0.0)
        failures: list[BaseException] = []
        over = threading.Event()
        threads = [
            *(
                threading.Thread(target=_guarded, args=(failures, _work, store, worker, over, seed + n))
                for n, (store, worker) in enumerate([(one, "a"), (two, "b"), (two, "c")])
            ),
            threading.Thread(target=_guarded, args=(failures, _disturb, one, names, over, seed)),
            threading.Thread(target=_guarded, args=(failures, _disturb, two, names, over, seed + 9)),
        ]
        for thread in threads:
            thread.start()
        end = time.monotonic() + 60
        while any(row_of(one, name).state in ("queued", "running") for name in names) and not failures:
            assert time.monotonic() < end, f"seed {seed}: some never end"
            time.sleep(0.05)
        over.set()
        for thread in threads:
            thread.join()
        assert not failures, f"seed {seed}: {failures}"
        for name in names:
            events = events_of(one, name)
            ends = [event["state"] for event in events if event["event"] == "finished"]
            assert ends == [row_of(one, name).state] and events[-1]["event"] == "finished", f"seed {seed}: {events}"


def _guarded(failures: list[BaseException], work: object, *given: object) -> None:
    try:
        work(*given)  # type: ignore[operator]
    except BaseException as error:
        failures.append(error)


def _work(store: Store, worker: str, over: threading.Event, seed: int) -> None:
    chance = random.Random(seed)
    while not over.is_set():
        if not store.runs.beat(worker, {}):
            store.runs.enter(worker, "somewhere", 1, 0.0)
        claim = store.runs.claim(worker, 0)
        if claim is None:
            time.sleep(0.002)
            continue
        known = CostAndBound(chance.uniform(1, 9), None)
        held = store.runs.record(claim, [{"event": "incumbent"}], known, b"{}", 1.0)
        store.runs.beat(worker, {claim: 2.0})
        if held and chance.random() < 0.8:
            store.runs.finish(claim, end_as("succeeded"), {"run.json": b"{}"}, 2.0)
        else:
            store.runs.release(claim, False, 99, 1.5)


def _disturb(store: Store, names: list[str], over: threading.Event, seed: int) -> None:
    chance = random.Random(seed)
    while not over.is_set():
        for row in store.runs.workers():
            if chance.random() < 0.3:
                store.runs.take_from(row.id, row.beat, 99, "x")
        for stray in store.runs.strays():
            store.runs.take_from(stray, None, 99, "x")
        if chance.random() < 0.5:
            store.runs.ask(chance.choice(names), chance.choice(["stop", "cancel"]))
        time.sleep(chance.uniform(0, 0.004))


def test_several_programs_make_the_tables_at_once(url: str, tmp_path: Path) -> None:
    """Eight that open a new database at the same moment all get it."""
    found: list[object] = []

    def open_it() -> None:
        try:
            Store(ServiceSettings(data_dir=tmp_path, database_url=url)).close()
            found.append(None)
        except Exception as error:
            found.append(error)

    threads = [threading.Thread(target=open_it) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [None] * 8


def test_kills_are_counted_for_ever(store: Store) -> None:
    """The count does not fall when runs are removed: a counter that falls looks like a restart."""
    for _ in range(2):
        put(store, INSTANCE)
        assert store.runs.release(lease(store, "a"), True, MOST)
        claim = lease(store, "a")
        assert store.runs.release(claim, True, MOST)
        assert store.runs.finish(lease(store, "a"), end_as("succeeded"), {}, 1.0)
        before = store.runs.kills()
        store.runs.remove(claim.run)
        assert store.runs.kills() == before
    assert store.runs.kills() == 4
