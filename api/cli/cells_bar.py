"""What the commands that carry out many cells share: progress, signals, and words for durations."""

from __future__ import annotations

import os
import signal
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from api.cli.streams import say
from api.runs.exit_codes import Exit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from api.batch.cell_process import Stop


@contextmanager
def ended_by_signals(stop: Stop) -> Iterator[None]:
    """Lets the first SIGINT or SIGTERM end the cells under way, and the second the process."""

    def take(*_: object) -> None:
        if stop.asked.is_set():
            os._exit(int(Exit.KILLED))
        stop.ask()

    before = {one: signal.signal(one, take) for one in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)


class CellsBar:
    """A bar with the time left on a terminal, a line per cell elsewhere."""

    def __init__(self, cells: int) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
        from rich.progress import Progress as Bar

        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
        )
        self._bar = Bar(*columns, console=Console(stderr=True)) if sys.stderr.isatty() else None
        self._task: Any = None if self._bar is None else self._bar.add_task("cells", total=cells)

    def __enter__(self) -> CellsBar:
        if self._bar is not None:
            self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.stop()

    def tell(self, done: int, cells: int, words: str) -> None:
        """A cell is done."""
        if self._bar is not None:
            self._bar.update(self._task, completed=done)
        else:
            say(f"{done} of {cells}: {words}\n")


def duration(seconds: float) -> str:
    """A duration in words."""
    minutes = round(seconds / 60)
    if seconds < 120:
        return f"{seconds:.0f} seconds"
    return f"{minutes} minutes" if minutes < 120 else f"{minutes / 60:.1f} hours"
