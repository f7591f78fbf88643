"""The schemas of the files as JSON Schema, generated from the trees and checked in beside this file.

`python -m models.schema` regenerates them; a test fails when they are out of date.
"""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

from pydantic.json_schema import GenerateJsonSchema

from models.files.whole import write_whole
from models.instance import Instance
from models.plan import Plan
from models.scenario import Scenario
from models.values import Tree

SCHEMAS: dict[str, type[Tree]] = {"instance": Instance, "plan": Plan, "scenario": Scenario}


class _Generator(GenerateJsonSchema):
    """Writes defaults as files do: money as numbers, and fields of trees by their names in files."""

    def encode_default(self, dft: Any) -> Any:
        if isinstance(dft, Decimal):
            return int(dft) if dft == dft.to_integral_value() else float(dft)
        if isinstance(dft, Tree):
            return dft.model_dump(mode="json", by_alias=True)
        return super().encode_default(dft)


def schema_of(name: str) -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of `instance`, `plan` or `scenario`."""
    schema = SCHEMAS[name].model_json_schema(by_alias=True, schema_generator=_Generator)
    return {"$schema": GenerateJsonSchema.schema_dialect, **schema}


def text_of(name: str) -> str:
    """Return the text of a schema, as in its checked-in file."""
    return json.dumps(schema_of(name), indent=1, ensure_ascii=False) + "\n"


def path_of_schema(name: str) -> Path:
    """Return the path of the checked-in file of a schema."""
    return Path(__file__).with_name(f"{name}.json")


def write_schemas() -> None:
    """Write the checked-in files of all schemas.

    Raises:
        InputError: when a file cannot be written
    """
    for name in SCHEMAS:
        write_whole(path_of_schema(name), text_of(name).encode())
