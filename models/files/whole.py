"""Files that are either there as a whole or not at all."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from models.errors import InputError, Problem


def write_whole(path: str | Path, data: bytes) -> None:
    """Write under a temporary name beside ``path`` and rename: nobody ever reads half a file.

    InputError if the folder does not exist or cannot be written to; what stood at ``path`` then still stands.
    """
    target = Path(path)
    temporary = target.with_name(f".{target.name[:100]}.{secrets.token_hex(8)}.part")
    try:
        # Not `tempfile`: its files are private, and the result should follow the caller's umask.
        with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(target)
    except OSError as error:
        reason = error.strerror or "unknown reason"
        raise InputError(
            [Problem("", None, f"cannot be written: {reason}", "choose a folder that exists and is yours", str(path))]
        ) from None
    finally:
        temporary.unlink(missing_ok=True)
