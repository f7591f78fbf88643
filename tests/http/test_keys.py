"""Keys: who may do what, whose runs are whose, what is noted down, and who is let in without."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from api.cli.serving import list_keys, make_key, revoke_key
from api.http.callers import is_loopback
from tests.cli.as_json import ROOT, ampacity
from tests.http.calls import EMPTY, INSTANCE, LONG, NOBODY, calling, refused, submitted
from tests.http.test_errors import METHODS
from tests.service.running import Running, running

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from api.service.keys import Scope

pytestmark = pytest.mark.wall_clock

OPEN = ("/healthz", "/readyz", "/openapi.json")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder."""
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="module")
def keys(folder: Path) -> dict[str, dict[str, Any]]:
    """Keys of all kinds, by name."""
    given = {"data_dir": folder}
    scopes: dict[str, list[Scope]] = {
        "both": ["read", "submit"],
        "other": ["read", "submit"],
        "reader": ["read"],
        "submitter": ["submit"],
        "admin": ["admin"],
        "gone": ["admin"],
    }
    found = {name: make_key(given, name, may) for name, may in scopes.items()}
    revoke_key(given, found["gone"]["id"])
    return found


@pytest.fixture(scope="module")
def server(folder: Path, keys: dict[str, dict[str, Any]]) -> Iterator[Running]:
    """A server that needs keys."""
    with running("serve", folder, "--slots", "0") as found:
        yield found


def test_no_key_a_wrong_one_and_a_revoked_one(server: Running, keys: dict[str, dict[str, Any]]) -> None:
    """401 at every endpoint but health and the description, whatever the body is."""
    wrong = (
        None,
        "amp_x",
        keys["gone"]["key"],
        keys["both"]["key"] + "x",
        keys["both"]["key"][:-1],
        keys["both"]["id"],
    )
    for key in wrong:
        with calling(server, key) as client:
            for path, methods in METHODS.items():
                for method in methods.split():
                    answer = client.request(method, path, content=b"{", headers={"Content-Type": "application/json"})
                    if path in OPEN:
                        assert answer.status_code in (200, 503)
                    else:
                        refused(answer, 401)
                        assert answer.headers["www-authenticate"] == "Bearer"
    with calling(server) as client:
        for headers in ({"Authorization": f"Basic {keys['both']['key']}"}, {"Authorization": "Bearer"}):
            refused(client.get("/v1/runs", headers=headers), 401)
        assert client.get("/v1/runs", headers={"X-API-Key": keys["both"]["key"]}).status_code == 200


def test_scopes(server: Running, keys: dict[str, dict[str, Any]]) -> None:
    """403 names the scope that is missing; admin has all."""
    with calling(server, keys["reader"]["key"]) as reader, calling(server, keys["submitter"]["key"]) as submitter:
        for method, path in (
            ("POST", "/v1/runs"),
            ("POST", "/v1/instances"),
            ("DELETE", f"/v1/runs/{NOBODY}"),
            ("POST", f"/v1/runs/{NOBODY}/stop"),
            ("POST", f"/v1/runs/{NOBODY}/cancel"),
        ):
            assert "submit" in refused(reader.request(method, path, json={}), 403)["detail"]
        for path, methods in METHODS.items():
            if path not in (*OPEN, "/v1/audit") and (
                "GET" in methods or path.rpartition("/")[2] in ("validate", "check", "report", "compare")
            ):
                method = "GET" if "GET" in methods else "POST"
                assert "read" in refused(submitter.request(method, path, json={}), 403)["detail"]
        for client in (reader, submitter):
            assert "admin" in refused(client.get("/v1/audit"), 403)["detail"]
        assert reader.post("/v1/check", json={"instance": INSTANCE, "plan": EMPTY}).status_code == 200
        run = submitted(submitter, LONG)
        assert submitter.post(f"/v1/runs/{run}/cancel").status_code == 200
        assert submitter.delete(f"/v1/runs/{run}").status_code == 204
    with calling(server, keys["admin"]["key"]) as admin:
        run = submitted(admin, LONG)
        assert admin.get(f"/v1/runs/{run}").status_code == 200
        assert admin.post(f"/v1/runs/{run}/stop").status_code == 200


def test_what_belongs_to_another_is_not_there(server: Running, keys: dict[str, dict[str, Any]]) -> None:
    """404 for another key at every endpoint of runs and instances, by id or by hash, as for what does not exist."""
    with calling(server, keys["both"]["key"]) as mine, calling(server, keys["other"]["key"]) as other:
        run = submitted(mine, LONG, headers={"Idempotency-Key": "k"})
        sha256 = mine.get(f"/v1/runs/{run}").json()["instance_sha256"]
        asked = [
            *(("GET", f"/v1/runs/{run}{part}", None) for part in ("", "/plan", "/report", "/log", "/events")),
            ("POST", f"/v1/runs/{run}/stop", None),
            ("POST", f"/v1/runs/{run}/cancel", None),
            ("DELETE", f"/v1/runs/{run}", None),
            ("GET", f"/v1/instances/{sha256}", None),
            ("POST", "/v1/runs", {"instance_sha256": sha256}),
            ("POST", "/v1/validate", {"instance_sha256": sha256}),
            ("POST", "/v1/check", {"instance_sha256": sha256, "plan": EMPTY}),
            ("POST", "/v1/report", {"instance_sha256": sha256, "plan": EMPTY}),
            ("POST", "/v1/compare", {"a": run, "b": run}),
        ]
        for method, path, body in asked:
            found = refused(other.request(method, path, json=body), 404)
            nothing = path.replace(run, NOBODY).replace(sha256, "0" * 64)
            told = {
                key: value.replace(run, NOBODY).replace(sha256, "0" * 64)
                for key, value in (body or {}).items()
                if isinstance(value, str)
            }
            same = other.request(method, nothing, json=None if body is None else body | told)
            assert refused(same, 404) == found, path
        assert other.get("/v1/runs").json()["runs"] == []
        assert other.get("/v1/instances").json()["instances"] == []
        assert mine.get(f"/v1/runs/{run}").json()["state"] == "queued"
        theirs = submitted(other, LONG, headers={"Idempotency-Key": "k"})  # a key of their own
        assert theirs != run
        for client, one in ((mine, run), (other, theirs)):
            assert client.post(f"/v1/runs/{one}/cancel").status_code == 200


def test_the_audit_log(server: Running, keys: dict[str, dict[str, Any]], folder: Path) -> None:
    """One entry for each call that changes something, with who, what, which run and which request; page by page."""
    with calling(server, keys["both"]["key"]) as client, calling(server, keys["admin"]["key"]) as admin:
        before = len(admin.get("/v1/audit", params={"page_size": 1000}).json()["entries"])
        first = client.post("/v1/runs", json={"instance": INSTANCE, "options": LONG}, headers={"Idempotency-Key": "a"})
        run = first.json()["id"]
        client.post("/v1/runs", json={"instance": INSTANCE, "options": LONG}, headers={"Idempotency-Key": "a"})
        calls = [
            client.post(f"/v1/runs/{run}/stop"),
            client.post(f"/v1/runs/{run}/cancel"),
            client.delete(f"/v1/runs/{run}"),
            client.post("/v1/instances", json=INSTANCE),
        ]
        client.get("/v1/runs")
        entries = admin.get("/v1/audit", params={"page_size": 1000}).json()["entries"]
        done = entries[: len(entries) - before][::-1]
        who = keys["both"]["id"]
        wanted = [("submit", run), ("stop", run), ("cancel", run), ("delete", run), ("upload instance", None)]
        assert [(entry["who"], entry["what"], entry["run"]) for entry in done] == [(who, *one) for one in wanted]
        assert [entry["request"] for entry in done] == [one.headers["x-request-id"] for one in (first, *calls)]
        made = [entry for entry in entries if entry["what"] == f"make key {who}"]
        assert [entry["who"] for entry in made] == ["command line"]
        assert any(entry["what"] == f"revoke key {keys['gone']['id']}" for entry in entries)
        pages, query = [], {"page_size": "3"}
        while True:
            page = admin.get("/v1/audit", params=query).json()
            pages += page["entries"]
            if page["next_page_token"] is None:
                break
            query["page_token"] = page["next_page_token"]
        assert pages == entries
    database = b"".join(path.read_bytes() for path in folder.glob("ampacity.sqlite3*"))
    assert all(key["key"].encode() not in database for key in keys.values())


def test_the_key_commands(tmp_path: Path) -> None:
    """A key is shown once, listed without its secret, revoked once; odd names are refused."""
    at = ("--data-dir", str(tmp_path))
    code, made = ampacity("keys", "make", "planner", "--scope", "read", "--scope", "submit", *at)
    assert (code, made["scopes"]) == (0, ["read", "submit"])
    assert made["key"].startswith("amp_")
    listed = list_keys({"data_dir": tmp_path})
    assert [one["id"] for one in listed] == [made["id"]]
    assert made["key"] not in str(listed)
    revoke_key({"data_dir": tmp_path}, made["id"])
    code, refusal = ampacity("keys", "revoke", made["id"], *at)
    assert code == 3
    assert "revoked already" in str(refusal)
    assert ampacity("keys", "make", "two\nlines\x1b[31m", "--scope", "read", *at)[0] == 3
    (left,) = list_keys({"data_dir": tmp_path})
    assert left["revoked_at"]


def test_other_addresses_need_a_key(tmp_path: Path) -> None:
    """Without a usable key a server listens on loopback only: exit 3, and what to do."""
    words = [sys.executable, "-m", "api.cli", "serve", "--host", "0.0.0.0", "--port", "0", "--data-dir", str(tmp_path)]
    ended = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 3
    assert "there is no key" in ended.stderr
    assert "ampacity keys make" in ended.stderr
    assert [is_loopback(host) for host in ("127.0.0.1", "::1", "[::1]", "localhost", "127.9.9.9")] == [True] * 5
    for host in ("0.0.0.0", "::", "", "example.org", "localhost.example.org", "127.0.0.1.example.org", "10.0.0.1"):
        assert not is_loopback(host)


def test_pages_of_others_are_kept_out(tmp_path: Path) -> None:
    """Without keys: 421 where another host is named, 403 for pages of another; once the last key is revoked, 401."""
    with running("serve", tmp_path, "--slots", "0") as server, calling(server) as client:
        for host in (
            "example.org",
            "127.0.0.1.example.org",
            "localhost.example.org:80",
            "[",
            "[::",
            "a b",
            "10.0.0.1",
            "",
        ):
            refused(client.get("/v1/runs", headers={"Host": host}), 421)
        for host in ("localhost", "LOCALHOST:9", "127.0.0.1", "[::1]:80"):
            assert client.get("/v1/runs", headers={"Host": host}).status_code == 200
        for origin in ("https://example.org", "null", "http://127.0.0.1.example.org"):
            refused(client.post(f"/v1/runs/{NOBODY}/cancel", headers={"Origin": origin}), 403)
        assert client.get("/v1/runs", headers={"Origin": "http://localhost:3000"}).status_code == 200
        assert client.get("/v1/runs").status_code == 200
        made = make_key({"data_dir": tmp_path}, "first", ["read"])
        refused(client.get("/v1/runs"), 401)
        assert client.get("/v1/runs", headers={"Authorization": f"bearer {made['key']}"}).status_code == 200
        elsewhere = {"Authorization": f"Bearer {made['key']}", "Host": "example.org", "Origin": "https://example.org"}
        assert client.get("/v1/runs", headers=elsewhere).status_code == 200
        revoke_key({"data_dir": tmp_path}, made["id"])
        refused(client.get("/v1/runs", headers={"Authorization": f"Bearer {made['key']}"}), 401)
        refused(client.get("/v1/runs"), 401)
