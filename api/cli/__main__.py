"""The command line: `ampacity COMMAND`. Results on stdout, a live line and messages on stderr."""

from __future__ import annotations

import os
import signal

KILLED = 130  # as in api.cli.output, which is not imported before an interrupt can be taken


def main() -> None:
    """Entry point of the `ampacity` command."""
    signal.signal(signal.SIGINT, lambda *_: os._exit(KILLED))  # no traceback; `solve` has its own way to end
    from api.cli.app import app

    app()


if __name__ == "__main__":
    main()
