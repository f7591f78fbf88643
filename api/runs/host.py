"""Which machine this is, as far as process ids go."""

from __future__ import annotations

import os
from pathlib import Path


def host_id() -> str:
    """The machine since it was started, and the space in which process ids count."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        return f"{boot}/{os.stat('/proc/self/ns/pid').st_ino}"  # noqa: PTH116 (a link that leads to no path)
    except OSError:
        import platform

        return platform.node()
