"""Processes beside the server for what takes a core or a lot of memory, so that neither is missing to other requests.

A process gives its memory back to the system after each large body. One that dies takes its request with it (503), and
the next request finds a new one.
"""

from __future__ import annotations

import asyncio
import ctypes
import gc
import os
import threading
import time
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from multiprocessing import get_context
from typing import TYPE_CHECKING, Any, TypeVar

from api.http import work
from api.http.problems import RefusedError

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")
LARGE = 1_000_000  # bytes of a body behind which memory is given back
PATIENCE = 300.0  # seconds that a request may compute
SIZE = 2


class ReaderPool:
    """``size`` processes that are started with the first request, or by `warm`; used from one event loop.

    Who waits for an answer holds no thread, so that long answers leave those for short ones.
    """

    def __init__(self, size: int = SIZE) -> None:
        self._size = size
        self._executor = self._new()

    async def do(self, function: Callable[..., T], *given: Any) -> T:
        """Calls a function of ``api.http.work`` there.

        Raises:
            FaultyError: where the function finds the input wrong.
            RefusedError: 503 where the process died or took too long.
        """
        executor = self._executor
        try:
            return await asyncio.wait_for(asyncio.wrap_future(executor.submit(_call, function, given)), PATIENCE)
        except BrokenProcessPool:
            self._renew(executor)
            raise RefusedError(503, "the process that computed the answer died", headers={"Retry-After": "1"}) from None
        except TimeoutError:
            self._renew(executor)
            raise RefusedError(503, "the answer took too long", headers={"Retry-After": "60"}) from None
        finally:
            if executor is self._executor and _is_large(given):
                with suppress(RuntimeError):  # it is broken, or ended
                    executor.submit(_nothing)  # the threads that send work hold the last one until the next one comes

    def warm(self) -> None:
        """Starts the processes, so that the first request does not wait for them."""
        for _ in range(self._size):
            self._executor.submit(work.warm)

    def close(self) -> None:
        """Ends the processes."""
        _end(self._executor)

    def _renew(self, broken: ProcessPoolExecutor) -> None:
        if self._executor is broken:
            self._executor = self._new()
            _end(broken)

    def _new(self) -> ProcessPoolExecutor:
        return ProcessPoolExecutor(self._size, get_context("spawn"), _end_with_parent, (os.getpid(),))


def _end(executor: ProcessPoolExecutor) -> None:
    processes = list((getattr(executor, "_processes", None) or {}).values())
    executor.shutdown(wait=False, cancel_futures=True)
    for process in processes:
        process.kill()


def _call(function: Callable[..., T], given: tuple[Any, ...]) -> T:
    try:
        return function(*given)
    except work.FaultyError as error:
        fault = work.FaultyError(*error.args)  # the other remembers where it comes from, and with that all of the body
    finally:
        if _is_large(given):
            gc.collect()
            _trim()
    raise fault


def _is_large(given: tuple[Any, ...]) -> bool:
    return sum(len(part) for part in given if isinstance(part, bytes)) > LARGE


def _nothing() -> None:
    """Nothing."""


def _trim() -> None:
    """Hands free memory back to the system, where the C library can (glibc)."""
    try:
        ctypes.CDLL(None).malloc_trim(0)
    except (OSError, AttributeError):
        return


def _end_with_parent(parent: int) -> None:
    """A server that is killed cannot end its processes: they look after it."""

    def look() -> None:
        while os.getppid() == parent:
            time.sleep(0.5)
        os._exit(0)

    threading.Thread(target=look, daemon=True).start()
