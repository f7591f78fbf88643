"""`docs/operations.md`: its table of settings is current, its backup can be restored, its metrics exist."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING

import httpx
import pytest
from ruamel.yaml import YAML

from api.service.__main__ import PAGE, tabled
from api.service.settings import PREFIX, ServiceSettings, read_settings
from models.errors import InputError
from models.files import load_instance
from solver.check import check
from tests.service.pages import Shell, fences_of
from tests.service.postgres import postgres
from tests.service.running import ROOT, running

if TYPE_CHECKING:
    from pathlib import Path

TEXT = PAGE.read_text(encoding="utf-8")
FENCES = fences_of(TEXT)


def test_the_table_of_settings_is_up_to_date() -> None:
    """It is what `python -m api.service` writes."""
    assert tabled(TEXT) == TEXT, "run python -m api.service"


@pytest.mark.parametrize("name", ServiceSettings.model_fields)
def test_a_setting_is_the_variable_on_the_page(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What cannot be a value of it is refused by the name of its variable, which the page has."""
    variable = PREFIX + name.upper()
    assert f"| `{variable}` |" in TEXT
    if ServiceSettings.model_fields[name].annotation not in (int, float) and name != "log_level":
        return  # any text will do
    monkeypatch.setenv(variable, "nonsense")
    with pytest.raises(InputError, match=variable):
        read_settings({})


def backed_up_and_restored(shell: Shell, backup: str, restore: str, urls: tuple[str, str] = ("", "")) -> None:
    """A service at work is backed up by the commands of the page, and restored: the run that had ended is there with
    its plan and its events, the one under way goes on to its end, instances are kept.
    """
    small, starter = (load_instance(ROOT / "instances" / f"{name}.yaml").instance for name in ("small", "starter"))
    first, second = ({"AMPACITY_DATABASE_URL": url} for url in urls)
    folder = shell.folder
    with (
        running("serve", folder / "ampacity-data", "--slots", "2", settings=first) as server,
        server.client() as client,
    ):
        ended = client.wait(client.submit(starter, {"time_limit_seconds": 20, "gap": 0.05})["id"])
        before = client.plan(ended["id"]), list(client.watch(ended["id"]))
        under_way = client.submit(small, {"time_limit_seconds": 6, "gap": 0.0})["id"]
        while client.run(under_way)["holds"] != "plan":
            time.sleep(0.05)
        shell.run(backup)
    shell.run(restore)
    with (
        running("serve", folder / "restored", "--slots", "2", settings=second) as server,
        server.client() as client,
    ):
        assert client.run(ended["id"]) == ended
        assert (client.plan(ended["id"]), list(client.watch(ended["id"]))) == before
        done = client.wait(under_way, 60)
        assert (done["state"], done["attempts"]) == ("succeeded", 2)
        assert not check(small, client.plan(under_way)).breaches
        assert {one["instance_sha256"] for one in client.instances()} == {small.sha256, starter.sha256}


@pytest.mark.slow
def test_a_backup_is_restored(tmp_path: Path) -> None:
    """With SQLite; of a folder without a database there is no backup."""
    backup, restore = (fence.text for fence in FENCES if fence.what == "sh" and ".sqlite3" in fence.text)
    shell = Shell(tmp_path)
    with pytest.raises(AssertionError, match="unable to open"):
        shell.run(backup)
    backed_up_and_restored(shell, backup, restore)


@pytest.mark.slow
def test_a_dump_is_restored(tmp_path: Path) -> None:
    """With PostgreSQL."""
    backup, restore = (fence.text for fence in FENCES if fence.what == "sh" and "pg_" in fence.text)
    with postgres() as server:
        urls = server.new(), server.new()
        shell = Shell(tmp_path, dict(zip(("AMPACITY_DATABASE_URL", "RESTORED_URL"), urls, strict=True)))
        backed_up_and_restored(shell, backup, restore, urls)


@pytest.mark.slow
def test_keys_are_made_and_metrics_are_there(tmp_path: Path) -> None:
    """The commands about keys work; every metric on the page and in its alerts is exposed to a key that reads."""
    shell = Shell(tmp_path, {"PYTHONPATH": str(ROOT)})
    (making,) = (fence for fence in FENCES if fence.what == "sh" and "keys make" in fence.text)
    with running("serve", tmp_path / "ampacity-data", "--slots", "1") as server:
        printed, _ = shell.run(making.text)
        _, key, _ = re.findall(r"^amp_\S+$", printed, re.MULTILINE)
        shown = httpx.get(f"{server.url}/metrics", headers={"Authorization": f"Bearer {key}"})
        assert shown.status_code == 200
        names = set(re.findall(r"ampacity_\w+", TEXT)) - {"ampacity_data"}
        families = set(re.findall(r"^# TYPE (\w+)", shown.text, re.MULTILINE))
        bare = {re.sub(r"_(bucket|count|sum)$", "", name) for name in names}
        assert bare <= families, bare - families
        assert httpx.get(f"{server.url}/metrics").status_code == 401
        assert [httpx.get(f"{server.url}/{path}").status_code for path in ("healthz", "readyz")] == [200, 200]


def test_alerts_are_rules() -> None:
    """The file of alerts is YAML, with an expression in each rule whose brackets close."""
    (alerts,) = (fence for fence in FENCES if fence.what == "yaml alerts.yaml")
    rules = YAML(typ="safe").load(alerts.text)["groups"][0]["rules"]
    assert len(rules) >= 5
    for rule in rules:
        assert rule["alert"] and all(rule["expr"].count(a) == rule["expr"].count(b) for a, b in ("()", "{}", "[]"))


def test_every_fence_with_commands_is_run() -> None:
    """Those that are not run here are marked as such: they need a machine of their own."""
    assert [fence.what for fence in FENCES if fence.what not in ("sh", "console", "ini", "yaml alerts.yaml")] == []
    assert len([fence for fence in FENCES if fence.what == "sh"]) == 5


def test_every_line_of_the_log_is_on_the_page() -> None:
    """What the service logs, by its event."""
    said = set()
    for package in ("service", "http"):
        for path in (ROOT / "api" / package).glob("*.py"):
            said |= set(re.findall(r"\blog\.\w+\(\s*\"([^\"]+)\"", path.read_text(encoding="utf-8")))
    assert len(said) > 5
    assert {event for event in said if f"`{event}`" not in TEXT} == set()
