"""The library that comes with the project says what is true, and its command how it is not."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest

from benchmarks.library.named import NAMED, Named, chosen
from benchmarks.library.page import page
from benchmarks.library.shelf import JSON, PAGE, PLANS, Shelf
from benchmarks.library.verify import faults_of_files, verified
from instances.generator.__main__ import FOLDER
from models.errors import InputError

ROOT = Path(__file__).parents[2]
SHELF = Shelf(FOLDER)
QUICK = [one for one in NAMED if one.cheap]


def command(*words: str) -> subprocess.CompletedProcess[str]:
    """The command, as a process."""
    whole = [sys.executable, "-m", "benchmarks", "library", *words]
    return subprocess.run(whole, cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the library, to be damaged."""
    for name in (JSON, PAGE):
        shutil.copy(FOLDER / name, tmp_path / name)
    shutil.copytree(FOLDER / PLANS, tmp_path / PLANS)
    return tmp_path


def test_page_and_entries_say_the_same() -> None:
    """LIBRARY.md is what LIBRARY.json makes, every plan is named by an entry, every entry by a named instance."""
    assert faults_of_files(SHELF) == []
    assert (FOLDER / PAGE).read_text() == page(SHELF.read())


def test_every_named_instance_has_an_entry() -> None:
    """In the order of the library, whether a plan is known or not."""
    assert [entry.name for entry in SHELF.read().instances] == [one.name for one in NAMED]


@pytest.mark.parametrize("one", QUICK, ids=lambda one: one.name)
def test_recorded_hashes_are_those_of_the_instances(one: Named) -> None:
    """Files by hand, XS and S: who changes one of them improves the library in the same commit."""
    entry = SHELF.read().entry(one.name)
    assert entry is not None and entry.instance_sha256 == one.instance().sha256
    assert entry.best is not None and entry.bound is not None


@pytest.mark.slow
@pytest.mark.parametrize("one", NAMED, ids=lambda one: one.name)
def test_everything_recorded_is_true(one: Named) -> None:
    """Each plan holds and costs what is recorded, its bound is not above it, and the size and what binds are right."""
    assert verified(SHELF, one, SHELF.read().entry(one.name)).faults == ()


@pytest.mark.parametrize(
    ("names", "found"),
    [(["XS-1"], ["XS-1"]), (["quickstart.json"], ["S-3"]), (["S-3", "quickstart", "small"], ["small", "S-3"])],
)
def test_an_instance_is_named_by_name_or_file(names: list[str], found: list[str]) -> None:
    """An instance that has a file is one entry, whichever of its names is given."""
    assert [one.name for one in chosen(names)] == found


def test_an_unknown_name_is_refused() -> None:
    """With the names that there are."""
    with pytest.raises(InputError, match="no such instance; there are small, handmade, starter, XS-1"):
        chosen(["XS-1", "XXL-1"])


def test_the_command_says_what_is_true() -> None:
    """Exit 0, and a row for each instance that was asked for."""
    done = command("--only", "XS-1", "--only", "small", "--format", "json")
    assert (done.returncode, done.stderr) == (0, "")
    rows = json.loads(done.stdout)["instances"]
    assert [(row["name"], row["faults"]) for row in rows] == [("small", []), ("XS-1", [])]


def test_the_command_says_what_is_not(copy: Path) -> None:
    """A cent off, exit 8: the plan and the page say something else."""
    text = (copy / JSON).read_text()
    entry = SHELF.read().entry("XS-1")
    assert entry is not None and entry.best is not None
    (copy / JSON).write_text(text.replace(str(entry.best.usd), str(entry.best.usd + 1), 1))
    done = command("--only", "XS-1", "--folder", str(copy))
    assert done.returncode == 8 and done.stderr == ""
    assert "the plan costs" in done.stdout and "LIBRARY.md does not say what LIBRARY.json says" in done.stdout


@pytest.mark.parametrize(
    "words",
    [
        ["--folder", "torn"],
        ["--improve", "--folder", "torn"],
        ["--only", "XXL-1"],
        ["--improve", "--only", "XS-1", "--solver", "none-such", "--folder", "."],
        ["--improve", "--only", "XS-1", "--folder", "missing"],
    ],
    ids=" ".join,
)
def test_bad_input_is_told_without_a_traceback(copy: Path, words: list[str]) -> None:
    """A torn file, an unknown name, an unknown solver and a folder that is none: exit 3 and a line on stderr."""
    (copy / "torn").mkdir()
    (copy / "torn" / JSON).write_bytes((copy / JSON).read_bytes()[:1000])
    done = command(*(str(copy / word) if before == "--folder" else word for before, word in pairwise(["", *words])))
    assert done.returncode == 3, done
    assert done.stderr.startswith("error: ") and "Traceback" not in done.stderr
    assert (copy / JSON).read_bytes() == (FOLDER / JSON).read_bytes()


@pytest.mark.slow
def test_the_command_finds_what_is_missing(copy: Path) -> None:
    """An entry that was removed is made anew, by the ordinary engine; its plan is checked, the page follows."""
    data = json.loads((copy / JSON).read_bytes())
    data["instances"] = [entry for entry in data["instances"] if entry["name"] != "starter"]
    (copy / JSON).write_text(json.dumps(data))
    done = command("--improve", "--only", "starter", "--time-limit", "20", "--folder", str(copy))
    assert done.returncode == 0 and "starter: objective" in done.stdout, done
    done = command("--only", "starter", "--folder", str(copy))
    assert done.returncode == 0, done
