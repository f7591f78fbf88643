"""The command line: `ampacity COMMAND`. Results on stdout, a live line and messages on stderr."""

from __future__ import annotations

from api.cli.app import app


def main() -> None:
    """Entry point of the `ampacity` command."""
    app()


if __name__ == "__main__":
    main()
