"""Instances as a zip of CSV tables: what `ampacity convert` writes is taken, and nothing else."""

from __future__ import annotations

import io
import struct
import time
import zipfile
from typing import TYPE_CHECKING

import pytest

from instances.generator import generate
from models.files import save
from tests.http.calls import calling, refused
from tests.service.running import Running, running

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import httpx

pytestmark = pytest.mark.wall_clock

ZIP = {"Content-Type": "application/zip"}
MARK = "SECRETMARKER7"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A server without a worker, with a folder of its own for what it puts aside."""
    aside = tmp_path_factory.mktemp("aside")
    settings = {"TMPDIR": str(aside), "AMPACITY_BODY_LIMIT_MB": "8"}
    with running("serve", tmp_path_factory.mktemp("data"), "--slots", "0", settings=settings) as found:
        yield found
        assert not [path for path in aside.rglob("*") if path.is_file()]


@pytest.fixture(scope="module")
def client(server: Running) -> Iterator[httpx.Client]:
    """Asks the server."""
    with calling(server) as found:
        yield found


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The tables of a small instance by name, as `ampacity convert` writes them."""
    folder = tmp_path_factory.mktemp("tables") / "xs"
    save(generate("XS", 1), folder)
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def _zipped(files: dict[str, bytes], **more: int) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", more.get("kind", zipfile.ZIP_DEFLATED)) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def test_tables_are_taken(client: httpx.Client, tables: dict[str, bytes]) -> None:
    """With or without the folder around them, packed or not, they have the hash of the instance."""
    sha256 = generate("XS", 1).sha256
    for packed in (
        _zipped(tables),
        _zipped(tables, kind=zipfile.ZIP_STORED),
        _zipped({f"xs/{name}": content for name, content in tables.items()}),
        _zipped({"xs/": b"", **{f"xs/{name}": content for name, content in tables.items()}}),
    ):
        answer = client.post("/v1/instances", content=packed, headers=ZIP)
        assert answer.status_code in (200, 201), answer.text
        assert answer.json() == {"instance_sha256": sha256}


def _twice(tables: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("sites.csv", tables["sites.csv"])
        with pytest.warns(UserWarning, match="Duplicate name"):
            archive.writestr("sites.csv", tables["sites.csv"])
    return buffer.getvalue()


def _locked(tables: dict[str, bytes]) -> bytes:
    """Marked as encrypted, in both of its directories."""
    packed = bytearray(_zipped(tables))
    for magic, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        found = packed.find(magic)
        while found >= 0:
            packed[found + at] |= 1
            found = packed.find(magic, found + 4)
    return bytes(packed)


def _lying(tables: dict[str, bytes]) -> bytes:
    """Says that each file has ten bytes."""
    packed = bytearray(_zipped(tables))
    found = packed.find(b"PK\x01\x02")
    while found >= 0:
        packed[found + 24 : found + 28] = struct.pack("<I", 10)
        found = packed.find(b"PK\x01\x02", found + 4)
    return bytes(packed)


def _with_a_link(tables: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        link = zipfile.ZipInfo("sites.csv")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
    return buffer.getvalue()


def _many_wrong(table: bytes) -> bytes:
    """A table with a thousand rows more, each of which refers to something that is not there."""
    header, row, *_ = table.decode().splitlines()
    cells = dict(zip(header.split(","), row.split(","), strict=True))
    more = (",".join((cells | {"id": f"more{n}", "accelerator": MARK}).values()) for n in range(1000))
    return "\n".join([table.decode().rstrip("\n"), *more, ""]).encode()


HOSTILE: dict[str, Callable[[dict[str, bytes]], bytes]] = {
    "empty body": lambda _: b"",
    "no zip": lambda _: b"PK\x03\x04" + MARK.encode() * 100,
    "empty zip": lambda _: _zipped({}),
    "bomb": lambda _: _zipped({"sites.csv": b"0" * 100_000_000}),
    "bomb of many": lambda _: _zipped({f"t{number}.csv": b"0" * 1_000_000 for number in range(100)}),
    "many files": lambda _: _zipped({f"t{number}.csv": b"a\n" for number in range(5000)}),
    "bomb inside": lambda _: _zipped({"sites.csv": _zipped({"sites.csv": b"0" * 5_000_000})}),
    "absolute": lambda tables: _zipped(tables | {"/tmp/sites2.csv": b"a"}),
    "root": lambda tables: _zipped({f"/{name}": content for name, content in tables.items()}),
    "upwards": lambda tables: _zipped({f"../{name}": content for name, content in tables.items()}),
    "up in the middle": lambda tables: _zipped({f"a/../../{name}": content for name, content in tables.items()}),
    "backwards": lambda tables: _zipped({f"..\\{name}": content for name, content in tables.items()}),
    "drive": lambda tables: _zipped({f"C:{name}": content for name, content in tables.items()}),
    "two folders": lambda tables: _zipped(tables | {"a/sites.csv": b"a"}),
    "line break": lambda tables: _zipped(tables | {"a\nb.csv": b"a"}),
    "long name": lambda tables: _zipped(tables | {"a" * 5000 + ".csv": b"a"}),
    "other file": lambda tables: _zipped(tables | {"run.sh": b"#!/bin/sh"}),
    "unknown table": lambda tables: _zipped(tables | {f"{MARK}.csv": f"{MARK}\n{MARK}\n".encode()}),
    "unknown column": lambda tables: _zipped(tables | {"sites.csv": f"id,{MARK}\n{MARK},{MARK}\n".encode()}),
    "odd cells": lambda tables: _zipped(
        tables | {"sites.csv": tables["sites.csv"].replace(b",", f",{MARK}".encode(), 30)}
    ),
    "no text": lambda tables: _zipped(tables | {"sites.csv": bytes(range(256)) * 10}),
    "one quote": lambda tables: _zipped(tables | {"sites.csv": b'id\n"' + b"x" * 1_000_000}),
    "missing": lambda tables: _zipped({"sites.csv": tables["sites.csv"]}),
    "twice": _twice,
    "encrypted": _locked,
    "lying": _lying,
    "link": _with_a_link,
    "wrong rows": lambda tables: _zipped(tables | {"pools.csv": _many_wrong(tables["pools.csv"])}),
    "cut": lambda tables: _zipped(tables)[:-200],
    "broken": lambda tables: _zipped(tables)[:200] + b"\xff" * 300 + _zipped(tables)[500:],
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_other_zips_are_refused(client: httpx.Client, server: Running, tables: dict[str, bytes], kind: str) -> None:
    """422 within two seconds, without a word of their names and cells, and the next one is taken."""
    body = HOSTILE[kind](tables)
    began = time.monotonic()
    found = refused(client.post("/v1/instances", content=body, headers=ZIP), 422)
    assert time.monotonic() - began < 2
    for fault in found["errors"]:
        assert MARK not in fault["rule"] + fault["fix"], fault
    assert client.post("/v1/instances", content=_zipped(tables), headers=ZIP).status_code in (200, 201)
    assert MARK not in "".join(server.lines)
