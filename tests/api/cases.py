"""A small instance on the disk, and commands in this process: no start of an interpreter for each."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from api.cli.app import app
from models.files import save
from models.instance import Instance
from tests.check.small import JANUARY, Tree, hourly, region, service, small, training

if TYPE_CHECKING:
    from pathlib import Path

SERVING = {
    "id": "serving",
    "probability": 0.5,
    "known_on": "2027-01-01",
    "changes": [{"path": "inference/chat/demand/x/demand", "operation": "multiply", "value": 2}],
}
BASE = {"id": "base", "probability": 0.5, "known_on": "2027-01-01"}


def tree(**more: Any) -> Tree:
    """A training and a service in January, with two futures: as it is, and twice the demand."""
    horizon = {"today": "2026-12-01", "start": JANUARY, "periods": ["month"]}
    return (
        small(
            horizon=horizon,
            regions=[region("north"), region("south", provider="aws")],
            training=[training("train", due="2027-01-31")],
            inference=[service("chat")],
            offers=[hourly()],
            scenarios=[BASE, SERVING],
        )
        | more
    )


def stored(folder: Path, name: str = "instance.json", **more: Any) -> Path:
    """The instance as a file."""
    folder.mkdir(exist_ok=True)
    save(Instance.model_validate(tree(**more)), folder / name)
    return folder / name


def command(capsys: Any, *words: str | Path) -> tuple[int, Any]:
    """Exit code and the document on stdout of a command that solves nothing."""
    code = app([*map(str, words), "--format", "json"], standalone_mode=False, prog_name="ampacity")
    return int(code or 0), json.loads(capsys.readouterr().out)
