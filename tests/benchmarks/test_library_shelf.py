"""The files of the library: whole or not at all, and refused with a place and a line if somebody has damaged them."""

from __future__ import annotations

import json
import lzma
from typing import TYPE_CHECKING

import pytest

from benchmarks.library import shelf as shelves
from benchmarks.library.entry import Entry, Standing, size_of
from benchmarks.library.rule import better
from benchmarks.library.shelf import JSON, PAGE, Shelf
from models.errors import InputError
from models.files import write_whole
from tests.benchmarks.library_cases import CHEAP, DEAR, INSTANCE, content, found

if TYPE_CHECKING:
    from pathlib import Path

    from models.plan import Plan


def entry(plan: Plan, name: str = "XS-1") -> Entry:
    """The entry of an instance with this plan and a bound."""
    best, bound = better(INSTANCE, Standing(), found(plan, 1.0))
    return Entry(name=name, instance_sha256=INSTANCE.sha256, size=size_of(INSTANCE), binds="x", best=best, bound=bound)


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    """A library with one entry."""
    shelf = Shelf(tmp_path)
    assert shelf.put(entry(DEAR), DEAR)
    return shelf


def test_what_is_recorded_is_read_back(shelf: Shelf) -> None:
    """Entry and plan come back as they were, in the order of the library, and the page follows."""
    shelf.put(entry(CHEAP, "small"), CHEAP)
    library = shelf.read()
    assert library.instances == (entry(CHEAP, "small"), entry(DEAR))
    assert shelf.plan(entry(DEAR), INSTANCE) == DEAR and shelf.plan(entry(CHEAP, "small"), INSTANCE) == CHEAP
    assert shelf.page_is_current(library) and shelf.strays(library) == []


def test_recording_the_same_again_writes_nothing(shelf: Shelf) -> None:
    """No file is even touched."""
    before = content(shelf.folder)
    assert not shelf.put(entry(DEAR), DEAR)
    assert content(shelf.folder) == before


def test_a_new_plan_takes_the_place_of_the_old(shelf: Shelf) -> None:
    """The plan that no entry names any more is removed, and equal plans have equal files."""
    (old,) = (shelf.folder / "library").iterdir()
    first = old.read_bytes()
    shelf.put(entry(CHEAP), CHEAP)
    (new,) = (shelf.folder / "library").iterdir()
    assert new.name != old.name
    shelf.put(entry(DEAR), DEAR)
    assert old.read_bytes() == first


def test_a_kill_between_plan_and_entry_loses_nothing(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    """The entry still has its plan, the stray one is told, and the next record removes it."""

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(
            shelves, "write_whole", lambda path, data: (killed if path.name == JSON else write_whole)(path, data)
        )
        with pytest.raises(KeyboardInterrupt):
            shelf.put(entry(CHEAP), CHEAP)
    assert shelf.read().instances == (entry(DEAR),) and shelf.plan(entry(DEAR), INSTANCE) == DEAR
    assert len(shelf.strays(shelf.read())) == 1
    shelf.put(entry(DEAR), None)
    assert shelf.strays(shelf.read()) == []


def test_every_cut_of_the_file_is_refused(shelf: Shelf) -> None:
    """A torn LIBRARY.json is bad input wherever it ends, never a traceback and never an empty library."""
    path = shelf.folder / JSON
    data = path.read_bytes()
    for end in range(0, len(data) - 2, 37):
        path.write_bytes(data[:end])
        with pytest.raises(InputError) as error:
            shelf.read()
        assert all(problem.file == str(path) for problem in error.value.problems)


@pytest.mark.parametrize(
    ("place", "value", "words"),
    [
        (("instances", 0, "best", "usd"), "12", "best.usd"),
        (("instances", 0, "bound", "usd"), None, "bound.usd"),
        (("instances", 0, "name"), "../XS-1", "name"),
        (("instances", 0, "best", "plan_sha256"), "../../x", "plan_sha256"),
        (("instances", 0, "colour"), "red", "colour"),
        (("schema",), "ampacity/library/9", "schema"),
        (("instances",), {}, "instances"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(
    shelf: Shelf, place: tuple[str | int, ...], value: object, words: str
) -> None:
    """A value of the wrong kind, a name that leads elsewhere and an unknown field each have place and line."""
    path = shelf.folder / JSON
    data = json.loads(path.read_bytes())
    part = data
    for step in place[:-1]:
        part = part[step]
    part[place[-1]] = value
    path.write_text(json.dumps(data, indent=1))
    with pytest.raises(InputError) as error:
        shelf.read()
    assert any(words in problem.place and problem.line for problem in error.value.problems)


def test_an_entry_twice_is_refused(shelf: Shelf) -> None:
    """Two entries of one instance cannot both be the best known."""
    path = shelf.folder / JSON
    data = json.loads(path.read_bytes())
    path.write_text(json.dumps(data | {"instances": data["instances"] * 2}))
    with pytest.raises(InputError, match="appears twice"):
        shelf.read()


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda data: b"", "damaged"),
        (lambda data: data[:-8], "its end is missing"),
        (lambda data: data[:20] + b"\0\0\0\0" + data[24:], "damaged"),
        (lambda data: lzma.compress(b"{}"), "hash differs"),
        (None, "does not exist"),
    ],
)
def test_a_damaged_plan_is_bad_input(shelf: Shelf, damage: object, words: str) -> None:
    """Empty, cut, altered, another one, or missing: the message says which."""
    path = shelf.path_of(entry(DEAR))
    if callable(damage):
        path.write_bytes(damage(path.read_bytes()))
    else:
        path.unlink()
    with pytest.raises(InputError, match=words):
        shelf.plan(entry(DEAR), INSTANCE)


def test_a_plan_too_large_is_not_kept(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    """The library is part of every clone; nothing is recorded then."""
    before = content(shelf.folder)
    monkeypatch.setattr(shelves, "LARGEST", 100)
    with pytest.raises(InputError, match="plans up to 100 are kept"):
        shelf.put(entry(CHEAP), CHEAP)
    assert content(shelf.folder) == before


def test_no_file_is_an_empty_library(tmp_path: Path) -> None:
    """Nothing is recorded yet, and the page would say so."""
    shelf = Shelf(tmp_path)
    assert shelf.read().instances == () and not shelf.page_is_current(shelf.read())
    assert not (tmp_path / PAGE).exists()
