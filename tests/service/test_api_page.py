"""`docs/api.md`: every command works as it stands, answers have the shape that is shown, and no call is missing."""

from __future__ import annotations

import json
import re
import shutil
from typing import TYPE_CHECKING

import pytest

from api.client import ENDED
from api.http.bodies import RunOptions
from api.service.runs import STATES
from tests.service.pages import Fence, Shell, fences_of, shape
from tests.service.running import ROOT, running

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
README = (ROOT / "README.md").read_text(encoding="utf-8")
URL = "http://127.0.0.1:8080"
FENCES = fences_of(PAGE)
RUN = [fence for fence in FENCES if fence.what == "sh" or fence.what.startswith("python ")]

pytestmark = pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl")


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Shell, str]]:
    """A shell beside a server that has no data yet, and the address of the server."""
    folder = tmp_path_factory.mktemp("page")
    with running("serve", folder / "ampacity-data", "--slots", "2") as server:
        yield Shell(folder, {"PYTHONPATH": str(ROOT)}), server.url


@pytest.mark.parametrize("fence", RUN, ids=[fence.text.strip().splitlines()[0][:60] for fence in RUN])
def test_a_command_works(shell: tuple[Shell, str], fence: Fence) -> None:
    """In the order of the page: requests succeed, unless the page says with what they are refused."""
    there, url = shell
    if fence.what.startswith("python "):
        (there.folder / fence.what.split()[1]).write_text(fence.text.replace(URL, url))
        return
    printed, statuses = there.run(fence.text.replace(URL, url))
    assert [status for status in statuses if status[0] != "2"] == fence.refused, printed
    if fence.shown is not None:
        assert shape(fence.shown, printed) == [], printed


def test_the_planning_tool_has_left_its_orders(shell: tuple[Shell, str]) -> None:
    """A table with a header and an order for each scenario, from at most 40 lines of Python."""
    there, _ = shell
    (tool,) = (fence.text for fence in FENCES if fence.what == "python planner.py")
    assert len(tool.splitlines()) <= 40
    for name in ("base", "busier"):
        orders = (there.folder / f"orders-{name}.csv").read_text().splitlines()
        assert orders[0].startswith("place_by,") and len(orders) > 1


def test_every_call_is_on_the_page(shell: tuple[Shell, str]) -> None:
    """Each path of the service is asked by each of its methods, by curl."""
    there, _ = shell
    document = json.loads((there.folder / "openapi.json").read_text())
    commands = "\n".join(fence.text for fence in RUN if fence.what == "sh").replace("\\\n", "")
    asked = set()
    for line in re.findall(r"curl [^\n]*", commands):
        for words in line.split("curl ")[1:]:
            method = re.search(r"-X (\w+)", words)
            body = "--json" in words or "--data" in words
            path = re.search(r"\$API(/[^\s\"?)]*)", words)
            assert path is not None, words
            asked.add((path.group(1), method.group(1) if method else "POST" if body else "GET"))
    missing = [
        f"{method.upper()} {path}"
        for path, methods in document["paths"].items()
        for method in methods
        if not any(kind == method.upper() and fits(path, found) for found, kind in asked)
    ]
    assert missing == []


def fits(template: str, path: str) -> bool:
    """Whether a path is one of a template."""
    return re.fullmatch(re.sub(r"\\{\w+\\}", "[^/]+", re.escape(template)), path) is not None


def test_every_option_has_its_default_on_the_page() -> None:
    """The table of options is that of the schema."""
    table = dict(re.findall(r"^\| `(\w+)` \| `([^`]*)` \|", PAGE, re.MULTILINE))
    defaults = json.loads(RunOptions().model_dump_json())
    assert {name: json.loads(value) for name, value in table.items()} == defaults


def test_every_state_is_on_the_page() -> None:
    """The table of states is complete."""
    assert set(re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE)) >= set(STATES) >= set(ENDED)


def test_a_shape_is_told_from_another() -> None:
    """The comparison that the tests of the page rest on can fail."""
    assert shape('{"a": 1, "…": 0}', '{"a": 2.5, "b": "x"}') == []
    assert shape('{"a": 1}', '{"a": 2, "b": 3}') == ["/b"]
    assert shape('{"a": 1, "b": 2}', '{"a": 2}') == ["/b"]
    assert shape('{"a": [{"b": 1}]}', '{"a": [{"c": 1}]}') == ["/a/0/b", "/a/0/c"]
    assert shape('{"a": "x"}', '{"a": 3}') == ["/a"]
    assert shape('{"a": null}', '{"a": 3}') == []
    assert shape('{"a": [1]}', '{"a": []}') == ["/a/0"]


def test_the_readme_shows_commands_of_this_page() -> None:
    """What the README shows of the service is what is run here."""
    (shown,) = (fence.text for fence in fences_of(README) if fence.what == "console")
    commands = [line for line in shown.splitlines() if line.strip()]
    assert all(any(command in fence.text for fence in FENCES) for command in commands), commands
