"""From a path to text: everything that can be wrong with a file before its content is parsed."""

from __future__ import annotations

import codecs
from pathlib import Path

from models.errors import InputError, Problem

LARGEST_JSON = 1_000_000_000
LARGEST_YAML = 20_000_000  # YAML is for people; reading it is some fifty times slower than JSON

BOM = codecs.BOM_UTF8
_MARKS = (
    (codecs.BOM_UTF8, "UTF-8 with a byte order mark"),
    (codecs.BOM_UTF32_LE, "UTF-32"),
    (codecs.BOM_UTF32_BE, "UTF-32"),
    (codecs.BOM_UTF16_LE, "UTF-16"),
    (codecs.BOM_UTF16_BE, "UTF-16"),
)


def refuse(file: str | None, rule: str, fix: str, line: int | None = None, value: object = None) -> InputError:
    """Return the error of a file that is wrong as a whole."""
    return InputError([Problem("", value, rule, fix, file, line)])


def read_bytes(path: str | Path, largest: int = LARGEST_JSON) -> bytes:
    """Read a regular file of at most ``largest`` bytes.

    Raises:
        InputError: when it is missing, unreadable, not a regular file, or too large
    """
    file = Path(path)
    name = str(path)
    try:
        if file.is_dir():
            raise refuse(name, "is a folder, not a file", "name the file in it")
        if not file.exists():
            raise refuse(name, "does not exist", "check the name and the folder")
        if not file.is_file():
            raise refuse(name, "is not a regular file", "copy it to one")
        size = file.stat().st_size
        if size > largest:
            raise refuse(
                name, f"is larger than {largest // 10**6:,} MB", "split it, or save it as JSON", value=f"{size:,} bytes"
            )
        return file.read_bytes()
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        reason = getattr(error, "strerror", None) or "no such name"
        raise refuse(name, f"cannot be read: {reason}", "check its name and its permissions") from None


def decode(data: bytes, file: str | None) -> str:
    """Decode UTF-8 text.

    Raises:
        InputError: when it is empty, has a byte order mark or a NUL byte, or is not UTF-8; the error names the encoding
            that was found, or the line of the first wrong byte
    """
    save = "save it as UTF-8 without a byte order mark"
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            raise refuse(file, f"is {encoding}; must be UTF-8", save, 1)
    if not data.strip():
        raise refuse(file, "is empty", "start from an example")
    if b"\0" in data:
        line = data.count(b"\n", 0, data.index(b"\0")) + 1
        raise refuse(file, "holds a NUL byte: binary, or UTF-16; must be UTF-8 text", save, line)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        byte = f"byte 0x{data[error.start]:02x}"
        raise refuse(file, "is not UTF-8", save, line, byte) from None
