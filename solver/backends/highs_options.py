"""Options of HiGHS by its own names, checked in a process of its own, since HiGHS prints."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

from models.errors import InputError, Problem
from solver.backends.launch import command, environment

if TYPE_CHECKING:
    from collections.abc import Mapping


def refuse_wrong_options(options: Mapping[str, Any], place: str) -> None:
    """Refuse options that HiGHS does not have, or values that it does not take.

    Parameters:
        place: where the options stand in the input
    Raises:
        InputError: with one problem for each
    """
    if not options:
        return
    words = command("solver.backends.highs_options", json.dumps(dict(options)))
    asked = subprocess.run(words, capture_output=True, text=True, check=True, env=environment())
    wrong = json.loads(asked.stdout.splitlines()[-1])
    if wrong:
        rule, fix = "is no option of HiGHS, or cannot have this value", "see the list of options of HiGHS"
        raise InputError([Problem(f"{place}.{name}", options[name], rule, fix) for name in wrong])


def main(text: str) -> None:
    """Print the names of the options that HiGHS refuses."""
    import highspy

    solver: Any = highspy.Highs()  # type: ignore[no-untyped-call]
    solver.setOptionValue("output_flag", False)
    options = json.loads(text)
    wrong = [
        name for name, value in options.items() if solver.setOptionValue(name, value) == highspy.HighsStatus.kError
    ]
    sys.stdout.write(f"\n{json.dumps(wrong)}\n")


if __name__ == "__main__":
    main(sys.argv[1])
