"""Who asks. Without keys everybody on loopback may do everything; once there is a key, every request needs one."""

from __future__ import annotations

from ipaddress import ip_address
from typing import TYPE_CHECKING, Annotated

from fastapi import Depends, Request

from api.http.context import context_of
from api.http.problems import RefusedError
from api.service.keys import LOCAL, Caller, Scope
from models.errors import InputError, Problem

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from api.service.settings import ServiceSettings
    from api.service.store import Store

_LOCAL_NAMES = ("localhost", "localhost.localdomain")


def is_loopback(host: str) -> bool:
    """Whether an address or a name means this machine only."""
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() in _LOCAL_NAMES


def _host(authority: str) -> str:
    """The host of `host:port`."""
    return authority.partition("]")[0] + "]" if authority.startswith("[") else authority.partition(":")[0]


def refuse_open_door(settings: ServiceSettings, store: Store) -> None:
    """Raises:
    InputError: where the service would listen on other addresses than loopback without any key.
    """
    if not is_loopback(settings.host) and not store.keys.usable():
        rule = "is no loopback address, and there is no key"
        fix = "make one by `ampacity keys make NAME --scope submit`, or listen on 127.0.0.1"
        raise InputError([Problem("AMPACITY_HOST", settings.host, rule, fix)])


def caller_of(request: Request) -> Caller:
    """Who asks.

    Raises:
        RefusedError: 401 without a key that is known; 421 without keys where the request names another host, and 403
            where it comes from a page of another, as in a browser that has been led here.
    """
    here = context_of(request)
    keys = here.store.keys
    kind, _, secret = request.headers.get("authorization", "").partition(" ")
    secret = secret.strip() if kind.lower() == "bearer" else request.headers.get("x-api-key", "")
    if secret:
        caller = keys.caller(secret)
    elif keys.exist() or not is_loopback(here.settings.host):  # the last key may have been revoked since the start
        caller = None
    else:
        if not is_loopback(_host(request.headers.get("host", ""))):
            raise RefusedError(421, "without keys the service answers to localhost only")
        if not is_loopback(_host(request.headers.get("origin", "//localhost").partition("//")[2])):
            raise RefusedError(403, "without keys the service answers to pages of localhost only")
        caller = LOCAL
    if caller is None:
        raise RefusedError(401, "a key is needed", headers={"WWW-Authenticate": "Bearer"})
    request.state.caller = caller.id
    return caller


def needing(scope: Scope) -> Callable[[Caller], Awaitable[Caller]]:
    """A dependency: the caller, who must have a scope."""

    async def allowed(caller: Annotated[Caller, Depends(caller_of)]) -> Caller:
        if not caller.may(scope):
            raise RefusedError(403, f"the key lacks the scope {scope}")
        return caller

    return allowed


Reader = Annotated[Caller, Depends(needing("read"))]
Submitter = Annotated[Caller, Depends(needing("submit"))]
Admin = Annotated[Caller, Depends(needing("admin"))]
