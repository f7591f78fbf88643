"""Regenerate the checked-in schemas."""

from models.schema import write_schemas

write_schemas()
