"""Nothing is lost: streams that are closed, full or ASCII, folders that cannot be written, plans that were there
before.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from api.cli.progress import describe
from api.runs import folder as run_folder
from api.runs.folder import write_elsewhere, write_run
from models.errors import InputError, Problem

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.wall_clock

ROOT = Path(__file__).parents[2]
SMALL = ROOT / "instances" / "small.yaml"
AMPACITY = [sys.executable, "-m", "api.cli"]
needs_full = pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")


def run(words: list[str], temporary: Path, **more: Any) -> subprocess.CompletedProcess[str]:
    """A command with a temporary folder of its own."""
    temporary.mkdir(exist_ok=True)
    more.setdefault("stdout", subprocess.PIPE)
    environment = {**os.environ, "TMPDIR": str(temporary), **more.pop("env", {})}
    return subprocess.run(
        [*AMPACITY, *words], cwd=ROOT, stderr=subprocess.PIPE, text=True, env=environment, check=False, **more
    )


def solve(*words: str) -> list[str]:
    return ["solve", str(SMALL), "--time-limit", "10", "--gap", "0.05", *words]


@needs_full
def test_a_full_stdout_costs_no_plan(tmp_path: Path) -> None:
    """Without -o the run goes to the temporary folder, which the message names; nothing else stays there."""
    with Path("/dev/full").open("w") as full:
        done = run(solve("--format", "json"), tmp_path / "t", stdout=full)
    assert done.returncode == 3 and "Traceback" not in done.stderr
    assert "standard output cannot be written: No space left on device" in done.stderr
    (left,) = (tmp_path / "t").iterdir()
    assert str(left) in done.stderr and {"plan.json", "run.json"} <= {file.name for file in left.iterdir()}


def test_a_closed_stdout_is_told(tmp_path: Path) -> None:
    """With -o the plan is where it should be, and the message says what is wrong."""
    done = run(solve("-o", str(tmp_path / "out")), tmp_path / "t", stdout=None, preexec_fn=lambda: os.close(1))
    assert done.returncode == 3 and "standard output cannot be written: it is closed" in done.stderr
    assert (tmp_path / "out" / "plan.json").exists() and not list((tmp_path / "t").iterdir())


def test_a_closed_stderr_costs_nothing(tmp_path: Path) -> None:
    """Messages are lost, the result is not."""
    done = run(solve("--format", "json"), tmp_path / "t", preexec_fn=lambda: os.close(2))
    assert done.returncode == 0 and json.loads(done.stdout)["holds"] == "plan"


@pytest.mark.parametrize(
    "words",
    [
        ["--help"],
        ["schema"],
        ["validate", str(SMALL)],
        ["solve", "nowhere.json", "--format", "json"],
        ["solve", "--format=json"],
    ],
)
@needs_full
def test_no_command_leaves_a_traceback_on_a_full_disk(words: list[str], tmp_path: Path) -> None:
    """Whatever it has to say: one message."""
    with Path("/dev/full").open("w") as full:
        done = run(words, tmp_path / "t", stdout=full)
    assert done.returncode in (2, 3) and "Traceback" not in done.stderr and "error: " in done.stderr


def test_a_reader_who_leaves_early_is_no_error(tmp_path: Path) -> None:
    """`ampacity schema | head -1`."""
    words = f"{sys.executable} -m api.cli schema | head -1; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", words], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "{\n", "")


def test_no_half_document(tmp_path: Path) -> None:
    """A file that cannot take all of a document takes none of it."""
    target = tmp_path / "schema.json"
    with target.open("w") as file:
        limit = (5000, 5000)
        done = run(
            ["schema"], tmp_path / "t", stdout=file, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, limit)
        )
    assert done.returncode == 3 and "File too large" in done.stderr
    assert target.read_bytes() == b""


@pytest.mark.parametrize("form", ["text", "json"])
def test_ascii_escapes_what_it_lacks(form: str, tmp_path: Path) -> None:
    """A name with an umlaut: in JSON by JSON's own escape, in a message by a backslash."""
    bad = tmp_path / "münchen.yaml"
    bad.write_text("a: 1\n")
    done = run(
        ["validate", str(bad), "--format", form], tmp_path / "t", env={"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    )
    assert done.returncode == 3 and "Traceback" not in done.stderr
    if form == "json":
        assert json.loads(done.stdout)["errors"][0]["file"].endswith("münchen.yaml")
    else:
        assert "m\\xfcnchen.yaml" in done.stderr


def test_a_folder_that_goes_while_it_is_solved(tmp_path: Path) -> None:
    """The run is complete in the temporary folder, named in the message, and the document names it, too."""
    parent, temporary = tmp_path / "parent", tmp_path / "t"
    temporary.mkdir()
    process = subprocess.Popen(
        [*AMPACITY, *solve("-o", str(parent / "out"), "--format", "json")],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "TMPDIR": str(temporary)},
    )
    while not parent.exists():
        time.sleep(0.01)
    time.sleep(0.3)
    parent.rmdir()
    parent.write_text("in the way")
    out, err = process.communicate(timeout=60)
    assert process.returncode == 3 and "Traceback" not in err
    (left,) = temporary.iterdir()
    assert str(left) in err and json.loads(out)["written"] == str(left)
    assert {"plan.json", "run.json", "orders.csv"} <= {file.name for file in left.iterdir()}


def fails(*_: Any) -> None:
    raise InputError([Problem("", None, "cannot be written: No space left on device", "make room", "x")])


def test_where_no_folder_can_be_had_stdout_has_the_plan(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The disk is full everywhere: the document that goes to stdout carries the plan."""
    words = "import sys; from api.runs import folder; from tests.cli.test_streams import fails\n"
    words += "folder.write_whole_folder = fails; from api.cli.__main__ import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", words, *solve("-o", str(tmp_path / "out"))],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "TMPDIR": str(tmp_path)},
    )
    assert done.returncode == 3, done.stderr
    document = json.loads(done.stdout)
    assert document["plan"]["schema"] == "ampacity/plan/1" and document["written"] is None
    assert not list(tmp_path.iterdir())


def test_a_worse_end_spares_an_earlier_plan(tmp_path: Path) -> None:
    """A run without a plan that holds goes beside it.

    One with a plan replaces it, and so does any where there was none.
    """
    out, temporary = tmp_path / "out", str(tmp_path)
    assert write_run(out, {"run.json": b"1"}, False, temporary).folder == out
    assert write_run(out, {"run.json": b"2", "plan.json": b"{}"}, True, temporary).folder == out
    spared = write_run(out, {"run.json": b"3"}, False, temporary)
    assert spared.folder == tmp_path / "out.failed" and "keeps its earlier plan" in spared.said
    assert (out / "run.json").read_bytes() == b"2" and (out / "plan.json").exists()
    assert write_run(out, {"run.json": b"4"}, False, temporary).folder == spared.folder
    assert write_run(out, {"run.json": b"5", "plan.json": b"{}"}, True, temporary).said == ""
    assert (out / "run.json").read_bytes() == b"5"


def test_an_infeasible_run_spares_an_earlier_plan(tmp_path: Path) -> None:
    """The same, by the command."""
    out = tmp_path / "out"
    assert run(solve("-o", str(out)), tmp_path / "t").returncode == 0
    kept = (out / "plan.json").read_bytes()
    text = SMALL.read_text()
    broken = tmp_path / "broken.yaml"
    broken.write_text(
        text.replace("run_by: us", "run_by: us\n  network_ready_on: 2190-01-01").replace(
            "value_usd: derived", "value_usd: null"
        )
    )
    done = run(["solve", str(broken), "--time-limit", "1", "-o", str(out)], tmp_path / "t")
    assert done.returncode in (3, 4, 6), done.stderr
    assert (out / "plan.json").read_bytes() == kept


def test_a_temporary_folder_that_is_full_leaves_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Neither a folder nor an exception."""
    monkeypatch.setattr(run_folder, "write_whole_folder", fails)
    assert write_elsewhere({}, str(tmp_path)).folder is None and not list(tmp_path.iterdir())


def interrupt_twice(process: subprocess.Popen[str]) -> None:
    for _ in range(2):
        process.send_signal(signal.SIGINT)
        time.sleep(0.05)


@pytest.mark.parametrize(
    ("end", "codes"),
    [
        (interrupt_twice, (130,)),
        *(
            pytest.param(lambda process, end=end: process.send_signal(end), (0, 5), marks=pytest.mark.slow)
            for end in (signal.SIGHUP, signal.SIGTERM)
        ),
    ],
)
def test_temporary_folders_go_whatever_the_end(
    end: Callable[[subprocess.Popen[str]], None], codes: tuple[int, ...], tmp_path: Path
) -> None:
    """Two interrupts end at once, a hangup and a request to end keep the plan; none leaves anything behind."""
    temporary = tmp_path / "t"
    temporary.mkdir()
    words = ["solve", str(ROOT / "instances" / "quickstart.json"), "--time-limit", "60", "-o", str(tmp_path / "out")]
    process = subprocess.Popen(
        [*AMPACITY, *words, "--progress", "plain"],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "TMPDIR": str(temporary)},
    )
    assert process.stderr is not None
    while " s: plan " not in process.stderr.readline():
        assert process.poll() is None
    assert list(temporary.iterdir())
    end(process)
    process.communicate(timeout=60)
    assert process.returncode in codes
    assert (tmp_path / "out" / "plan.json").exists() == (process.returncode != 130)
    assert not list(temporary.iterdir())


def test_the_next_run_removes_what_a_kill_has_left(tmp_path: Path) -> None:
    """A folder goes if its process is gone, and stays if it runs, or is one of another machine's."""
    from api.runs.leftovers import named
    from api.runs.scratch import PREFIX

    name = named(PREFIX)
    mine, gone = tmp_path / f"{name}x", tmp_path / f"{name.replace(f'-{os.getpid()}-', '-999999999-')}x"
    elsewhere, foreign = tmp_path / f"{PREFIX}01234567-999999999-1-x", tmp_path / "somebody's"
    for folder in (mine, gone, elsewhere, foreign):
        folder.mkdir()
    words = "from api.runs.scratch import scratch\nwith scratch(): pass"
    subprocess.run([sys.executable, "-c", words], cwd=ROOT, check=True, env={**os.environ, "TMPDIR": str(tmp_path)})
    assert sorted(tmp_path.iterdir()) == sorted([mine, elsewhere, foreign])


def test_progress_is_told_in_lines_where_there_is_no_terminal(tmp_path: Path) -> None:
    """Each says seconds, plan, bound and gap; the last is what was found; `off` says nothing."""
    done = run(solve(), tmp_path / "t")
    lines = [line for line in done.stderr.splitlines() if " s: " in line]
    assert lines and "plan " in lines[-1] and "bound " in lines[-1] and "gap " in lines[-1]
    assert len(lines) <= 10 / 2 + 2
    assert " s: " not in run(solve("--progress", "off"), tmp_path / "t").stderr


def test_a_line_of_progress() -> None:
    """USD in, millions of USD out."""
    assert describe(None, None, 3.7) == "   3 s: no plan yet, no bound yet"
    assert describe(2e6, None, 12) == "  12 s: plan 2.000 M USD, no bound yet"
    assert describe(2e6, 1.5e6, 100) == " 100 s: plan 2.000 M USD, bound 1.500 M USD, gap 25.00 %"


def test_the_temporary_folder_is_restored() -> None:
    """`tempfile` works in the folder of the process only while something runs."""
    from api.runs.scratch import scratch

    before = tempfile.gettempdir()
    with scratch() as folder:
        assert tempfile.gettempdir() == str(folder.parent)
    assert tempfile.gettempdir() == before and not folder.exists()
