"""The command line: `ampacity COMMAND`. Results on stdout, a live line and messages on stderr."""

from __future__ import annotations

import os
import signal
import sys

KILLED, USAGE = 130, 2  # as in api.runs.exit_codes, which must not be imported before interrupts are handled


def main() -> None:
    """Runs the `ampacity` command and exits with its exit code."""
    signal.signal(signal.SIGINT, lambda *_: os._exit(KILLED))  # no traceback; `solve` installs its own handlers
    from api.cli.streams import hold_descriptors, settle

    hold_descriptors()
    from api.cli import service_commands  # noqa: F401 (they add themselves)
    from api.cli.app import app

    try:
        code = app(standalone_mode=False, prog_name="ampacity")
    except BrokenPipeError:  # the reader of the help has closed the pipe
        code = 0
    except Exception as error:
        code = _told(error)
    settle()
    sys.exit(code)


def _told(error: Exception) -> int:
    """Reports a wrong command or an output that cannot be written; raises anything else again, as a defect."""
    from api.cli.output import complain
    from api.cli.streams import unwritable
    from api.cli.usage import tell
    from api.runs.exit_codes import Exit
    from models.errors import InputError

    if getattr(error, "exit_code", None) == USAGE:
        return tell(error, sys.argv[1:])
    if isinstance(error, (InputError, OSError)):  # OSError: typer writes help itself, not through `write_out`
        complain(error if isinstance(error, InputError) else unwritable(error))
        return Exit.BAD_INPUT
    raise error


if __name__ == "__main__":
    main()
