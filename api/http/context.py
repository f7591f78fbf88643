"""What routes share: the store, the settings, the processes beside the server."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, TypeVar, cast

from anyio import to_thread
from fastapi import Depends, Request

from api.http.problems import RefusedError

if TYPE_CHECKING:
    from collections.abc import Callable

    from anyio import CapacityLimiter

    from api.http.pool import ReaderPool
    from api.http.stream import Tail
    from api.service.settings import ServiceSettings
    from api.service.store import Store

T = TypeVar("T")
JSON, ZIP = "application/json", "application/zip"


@dataclass(frozen=True)
class Context:
    """Lives as long as the application."""

    store: Store
    settings: ServiceSettings
    pool: ReaderPool
    tail: Tail
    writers: CapacityLimiter

    async def write(self, work: Callable[..., T], *given: Any) -> T:
        """Calls what writes to the database in a thread; writers wait for each other, and must not hold all threads."""
        return await to_thread.run_sync(partial(work, *given), limiter=self.writers)


def context_of(request: Request) -> Context:
    """The context of a request's application."""
    return cast("Context", request.app.state.context)


def is_known(request: Request, etag: str) -> bool:
    """Whether the caller holds what an entity tag stands for (`If-None-Match`, by weak comparison)."""
    given = request.headers.get("if-none-match", "").split(",")
    return any(one.strip() == "*" or one.strip().removeprefix("W/") == etag.removeprefix("W/") for one in given)


def media_type(request: Request) -> str:
    """The content type without its parameters, in small letters."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


async def json_body(request: Request) -> bytes:
    """The body of a request that must be JSON, unread.

    Raises:
        RefusedError: 415 where it says to be something else.
    """
    if media_type(request) != JSON:
        raise RefusedError(415, f"the body must be {JSON}")
    return await request.body()


async def _here(request: Request) -> Context:
    return context_of(request)


Here = Annotated[Context, Depends(_here)]  # a coroutine, as others are called in a thread
JsonBody = Annotated[bytes, Depends(json_body)]
