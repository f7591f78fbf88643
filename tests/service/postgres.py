"""A PostgreSQL of the tests' own, in a temporary folder, reached through a socket there; it ends with them.

`initdb` refuses root, so for root it belongs to `postgres` or `nobody`.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

BINARIES = Path("/usr/lib/postgresql")  # of Debian's packages
PATIENCE = 30.0  # seconds until it must answer
NAME = "ampacity"
_numbers = count(1)


@dataclass(frozen=True)
class Postgres:
    """A running PostgreSQL."""

    folder: Path

    def url(self, database: str) -> str:
        """As the setting `AMPACITY_DATABASE_URL` has it."""
        return f"postgresql://{NAME}@/{database}?host={self.folder}"

    def new(self) -> str:
        """A new, empty database: its URL."""
        database = f"test_{next(_numbers)}"
        self.do(f"create database {database}")
        return self.url(database)

    def do(self, statement: str) -> None:
        """Carries out a statement outside of any transaction."""
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(statement.encode())


def binaries() -> Path | None:
    """Where the newest PostgreSQL of this machine is, None where there is none."""
    found = [path.parent for path in BINARIES.glob("*/bin/initdb")]
    return max(found, key=lambda path: float(path.parent.name), default=None)


@contextmanager
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL that nobody else uses; skips the test where there is none."""
    found = binaries()
    if found is None:
        pytest.skip("no PostgreSQL is installed (Debian: apt-get install postgresql)")
    folder = Path(tempfile.mkdtemp(prefix="ampacity-postgres-"))  # a socket's path must be short
    identity = _identity()
    if "user" in identity:
        os.chown(folder, identity["user"], identity["group"])
    quiet: dict[str, Any] = {"cwd": folder, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, **identity}
    try:
        words = ["-D", str(folder / "data"), "-U", NAME, "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync"]
        subprocess.run([str(found / "initdb"), *words], check=True, **quiet)
        settings = ["listen_addresses=", f"unix_socket_directories={folder}", "max_connections=200"]
        options = [word for setting in settings for word in ("-c", setting)]
        process = subprocess.Popen([str(found / "postgres"), "-D", str(folder / "data"), *options], **quiet)
        try:
            running = Postgres(folder)
            _wait_for(running, process)
            yield running
        finally:
            process.send_signal(signal.SIGQUIT)  # at once: nothing of it is needed any more
            process.wait(timeout=20)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def kept_in(database: str) -> Iterator[dict[str, str]]:
    """The settings of a service on `sqlite` or `postgresql`; skips where there is no PostgreSQL."""
    if database == "sqlite":
        yield {}
        return
    with postgres() as found:
        yield {"AMPACITY_DATABASE_URL": found.new()}


def _identity() -> dict[str, Any]:
    if os.geteuid():
        return {}
    for name in ("postgres", "nobody"):
        try:
            found = pwd.getpwnam(name)
        except KeyError:
            continue
        return {"user": found.pw_uid, "group": found.pw_gid, "extra_groups": []}
    pytest.skip("PostgreSQL refuses root, and there is neither a user `postgres` nor `nobody`")


def _wait_for(running: Postgres, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + PATIENCE
    while True:
        try:
            running.do("select 1")
        except psycopg.OperationalError:
            assert process.poll() is None, "PostgreSQL has ended"
            assert time.monotonic() < until, "PostgreSQL does not answer"
            time.sleep(0.05)
        else:
            return
