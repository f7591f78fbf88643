"""Twelve small instances, solved to be judged against the results of the version before."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from instances.generator import generate
from models.files import save

CELLS = Path(__file__).parent / "cells.yaml"


def laid_out(folder: Path) -> Path:
    """Generates the instances that `cells.yaml` names in a folder, beside a copy of it; the copy.

    Raises:
        InputError: when the folder cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for seed in map(int, re.findall(r"xs(\d+)\.json", CELLS.read_text())):
        save(generate("XS", seed), folder / f"xs{seed}.json")
    return Path(shutil.copy(CELLS, folder / CELLS.name))
