"""Runs as they are kept: a queue, leases, events, plans and ends.

A run is *queued*, then *running* in a worker that holds its lease, then *succeeded*, *failed* or *cancelled*. Whoever
claims it gets the number of the attempt. Each later write names that number and counts only while the attempt is the
current one, so that a worker that was taken for dead can neither add an event nor end a run a second time.
"""

from __future__ import annotations

import json
import secrets
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy import and_, case, delete, func, select, update

from api.runs.events import relative_gap
from api.service import database as db
from api.service.audit import note
from api.service.times import days_ago, now

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sqlalchemy import Connection, Row

    from api.service.database import Database

RunState = Literal["queued", "running", "succeeded", "failed", "cancelled"]
STATES: tuple[RunState, ...] = ("queued", "running", "succeeded", "failed", "cancelled")
ENDED: tuple[RunState, ...] = ("succeeded", "failed", "cancelled")
OPEN: tuple[RunState, ...] = ("queued", "running")
Asked = Literal["stop", "cancel"]
PLAN = "plan.json"
KILLS_REMOVED = "kills of removed runs"
AT_ONCE = 200  # runs that are removed in one transaction, which nobody else can write beside


class TooManyError(Exception):
    """A key has as many runs waiting or running as it may."""


class OtherBodyError(Exception):
    """An idempotency key was used before, with another body."""


class StillRunsError(Exception):
    """What is asked for needs a run that has ended."""


class ReferredError(Exception):
    """Another run refers to the run that shall go."""


@dataclass(frozen=True)
class Submission:
    """What a run is asked for. ``request``: scenario, options and second solver, as JSON."""

    owner: str
    instance_sha256: str
    request: Mapping[str, Any]
    priority: int = 0
    parent: str | None = None
    idempotency_key: str | None = None
    body_sha256: str = ""
    request_id: str | None = None


@dataclass(frozen=True, eq=False)
class Claim:
    """A lease on a run: its number is the attempt that may write."""

    run: str
    attempt: int
    owner: str
    instance_sha256: str
    request: dict[str, Any]
    spent: float  # seconds of the time limit that earlier attempts have used


@dataclass(frozen=True)
class CostAndBound:
    """What is known of a run by an event: costs in USD."""

    objective_usd: float | None
    bound_usd: float | None

    @property
    def gap(self) -> float | None:
        """The relative gap between the two."""
        return relative_gap(self.objective_usd, self.bound_usd)


@dataclass(frozen=True)
class End:
    """How a run ended. ``document``: the last event."""

    state: RunState
    document: Mapping[str, Any]
    stopped: str | None = None
    exit_code: int | None = None
    reason: str | None = None
    known: CostAndBound | None = None


class KeptRuns:
    """The runs of a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def submit(self, submission: Submission, most: int) -> tuple[Row[Any], bool]:
        """A new run in the queue, or that of an earlier submission with the same key and body; and whether it is new.

        Raises:
            OtherBodyError: where the idempotency key came with another body before.
            TooManyError: where the owner has ``most`` runs that have not ended.
        """
        with self._database.writing(alone=True) as connection:
            if submission.idempotency_key is not None and (known := _submitted(connection, submission)) is not None:
                return known, False
            if _count(connection, db.runs.c.owner == submission.owner, db.runs.c.state.in_(OPEN)) >= most:
                raise TooManyError
            name = secrets.token_hex(10)
            connection.execute(
                db.runs.insert().values(
                    id=name,
                    owner=submission.owner,
                    state="queued",
                    priority=submission.priority,
                    parent=submission.parent,
                    instance_sha256=submission.instance_sha256,
                    request=json.dumps(submission.request),
                    submitted_at=now(),
                    spent=0.0,
                    attempts=0,
                    kills=0,
                    events=0,
                    holds="none",
                )
            )
            if submission.idempotency_key is not None:
                connection.execute(
                    db.submissions.insert().values(
                        owner=submission.owner,
                        key=submission.idempotency_key,
                        body_sha256=submission.body_sha256,
                        run=name,
                    )
                )
            note(connection, submission.owner, "submit", name, submission.request_id)
            return _row(connection, name), True

    def get(self, run: str) -> Row[Any] | None:
        """A run, or None."""
        with self._database.reading() as connection:
            return connection.execute(select(db.runs).where(db.runs.c.id == run)).one_or_none()

    def page(self, owner: str | None, state: str | None, below: int | None, size: int) -> Sequence[Row[Any]]:
        """Up to ``size`` runs, the latest first; of an ``owner``, in a ``state``, with numbers below ``below``."""
        query = select(db.runs).order_by(db.runs.c.number.desc()).limit(size)
        if owner is not None:
            query = query.where(db.runs.c.owner == owner)
        if state is not None:
            query = query.where(db.runs.c.state == state)
        if below is not None:
            query = query.where(db.runs.c.number < below)
        with self._database.reading() as connection:
            return connection.execute(query).all()

    def claim(self, worker: str, running_per_owner: int) -> Claim | None:
        """The next run for a worker: the highest priority, then the earliest.

        None where none may run now, or where the worker is not known: nobody would notice that it died.
        """
        with self._database.reading() as connection:  # to look costs no writer anything
            if _count(connection, db.runs.c.state == "queued") == 0:
                return None
        with self._database.writing(alone=True) as connection:
            if _lock_worker(connection, worker) is None:
                return None
            runs, busy = db.runs, db.runs.alias()
            query = (
                select(runs).where(runs.c.state == "queued").order_by(runs.c.priority.desc(), runs.c.number).limit(1)
            )
            if running_per_owner:
                at_work = select(func.count()).where(busy.c.owner == runs.c.owner, busy.c.state == "running")
                query = query.where(at_work.scalar_subquery() < running_per_owner)
            row = connection.execute(_for_update(query)).one_or_none()  # it may be cancelled at this moment
            if row is None:
                return None
            attempt = row.attempts + 1
            connection.execute(
                update(runs)
                .where(runs.c.id == row.id)
                .values(state="running", worker=worker, attempts=attempt, started_at=row.started_at or now())
            )
            return Claim(row.id, attempt, row.owner, row.instance_sha256, json.loads(row.request), row.spent)

    def record(
        self,
        claim: Claim,
        documents: Sequence[Mapping[str, Any]],
        known: CostAndBound | None = None,
        plan: bytes | None = None,
        spent: float | None = None,
    ) -> bool:
        """Adds events, with the best plan that they tell of; False where the lease is lost, and then nothing."""
        with self._database.writing() as connection:
            row = _held(connection, claim)
            if row is None:
                return False
            values: dict[str, Any] = {"events": _add(connection, row, documents)}
            if known is not None:
                values |= {"objective_usd": known.objective_usd, "bound_usd": known.bound_usd, "gap": known.gap}
            if plan is not None:
                _put(connection, claim.run, {PLAN: plan})
                values["holds"] = "plan"
            if spent is not None:
                values["spent"] = max(row.spent, spent)
            connection.execute(update(db.runs).where(db.runs.c.id == claim.run).values(values))
            return True

    def keep(self, claim: Claim, contents: Mapping[str, bytes]) -> bool:
        """Writes files of a run that is under way; False where the lease is lost, and then nothing."""
        with self._database.writing() as connection:
            if _held(connection, claim) is None:
                return False
            _put(connection, claim.run, contents)
            return True

    def finish(self, claim: Claim, end: End, contents: Mapping[str, bytes], spent: float) -> bool:
        """Ends a run with its files; False where the lease is lost, and then nothing is written."""
        with self._database.writing() as connection:
            row = _held(connection, claim)
            if row is None:
                return False
            _put(connection, claim.run, contents)
            _end(connection, row, end, spent)
            return True

    def release(
        self, claim: Claim, killed: bool, most: int, spent: float | None = None, why: str | None = None
    ) -> bool:
        """Gives a run back to the queue, or up after ``most`` deaths; False: the lease is lost.

        ``why``: how its process died.
        """
        with self._database.writing() as connection:
            row = _held(connection, claim)
            if row is None:
                return False
            _give_back(connection, row, killed, most, spent, why)
            return True

    def take_from(self, worker: str, beat: int | None, most: int, by: str) -> list[str]:
        """Gives the runs of a dead worker back to the queue, or up; their names. The worker is forgotten.

        Parameters:
            beat: its last sign of life; None: it is not known any more. Where it has given another since, it is not
                dead, and nothing is done.
            by: who takes them.
        """
        with self._database.writing(alone=True) as connection:
            if _lock_worker(connection, worker) != beat:
                return []
            query = select(db.runs).where(db.runs.c.worker == worker, db.runs.c.state == "running")
            rows = connection.execute(_for_update(query.order_by(db.runs.c.number))).all()
            for row in rows:
                _give_back(connection, row, True, most, None, "its worker died")
                note(connection, f"worker {by}", f"take over from worker {worker}", row.id)
            connection.execute(delete(db.workers).where(db.workers.c.id == worker))
            return [row.id for row in rows]

    def ask(self, run: str, asked: Asked) -> str | None:
        """Asks a run to stop or to be cancelled; its state then, None: there is none.

        One that has not begun ends at once. One that waits because its worker died ends at once if it is cancelled; to
        stop, it is carried out once more, so that its plan is checked.
        """
        with self._database.writing() as connection:
            row = connection.execute(_for_update(select(db.runs).where(db.runs.c.id == run))).one_or_none()
            if row is None:
                return None
            if row.state == "queued" and (asked == "cancel" or not row.attempts):
                words = "cancelled" if asked == "cancel" else "stopped"
                reason = words if row.attempts else f"{words} before it began"
                _end(connection, row, ended("cancelled", row.spent, known_of(row), reason, "stopped"), row.spent)
                return "cancelled"
            if row.state in OPEN and row.asked != "cancel":
                connection.execute(update(db.runs).where(db.runs.c.id == run).values(asked=asked))
            return str(row.state)

    def beat(self, worker: str, spent: Mapping[Claim, float]) -> bool:
        """A sign of life of a worker, with what its runs have spent; False where others have taken it for dead."""
        with self._database.writing() as connection:
            known = update(db.workers).where(db.workers.c.id == worker).values(beat=db.workers.c.beat + 1)
            if not connection.execute(known).rowcount:
                return False
            for claim, seconds in sorted(spent.items(), key=lambda one: one[0].run):
                row = _held(connection, claim)
                if row is not None:
                    values = {"spent": max(row.spent, seconds)}
                    connection.execute(update(db.runs).where(db.runs.c.id == claim.run).values(values))
            return True

    def asked(self, claims: Iterable[Claim]) -> dict[Claim, str | None]:
        """What is asked of runs, of those whose lease is held."""
        mine = {claim.run: claim for claim in claims}
        query = select(db.runs.c.id, db.runs.c.attempts, db.runs.c.state, db.runs.c.asked)
        with self._database.reading() as connection:
            rows = connection.execute(query.where(db.runs.c.id.in_(mine))).all()
        return {
            mine[row.id]: row.asked for row in rows if row.state == "running" and row.attempts == mine[row.id].attempt
        }

    def enter(self, worker: str, host: str, pid: int, born: float) -> None:
        """Makes a worker known; it may be known already."""
        with self._database.writing() as connection:
            connection.execute(delete(db.workers).where(db.workers.c.id == worker))
            connection.execute(db.workers.insert().values(id=worker, host=host, pid=pid, born=born, beat=0))

    def leave(self, worker: str) -> None:
        """Forgets a worker that has no runs any more."""
        with self._database.writing() as connection:
            connection.execute(delete(db.workers).where(db.workers.c.id == worker))

    def workers(self) -> Sequence[Row[Any]]:
        """The workers that are known, dead ones included that nobody has noticed yet."""
        with self._database.reading() as connection:
            return connection.execute(select(db.workers)).all()

    def strays(self) -> list[str]:
        """Workers of running runs that are not known any more."""
        known = select(db.workers.c.id)
        query = select(db.runs.c.worker).where(db.runs.c.state == "running", db.runs.c.worker.not_in(known)).distinct()
        with self._database.reading() as connection:
            return [name for (name,) in connection.execute(query)]

    def heads(self, names: Iterable[str]) -> dict[str, tuple[int, str]]:
        """Number of events and state by run."""
        query = select(db.runs.c.id, db.runs.c.events, db.runs.c.state).where(db.runs.c.id.in_(list(names)))
        with self._database.reading() as connection:
            return {row.id: (row.events, row.state) for row in connection.execute(query)}

    def events(self, run: str, after: int) -> list[tuple[int, str]]:
        """Events of a run with numbers above ``after``, as (number, JSON)."""
        query = select(db.events.c.number, db.events.c.document).where(
            db.events.c.run == run, db.events.c.number > after
        )
        with self._database.reading() as connection:
            return [(row.number, row.document) for row in connection.execute(query.order_by(db.events.c.number))]

    def file(self, run: str, name: str) -> bytes | None:
        """A file of a run, or None."""
        query = select(db.files.c.content).where(db.files.c.run == run, db.files.c.name == name)
        with self._database.reading() as connection:
            content = connection.execute(query).scalar()
        return None if content is None else zlib.decompress(content)

    def file_names(self, run: str) -> list[str]:
        """Names of the files of a run."""
        with self._database.reading() as connection:
            query = select(db.files.c.name).where(db.files.c.run == run).order_by(db.files.c.name)
            return [name for (name,) in connection.execute(query)]

    def remove(self, run: str) -> None:
        """Removes a run that has ended.

        Raises:
            StillRunsError: where it has not ended.
            ReferredError: where another run refers to it.
        """
        with self._database.writing(alone=True) as connection:
            row = connection.execute(select(db.runs).where(db.runs.c.id == run)).one_or_none()
            if row is None:
                return
            if row.state not in ENDED:
                raise StillRunsError
            if _count(connection, db.runs.c.parent == run):
                raise ReferredError
            _remove(connection, [run])

    def expire(self, days: float) -> int:
        """Removes runs that ended more than ``days`` ago and that no other refers to, the oldest first; how many.

        At most ``AT_ONCE``.
        """
        with self._database.writing(alone=True) as connection:
            child = db.runs.alias()
            referred = select(child.c.parent).where(child.c.parent.is_not(None))
            query = select(db.runs.c.id).where(
                db.runs.c.state.in_(ENDED), db.runs.c.finished_at < days_ago(days), db.runs.c.id.not_in(referred)
            )
            names = [name for (name,) in connection.execute(query.order_by(db.runs.c.number).limit(AT_ONCE))]
            _remove(connection, names)
            return len(names)

    def counts(self) -> dict[tuple[str, str], int]:
        """Runs by state and by what stopped them."""
        stopped = func.coalesce(db.runs.c.stopped, "")
        query = select(db.runs.c.state, stopped, func.count()).group_by(db.runs.c.state, stopped)
        with self._database.reading() as connection:
            return {(state, words): count for state, words, count in connection.execute(query)}

    def kills(self) -> int:
        """Processes that died while they carried out a run, of runs that were removed too: it never falls."""
        with self._database.reading() as connection:
            return _kills(connection) + _kills_removed(connection)

    def histogram(self, column: Literal["spent", "gap"], bounds: Sequence[float]) -> tuple[list[int], float, int]:
        """(runs up to each bound, sum, number) of a column of the runs that have ended, where it has a value."""
        value = db.runs.c[column]
        parts = [func.coalesce(func.sum(case((value <= bound, 1), else_=0)), 0) for bound in bounds]
        query = select(func.coalesce(func.sum(value), 0.0), func.count(value), *parts)
        with self._database.reading() as connection:
            total, number, *counts = connection.execute(query.where(db.runs.c.state.in_(ENDED))).one()
        return [int(count) for count in counts], float(total), int(number)

    def oldest_queued(self) -> str | None:
        """When the run was submitted that waits the longest; None where none waits."""
        with self._database.reading() as connection:
            query = select(func.min(db.runs.c.submitted_at)).where(db.runs.c.state == "queued")
            return connection.execute(query).scalar()


def known_of(row: Row[Any]) -> CostAndBound:
    """What is known of a run as it is kept."""
    return CostAndBound(row.objective_usd, row.bound_usd)


def finished(state: RunState, spent: float, known: CostAndBound, reason: str | None, **more: Any) -> dict[str, Any]:
    """The last event of a run; ``more``: what else its process has told of the end."""
    return {
        "event": "finished",
        "seconds": round(spent, 3),
        "objective_usd": known.objective_usd,
        "bound_usd": known.bound_usd,
        "gap": known.gap,
        "state": state,
        **more,
        "reason": reason,
    }


def ended(state: RunState, spent: float, known: CostAndBound, reason: str, stopped: str | None = None) -> End:
    """The end of a run that no process tells of: it keeps what is known so far."""
    return End(state, finished(state, spent, known, reason), stopped=stopped, reason=reason, known=known)


def _for_update(query: Any) -> Any:
    return query.with_for_update()  # SQLite, whose writer is alone, ignores it


def _lock_worker(connection: Connection, worker: str) -> int | None:
    """The last sign of life of a worker, which cannot give another until the transaction ends; None: it is not known.

    Whoever locks workers and runs locks the worker first, or two would wait for each other.
    """
    query = select(db.workers.c.beat).where(db.workers.c.id == worker)
    found: int | None = connection.execute(_for_update(query)).scalar()
    return found


def _row(connection: Connection, run: str) -> Row[Any]:
    return connection.execute(select(db.runs).where(db.runs.c.id == run)).one()


def _count(connection: Connection, *conditions: Any) -> int:
    return int(connection.execute(select(func.count()).select_from(db.runs).where(*conditions)).scalar_one())


def _submitted(connection: Connection, submission: Submission) -> Row[Any] | None:
    table = db.submissions.c
    query = select(db.submissions).where(table.owner == submission.owner, table.key == submission.idempotency_key)
    row = connection.execute(query).one_or_none()
    if row is None:
        return None
    if row.body_sha256 != submission.body_sha256:
        raise OtherBodyError
    return _row(connection, row.run)


def _held(connection: Connection, claim: Claim) -> Row[Any] | None:
    """The run, if the claim is still its current attempt."""
    runs = db.runs.c
    query = select(db.runs).where(and_(runs.id == claim.run, runs.attempts == claim.attempt, runs.state == "running"))
    return connection.execute(_for_update(query)).one_or_none()


def _add(connection: Connection, row: Row[Any], documents: Sequence[Mapping[str, Any]]) -> int:
    """Adds events; the number of the last one."""
    for number, document in enumerate(documents, row.events + 1):
        connection.execute(
            db.events.insert().values(run=row.id, number=number, document=json.dumps(document, allow_nan=False))
        )
    return int(row.events) + len(documents)


def _put(connection: Connection, run: str, contents: Mapping[str, bytes]) -> None:
    """Writes files of a run; a file of the same name is replaced."""
    for name, content in contents.items():
        connection.execute(delete(db.files).where(db.files.c.run == run, db.files.c.name == name))
        connection.execute(db.files.insert().values(run=run, name=name, content=zlib.compress(content, 1)))


def _end(connection: Connection, row: Row[Any], end: End, spent: float) -> None:
    known = end.known or known_of(row)
    has_plan = _count_files(connection, row.id) > 0
    connection.execute(
        update(db.runs)
        .where(db.runs.c.id == row.id)
        .values(
            state=end.state,
            finished_at=now(),
            worker=None,
            asked=None,
            spent=max(row.spent, spent),
            events=_add(connection, row, [end.document]),
            stopped=end.stopped,
            exit_code=end.exit_code,
            reason=end.reason,
            holds="plan" if has_plan else "none",
            objective_usd=known.objective_usd,
            bound_usd=known.bound_usd,
            gap=known.gap,
        )
    )


def _count_files(connection: Connection, run: str) -> int:
    query = select(func.count()).select_from(db.files).where(db.files.c.run == run, db.files.c.name == PLAN)
    return int(connection.execute(query).scalar_one())


def _give_back(  # noqa: PLR0913 (the same of every run that a worker leaves)
    connection: Connection, row: Row[Any], killed: bool, most: int, spent: float | None, why: str | None
) -> None:
    kills = row.kills + killed
    connection.execute(
        update(db.runs)
        .where(db.runs.c.id == row.id)
        .values(kills=kills, spent=max(row.spent, spent or 0.0), state="queued", worker=None)
    )
    row = _row(connection, row.id)
    if row.asked == "cancel":
        _end(connection, row, ended("cancelled", row.spent, known_of(row), "cancelled", "stopped"), row.spent)
    elif kills >= most:
        reason = f"given up: {kills} times the process that carried it out died"
        _end(
            connection,
            row,
            ended("failed", row.spent, known_of(row), f"{reason}; at last: {why}", "crashed"),
            row.spent,
        )


def _kills(connection: Connection, *conditions: Any) -> int:
    query = select(func.coalesce(func.sum(db.runs.c.kills), 0)).where(*conditions)
    return int(connection.execute(query).scalar_one())


def _kills_removed(connection: Connection) -> int:
    return int(connection.execute(select(db.meta.c.value).where(db.meta.c.name == KILLS_REMOVED)).scalar() or 0)


def _remove(connection: Connection, names: Sequence[str]) -> None:
    gone = _kills(connection, db.runs.c.id.in_(names))
    if gone:
        value = str(_kills_removed(connection) + gone)
        connection.execute(delete(db.meta).where(db.meta.c.name == KILLS_REMOVED))
        connection.execute(db.meta.insert().values(name=KILLS_REMOVED, value=value))
    for table, column in ((db.events, "run"), (db.files, "run"), (db.submissions, "run"), (db.runs, "id")):
        connection.execute(delete(table).where(table.c[column].in_(names)))
