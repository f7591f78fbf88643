"""Write the checked-in schemas anew."""

from models.schema import write_schemas

write_schemas()
