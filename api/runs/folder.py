"""The folder of a run: complete or absent, never in place of a better one, and elsewhere if the disk is full."""

from __future__ import annotations

import json
import shutil
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from api.runs.scratch import system_folder
from models.errors import InputError, Problem
from models.files import refuse_unwritable_folder, write_whole_folder
from models.instance import Instance, canonical
from solver.report.tables_out import TABLES, csv_tables

if TYPE_CHECKING:
    from collections.abc import Mapping

    from api.runs.request import Request
    from solver.report.report import Report
    from solver.result import Result

LOGS = ("solver.log", "cross-check.log")
PLAN, RUN, INSTANCE = "plan.json", "run.json", "instance.json"
RUN_FILES = frozenset((PLAN, RUN, INSTANCE, *LOGS, *TABLES))
FAILED = ".failed"


@dataclass(frozen=True)
class Written:
    """Where a run was written; ``folder`` is None if no folder could be written."""

    folder: Path | None
    said: str = ""  # a message for the user
    error: InputError | None = None  # why it is not in the folder that was asked for


def files_of(
    instance: Instance, result: Result, report: Report | None, document: dict[str, Any], logs: Mapping[str, bytes]
) -> dict[str, bytes]:
    """The files of a run, by name.

    Parameters:
        instance: the instance as it was solved.
        document: the content of `run.json`.
        logs: the logs of the solvers, by file name.
    """
    files = {RUN: (json.dumps(document, indent=1) + "\n").encode(), INSTANCE: _with_notes(instance)}
    if result.plan is not None:
        files[PLAN] = canonical(result.plan) + b"\n"
        if result.tables is not None and report is not None:
            texts = csv_tables(result.tables, result.plan, report)
            files |= {name: text.encode() for name, text in texts.items()}
    return files | dict(logs)


def _with_notes(instance: Instance) -> bytes:
    """The instance on one line: laying out a large one for people takes seconds, and `convert` does it on request."""
    data = instance.model_dump(mode="json", by_alias=True)
    return (json.dumps(data, ensure_ascii=False, allow_nan=False) + "\n").encode()


def refuse_folder(output: Path, request: Request) -> None:
    """Refuses an output folder before the work starts rather than after it.

    Raises:
        InputError: when a run cannot be written to ``output``, or would overwrite what no run has written.
    """
    refuse_unwritable_folder(output, _replaceable(output))
    source = request.document()["instance"]
    if request.scenario is not None and source and _is_same(Path(source), output / INSTANCE):
        rule = "holds the instance itself, which the one with the scenario applied would overwrite"
        raise InputError([Problem("", None, rule, "name another folder", str(output))])


def _replaceable(output: Path) -> frozenset[str]:
    """The files that may be overwritten; `instance.json` only if an earlier run wrote it."""
    return RUN_FILES if (output / RUN).exists() else RUN_FILES - {INSTANCE}


def _is_same(one: Path, other: Path) -> bool:
    return one.exists() and other.exists() and one.samefile(other)


def write_run(output: Path, files: Mapping[str, bytes], good: bool, temporary: str | None = None) -> Written:
    """Writes a run to ``output``, or to ``output.failed`` if it is not good and ``output`` holds an earlier plan.

    If that folder cannot be written, the run goes to a new folder in ``temporary`` instead.

    Parameters:
        files: the files of the run, by name.
        good: whether the run has a plan that holds.
        temporary: the folder to fall back on; None: the system's temporary folder.
    """
    target, said = output, ""
    if not good and (output / PLAN).exists():
        target = output.with_name(output.absolute().name + FAILED)
        said = f"{output} keeps its earlier plan; this run is in {target}\n"
    try:
        write_whole_folder(target, files, _replaceable(target))
    except InputError as error:
        return replace(write_elsewhere(files, temporary), error=error)
    return Written(target, said)


def write_elsewhere(files: Mapping[str, bytes], temporary: str | None = None) -> Written:
    """Writes a run to a new folder in ``temporary``; if that fails too, ``Written.folder`` is None.

    Parameters:
        files: the files of the run, by name.
        temporary: the folder to write in; None: the system's temporary folder.
    """
    folder = None
    try:
        folder = Path(tempfile.mkdtemp(prefix="ampacity-out-", dir=temporary or system_folder()))
        write_whole_folder(folder, files, RUN_FILES)
    except (OSError, InputError):
        if folder is not None:
            shutil.rmtree(folder, ignore_errors=True)
        return Written(None)
    return Written(folder, f"the run is in {folder} instead\n")
