"""The commands `serve`, `worker` and `keys`."""

from __future__ import annotations

import json
import logging
import signal
import socket
import sys
import threading
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from api.cli.streams import say
from api.service.settings import read_settings
from api.service.store import Store
from models.errors import InputError, Problem

if TYPE_CHECKING:
    from types import FrameType

    from api.service.keys import Scope
    from api.service.settings import ServiceSettings

IDLE = 75  # seconds that a connection may rest between two requests; clients that close them earlier lose none
BACKLOG = 2048  # connections that may wait to be taken
ENDING = 10.0  # seconds that requests under way get to end


def serve(given: dict[str, Any]) -> None:
    """Answers requests, and carries out runs unless `slots` is 0, until a signal ends it.

    Raises:
        InputError: where a setting is wrong, the database or the address cannot be used, or keys are missing.
    """
    import uvicorn

    from api.http.app import make_app
    from api.http.callers import refuse_open_door
    from api.http.protocol import Protocol

    settings = read_settings(given)
    log_to_stderr(settings.log_level)
    store = Store(settings)
    refuse_open_door(settings, store)
    listening = _listen(settings)
    host, port = listening.getsockname()[:2]
    over = threading.Event()

    class Server(uvicorn.Server):
        """Ends at a signal, and the worker with it, which gives its runs back while requests under way end."""

        def handle_exit(self, sig: int, frame: FrameType | None) -> None:
            over.set()
            super().handle_exit(sig, frame)

    config = uvicorn.Config(
        make_app(settings, store, over),
        log_config=None,
        access_log=False,
        http=Protocol,
        proxy_headers=False,
        timeout_keep_alive=IDLE,
        server_header=False,
        timeout_graceful_shutdown=int(ENDING),
        lifespan="on",
    )
    shown = f"[{host}]" if ":" in host else host
    server = Server(config)
    for one in (signal.SIGINT, signal.SIGTERM):  # also that from before the loop runs, and after it has ended
        signal.signal(one, server.handle_exit)
    working = _start_worker(store, settings, over)
    say(f"ampacity serves on http://{shown}:{port}\n")
    try:
        server.run(sockets=[listening])
    finally:
        over.set()
        if working is not None:
            working.join()
        store.close()


def work(given: dict[str, Any]) -> None:
    """Carries out runs until a signal ends it; those under way go back to the queue.

    Raises:
        InputError: where a setting is wrong, or the database cannot be used.
    """
    from api.service.worker import Worker

    settings = read_settings(given)
    if settings.slots == 0:
        raise InputError([Problem("AMPACITY_SLOTS", 0, "leaves a worker nothing to do", "name 1 or more")])
    log_to_stderr(settings.log_level)
    store, over = Store(settings), threading.Event()
    for one in (signal.SIGINT, signal.SIGTERM):
        signal.signal(one, lambda *_: over.set())
    say("ampacity works\n")
    try:
        Worker(store, settings).run(over)
    finally:
        store.close()


def make_key(given: dict[str, Any], name: str, scopes: list[Scope]) -> dict[str, Any]:
    """Makes a key; its secret is in the answer, and nowhere else."""
    store = Store(read_settings(given))
    try:
        key, secret = store.keys.make(name, scopes)
        store.audit.add("command line", f"make key {key}")
    finally:
        store.close()
    return {"id": key, "name": name, "scopes": sorted(set(scopes)), "key": secret}


def list_keys(given: dict[str, Any]) -> list[dict[str, Any]]:
    """All keys, without their secrets, which nobody knows."""
    store = Store(read_settings(given))
    try:
        rows = store.keys.listed()
    finally:
        store.close()
    return [
        {
            "id": row.id,
            "name": row.name,
            "scopes": row.scopes.split(),
            "created_at": row.created_at,
            "revoked_at": row.revoked_at,
        }
        for row in rows
    ]


def revoke_key(given: dict[str, Any], key: str) -> dict[str, Any]:
    """Makes a key useless.

    Raises:
        InputError: where there is no such key, or it is revoked already.
    """
    store = Store(read_settings(given))
    try:
        if not store.keys.revoke(key):
            raise InputError([Problem("KEY", key, "is no key, or is revoked already", "see `ampacity keys list`")])
        store.audit.add("command line", f"revoke key {key}")
    finally:
        store.close()
    return {"id": key, "revoked": True}


def _start_worker(store: Store, settings: ServiceSettings, over: threading.Event) -> threading.Thread | None:
    if settings.slots == 0:
        return None
    from api.service.worker import Worker

    working = threading.Thread(target=Worker(store, settings).run, args=(over,), name="worker")
    working.start()
    return working


def _listen(settings: ServiceSettings) -> socket.socket:
    try:
        family, kind, number, _, address = socket.getaddrinfo(
            settings.host, settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listening = socket.socket(family, kind, number)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
        listening.listen(BACKLOG)  # who reads where it serves may connect at once, and waits
    except OSError as error:
        rule = f"cannot be listened on: {error.strerror or error}"
        fix = "name another address or port, or end what listens there"
        raise InputError([Problem("AMPACITY_PORT", settings.port, rule, fix)]) from None
    return listening


def log_to_stderr(level: str) -> None:
    """A line of JSON for each thing that happens."""
    import structlog

    logging.basicConfig(level=level.upper(), stream=sys.stderr)
    for handler in logging.getLogger().handlers:
        handler.setFormatter(_Line())
    for name in ("uvicorn", "uvicorn.error", "asyncio"):
        logging.getLogger(name).setLevel(logging.WARNING)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level.upper())),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )


class _Line(logging.Formatter):
    """What libraries say, in the same form; of an error its kind only, as its words may be the input's."""

    def format(self, record: logging.LogRecord) -> str:
        """The line of one record."""
        document = {
            "event": str(record.msg).strip(),  # without what would be put into it
            "logger": record.name,
            "level": record.levelname.lower(),
            "timestamp": datetime.fromtimestamp(record.created, UTC).isoformat().replace("+00:00", "Z"),
        }
        kind = record.exc_info[0] if record.exc_info else None
        return json.dumps(document | ({} if kind is None else {"error": kind.__name__}))
