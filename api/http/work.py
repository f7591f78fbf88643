"""What needs the data or the engine, by functions of bytes: they run in processes beside the server.

Each returns plain data, or raises FaultyError with what is wrong; both can be sent from process to process.
"""

from __future__ import annotations

import io
import json
import re
import tempfile
import zipfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from api.http import bodies
from api.http.problems import MOST, Faults, faults_of, texts_of
from api.http.reading import MalformedError, first_of, read_json
from models.errors import InputError, Problem
from models.files import Loaded, instance_of, load_instance, read_instance, tree_of
from models.instance import Instance, canonical
from models.plan import Plan
from models.values import Tree

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


T = TypeVar("T", bound=Tree)
_PATH = re.compile(r"([A-Za-z0-9_][A-Za-z0-9_.-]{0,99}/)?[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}")  # one folder at most
ENTRIES, RATIO = 200, 200  # of a zip: files, and times that a file may grow


class FaultyError(Exception):
    """The input is wrong: ``args[0]`` has pointers, rules and ways out; ``args[1]`` the status."""

    @property
    def faults(self) -> Faults:
        """What is wrong."""
        return list(self.args[0])

    @property
    def status(self) -> int:
        """The status of the answer."""
        return int(self.args[1])


def _faulty(problems: Sequence[Problem], below: str = "", data: Any = None, status: int = 422) -> FaultyError:
    return FaultyError(faults_of(problems, below, texts_of(data)), status)


@dataclass(frozen=True)
class Wanted:
    """What is asked first: the instance of a hash, to which the body refers."""

    sha256: str


def read_body(raw: bytes, kind: type[T]) -> T:
    """A body by its schema; an instance or a plan in it is still plain data."""
    data = _parsed(raw)
    try:
        return tree_of(kind, data)
    except InputError as error:
        raise _faulty(error.problems, data=data) from None


def _parsed(raw: bytes) -> dict[str, Any]:
    try:
        return read_json(raw)
    except MalformedError as error:
        raise _faulty(error.args, status=400) from None
    except InputError as error:
        raise _faulty(error.problems) from None


def _wanted(body: bodies.InstanceGiven, content: bytes | None) -> Wanted | None:
    """The instance that a body refers to, where its ``content`` is not there yet."""
    if (body.instance is None) == (body.instance_sha256 is None):
        rule = "exactly one of instance and instance_sha256 is given"
        raise _faulty([Problem("instance", None, rule, "leave one of them out")])
    return None if body.instance_sha256 is None or content is not None else Wanted(body.instance_sha256)


def submission(raw: bytes, content: bytes | None) -> Wanted | dict[str, Any]:
    """A run that is asked for: {"sha256", "content", "request", "priority"}.

    Parameters:
        content: the instance that the body refers to by its hash; without it, that hash is the answer.
    """
    from api.runs.inputs import given
    from solver.backends.catalogue import BACKENDS, backend
    from solver.settings import Settings

    body = read_body(raw, bodies.RunBody)
    if (wanted := _wanted(body, content)) is not None:
        return wanted
    asked = body.options.model_dump()
    scenario, cross_check, priority = (asked.pop(name) for name in ("scenario", "cross_check", "priority"))
    asked["time_limit"] = asked.pop("time_limit_seconds")
    loaded = _instance(body, content)
    try:
        for name, option in ((asked["solver"], "solver"), (cross_check, "cross_check")):
            if name is not None and name not in BACKENDS:  # Pyomo would start whatever program a name leads to
                rule = "no such solver here"
                raise InputError([Problem(f"settings.{option}", None, rule, "name one of GET /v1/solvers")])
            if name is not None:
                backend(name, f"settings.{option}")
        Settings(**asked)
        if scenario is not None:
            if scenario not in {known.id for known in loaded.instance.scenarios}:
                rule = "no such scenario in the instance"
                raise InputError([Problem("settings.scenario", None, rule, "name one of them")])
            given(loaded, scenario)
    except InputError as error:
        renamed = [_of_options(problem) for problem in error.problems]
        raise _faulty(renamed, data=body.instance) from None
    return {
        "sha256": loaded.instance.sha256,
        "content": canonical(loaded.instance),
        "request": {"scenario": scenario, "cross_check": cross_check, "options": asked},
        "priority": priority,
    }


def _of_options(problem: Problem) -> Problem:
    field = problem.place.rpartition(".")[2]
    known = {"time_limit": "time_limit_seconds"}.get(field, field)
    return replace(problem, place=f"options.{known}" if known in bodies.RunOptions.model_fields else "options")


def _instance(body: bodies.InstanceGiven, content: bytes | None, below: str = "/instance") -> Loaded:
    if content is not None:
        return read_instance(content)
    try:
        return _of_data(body.instance)
    except InputError as error:
        raise _faulty(error.problems, below, body.instance) from None


def _of_data(data: Any) -> Loaded:
    _refuse_at_first(Instance, data)
    return instance_of(data)


def _refuse_at_first(kind: type[Tree], data: Any) -> None:
    """Raises InputError where the first members of the lists have more that is wrong with them than is listed."""
    try:
        tree_of(kind, first_of(data))
    except InputError as error:
        if len(error.problems) >= MOST:
            raise


def upload(raw: bytes) -> tuple[str, bytes]:
    """(hash, canonical JSON) of an instance in JSON."""
    data = _parsed(raw)
    try:
        loaded = _of_data(data)
    except InputError as error:
        raise _faulty(error.problems, data=data) from None
    return loaded.instance.sha256, canonical(loaded.instance)


def upload_tables(raw: bytes, most: int) -> tuple[str, bytes]:
    """(hash, canonical JSON) of an instance as a zip of CSV tables, which unpacked take at most ``most`` bytes."""
    with tempfile.TemporaryDirectory(prefix="ampacity-upload-") as folder:
        _unpack(raw, Path(folder), most)
        try:
            loaded = load_instance(folder)
        except InputError as error:
            faults = faults_of(error.problems, "", _texts_of_tables(Path(folder)))
            for fault, problem in zip(faults, error.problems, strict=True):
                file = Path(problem.file).name if problem.file else ""
                line = "" if problem.line is None else f" line {problem.line}"
                if (Path(folder) / file).is_file():
                    fault["file"] = f"{file}{line}"
            raise FaultyError(faults, 422) from None
    return loaded.instance.sha256, canonical(loaded.instance)


def _texts_of_tables(folder: Path) -> set[str]:
    import csv

    found: set[str] = set()
    for path in folder.iterdir():
        try:
            with path.open(newline="", encoding="utf-8", errors="replace") as file:
                found.update(cell for row in csv.reader(file) for cell in row)
        except csv.Error:
            continue
    return found


def _unpack(raw: bytes, folder: Path, most: int) -> None:
    """Writes the tables of a zip, whose names are plain; its directory is looked at before anything is unpacked."""
    rule, fix = "", "send a zip of the CSV tables that `ampacity convert` writes, and nothing else"
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            entries = [entry for entry in archive.infolist() if not entry.is_dir()]
            paths = [entry.filename for entry in entries]
            folders = {path.rpartition("/")[0] for path in paths}
            names = [path.rpartition("/")[2] for path in paths]
            if len(entries) > ENTRIES or len(set(names)) < len(names):
                rule = f"holds more than {ENTRIES} files, or two of a name"
            elif len(folders) > 1 or not all(_PATH.fullmatch(path) for path in paths):
                rule = "holds files in several folders, or with a path that leads elsewhere"
            elif any(entry.flag_bits & 1 for entry in entries):
                rule = "is encrypted"
            elif sum(entry.file_size for entry in entries) > most:
                rule = f"holds more than {most // 1_000_000} MB"
            elif any(entry.file_size > RATIO * max(entry.compress_size, 1000) for entry in entries):
                rule = f"holds a file that grows more than {RATIO} times"
            elif not all(name.endswith(".csv") for name in names):
                rule = "holds a file that is no CSV table"
            else:
                for entry, name in zip(entries, names, strict=True):
                    with archive.open(entry) as packed:
                        content = packed.read(entry.file_size + 1)
                    if len(content) != entry.file_size:
                        rule = "is broken"
                        break
                    (folder / name).write_bytes(content)
    except (zipfile.BadZipFile, zipfile.LargeZipFile, NotImplementedError, RuntimeError, EOFError, OSError, ValueError):
        rule = "is no zip that can be read"
    except Exception as error:  # zlib.error, which is of no public class of zipfile
        rule = f"is no zip that can be read ({type(error).__name__})"
    if rule:
        raise _faulty([Problem("", None, rule, fix)], status=422)


def _in_scenario(body: bodies.ValidateBody | bodies.PlanBody, content: bytes | None) -> Loaded:
    from api.runs.inputs import given

    loaded = _instance(body, content)
    if body.scenario is None:
        return loaded
    if body.scenario not in {known.id for known in loaded.instance.scenarios}:
        raise _faulty([Problem("scenario", None, "no such scenario in the instance", "name one of them")])
    try:
        return given(loaded, body.scenario)
    except InputError as error:
        raise _faulty(error.problems, "/scenario", body.instance) from None


def validated(raw: bytes, content: bytes | None) -> Wanted | bytes:
    """The answer of `validate`; its warnings name what they are about, as the answer goes to whoever sent the text."""
    from api.runs.documents import oddities, validation

    body = read_body(raw, bodies.ValidateBody)
    return _wanted(body, content) or _answer(validation([], oddities(_in_scenario(body, content))))


def checked(raw: bytes, content: bytes | None) -> Wanted | bytes:
    """The answer of `check`."""
    from api.runs.documents import checking
    from solver.check import check

    body = read_body(raw, bodies.PlanBody)
    if (wanted := _wanted(body, content)) is not None:
        return wanted
    loaded, plan = _plan(body, content)
    return _of_engine(lambda: checking(check(loaded.instance, plan, frozenset(body.without))), body)


def reported(raw: bytes, content: bytes | None) -> Wanted | bytes:
    """The answer of `report`."""
    from api.runs.documents import reporting
    from solver.report.report import report

    body = read_body(raw, bodies.PlanBody)
    if (wanted := _wanted(body, content)) is not None:
        return wanted
    loaded, plan = _plan(body, content)

    def work() -> dict[str, Any]:
        found = report(loaded.instance, plan, tuple(body.without))
        return reporting(found, [*loaded.warnings, *loaded.located(found.warnings)])

    return _of_engine(work, body)


def _answer(document: Any) -> bytes:
    """A document as it is sent; to write a large one takes long enough to be done here."""
    return json.dumps(document, allow_nan=False).encode()


def _plan(body: bodies.PlanBody, content: bytes | None) -> tuple[Loaded, Plan]:
    loaded = _in_scenario(body, content)
    try:
        _refuse_at_first(Plan, body.plan)
        return loaded, tree_of(Plan, body.plan)
    except InputError as error:
        raise _faulty(error.problems, "/plan", body.plan) from None


def _of_engine(work: Callable[[], dict[str, Any]], body: bodies.PlanBody) -> bytes:
    try:
        return _answer(work())
    except InputError as error:
        about = [problem for problem in error.problems if problem.place.rpartition(".")[2] == "without"]
        below = "/without" if about else "/plan"
        problems = [_bare(problem) for problem in about] or error.problems
        raise _faulty(problems, below, [body.plan, body.instance]) from None


def _bare(problem: Problem) -> Problem:
    return replace(problem, place="")


def compared(sides: tuple[dict[str, bytes], dict[str, bytes]], names: tuple[str, str]) -> bytes:
    """The answer of `compare`; each side is the files of a run."""
    from api.runs.comparison import compare, side_of
    from api.runs.stored import read_run

    with tempfile.TemporaryDirectory(prefix="ampacity-compare-") as folder:
        found = []
        for name, files in zip(names, sides, strict=True):
            home = Path(folder) / name
            home.mkdir(exist_ok=True)
            for file, content in files.items():
                (home / file).write_bytes(content)
            found.append(side_of(replace(read_run(home), folder=Path(name)), name))
        return _answer(compare(*found).document())


def tables(instance: bytes, plan: bytes, scenario: str | None, without: tuple[str, ...]) -> dict[str, str]:
    """The CSV tables of a plan, by file name."""
    from api.runs.inputs import given
    from solver.report.report import report
    from solver.report.tables_out import csv_tables
    from solver.tables.tables import tables_of

    loaded = given(read_instance(instance), scenario)
    decided = Plan.model_validate_json(plan)
    return csv_tables(tables_of(loaded.instance), decided, report(loaded.instance, decided, without))


def listed_solvers() -> bytes:
    """The answer of `solvers`."""
    from solver.backends.catalogue import described

    return _answer(described())


def warm() -> None:
    """Imports what the first request would wait for."""
    import solver.check
    import solver.report.report
    import solver.tables.tables  # noqa: F401
