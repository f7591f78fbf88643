"""Who did what, when, to which run: written once, never changed, never removed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from api.service import database as db
from api.service.times import now

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection, Row

    from api.service.database import Database


class Audit:
    """The audit log of a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, who: str, what: str, run: str | None = None, request: str | None = None) -> None:
        """An entry. ``what`` is a word of the program's, never of a caller's."""
        with self._database.writing() as connection:
            note(connection, who, what, run, request)

    def page(self, below: int | None, size: int) -> Sequence[Row[Any]]:
        """Up to ``size`` entries, the latest first, with numbers below ``below``."""
        query = select(db.audit).order_by(db.audit.c.number.desc()).limit(size)
        if below is not None:
            query = query.where(db.audit.c.number < below)
        with self._database.reading() as connection:
            return connection.execute(query).all()


def note(connection: Connection, who: str, what: str, run: str | None = None, request: str | None = None) -> None:
    """An entry in the transaction of what is done: neither is there without the other."""
    connection.execute(db.audit.insert().values(at=now(), who=who, what=what, run=run, request=request))
