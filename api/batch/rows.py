"""Cells as rows: cells.csv and cells.parquet, with one column per fact and cost term."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

UNITS = {
    "objective_usd": "USD", "bound_usd": "USD", "gap": "share", "seconds": "s", "first_plan_seconds": "s",
    "constructive_usd": "USD", "unserved_share": "share", "dropped_value_share": "share", "late_days": "days",
    "headroom_mw": "MW",
}  # fmt: skip
FACTS = (
    "key", "instance", "scenario", "policy", "seed", "options", "state", "exit_code", "stopped", "holds",
    "objective_usd", "bound_usd", "gap", "seconds", "first_plan_seconds", "constructive_usd", "unserved_share",
    "dropped_value_share", "late_days", "headroom_mw", "reason",
)  # fmt: skip
TEXTS = ("key", "instance", "scenario", "policy", "options", "state", "stopped", "holds", "reason")
WHOLE = ("seed", "exit_code")
TERM = "term_usd."


def rows_of(lines: Sequence[Mapping[str, Any]]) -> tuple[list[str], list[dict[str, Any]]]:
    """(columns, rows) of the lines of a journal; a fact that a cell does not have is None."""
    import json

    terms = sorted({name for line in lines for name in (line.get("terms_usd") or {})})
    rows = []
    for line in lines:
        row = {name: line.get(name) for name in FACTS}
        row["options"] = json.dumps(line["options"], sort_keys=True)
        row["seed"] = line["seed"]
        row |= {TERM + name: (line.get("terms_usd") or {}).get(name) for name in terms}
        rows.append(row)
    return [*FACTS, *(TERM + name for name in terms)], rows


def as_csv(columns: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> bytes:
    """The rows as CSV with a header; an empty cell is a fact that a run does not have."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(columns), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def as_parquet(columns: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> bytes:
    """The rows as Parquet, with the unit of each column in its metadata. Needs the extra `batch` (pyarrow)."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    fields, arrays = [], []
    for name in columns:
        kind = pa.string() if name in TEXTS else pa.int64() if name in WHOLE else pa.float64()
        unit = "USD" if name.startswith(TERM) else UNITS.get(name)
        fields.append(pa.field(name, kind, metadata=None if unit is None else {"unit": unit}))
        arrays.append(pa.array([row[name] for row in rows], kind))
    buffer = io.BytesIO()
    pq.write_table(pa.Table.from_arrays(arrays, schema=pa.schema(fields)), buffer)
    return buffer.getvalue()
