"""Write the tables of `docs/solvers.md`: ``python -m solver.backends``; a test fails if they are out of date."""

from __future__ import annotations

from pathlib import Path

from models.files import write_whole
from solver.backends.catalogue import ABILITIES, BACKENDS, excuses

PAGE = Path(__file__).parents[2] / "docs" / "solvers.md"
BEGIN, END = "<!-- solvers: begin (made by `python -m solver.backends`) -->\n", "<!-- solvers: end -->\n"


def tabled(page: str) -> str:
    """Return the page with the tables as they should be."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    head = [name.replace("_", " ") for name in ABILITIES]
    lines = [f"| name | package | {' | '.join(head)} |\n", f"|---|---|{'---|' * len(head)}\n"]
    for one in BACKENDS.values():
        cells = ["yes" if getattr(one, name) else "no" for name in ABILITIES]
        lines.append(f"| `{one.name}` | {one.package} | {' | '.join(cells)} |\n")
    lines += ["\n", "| name | excused from |\n", "|---|---|\n"]
    for one in BACKENDS.values():
        lines.append(f"| `{one.name}` | {'; '.join(excuses(one)) or 'nothing'} |\n")
    return f"{before}{BEGIN}\n{''.join(lines)}\n{END}{after}"


if __name__ == "__main__":
    write_whole(str(PAGE), tabled(PAGE.read_text(encoding="utf-8")).encode())
