"""Writes to standard output and standard error, which may be closed, full, gone or ASCII only.

No failure makes a traceback or half a document. When a reader closes a pipe early, the rest is dropped and the command
continues. Any other failure to write a result to standard output is an InputError, so that the caller can write the
result elsewhere.
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
_WAY_OUT = "write to a disk with free space, or name a folder with -o"


def hold_descriptors() -> None:
    """Opens /dev/null for each closed standard stream, so that no file opened later takes its descriptor."""
    for descriptor in (0, OUT, ERR):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest free descriptor, which is this one


def write_out(text: str) -> None:
    """Writes a whole document to standard output; characters that its encoding lacks are escaped.

    Raises:
        InputError: when standard output is closed or cannot be written; a regular file is then as long as before.
    """
    stream = sys.stdout
    if stream is None:
        raise unwritable("it is closed")
    try:
        stream.flush()
        data = text.encode(stream.encoding or "utf-8", "backslashreplace")
        try:
            descriptor = stream.fileno()
        except io.UnsupportedOperation:  # the caller has replaced it by a stream in memory
            stream.write(text)
            return
        _write_all(descriptor, data)
    except BrokenPipeError:
        _discard(OUT)
    except (OSError, ValueError) as error:  # ValueError: closed by the caller
        raise unwritable(error) from None


def say(text: str) -> None:
    """Writes a message to standard error; if that cannot be written, only the message is lost."""
    stream = sys.stderr
    if stream is None:
        return
    try:
        stream.write(text.encode(stream.encoding or "utf-8", "backslashreplace").decode(stream.encoding or "utf-8"))
        stream.flush()
    except (OSError, ValueError):
        _discard(ERR)


def settle() -> None:
    """Flushes what libraries have written, so that the interpreter has nothing left to fail on when it exits."""
    for stream, descriptor in ((sys.stdout, OUT), (sys.stderr, ERR)):
        if stream is not None:
            try:
                stream.flush()
            except (OSError, ValueError):
                _discard(descriptor)


def unwritable(reason: Exception | str) -> InputError:
    """The error for standard output that cannot be written, with the reason."""
    why = getattr(reason, "strerror", None) or str(reason)
    return InputError([Problem("", None, f"cannot be written: {why}", _WAY_OUT, "standard output")])


def _write_all(descriptor: int, data: bytes) -> None:
    """Writes all of the data, or none of it to a regular file: a full disk may take only the first part."""
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
            except BlockingIOError:  # the other end has made the pipe non-blocking
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
    """Redirects a descriptor to /dev/null."""
    with contextlib.suppress(OSError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), descriptor)
