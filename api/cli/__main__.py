"""The command line: `ampacity COMMAND`. Results on stdout, a live line and messages on stderr."""

from __future__ import annotations

import os
import signal
import sys

KILLED, USAGE = 130, 2  # as in api.cli.output, which is not imported before an interrupt can be taken


def main() -> None:
    """Entry point of the `ampacity` command."""
    signal.signal(signal.SIGINT, lambda *_: os._exit(KILLED))  # no traceback; `solve` has its own way to end
    from api.cli.app import app

    try:
        code = app(standalone_mode=False, prog_name="ampacity")
    except BrokenPipeError:  # whoever reads has heard enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 1
    except Exception as error:
        if getattr(error, "exit_code", None) != USAGE:
            raise
        from api.cli.usage import tell

        code = tell(error, sys.argv[1:])
    sys.exit(code)


if __name__ == "__main__":
    main()
