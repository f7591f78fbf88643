"""The command line: `ampacity COMMAND`. Results on stdout, a live line and messages on stderr."""

from __future__ import annotations

import os
import signal
import sys

KILLED, USAGE = 130, 2  # as in api.runs.exit_codes, which is not imported before an interrupt can be taken


def main() -> None:
    """Entry point of the `ampacity` command."""
    signal.signal(signal.SIGINT, lambda *_: os._exit(KILLED))  # no traceback; `solve` has its own way to end
    from api.cli.streams import hold_descriptors, settle

    hold_descriptors()
    from api.cli import service_commands  # noqa: F401 (they add themselves)
    from api.cli.app import app

    try:
        code = app(standalone_mode=False, prog_name="ampacity")
    except BrokenPipeError:  # whoever reads the help has read enough
        code = 0
    except Exception as error:
        code = _told(error)
    settle()
    sys.exit(code)


def _told(error: Exception) -> int:
    """Says what is wrong with a command, or with where its words should go; anything else is a defect."""
    from api.cli.output import complain
    from api.cli.streams import unwritable
    from api.cli.usage import tell
    from api.runs.exit_codes import Exit
    from models.errors import InputError

    if getattr(error, "exit_code", None) == USAGE:
        return tell(error, sys.argv[1:])
    if isinstance(error, (InputError, OSError)):  # OSError: typer writes help by itself
        complain(error if isinstance(error, InputError) else unwritable(error))
        return Exit.BAD_INPUT
    raise error


if __name__ == "__main__":
    main()
