"""Write the list of all tables into `docs/tables.md`; a test fails when it is out of date."""

from __future__ import annotations

from pathlib import Path

from models.files.tables.layout import every_table
from models.files.whole import write_whole

PAGE = Path(__file__).parents[3] / "docs" / "tables.md"
BEGIN, END = "<!-- tables: begin (made by `python -m models.files.tables`) -->\n", "<!-- tables: end -->\n"


def listed(page: str) -> str:
    """Return the page with an up-to-date list of the tables."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    lines = [f"| `{name}` | {', '.join(table.header)} |\n" for name, table in every_table().items()]
    return f"{before}{BEGIN}\n| table | header |\n|---|---|\n{''.join(lines)}\n{END}{after}"


if __name__ == "__main__":
    write_whole(PAGE, listed(PAGE.read_text()).encode())
