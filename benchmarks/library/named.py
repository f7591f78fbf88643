"""The instances of the library, by name: files of ``instances/`` and what the generator makes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from instances.generator import generate
from instances.generator.__main__ import FOLDER
from instances.generator.__main__ import NAMED as GENERATED_FILES
from models.errors import InputError, Problem
from models.files import load_instance

if TYPE_CHECKING:
    from collections.abc import Iterable

    from instances.generator.shape import Size
    from models.instance import Instance

BY_HAND = ("small.yaml", "handmade.yaml", "starter.yaml")
SEEDS: dict[Size, int] = {"XS": 10, "S": 5, "M": 3, "L": 2}  # seeds 1 to this
CHEAP: tuple[Size, ...] = ("XS", "S")  # made, checked and reported on within a second


@dataclass(frozen=True)
class Named:
    """An instance of the library. ``file``, in ``instances/``, holds it as well if a size is given."""

    name: str
    size: Size | None = None
    seed: int = 0
    file: str | None = None

    @property
    def cheap(self) -> bool:
        """Whether its plan is checked within about a second."""
        return self.size is None or self.size in CHEAP

    def instance(self) -> Instance:
        """The instance, generated or read.

        Raises:
            InputError: when its file cannot be read.
        """
        if self.size is not None:
            return generate(self.size, self.seed)
        return load_instance(FOLDER / str(self.file)).instance


def _all() -> Iterable[Named]:
    for file in BY_HAND:
        yield Named(file.partition(".")[0], file=file)
    files = {made: file for file, made in GENERATED_FILES.items()}
    for size, last in SEEDS.items():
        for seed in range(1, last + 1):
            yield Named(f"{size}-{seed}", size, seed, files.get((size, seed)))


NAMED = tuple(_all())


def chosen(only: Iterable[str] = ()) -> list[Named]:
    """The instances with these names, in the order of the library; no names: all. A file may be named without suffix.

    Raises:
        InputError: when a name is not in the library.
    """
    wanted = set(only)
    known = {name for one in NAMED for name in _names(one)}
    unknown = sorted(wanted - known)
    if unknown:
        rule = f"no such instance; there are {', '.join(one.name for one in NAMED)}"
        raise InputError([Problem("--only", name, rule, "name one of them") for name in unknown])
    return [one for one in NAMED if not wanted or wanted & set(_names(one))]


def _names(one: Named) -> tuple[str, ...]:
    return (one.name,) if one.file is None else (one.name, one.file, one.file.partition(".")[0])
