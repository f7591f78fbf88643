"""Write the table of settings of `docs/operations.md`: ``python -m api.service``; a test fails if it is out of date."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from api.service.settings import PREFIX, ServiceSettings
from models.files import write_whole

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo

PAGE = Path(__file__).parents[2] / "docs" / "operations.md"
BEGIN, END = "<!-- settings: begin (made by `python -m api.service`) -->\n", "<!-- settings: end -->\n"
_BOUNDS = {"ge": "at least", "gt": "above", "le": "at most"}


def tabled(page: str) -> str:
    """Return the page with the table as it should be."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    lines = ["| variable | default | meaning |\n", "|---|---|---|\n"]
    for name, field in ServiceSettings.model_fields.items():
        lines.append(f"| `{PREFIX}{name.upper()}` | {_default(field)} | {field.description}{_bounds(field)} |\n")
    return f"{before}{BEGIN}\n{''.join(lines)}\n{END}{after}"


def _default(field: FieldInfo) -> str:
    if field.default_factory is not None:  # depends on the machine: the description says how
        return ""
    value = field.default
    shown = f"{value:g}" if isinstance(value, float) else str(value)
    return f"`{shown}`" if shown else ""


def _bounds(field: FieldInfo) -> str:
    parts = [
        f"{words} {getattr(mark, kind):g}"
        for mark in field.metadata
        for kind, words in _BOUNDS.items()
        if hasattr(mark, kind)
    ]
    return f" ({', '.join(parts)})" if parts else ""


if __name__ == "__main__":
    write_whole(str(PAGE), tabled(PAGE.read_text(encoding="utf-8")).encode())
