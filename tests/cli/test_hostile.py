"""Whatever a file holds: exit 3 within 5 s and below 1 GB, no traceback, nothing written.

Odd values are warned of by unit.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from instances.generator import generate
from models.errors import InputError
from models.files.load import read_instance

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parents[2]
QUICK = ROOT / "instances" / "quickstart.json"
SECONDS, GIGABYTE = 5.0, 1_000_000  # kB
JUNK = 50_000_000  # bytes
# From a small process: what the tests hold themselves would count as the largest size of a process that they start.
# Seconds are those of a core, whatever else the machine does meanwhile.
MEASURE = """
import json, resource, subprocess, sys
code = subprocess.run(sys.argv[2:]).returncode
used = resource.getrusage(resource.RUSAGE_CHILDREN)
open(sys.argv[1], "w").write(json.dumps([used.ru_utime + used.ru_stime, used.ru_maxrss]))
sys.exit(code)
"""


def ended(words: list[str], folder: Path) -> tuple[int, float, int, str]:
    """Exit code, seconds of a core, largest resident size in kB, and all that a command says."""
    with (folder / "said").open("wb") as said:
        words = [sys.executable, "-c", MEASURE, str(folder / "used"), sys.executable, "-m", "api.cli", *words]
        done = subprocess.run(words, cwd=ROOT, stdout=said, stderr=said, check=False)
    seconds, size = json.loads((folder / "used").read_text())
    (folder / "used").unlink()
    return done.returncode, seconds, size, (folder / "said").read_text(errors="replace")


def edited(change: Callable[[Any], None]) -> bytes:
    """The quick start with a change."""
    data = json.loads(QUICK.read_text())
    change(data)
    return json.dumps(data).encode()


def put(*path: Any, value: Any) -> Callable[[], bytes]:
    """The quick start with a value somewhere."""

    def change(data: Any) -> None:
        for step in path[:-1]:
            data = data[step]
        data[path[-1]] = value

    return lambda: edited(change)


def drawn(seed: int, letters: bytes) -> bytes:
    """Random letters; the same million again and again, which takes no time to draw."""
    million = bytes(random.Random(seed).choices(letters, k=1_000_000))
    return million * (JUNK // len(million))


def cycle() -> bytes:
    def change(data: Any) -> None:
        first, second = data["training"][0], data["training"][1]
        first["predecessors"], second["predecessors"] = [second["id"]], [first["id"]]

    return edited(change)


CASES: dict[str, tuple[str, Callable[[], bytes]]] = {
    "NaN": ("a.json", put("sites", 0, "ready_mw", value=float("nan"))),
    "infinity": ("a.json", put("sites", 0, "ready_mw", value=float("-inf"))),
    "two of a name": ("a.json", lambda: QUICK.read_bytes().replace(b'"schema"', b'"policy": {}, "schema"', 1)),
    "two sites of a name": ("a.json", lambda: edited(lambda data: data["sites"].append(data["sites"][0]))),
    "unknown reference": ("a.json", put("pools", 0, "site", value="nowhere")),
    "negative size": ("a.json", put("pools", 0, "nodes", value=-4)),
    "empty list": ("a.json", put("regions", value=[])),
    "impossible date": ("a.json", put("horizon", "today", value="2026-02-30")),
    "cycle": ("a.json", cycle),
    "deep lists": ("a.json", lambda: b"[" * 100_000),
    "deep objects": ("a.json", lambda: b'{"a":' * 100_000),
    "deep YAML": ("a.yaml", lambda: b"[" * 100_000),
    "deep blocks of YAML": ("a.yaml", lambda: b"".join(b" " * n + b"a:\n" for n in range(3000))),
    "long integer": ("a.json", lambda: QUICK.read_bytes().replace(b"8", b"8" * 5000, 1)),
    "long integer in YAML": ("a.yaml", lambda: b"horizon: " + b"9" * 5000),
    "random bytes": ("a.json", lambda: random.Random(1).randbytes(JUNK)),
    "random letters": ("a.json", lambda: drawn(2, b'abc{}[]":,0 ')),
    "endless list": ("a.json", lambda: b"[" + b"1," * (JUNK // 2)),
    "endless list that ends": ("a.json", lambda: b'{"sites": [' + b"1," * (JUNK // 2) + b"1]}"),
    "endless objects": ("a.json", lambda: b'{"sites": [' + b"{}," * (JUNK // 3) + b"{}]}"),
    "endless text": ("a.json", lambda: b'{"horizon": "' + b"a" * JUNK),
    "endless YAML": ("a.yaml", lambda: b"a: b\n" * (JUNK // 5)),
    "nothing": ("a.json", lambda: b""),
    "UTF-16": ("a.json", lambda: QUICK.read_text().encode("utf-16")),
    "Latin-1": ("a.json", lambda: QUICK.read_bytes().replace(b"schema", b"sch\xe9ma", 1)),
    "a table of junk": ("tables/sites.csv", lambda: drawn(3, b'ab,"\n 0')),
    "a table of one cell": ("tables/sites.csv", lambda: b"id\n" + b"a" * JUNK),
    "a table of rows": ("tables/sites.csv", lambda: b"id,region,operator,run_by\n" + b"a,b,c,us\n" * (JUNK // 9)),
    "a table of bytes": ("tables/sites.csv", lambda: random.Random(4).randbytes(JUNK)),
}


@pytest.mark.wall_clock
@pytest.mark.parametrize("case", CASES)
def test_bad_input_is_refused(case: str, tmp_path: Path) -> None:
    """Each by `validate`; what costs time or memory is what a machine of another would be asked to bear."""
    name, made = CASES[case]
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(made())
    given = path.parent if name.endswith(".csv") else path
    code, seconds, size, said = ended(["validate", str(given)], tmp_path)
    assert code == 3, said[-500:]
    assert "Traceback" not in said and said.startswith("error: "), said[:500]
    assert seconds < SECONDS and size < GIGABYTE, f"{seconds:.1f} s, {size / 1e6:.2f} GB"


@pytest.mark.parametrize("words", [["solve", "-o", "out"], ["convert"], ["check"]])
def test_nothing_is_half_written(words: list[str], tmp_path: Path) -> None:
    """A bad instance, asked for by every command that writes: no file is there afterwards, and the old one still
    stands.
    """
    bad, target, old = tmp_path / "bad.json", tmp_path / "new.json", tmp_path / "old.json"
    bad.write_bytes(put("pools", 0, "site", value="nowhere")())
    old.write_text("old")
    before = sorted(entry.name for entry in tmp_path.iterdir())
    for other in (target, old):
        rest = {"solve": ["-o", str(tmp_path / "out")], "convert": [str(other)], "check": [str(other)]}[words[0]]
        code, _, _, said = ended([words[0], str(bad), *rest], tmp_path)
        assert code == 3 and "Traceback" not in said
        (tmp_path / "said").unlink()
    assert sorted(entry.name for entry in tmp_path.iterdir()) == before
    assert old.read_text() == "old"


@pytest.mark.parametrize(
    ("path", "factor", "unit"),
    [
        (("sites", 0, "ready_mw"), 1000, "MW"),
        (("accelerators", 0, "node_kw"), 1000, "kW"),
        (("training", 0, "artefact_tb"), 1e6, "TB"),
        (("inference", 0, "latency_ms"), 1000, "ms"),
        (("upgrades", 0, "cost_usd"), 1e-6, "USD"),
        (("offers", 0, "bands", 0, "price_usd"), 1e-5, "USD"),
        (("profiles", 0, "memory_gb"), 1e6, "GB"),
    ],
)
def test_a_wrong_unit_is_warned_of(path: tuple[Any, ...], factor: float, unit: str, tmp_path: Path) -> None:
    """A value that is off by the factor of a unit: exit 0, and a warning that names place and unit."""

    def change(data: Any) -> None:
        for step in path[:-1]:
            data = data[step]
        value = data[path[-1]]
        data[path[-1]] = [factor * number for number in value] if isinstance(value, list) else factor * (value or 1.0)

    file = tmp_path / "a.json"
    file.write_bytes(edited(change))
    code, _, _, said = ended(["validate", str(file), "--format", "json"], tmp_path)
    warnings = json.loads(said)["warnings"]
    assert code == 0
    assert all(set(w) == {"place", "file", "line", "value", "rule", "fix", "kind"} for w in warnings)
    assert any(path[-1] in w["place"] and unit in w["fix"] for w in warnings), warnings


def test_corrupted_fields_are_named() -> None:
    """300 fields of a generated instance, each of a wrong type or with a letter too many: at least 95 in 100
    are named.
    """
    chance = random.Random(11)
    text = generate("XS", 1).model_dump_json(by_alias=True)
    fields = list(_fields(json.loads(text), ()))
    unnamed = []
    for path in chance.sample(fields, 300):
        data = json.loads(text)
        holder = data
        for step in path[:-1]:
            holder = holder[step]
        name = path[-1]
        if chance.random() < 0.3:
            name += "x"
            holder[name] = holder.pop(path[-1])
        else:
            value = holder[name]
            holder[name] = 17.5 if isinstance(value, str | list | dict | bool) else {"what": "text"}
        try:
            read_instance(json.dumps(data).encode())
        except InputError as error:
            if any(name in problem.place or f"`{name}`" in problem.fix for problem in error.problems):
                continue
        unnamed.append(path)
    assert len(unnamed) <= 15, unnamed


def _fields(node: Any, path: tuple[Any, ...]) -> Any:
    """Places of all fields but names of months and of what tables are keyed by."""
    if isinstance(node, dict):
        for name, value in node.items():
            keyed = path[:1] == ("network",) or path[-1:] in (("heat_shares",), ("storage_usd_per_tb_month",))
            if not keyed and name[:2] != "20" and value is not None:
                yield (*path, name)
            yield from _fields(value, (*path, name))
    elif isinstance(node, list):
        for number, value in enumerate(node):
            yield from _fields(value, (*path, number))
