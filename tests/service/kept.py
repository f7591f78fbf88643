"""What tests of the durability of runs share: a store beside the service's, runs put into it, and who is at work."""

from __future__ import annotations

import json
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import pairwise
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, Any

from api.service.runs import ENDED, PLAN, Claim, End, Submission
from api.service.settings import ServiceSettings
from api.service.store import Store
from models.instance import Instance, canonical
from models.plan import Plan
from solver.check import check
from solver.settings import Settings
from tests.service.running import Running, running

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from sqlalchemy import Row

ORPHANS = 10.0  # seconds that an orphan may take to notice
CENT = 0.01  # a search reports fractions of a cent, the price of a plan does not
OWNER = "local"  # who submits on loopback without keys


@contextmanager
def opened(folder: Path, url: str = "") -> Iterator[Store]:
    """The store of a data folder, or of a PostgreSQL."""
    store = Store(ServiceSettings(data_dir=folder, database_url=url))
    try:
        yield store
    finally:
        store.close()


def put(store: Store, instance: Instance, owner: str = OWNER, **options: Any) -> str:
    """Submits a run as the server does; its id."""
    store.instances.put(instance.sha256, canonical(instance), owner)
    row, _ = store.runs.submit(submission(instance, owner, **options), 10_000)
    return str(row.id)


def submission(instance: Instance, owner: str = OWNER, **options: Any) -> Submission:
    """What is submitted; ``priority``, ``parent`` and ``key`` are the service's, the rest is the solver's."""
    priority, parent, key = (
        options.pop(name, default) for name, default in (("priority", 0), ("parent", None), ("key", None))
    )
    asked = {"time_limit": 5.0, "gap": 0.0, "threads": 1, **options}
    Settings(**asked)
    request = {"scenario": None, "cross_check": None, "options": asked}
    body = json.dumps([instance.sha256, request])
    return Submission(owner, instance.sha256, request, priority, parent, key, body)


def row_of(store: Store, run: str) -> Row[Any]:
    """A run that must be there."""
    row = store.runs.get(run)
    assert row is not None, "the run is lost"
    return row


def until(done: Callable[[], Any], seconds: float, what: str) -> Any:
    """What ``done`` returns once that is true; fails where it is not within ``seconds``."""
    end = time.monotonic() + seconds
    while not (found := done()):
        assert time.monotonic() < end, f"not within {seconds:g} s: {what}"
        time.sleep(0.02)
    return found


def ended(store: Store, run: str, seconds: float = 60.0) -> Row[Any]:
    """A run once it has ended."""
    until(lambda: row_of(store, run).state in ENDED, seconds, "the run ends")
    return row_of(store, run)


def await_plan(store: Store, run: str) -> float:
    """Until a plan has been reported; its cost."""
    until(lambda: row_of(store, run).holds == "plan" or row_of(store, run).state in ENDED, 60, "a plan is reported")
    assert plan_of(store, run) is not None
    return float(row_of(store, run).objective_usd)


def stop(store: Store, run: str, below: float = inf) -> Row[Any]:
    """Ends a run as soon as it has a plan that costs less, so that no test depends on how fast the machine is."""
    await_plan(store, run)
    until(lambda: row_of(store, run).objective_usd < below, 60, "a better plan is reported")
    store.runs.ask(run, "stop")
    return ended(store, run)


def events_of(store: Store, run: str) -> list[dict[str, Any]]:
    """The events of a run, which are numbered without a gap."""
    found = store.runs.events(run, 0)
    assert [number for number, _ in found] == list(range(1, len(found) + 1))
    return [json.loads(text) for _, text in found]


def plan_of(store: Store, run: str) -> Plan | None:
    """The best plan of a run so far."""
    content = store.runs.file(run, PLAN)
    return None if content is None else Plan.model_validate_json(content)


def assert_whole(store: Store, run: str, instance: Instance) -> None:
    """A run that has succeeded has ended once, with a plan that holds and costs what the run says."""
    row, events = row_of(store, run), events_of(store, run)
    assert (row.state, row.holds) == ("succeeded", "plan"), (row.state, row.reason, events)
    assert [event["event"] for event in events].count("finished") == 1 and events[-1]["event"] == "finished"
    assert len(events) == row.events
    plan = plan_of(store, run)
    assert plan is not None
    checked = check(instance, plan)
    assert not checked.breaches and abs(float(checked.cost_usd) - row.objective_usd) < 0.02
    told = [event["objective_usd"] for event in events if event["event"] == "incumbent"]
    assert all(later < earlier for earlier, later in pairwise(told)), told


def lease(store: Store, worker: str) -> Claim:
    """The next run for a worker; there must be one."""
    claim = store.runs.claim(worker, 0)
    assert claim is not None
    return claim


def end_as(state: Any, reason: str | None = None) -> End:
    """An end without a plan."""
    return End(state, {"event": "finished", "state": state, "reason": reason}, reason=reason)


@dataclass(frozen=True)
class Team:
    """Servers and workers on one database, each with a temporary folder by which its processes are found."""

    folder: Path
    store: Store
    url: str
    stack: ExitStack

    def start(self, name: str, command: str = "worker", slots: int = 1, words: Sequence[str] = ()) -> Running:
        """Starts one, which ends with the test."""
        self.temporary(name).mkdir(exist_ok=True)
        given = {"TMPDIR": str(self.temporary(name)), "AMPACITY_SLOTS": str(slots), "AMPACITY_DATABASE_URL": self.url}
        return self.stack.enter_context(running(command, self.folder / "data", *words, settings=given))

    def temporary(self, name: str) -> Path:
        """The temporary folder of one."""
        return self.folder / name

    def at_work(self, name: str) -> dict[int, str]:
        """Processes of one, itself included, by the module of ours that each runs."""
        found = {}
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                try:
                    if f"TMPDIR={self.temporary(name)}".encode() in (entry / "environ").read_bytes():
                        words = (entry / "cmdline").read_text().split("\0")
                        found[int(entry.name)] = words[words.index("-m") + 1] if "-m" in words else words[-1]
                except OSError:  # it has ended, or is not ours
                    continue
        return found

    def assert_gone(self, name: str) -> None:
        """Nothing that one has started goes on."""
        until(lambda: not self.at_work(name), ORPHANS, f"all processes of {name} end")


@contextmanager
def team(folder: Path, url: str = "") -> Iterator[Team]:
    """A database without anybody at work yet."""
    with opened(folder / "data", url) as store, ExitStack() as stack:
        yield Team(folder, store, url, stack)
