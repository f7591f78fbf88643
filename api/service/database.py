"""The database of the service: its tables, their version, and how connections behave.

Everything is kept in one database, plans and instances included, so that a plan, the event that tells of it and the
state of its run are one transaction, and a backup is one thing to take.
"""

from __future__ import annotations

import os
import threading
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    BigInteger,
    Column,
    Double,
    Engine,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    create_engine,
    event,
    select,
    text,
)
from sqlalchemy.exc import ArgumentError as WrongUrl
from sqlalchemy.exc import DBAPIError, NoSuchModuleError, SQLAlchemyError

from models.errors import InputError, Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

    from api.service.settings import ServiceSettings

VERSION = 1
LOCK = 0x616D7061  # of PostgreSQL, for what only one may do at a time
metadata = MetaData()
Number = BigInteger().with_variant(Integer, "sqlite")  # SQLite counts up by itself only what is called INTEGER

meta = Table("meta", metadata, Column("name", Text, primary_key=True), Column("value", Text, nullable=False))
instances = Table(
    "instances",
    metadata,
    Column("sha256", Text, primary_key=True),
    Column("content", LargeBinary, nullable=False),  # canonical JSON, compressed
    Column("bytes", Integer, nullable=False),
    Column("created_at", Text, nullable=False),
)
holders = Table(
    "holders",
    metadata,
    Column("sha256", Text, ForeignKey("instances.sha256"), primary_key=True),
    Column("owner", Text, primary_key=True),
    Column("used_at", Text, nullable=False),
)
runs = Table(
    "runs",
    metadata,
    Column("number", Number, primary_key=True, autoincrement=True),
    Column("id", Text, nullable=False, unique=True),
    Column("owner", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("priority", Integer, nullable=False),
    Column("parent", Text),
    Column("instance_sha256", Text, ForeignKey("instances.sha256"), nullable=False),
    Column("request", Text, nullable=False),  # JSON: scenario, options, cross_check
    Column("submitted_at", Text, nullable=False),
    Column("started_at", Text),
    Column("finished_at", Text),
    Column("spent", Double, nullable=False),  # seconds of its time limit
    Column("attempts", Integer, nullable=False),
    Column("kills", Integer, nullable=False),
    Column("worker", Text),
    Column("asked", Text),  # stop or cancel
    Column("events", Integer, nullable=False),
    Column("stopped", Text),
    Column("holds", Text, nullable=False),
    Column("objective_usd", Double),
    Column("bound_usd", Double),
    Column("gap", Double),
    Column("exit_code", Integer),
    Column("reason", Text),
    Index("runs_state", "state", "priority", "number"),
    Index("runs_owner", "owner", "number"),
)
events = Table(
    "events",
    metadata,
    Column("run", Text, ForeignKey("runs.id"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("document", Text, nullable=False),
)
files = Table(
    "files",
    metadata,
    Column("run", Text, ForeignKey("runs.id"), primary_key=True),
    Column("name", Text, primary_key=True),
    Column("content", LargeBinary, nullable=False),  # compressed
)
submissions = Table(
    "submissions",
    metadata,
    Column("owner", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("body_sha256", Text, nullable=False),
    Column("run", Text, nullable=False),
)
workers = Table(
    "workers",
    metadata,
    Column("id", Text, primary_key=True),
    Column("host", Text, nullable=False),
    Column("pid", Integer, nullable=False),
    Column("born", Double, nullable=False),
    Column("beat", Integer, nullable=False),
)
keys = Table(
    "keys",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("hash", Text, nullable=False, unique=True),
    Column("scopes", Text, nullable=False),
    Column("created_at", Text, nullable=False),
    Column("revoked_at", Text),
)
audit = Table(
    "audit",
    metadata,
    Column("number", Number, primary_key=True, autoincrement=True),
    Column("at", Text, nullable=False),
    Column("who", Text, nullable=False),
    Column("what", Text, nullable=False),
    Column("run", Text),
    Column("request", Text),
)


class StorageError(Exception):
    """The database cannot be read or written now: full, read-only, locked or gone. ``str`` says which, in a word."""


class Database:
    """Connections to the database; what fails in one is a StorageError."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.is_sqlite = engine.dialect.name == "sqlite"
        # Writers of a process take turns here: those that SQLite lets wait sleep and try again, and some try for long.
        self._turn = threading.Lock() if self.is_sqlite else nullcontext()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction that sees one state of everything."""
        with _told(), self._engine.begin() as connection:
            yield connection

    @contextmanager
    def writing(self, alone: bool = False) -> Iterator[Connection]:
        """A transaction that is on disk when it ends. ``alone``: no other such one is under way."""
        with self._turn, _told(), self._engine.execution_options(writes=True).begin() as connection:
            if alone and not self.is_sqlite:  # of SQLite there is one writer anyhow
                connection.execute(text("select pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
            yield connection

    def close(self) -> None:
        """Closes all connections."""
        self._engine.dispose()


def open_database(settings: ServiceSettings) -> Database:
    """The database of the settings, with its tables; made where there is none, brought up to date where it is older.

    Raises:
        InputError: where it cannot be opened, or was written by a newer program.
    """
    place = "AMPACITY_DATABASE_URL" if settings.database_url else str(settings.data_dir)
    try:
        if not settings.database_url:
            settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        more = _limits(settings) if settings.database_url else {}
        engine = create_engine(
            settings.url,
            pool_size=20,
            max_overflow=40,
            pool_timeout=30,
            hide_parameters=True,
            pool_pre_ping=True,
            **more,
        )
        if engine.dialect.name not in ("sqlite", "postgresql"):
            raise InputError([Problem(place, None, "is no PostgreSQL", "begin it with postgresql://")])
        if engine.dialect.name == "sqlite":
            event.listen(engine, "connect", _prepare)
            event.listen(engine, "begin", _begin)
        database = Database(engine)
        with database.writing(alone=True) as connection:
            _bring_up_to_date(connection, place)
    except (StorageError, OSError) as error:
        words = error.strerror if isinstance(error, OSError) else str(error)
        if not settings.database_url and settings.data_dir.exists() and not os.access(settings.data_dir, os.W_OK):
            words = "the folder is read-only"
        raise InputError(
            [Problem(place, None, f"cannot be used: {words}", "name another, or make it usable")]
        ) from None
    except (WrongUrl, NoSuchModuleError):
        raise InputError([Problem(place, None, "is no address of a database", "begin it with postgresql://")]) from None
    return database


def _limits(settings: ServiceSettings) -> dict[str, Any]:
    """Of PostgreSQL, in its own units: a worker that is halted amid a transaction must not hold up all others, and a
    machine that is gone is noticed before the hours that the system would take.
    """
    if not settings.url.startswith("postgresql"):
        return {}
    idle = max(1.0, min(10.0, settings.heartbeat_seconds / 2))
    options = f"-c synchronous_commit=on -c idle_in_transaction_session_timeout={idle * 1e3:.0f} -c lock_timeout=20000"
    return {"connect_args": {"connect_timeout": 10, "tcp_user_timeout": 20_000, "options": options}}


def _bring_up_to_date(connection: Connection, place: str) -> None:
    metadata.create_all(connection)
    version = connection.execute(select(meta.c.value).where(meta.c.name == "version")).scalar()
    if version is None:
        connection.execute(meta.insert().values(name="version", value=str(VERSION)))
    elif int(version) > VERSION:
        rule = f"was written by a newer program (format {version}; this one knows {VERSION})"
        raise InputError([Problem(place, None, rule, "run the newer program")])


def _prepare(connection: Any, _: Any) -> None:
    """Of SQLite: commits are on disk, readers do not wait for the writer, and writers wait for each other."""
    connection.isolation_level = None  # transactions begin where _begin says
    cursor = connection.cursor()
    for pragma in ("busy_timeout=20000", "journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get("writes")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


@contextmanager
def _told() -> Iterator[None]:
    """What fails in the database as a StorageError without a word of the statement."""
    try:
        yield
    except DBAPIError as error:
        raise StorageError(_words(str(error.orig))) from error
    except SQLAlchemyError as error:  # no connection was free for half a minute
        raise StorageError("the database does not answer") from error


def _words(said: str) -> str:
    for part, words in (
        ("disk is full", "the disk is full"),
        ("No space left", "the disk is full"),
        ("readonly", "the database is read-only"),
        ("read-only", "the database is read-only"),
        ("unable to open", "the database file cannot be opened"),
        ("locked", "the database is locked"),
        ("disk I/O", "the disk cannot be written"),
        ("onnect", "the database cannot be reached"),
        ("database system is", "the database cannot be reached"),  # it starts, or shuts down
        ("timeout", "the database does not answer"),
    ):
        if part in said:
            return words
    return "the database refuses it"
