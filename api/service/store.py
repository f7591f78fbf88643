"""All that the service keeps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete

from api.service.audit import Audit
from api.service.database import meta, open_database
from api.service.instances import Instances
from api.service.keys import Keys
from api.service.runs import KeptRuns
from api.service.times import now

if TYPE_CHECKING:
    from api.service.settings import ServiceSettings


class Store:
    """Runs, instances, keys and the audit log in the database that the settings name.

    Raises:
        InputError: where the database cannot be opened, or was written by a newer program.
    """

    def __init__(self, settings: ServiceSettings) -> None:
        self._database = open_database(settings)
        self.runs, self.instances = KeptRuns(self._database), Instances(self._database)
        self.keys, self.audit = Keys(self._database), Audit(self._database)

    def touch(self) -> None:
        """Writes a word, to see whether the database can be written now; raises StorageError where it cannot."""
        with self._database.writing() as connection:
            connection.execute(delete(meta).where(meta.c.name == "touched"))
            connection.execute(meta.insert().values(name="touched", value=now()))

    def close(self) -> None:
        """Closes all connections."""
        self._database.close()
