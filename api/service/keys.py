"""API keys. A key is told once, when it is made; what is kept is its hash.

A key is 32 random bytes, so that a fast hash is as good as a slow one: there is nothing to guess.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, get_args

from sqlalchemy import func, select, update

from api.service import database as db
from api.service.times import now

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy import Row

    from api.service.database import Database

Scope = Literal["read", "submit", "admin"]
SCOPES: tuple[Scope, ...] = get_args(Scope)
PREFIX = "amp_"


@dataclass(frozen=True)
class Caller:
    """Who asks: the id of a key, and what it may do."""

    id: str
    scopes: frozenset[str]

    def may(self, scope: Scope) -> bool:
        """Whether the caller has a scope; admin has all."""
        return scope in self.scopes or "admin" in self.scopes


LOCAL = Caller("local", frozenset(SCOPES))  # on loopback without keys


class Keys:
    """The API keys of a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def make(self, name: str, scopes: Iterable[Scope]) -> tuple[str, str]:
        """A new key: its id and its secret, which is told here and never again."""
        secret, key = PREFIX + secrets.token_urlsafe(32), secrets.token_hex(4)
        with self._database.writing() as connection:
            connection.execute(
                db.keys.insert().values(
                    id=key, name=name, hash=_hash(secret), scopes=" ".join(sorted(set(scopes))), created_at=now()
                )
            )
        return key, secret

    def listed(self) -> Sequence[Row[*tuple[Any, ...]]]:
        """All keys without their hashes, revoked ones included, the oldest first."""
        table = db.keys.c
        query = select(table.id, table.name, table.scopes, table.created_at, table.revoked_at)
        with self._database.reading() as connection:
            return connection.execute(query.order_by(table.created_at, table.id)).all()

    def revoke(self, key: str) -> bool:
        """Makes a key useless from the next request on; False where there is no such key, or it is revoked already."""
        query = update(db.keys).where(db.keys.c.id == key, db.keys.c.revoked_at.is_(None)).values(revoked_at=now())
        with self._database.writing() as connection:
            return bool(connection.execute(query).rowcount)

    def caller(self, secret: str) -> Caller | None:
        """Who has this key; None where nobody has."""
        query = select(db.keys.c.id, db.keys.c.scopes).where(
            db.keys.c.hash == _hash(secret), db.keys.c.revoked_at.is_(None)
        )
        with self._database.reading() as connection:
            row = connection.execute(query).one_or_none()
        return None if row is None else Caller(row.id, frozenset(row.scopes.split()))

    def exist(self) -> bool:
        """Whether a key was ever made: to revoke the last one must not open the door to everybody."""
        with self._database.reading() as connection:
            return bool(connection.execute(select(func.count()).select_from(db.keys)).scalar_one())

    def usable(self) -> bool:
        """Whether there is a key that is not revoked."""
        query = select(func.count()).select_from(db.keys).where(db.keys.c.revoked_at.is_(None))
        with self._database.reading() as connection:
            return bool(connection.execute(query).scalar_one())


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
