"""Write the named files that the generator makes: ``python -m instances.generator``."""

from __future__ import annotations

import json
from pathlib import Path

from instances.generator.futures import SCENARIOS
from instances.generator.generate import generate
from instances.generator.shape import SHAPES, Size
from models.files import save, write_whole

FOLDER = Path(__file__).resolve().parent.parent
NAMED: dict[str, tuple[Size, int]] = {"quickstart.json": ("S", 3), "quarterly.json": ("M", 1)}
SEEDS = range(1, 6)


def fingerprints() -> dict[str, dict[str, str]]:
    """Return the content hash of every size and seed that is watched."""
    return {size: {str(seed): generate(size, seed).sha256 for seed in SEEDS} for size in SHAPES}


def main() -> None:
    """Write instances, scenarios and fingerprints.

    Raises:
        InputError: when a file cannot be written
    """
    for file, (size, seed) in NAMED.items():
        save(generate(size, seed), FOLDER / file)
    for scenario in SCENARIOS:
        save(scenario, FOLDER / "scenarios" / f"{scenario.id}.yaml")
    write_whole(str(FOLDER / "fingerprints.json"), (json.dumps(fingerprints(), indent=1) + "\n").encode())


if __name__ == "__main__":
    main()
