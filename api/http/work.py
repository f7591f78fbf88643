"""What needs the data or the engine, by functions of bytes: they run in processes beside the server.

Each returns plain data, or raises FaultyError with what is wrong; both can be sent from process to process.
"""

from __future__ import annotations

import io
import json
import tempfile
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from api.http import bodies
from api.http.problems import Faults, faults_of, texts_of
from models.errors import InputError, Problem
from models.files import Loaded, instance_of, load_instance, read_instance, tree_of
from models.files.source import source_of
from models.instance import canonical
from models.plan import Plan
from models.values import Tree

if TYPE_CHECKING:
    from collections.abc import Iterable


T = TypeVar("T", bound=Tree)
BODY = "body.json"
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


def _faulty(problems: Iterable[Problem], below: str = "", data: Any = None, status: int = 422) -> FaultyError:
    return FaultyError(faults_of(problems, below, texts_of(data)), status)


def read_body(raw: bytes, kind: type[T]) -> T:
    """A body by its schema; an instance or a plan in it is still plain data."""
    try:
        source = source_of(raw, BODY)
    except InputError as error:
        malformed = all(
            problem.rule.startswith(("is not JSON", "is not UTF-8", "is empty")) for problem in error.problems
        )
        raise _faulty(error.problems, status=400 if malformed else 422) from None
    try:
        if source.problems:
            raise InputError(list(source.problems))
        return tree_of(kind, source.data)
    except InputError as error:
        raise _faulty(error.problems, data=source.data) from None


def submission(raw: bytes, content: bytes | None) -> dict[str, Any]:
    """A run that is asked for: {"sha256", "content", "request", "priority"}.

    ``content``: the instance that the body refers to by its hash.
    """
    from api.runs.inputs import given
    from solver.backends.catalogue import backend
    from solver.settings import Settings

    body = read_body(raw, bodies.RunBody)
    asked = body.options.model_dump()
    scenario, cross_check, priority = (asked.pop(name) for name in ("scenario", "cross_check", "priority"))
    asked["time_limit"] = asked.pop("time_limit_seconds")
    loaded = _instance(body, content)
    try:
        for name in filter(None, (asked["solver"], cross_check)):
            backend(name)
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
        "content": _kept(loaded),
        "request": {"scenario": scenario, "cross_check": cross_check, "options": asked},
        "priority": priority,
    }


def _of_options(problem: Problem) -> Problem:
    from dataclasses import replace

    field = problem.place.rpartition(".")[2]
    known = {"time_limit": "time_limit_seconds"}.get(field, field)
    return replace(problem, place=f"options.{known}" if known in bodies.Options.model_fields else "options")


def reference(raw: bytes, kind: str) -> str | None:
    """The hash by which a body refers to an instance, None where it holds one."""
    body = read_body(raw, getattr(bodies, kind))
    if (body.instance is None) == (body.instance_sha256 is None):
        rule = "exactly one of instance and instance_sha256 is given"
        raise _faulty([Problem("instance", None, rule, "leave one of them out")])
    return str(body.instance_sha256) if body.instance is None else None


def _instance(body: bodies.InstanceGiven, content: bytes | None, below: str = "/instance") -> Loaded:
    try:
        return instance_of(body.instance) if content is None else read_instance(content)
    except InputError as error:
        raise _faulty(error.problems, below, body.instance) from None


def _kept(loaded: Loaded) -> bytes:
    return canonical(loaded.instance)


def upload(raw: bytes) -> tuple[str, bytes]:
    """(hash, canonical JSON) of an instance in JSON."""
    try:
        loaded = read_instance(raw, BODY)
    except InputError as error:
        raise _refused_upload(error, raw) from None
    return loaded.instance.sha256, _kept(loaded)


def upload_tables(raw: bytes, most: int) -> tuple[str, bytes]:
    """(hash, canonical JSON) of an instance as a zip of CSV tables, which unpacked take at most ``most`` bytes."""
    with tempfile.TemporaryDirectory(prefix="ampacity-upload-") as folder:
        _unpack(raw, Path(folder), most)
        try:
            loaded = load_instance(folder)
        except InputError as error:
            faults = []
            for problem in error.problems:
                (fault,) = faults_of([problem], "", _texts_of_tables(Path(folder)))
                file = Path(problem.file).name if problem.file else ""
                line = "" if problem.line is None else f" line {problem.line}"
                at = f"{file}{line}" if (Path(folder) / file).is_file() else ""
                faults.append(fault | ({"file": at} if at else {}))
            raise FaultyError(faults, 422) from None
    return loaded.instance.sha256, _kept(loaded)


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
            names = [entry.filename.rpartition("/")[2] for entry in entries]
            if len(entries) > ENTRIES or len(set(names)) < len(names):
                rule = f"holds more than {ENTRIES} files, or two of a name"
            elif sum(entry.file_size for entry in entries) > most:
                rule = f"holds more than {most // 1_000_000} MB"
            elif any(entry.file_size > RATIO * max(entry.compress_size, 1000) for entry in entries):
                rule = f"holds a file that grows more than {RATIO} times"
            elif any(
                not name.endswith(".csv") or not name[:-4].replace(".", "").replace("_", "").isalnum() for name in names
            ):
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


def _refused_upload(error: InputError, raw: bytes) -> FaultyError:
    try:
        data = json.loads(raw)
    except (ValueError, RecursionError):
        malformed = all(problem.rule.startswith(("is not JSON", "is not UTF-8")) for problem in error.problems)
        return _faulty(error.problems, status=400 if malformed else 422)
    return _faulty(error.problems, data=data)


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


def validated(raw: bytes, content: bytes | None) -> dict[str, Any]:
    """The answer of `validate`; its warnings name what they are about, as the answer goes to whoever sent the text."""
    from api.runs.answers import oddities, validation

    return validation([], oddities(_in_scenario(read_body(raw, bodies.ValidateBody), content)))


def checked(raw: bytes, content: bytes | None) -> dict[str, Any]:
    """The answer of `check`."""
    from api.runs.answers import checking
    from solver.check import check

    body, loaded, plan = _plan(raw, content)
    return _of_engine(lambda: checking(check(loaded.instance, plan, frozenset(body.without))), body)


def reported(raw: bytes, content: bytes | None) -> dict[str, Any]:
    """The answer of `report`."""
    from api.runs.answers import reporting
    from solver.report.report import report

    body, loaded, plan = _plan(raw, content)

    def work() -> dict[str, Any]:
        found = report(loaded.instance, plan, tuple(body.without))
        return reporting(found, [*loaded.warnings, *loaded.located(found.warnings)])

    return _of_engine(work, body)


def _plan(raw: bytes, content: bytes | None) -> tuple[bodies.PlanBody, Loaded, Plan]:
    body = read_body(raw, bodies.PlanBody)
    loaded = _in_scenario(body, content)
    try:
        return body, loaded, tree_of(Plan, body.plan)
    except InputError as error:
        raise _faulty(error.problems, "/plan", body.plan) from None


def _of_engine(work: Any, body: bodies.PlanBody) -> dict[str, Any]:
    try:
        return dict(work())
    except InputError as error:
        about = [problem for problem in error.problems if problem.place.rpartition(".")[2] == "without"]
        below = "/without" if about else "/plan"
        problems = [_bare(problem) for problem in about] or error.problems
        raise _faulty(problems, below, [body.plan, body.instance]) from None


def _bare(problem: Problem) -> Problem:
    from dataclasses import replace

    return replace(problem, place="")


def compared(sides: tuple[dict[str, bytes], dict[str, bytes]], names: tuple[str, str]) -> dict[str, Any]:
    """The answer of `compare`; each side is the files of a run."""
    from dataclasses import replace

    from api.runs.comparison import compare, side_of
    from api.runs.stored import read_run

    with tempfile.TemporaryDirectory(prefix="ampacity-compare-") as folder:
        found = []
        for name, files in zip(names, sides, strict=True):
            home = Path(folder) / name
            home.mkdir(exist_ok=True)
            for file, content in files.items():
                (home / file).write_bytes(content)
            found.append(replace(side_of(read_run(home), name), name=name))  # not by the folder of this moment
        return compare(*found).document()


def tables(instance: bytes, plan: bytes, scenario: str | None, without: tuple[str, ...]) -> dict[str, str]:
    """The CSV tables of a plan, by file name."""
    from api.runs.inputs import given
    from solver.report.report import report
    from solver.report.tables_out import csv_tables
    from solver.tables.tables import tables_of

    loaded = given(read_instance(instance), scenario)
    decided = Plan.model_validate_json(plan)
    return csv_tables(tables_of(loaded.instance), decided, report(loaded.instance, decided, without))


def listed_solvers() -> list[dict[str, Any]]:
    """The answer of `solvers`."""
    from solver.backends.catalogue import described

    return described()


def warm() -> None:
    """Imports what the first request would wait for."""
    import solver.check
    import solver.report.report
    import solver.tables.tables  # noqa: F401
