"""The files of the library: ``LIBRARY.json``, ``LIBRARY.md`` and, in ``library/``, the plan behind each objective.

A plan's file is named by instance and content, and written before the entry that names it. Whenever a run is killed,
``LIBRARY.json`` is whole and every plan it names is there.
"""

from __future__ import annotations

import lzma
import os
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from benchmarks.library.entry import Library
from benchmarks.library.named import NAMED
from benchmarks.library.page import page
from benchmarks.library.rule import hash_of
from models.errors import InputError, Problem
from models.files import to_json, tree_of, write_whole
from models.files.source import open_source, source_of
from models.files.text import read_bytes, refuse
from models.plan import Plan
from models.references import plan_problems

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from benchmarks.library.entry import Entry
    from models.instance import Instance

JSON, PAGE, PLANS, SUFFIX = "LIBRARY.json", "LIBRARY.md", "library", ".plan.json.xz"
LARGEST = 1_000_000  # bytes of a compressed plan: the library is part of every clone
LARGEST_READ = 500_000_000  # bytes of a plan: a damaged file must not fill the memory
RESTORE = "restore it, or remove the entry, which the next `--improve` makes anew"


class Shelf:
    """The folder of a library."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def read(self) -> Library:
        """Everything recorded; nothing if there is no file yet.

        Raises:
            InputError: with everything that is wrong with the file, by line.
        """
        path = self.folder / JSON
        if not self.folder.is_dir():
            raise refuse(str(self.folder), "is not a folder", "name the folder of a library, or an empty one")
        if not path.exists():
            return Library()
        source = open_source(str(path))
        if source.problems:
            raise InputError(list(source.problems))
        try:
            library = tree_of(Library, source.data)
        except InputError as error:
            raise InputError(source.located(error.problems)) from None
        names = [entry.name for entry in library.instances]
        twice = [n for n, name in enumerate(names) if name in names[:n]]
        if twice:
            found = [Problem(f"instances[{n}].name", names[n], "appears twice", "keep one of the two") for n in twice]
            raise InputError(source.located(found))
        return library

    def plan(self, entry: Entry, instance: Instance) -> Plan:
        """The plan behind an entry's objective.

        Raises:
            InputError: when its file is missing, damaged, not the one recorded, or does not fit the instance.
        """
        path = self.path_of(entry)
        data = _unpacked(read_bytes(path), path)
        if entry.best is None or hash_of(data) != entry.best.plan_sha256:
            raise refuse(str(path), "is not the plan that was recorded: its hash differs", RESTORE)
        source = source_of(data, path.name.removesuffix(".xz"))
        plan = tree_of(Plan, source.data)
        problems = plan_problems(plan, instance)
        if problems:
            raise InputError(source.located(problems))
        return plan

    def path_of(self, entry: Entry) -> Path:
        """The file of an entry's plan."""
        sha = "" if entry.best is None else entry.best.plan_sha256[:12]
        return self.folder / PLANS / f"{entry.name}.{sha}{SUFFIX}"

    def put(self, entry: Entry, plan: Plan | None) -> bool:
        """Records an entry; ``plan`` is the one behind its objective if that is new. Whether anything was written.

        Raises:
            InputError: when a file cannot be written, or the plan is too large to be kept.
        """
        library = self.read()
        before = library.entry(entry.name)
        if entry != before:
            if plan is not None:
                self._put_plan(entry, plan)
            entries = {old.name: old for old in library.instances} | {entry.name: entry}
            order = {one.name: n for n, one in enumerate(NAMED)}
            kept = sorted(entries.values(), key=lambda one: (order.get(one.name, len(order)), one.name))
            library = Library(instances=tuple(kept))
            write_whole(self.folder / JSON, to_json(library))
        self._settle(library)
        return entry != before

    def page_is_current(self, library: Library) -> bool:
        """Whether ``LIBRARY.md`` is what ``LIBRARY.json`` makes."""
        path = self.folder / PAGE
        return path.exists() and path.read_bytes() == page(library).encode()

    def strays(self, library: Library) -> list[Path]:
        """Plans that no entry names, left by a run that was killed."""
        named = {self.path_of(entry) for entry in library.instances if entry.best is not None}
        return sorted(path for path in (self.folder / PLANS).glob(f"*{SUFFIX}") if path not in named)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Keeps other processes from recording anything meanwhile.

        Raises:
            InputError: when the folder cannot be opened.
        """
        try:
            descriptor = os.open(self.folder, os.O_RDONLY)
        except OSError as error:
            raise _unwritable(self.folder, error) from None
        try:
            _lock(descriptor)
            yield
        finally:
            os.close(descriptor)

    def _put_plan(self, entry: Entry, plan: Plan) -> None:
        data = lzma.compress(to_json(plan), preset=9)  # no time stamp in it: the same plan is the same file
        path = self.path_of(entry)
        if len(data) > LARGEST:
            rule = f"would have {len(data):,} bytes; plans up to {LARGEST:,} are kept"
            raise refuse(str(path), rule, "leave the instance out of the library")
        try:
            path.parent.mkdir(exist_ok=True)
        except OSError as error:
            raise _unwritable(path.parent, error) from None
        write_whole(path, data)

    def _settle(self, library: Library) -> None:
        """Makes the page what the entries say, and removes plans that none of them names."""
        if not self.page_is_current(library):
            write_whole(self.folder / PAGE, page(library).encode())
        for path in self.strays(library):
            with suppress(OSError):  # the next record tries again
                path.unlink()


def _unpacked(data: bytes, path: Path) -> bytes:
    try:
        unpacker = lzma.LZMADecompressor(lzma.FORMAT_XZ)
        content = unpacker.decompress(data, LARGEST_READ)
    except lzma.LZMAError:
        raise refuse(str(path), "is damaged: not a whole .xz file", RESTORE) from None
    if not unpacker.eof:
        raise refuse(str(path), "is damaged: its end is missing", RESTORE)
    return content


def _unwritable(path: Path, error: OSError) -> InputError:
    rule = f"cannot be written: {error.strerror or 'unknown reason'}"
    return refuse(str(path), rule, "choose a folder that exists and is yours")


def _lock(descriptor: int) -> None:
    try:
        import fcntl
    except ImportError:  # not on Windows
        return
    fcntl.flock(descriptor, fcntl.LOCK_EX)
