"""Messages between the engine and a solver's process: a JSON header and raw arrays, nothing executable."""

from __future__ import annotations

import json
import struct
from typing import IO, TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

_LENGTH = struct.Struct("<Q")


def send(stream: IO[bytes], header: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]] | None = None) -> None:
    """Write one message and flush it."""
    arrays = {name: np.ascontiguousarray(array) for name, array in (arrays or {}).items()}
    shapes = {name: [array.dtype.str, array.size] for name, array in arrays.items()}
    text = json.dumps({**header, "arrays": shapes}).encode()
    stream.write(_LENGTH.pack(len(text)) + text)
    for array in arrays.values():
        stream.write(array.tobytes())
    stream.flush()


def receive(stream: IO[bytes]) -> tuple[dict[str, Any], dict[str, NDArray[Any]]] | None:
    """Read one message; None at the end of the stream, even in the middle of a message."""
    raw = _read(stream, _LENGTH.size)
    text = _read(stream, _LENGTH.unpack(raw)[0]) if raw is not None else None
    if text is None:
        return None
    header = json.loads(text)
    arrays = {}
    for name, (kind, size) in header.pop("arrays").items():
        data = _read(stream, np.dtype(kind).itemsize * size)
        if data is None:
            return None
        arrays[name] = np.frombuffer(data, kind)
    return header, arrays


def _read(stream: IO[bytes], size: int) -> bytes | None:
    data = stream.read(size)
    return data if len(data) == size else None
