"""Work handed to an executor a few pieces ahead, and taken back as it is done."""

from __future__ import annotations

from concurrent.futures import FIRST_COMPLETED, Future, wait
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from threading import Event

T = TypeVar("T")
R = TypeVar("R")


def side_by_side(
    pieces: Sequence[T], submit: Callable[[T], Future[R]], most: int, stop: Event
) -> Iterator[tuple[T, Future[R]]]:
    """Each piece with what became of it, in the order in which they end.

    Parameters:
        submit: hands a piece to an executor.
        most: pieces that are handed over and not taken back yet.
        stop: when set, nothing more is handed over or taken back.
    """
    waiting, running = list(reversed(pieces)), dict[Future[R], T]()
    while (waiting or running) and not stop.is_set():
        while waiting and len(running) < most:
            piece = waiting.pop()
            running[submit(piece)] = piece
        ended, _ = wait(running, timeout=0.2, return_when=FIRST_COMPLETED)
        for future in ended:
            piece = running.pop(future)
            if not stop.is_set():
                yield piece, future
    for future in running:
        future.cancel()
