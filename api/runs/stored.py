"""Reads the folder of a run."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from api.runs.folder import INSTANCE, PLAN, RUN
from models.errors import InputError, Problem
from models.files import load_instance, load_plan

if TYPE_CHECKING:
    import os

    from models.instance import Instance
    from models.plan import Plan

_AGAIN = "name a folder that `solve -o` has written, or solve again"


@dataclass(frozen=True, eq=False)
class StoredRun:
    """A run as read from its folder."""

    folder: Path
    instance: Instance  # as it was solved, with the scenario applied
    plan: Plan | None  # None: the run found none
    document: dict[str, Any] = field(repr=False)  # run.json

    @property
    def state(self) -> str:
        """How the run ended, in a word."""
        return str(self.document["state"])

    @property
    def request(self) -> dict[str, Any]:
        """What was asked for: instance, scenario, options, cross-check."""
        return dict(self.document["request"])

    @property
    def without(self) -> tuple[str, ...]:
        """The families that were left out."""
        return tuple(self.request["options"]["without"])


def read_run(folder: str | os.PathLike[str]) -> StoredRun:
    """Reads the run in a folder.

    Raises:
        InputError: when there is no such folder, when it holds no run, only a part of one, or one of a version that did
            not keep the instance, or when one of its files is not valid.
    """
    path = Path(folder)
    if not path.is_dir():
        rule = "is not a folder" if path.exists() else "does not exist"
        raise _refused(path, rule)
    document = _document(path / RUN)
    if not (path / INSTANCE).is_file():
        raise _refused(path, f"holds no {INSTANCE}, the instance as it was solved")
    has_plan = (path / PLAN).is_file()
    if has_plan != (document["holds"] == "plan"):
        rule = f"holds a {PLAN} that {RUN} does not mention" if has_plan else f"holds no {PLAN}, but {RUN} mentions one"
        raise _refused(path, rule)
    instance = load_instance(path / INSTANCE).instance
    return StoredRun(path, instance, load_plan(path / PLAN) if has_plan else None, document)


def _document(path: Path) -> dict[str, Any]:
    if not path.is_file():
        raise _refused(path.parent, f"holds no {path.name}, so it is not a run, or only a part of one")
    try:
        document = json.loads(path.read_bytes())
        known = document["state"], document["holds"], document["request"]["options"]["without"]
    except OSError as error:
        raise _refused(path, f"cannot be read: {error.strerror or error}") from None
    except (ValueError, RecursionError):
        raise _refused(path, "is not JSON") from None
    except (KeyError, TypeError):
        raise _refused(path, "does not say what was asked for and how it ended, as the file of a run does") from None
    if not all(isinstance(word, str) for word in known[:2]) or not isinstance(known[2], list):
        raise _refused(path, "does not say what was asked for and how it ended, as the file of a run does")
    return dict(document)


def _refused(path: Path, rule: str) -> InputError:
    return InputError([Problem("", None, rule, _AGAIN, str(path))])
