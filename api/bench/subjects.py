"""What is solved: instances from files or from the generator, and programs of others in MPS files."""

from __future__ import annotations

import hashlib
import json
import random
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from models.errors import InputError, Problem
from models.files import Loaded, load_instance, write_whole
from models.instance import canonical
from solver.backends.mps_file import SUFFIXES, read_mps
from solver.formulation.formulate import formulate
from solver.tables.tables import tables_of

if TYPE_CHECKING:
    from pathlib import Path

    from api.bench.spec import Generated
    from models.instance import Instance
    from solver.program import Program

DRAWN = "drawn.json"  # the seeds that were drawn, by size
ABOVE, BELOW = 1_000, 1_000_000


@dataclass(frozen=True, eq=False)
class Subject:
    """An instance after scenario and policy, or a program; ``file`` is the name it has for the process of a cell."""

    name: str
    file: str
    content: bytes = field(repr=False)
    instance: Instance | None = field(repr=False)
    sha256: str = ""
    _programs: dict[tuple[bool, frozenset[str]], str] = field(default_factory=dict, repr=False)

    @property
    def is_program(self) -> bool:
        """Whether it is the program of an MPS file."""
        return self.instance is None

    def program_sha256(self, cuts: bool, without: frozenset[str]) -> str:
        """The hash of the program that a solver is given; takes as long as building it, once."""
        if self.instance is None:
            return self.sha256
        asked = (cuts, without)
        if asked not in self._programs:
            program = formulate(tables_of(self.instance), without, with_cuts=cuts).program
            self._programs[asked] = hash_of(program)
        return self._programs[asked]


def hash_of(program: Program) -> str:
    """SHA-256 of all numbers of a program."""
    total = hashlib.sha256(repr(program.offset).encode())
    for name in ("cost", "lower", "upper", "row_lower", "row_upper", "integer"):
        total.update(getattr(program, name).tobytes())
    for name in ("indptr", "indices", "data"):
        total.update(getattr(program.matrix, name).tobytes())
    return total.hexdigest()


def of_instance(name: str, instance: Instance) -> Subject:
    """An instance as it is solved; scenarios that are not applied are no part of it."""
    bare = instance.model_copy(update={"scenarios": ()})
    return Subject(name, "instance.json", canonical(bare), bare, bare.sha256)


def of_program(name: str, path: Path) -> Subject:
    """A program of others.

    Raises:
        InputError: when the file cannot be read, or holds no mixed-integer linear program.
    """
    sha256 = hash_of(read_mps(path).program)
    suffix = next(one for one in sorted(SUFFIXES, key=len, reverse=True) if path.name.lower().endswith(one))
    return Subject(name, f"program{suffix}", path.read_bytes(), None, sha256)


def is_mps(entry: str | Generated) -> bool:
    """Whether an entry of ``instances`` names an MPS file."""
    return isinstance(entry, str) and entry.lower().endswith(SUFFIXES)


def loaded(entry: str | Generated, home: Path, drawn: DrawnSeeds) -> tuple[str, Loaded]:
    """An instance with its name in the report, such as `XS-1`.

    Parameters:
        home: the folder from which paths are counted.

    Raises:
        InputError: when the file cannot be read or is not valid.
    """
    if isinstance(entry, str):
        return entry, load_instance(home / entry)
    from instances.generator import generate

    seed = drawn.of(entry.size) if entry.seed == "drawn" else entry.seed
    return f"{entry.size}-{seed}", Loaded(generate(entry.size, seed), ())


class DrawnSeeds:
    """Seeds above 1,000 that are drawn when a benchmark begins, so that nothing was tuned on them.

    They are kept in its folder: a benchmark that goes on uses the same.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / DRAWN
        self.seeds: dict[str, int] = self._read()

    def of(self, size: str) -> int:
        """The seed of a size."""
        if size not in self.seeds:
            self.seeds[size] = random.SystemRandom().randrange(ABOVE + 1, BELOW)
        return self.seeds[size]

    def keep(self) -> None:
        """Writes them, if there are any.

        Raises:
            InputError: when the folder cannot be written.
        """
        if self.seeds:
            write_whole(str(self._path), (json.dumps(self.seeds, indent=1) + "\n").encode())

    def _read(self) -> dict[str, int]:
        try:
            found: Any = json.loads(self._path.read_bytes())
        except FileNotFoundError:
            return {}
        except (OSError, ValueError):
            found = None
        if not isinstance(found, dict) or not all(isinstance(seed, int) for seed in found.values()):
            fix = "remove it; other seeds are then drawn, and their cells solved"
            raise InputError([Problem("", None, "does not hold the seeds that were drawn", fix, str(self._path))])
        return found
