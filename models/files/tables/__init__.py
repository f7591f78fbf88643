"""An instance as a folder of CSV tables.

Each kind of thing has one table with a column per field; values over time have long tables, one row per period.
"""

from models.files.tables.out import save_tables, tables_of_instance
from models.files.tables.source import TableSource, open_tables

__all__ = ["TableSource", "open_tables", "save_tables", "tables_of_instance"]
