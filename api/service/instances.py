"""Instances by the hash of their content, and who may refer to them."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, func, select, update

from api.service import database as db
from api.service.times import days_ago, now

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection, Row

    from api.service.database import Database


AT_ONCE = 200  # instances that are removed in one transaction


class Instances:
    """Content is kept once, however many hold it; nobody learns from a hash whether others hold it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, sha256: str, content: bytes, owner: str) -> bool:
        """Keeps the canonical JSON of an instance for an owner; whether it is new to the owner."""
        with self._database.writing(alone=True) as connection:
            if (
                connection.execute(select(db.instances.c.sha256).where(db.instances.c.sha256 == sha256)).scalar()
                is None
            ):
                connection.execute(
                    db.instances.insert().values(
                        sha256=sha256, content=zlib.compress(content, 1), bytes=len(content), created_at=now()
                    )
                )
            return _hold(connection, sha256, owner)

    def holds(self, sha256: str, owner: str | None) -> bool:
        """Whether an owner has submitted the instance; None: whether anybody has."""
        query = select(func.count()).select_from(db.holders).where(db.holders.c.sha256 == sha256)
        if owner is not None:
            query = query.where(db.holders.c.owner == owner)
        with self._database.reading() as connection:
            return bool(connection.execute(query).scalar_one())

    def content(self, sha256: str) -> bytes | None:
        """Canonical JSON, or None."""
        with self._database.reading() as connection:
            found = connection.execute(select(db.instances.c.content).where(db.instances.c.sha256 == sha256)).scalar()
        return None if found is None else zlib.decompress(found)

    def listed(self, owner: str | None) -> Sequence[Row[*tuple[Any, ...]]]:
        """Hash, bytes and time of the instances of an owner, or of all, the latest first."""
        table = db.instances.c
        query = select(table.sha256, table.bytes, table.created_at).order_by(table.created_at.desc(), table.sha256)
        if owner is not None:
            query = query.join(db.holders, db.holders.c.sha256 == table.sha256).where(db.holders.c.owner == owner)
        with self._database.reading() as connection:
            return connection.execute(query).all()

    def expire(self, days: float) -> int:
        """Removes instances that nobody has used for ``days`` and that no run refers to; how many.

        At most ``AT_ONCE``.
        """
        with self._database.writing(alone=True) as connection:
            used = select(db.runs.c.instance_sha256)
            recent = select(db.holders.c.sha256).where(db.holders.c.used_at >= days_ago(days))
            query = select(db.instances.c.sha256).where(
                db.instances.c.sha256.not_in(used), db.instances.c.sha256.not_in(recent)
            )
            names = [name for (name,) in connection.execute(query.limit(AT_ONCE))]
            for name in names:
                connection.execute(delete(db.holders).where(db.holders.c.sha256 == name))
                connection.execute(delete(db.instances).where(db.instances.c.sha256 == name))
            return len(names)


def _hold(connection: Connection, sha256: str, owner: str) -> bool:
    table = db.holders.c
    known = update(db.holders).where(table.sha256 == sha256, table.owner == owner).values(used_at=now())
    if connection.execute(known).rowcount:
        return False
    connection.execute(db.holders.insert().values(sha256=sha256, owner=owner, used_at=now()))
    return True
