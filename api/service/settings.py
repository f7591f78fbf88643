"""Settings of the service: each is a variable of the environment, `AMPACITY_` and its name in capitals."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from models.errors import InputError, Problem

if TYPE_CHECKING:
    from collections.abc import Mapping

PREFIX = "AMPACITY_"
DATABASE = "ampacity.sqlite3"


def _slots() -> int:
    return max(1, (os.cpu_count() or 1) // 2)


class ServiceSettings(BaseSettings):
    """What `ampacity serve` and `ampacity worker` are told. Times in seconds, sizes in MB or GB."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="ignore")

    host: str = Field("127.0.0.1", description="address to listen on; any other than loopback needs a key")
    port: int = Field(8080, ge=0, le=65535, description="port to listen on; 0: any that is free")
    data_dir: Path = Field(Path("ampacity-data"), description="folder of the database and of what runs put aside")
    database_url: str = Field("", description="PostgreSQL, postgresql://...; empty: SQLite in the data folder")
    slots: int = Field(
        default_factory=_slots,
        ge=0,
        le=1024,
        description="runs that a worker carries out at once; default: half the cores",
    )
    heartbeat_seconds: float = Field(
        30.0, ge=0.1, le=3600, description="a worker that is silent for two of these has lost its runs to others"
    )
    kills_before_giving_up: int = Field(3, ge=1, description="deaths of its worker after which a run has failed")
    body_limit_mb: int = Field(64, ge=1, le=2048, description="largest body of a request, MB")
    body_stall_seconds: float = Field(10.0, gt=0, description="silence inside a body after which it is refused")
    longest_time_limit: float = Field(86_400.0, ge=1, description="largest time limit that a run may ask for, seconds")
    run_memory_gb: float = Field(8.0, gt=0, description="memory of a run and its solvers, GB, unless it asks for less")
    queued_per_key: int = Field(1000, ge=1, description="runs of a key that may wait or run at once")
    running_per_key: int = Field(0, ge=0, description="runs of a key that may run at once; 0: no limit")
    retention_days: float = Field(30.0, ge=0, description="days after which a finished run is removed; 0: never")
    log_level: str = Field("info", pattern="^(debug|info|warning|error)$", description="debug, info, warning or error")

    @property
    def url(self) -> str:
        """Where the database is, as SQLAlchemy reads it."""
        if not self.database_url:
            return f"sqlite:///{self.data_dir.absolute() / DATABASE}"
        scheme, _, rest = self.database_url.partition("://")
        return f"postgresql+psycopg://{rest}" if scheme in ("postgres", "postgresql") else self.database_url


def read_settings(given: Mapping[str, object]) -> ServiceSettings:
    """The settings of the environment, with what is ``given`` on the command line before them (None: not given).

    Raises:
        InputError: with every setting that is wrong, by the name of its variable.
    """
    try:
        return ServiceSettings(**{name: value for name, value in given.items() if value is not None})  # type: ignore[arg-type]
    except ValidationError as error:
        raise InputError([_problem(part["loc"], part["msg"]) for part in error.errors()]) from None


def _problem(place: tuple[int | str, ...], rule: str) -> Problem:
    name = PREFIX + str(place[0]).upper()
    return Problem(name, None, f"is wrong: {rule[0].lower()}{rule[1:]}", "see docs/operations.md")
