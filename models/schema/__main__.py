"""Write the checked-in schemas again."""

from models.schema import write_schemas

write_schemas()
