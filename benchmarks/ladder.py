"""The ladder: `ladder.yaml` measured in as many sittings as it takes, and its report in RESULTS.md."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from api.cli.benching import run_bench
from models.errors import InputError, Problem
from models.files import write_whole

if TYPE_CHECKING:
    from api.cli.output import Format
    from api.runs.exit_codes import Exit

HOME = Path(__file__).parent
SPECIFICATION, RESULTS, FOLDER = HOME / "ladder.yaml", HOME / "RESULTS.md", HOME / "results" / "ladder"
BEGIN, END = "<!-- ladder: written by the program -->\n", "<!-- end of ladder -->\n"


def run_ladder(minutes: float | None, disturbed: float, form: Format) -> Exit:
    """Measures what is left of the ladder and writes its report into RESULTS.md.

    Parameters:
        minutes: cells that could end later are left for the next time; None: all are measured.
        disturbed: cells during which other processes used more cores than this are measured again.

    Raises:
        InputError: when a solver is missing, or RESULTS.md has no place for the report.
    """
    code = run_bench(SPECIFICATION, FOLDER, 1, minutes, disturbed, form)
    text = RESULTS.read_text()
    write_whole(RESULTS, with_report(text, (FOLDER / "report.md").read_text()).encode())
    return code


def with_report(text: str, report: str) -> str:
    """RESULTS.md with another report of the ladder: headings one level lower, plots by their folder.

    Raises:
        InputError: when the text has no place for it.
    """
    before, found, rest = text.partition(BEGIN)
    _, ends, after = rest.partition(END)
    if not (found and ends):
        fix = f"put these two lines there: {BEGIN.strip()} {END.strip()}"
        raise InputError([Problem("", None, "has no place for the ladder", fix, str(RESULTS))])
    body = report.partition("\n")[2].strip()  # without its title
    body = re.sub(r"^#", "##", body, flags=re.MULTILINE)
    body = re.sub(r"\]\(([\w-]+\.svg)\)", rf"](results/{FOLDER.name}/\1)", body)
    return f"{before}{BEGIN}\n{body}\n\n{END}{after}"
