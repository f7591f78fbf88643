"""An instance as a folder of CSV tables: one table per kind of thing, header = field, long tables for what runs over
periods.
"""

from models.files.tables.out import save_tables, tables_of_instance
from models.files.tables.source import TableSource, open_tables

__all__ = ["TableSource", "open_tables", "save_tables", "tables_of_instance"]
