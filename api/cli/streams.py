"""Standard output and standard error that may be closed, full, gone or ASCII: no traceback, and no half document.

A reader that closes a pipe early has heard enough: what it did not take is dropped, and the command goes on. Everything
else that keeps a result from standard output is an InputError, so that the caller can put the result elsewhere.
"""

from __future__ import annotations

import contextlib
import errno
import io
import os
import stat
import sys

from models.errors import InputError, Problem

OUT, ERR = 1, 2
_WAY_OUT = "write to a file with room, or name a folder with -o"


def hold_descriptors() -> None:
    """Opens /dev/null where a standard stream is closed, so that no file of ours takes its number."""
    for descriptor in (0, OUT, ERR):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free, which is this one


def write_out(text: str) -> None:
    """Writes a whole document to standard output, in one piece.

    Characters that its encoding lacks are escaped. InputError where it is closed or cannot be written; a regular file
    is then as long as it was before.
    """
    stream = sys.stdout
    if stream is None:
        raise unwritable("it is closed")
    try:
        stream.flush()
        data = text.encode(stream.encoding or "utf-8", "backslashreplace")
        try:
            descriptor = stream.fileno()
        except io.UnsupportedOperation:  # whoever calls us has put a stream in memory in its place
            stream.write(text)
            return
        _write_all(descriptor, data)
    except BrokenPipeError:
        _discard(OUT)
    except (OSError, ValueError) as error:  # ValueError: closed by whoever runs us
        raise unwritable(error) from None


def say(text: str) -> None:
    """Writes a message to standard error; where nobody can hear it, it is lost, and nothing else with it."""
    stream = sys.stderr
    if stream is None:
        return
    try:
        stream.write(text.encode(stream.encoding or "utf-8", "backslashreplace").decode(stream.encoding or "utf-8"))
        stream.flush()
    except (OSError, ValueError):
        _discard(ERR)


def settle() -> None:
    """Flushes what libraries have written; the interpreter must find nothing left to fail on when it ends."""
    for stream, descriptor in ((sys.stdout, OUT), (sys.stderr, ERR)):
        if stream is not None:
            try:
                stream.flush()
            except (OSError, ValueError):
                _discard(descriptor)


def unwritable(reason: Exception | str) -> InputError:
    """That standard output cannot be written, and why."""
    why = getattr(reason, "strerror", None) or str(reason)
    return InputError([Problem("", None, f"cannot be written: {why}", _WAY_OUT, "standard output")])


def _write_all(descriptor: int, data: bytes) -> None:
    """All of it, or of a regular file nothing: a full disk takes the first part of a document without complaint."""
    try:
        regular = stat.S_ISREG(os.fstat(descriptor).st_mode)
        begin = os.lseek(descriptor, 0, os.SEEK_CUR) if regular else 0
    except OSError:
        regular, begin = False, 0
    rest = memoryview(data)
    try:
        while rest:
            try:
                rest = rest[os.write(descriptor, rest) :]
            except BlockingIOError:  # a pipe that its other end has made non-blocking
                _wait_for_room(descriptor)
    except OSError as error:
        if regular and error.errno != errno.EPIPE:
            with contextlib.suppress(OSError):
                os.ftruncate(descriptor, begin)
                os.lseek(descriptor, begin, os.SEEK_SET)
        raise


def _wait_for_room(descriptor: int) -> None:
    import select

    select.select([], [descriptor], [], 1.0)


def _discard(descriptor: int) -> None:
    """Sends what still comes to /dev/null."""
    with contextlib.suppress(OSError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), descriptor)
