"""The good answer of every endpoint, and that it is what the command line says of the same input."""

from __future__ import annotations

import io
import json
import zipfile
from typing import TYPE_CHECKING, Any

import pytest

from instances.generator import generate
from models.instance import canonical
from models.schema import schema_of
from solver.backends.catalogue import described
from solver.versions import versions
from tests.cli.as_json import ampacity
from tests.http.calls import EMPTY, INSTANCE, LONG, NOBODY, calling, ended, refused, submitted
from tests.service.running import Running, running

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import httpx

pytestmark = pytest.mark.wall_clock


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A server with a worker in it."""
    with running("serve", tmp_path_factory.mktemp("data"), "--slots", "1") as found:
        yield found


@pytest.fixture(scope="module")
def client(server: Running) -> Iterator[httpx.Client]:
    """Asks the server."""
    with calling(server) as found:
        yield found


@pytest.fixture(scope="module")
def run(client: httpx.Client) -> str:
    """A run of the example that has succeeded."""
    found = submitted(client, headers={"Idempotency-Key": "first"})
    assert ended(client, found)["state"] == "succeeded"
    return found


def test_health(client: httpx.Client) -> None:
    """Both say that all is well, and HEAD says the same without a body."""
    assert client.get("/healthz").json() == {"status": "ok"}
    assert client.get("/readyz").json() == {"status": "ok", "workers": 1}
    for path in ("/healthz", "/readyz", "/v1/solvers", "/v1/runs"):
        head, full = client.head(path), client.get(path)
        assert (head.status_code, head.content) == (200, b"")
        assert head.headers["content-length"] == full.headers["content-length"]


def test_a_run_and_its_parts(client: httpx.Client, run: str) -> None:
    """State, plan, tables, report, log and page of a run agree."""
    found = client.get(f"/v1/runs/{run}").json()
    assert (found["state"], found["holds"], found["attempts"]) == ("succeeded", "plan", 1)
    plan = client.get(f"/v1/runs/{run}/plan")
    assert plan.json()["schema"] == "ampacity/plan/1"
    assert plan.headers["ampacity-checked"] == "true"
    report = client.get(f"/v1/runs/{run}/report").json()
    assert (report["objective_usd"], report["state"]) == (found["objective_usd"], "proven")
    for asked in ({"params": {"format": "csv"}}, {"headers": {"Accept": "application/zip"}}):
        with zipfile.ZipFile(io.BytesIO(client.get(f"/v1/runs/{run}/plan", **asked).content)) as archive:  # type: ignore[arg-type]
            assert archive.testzip() is None
            assert "orders.csv" in archive.namelist()
            assert archive.read("orders.csv").startswith(b"place_by,")
    log = client.get(f"/v1/runs/{run}/log")
    assert client.get(f"/v1/runs/{run}/log", params={"offset": 100}).content == log.content[100:]
    assert client.get(f"/v1/runs/{run}/log", params={"offset": 10**15}).content == b""
    assert found in client.get("/v1/runs", params={"state": "succeeded"}).json()["runs"]


def test_entity_tags(client: httpx.Client, run: str) -> None:
    """A caller that knows an answer already gets 304, by any of its tags, weak or not; another gets it whole."""
    sha256 = client.get(f"/v1/runs/{run}").json()["instance_sha256"]
    for path in (
        f"/v1/runs/{run}",
        f"/v1/runs/{run}/plan",
        f"/v1/runs/{run}/plan?format=csv",
        f"/v1/instances/{sha256}",
    ):
        tag = client.get(path).headers["etag"]
        for given in (tag, f'"x", {tag}', "*", tag.removeprefix("W/")):
            same = client.get(path, headers={"If-None-Match": given})
            assert (same.status_code, same.content, same.headers["etag"]) == (304, b"", tag)
        assert client.get(path, headers={"If-None-Match": '"x"'}).status_code == 200


def test_the_same_key_and_body_give_the_same_run(client: httpx.Client, run: str) -> None:
    """Another body under the key is refused; another key is another run."""
    assert (
        client.post(
            "/v1/runs",
            json={"instance": INSTANCE, "options": {"time_limit_seconds": 20, "gap": 0.01}},
            headers={"Idempotency-Key": "first"},
        ).json()["id"]
        == run
    )
    other = client.post("/v1/runs", json={"instance": INSTANCE}, headers={"Idempotency-Key": "first"})
    assert "Idempotency-Key" in refused(other, 422)["detail"]


def test_pages(client: httpx.Client, run: str) -> None:
    """Page by page each run comes once, the latest first, and each page names the next."""
    sha256 = client.get(f"/v1/runs/{run}").json()["instance_sha256"]
    mine = [run]
    for _ in range(4):
        mine.append(client.post("/v1/runs", json={"instance_sha256": sha256, "options": LONG}).json()["id"])
    seen: list[str] = []
    query: dict[str, Any] = {"page_size": 2}
    while True:
        page = client.get("/v1/runs", params=query).json()
        seen += [one["id"] for one in page["runs"]]
        if page["next_page_token"] is None:
            break
        assert len(page["runs"]) == 2
        query["page_token"] = page["next_page_token"]
    assert seen == mine[::-1]
    for one in mine[1:]:
        assert client.post(f"/v1/runs/{one}/cancel").status_code in (200, 202)
        assert ended(client, one)["state"] == "cancelled"
        assert client.delete(f"/v1/runs/{one}").status_code == 204
        refused(client.get(f"/v1/runs/{one}"), 404)


def test_a_run_is_stopped_and_keeps_its_plan(client: httpx.Client) -> None:
    """`stop` is accepted, the run succeeds; asked again, it answers with the end."""
    big = json.loads(canonical(generate("XS", 2)))
    body = {"instance": big, "options": {"time_limit_seconds": 300, "gap": 0}}
    found = client.post("/v1/runs", json=body, headers={"Prefer": "respond-async, wait=1"})
    assert (found.status_code, found.headers["preference-applied"], found.headers["retry-after"]) == (
        202,
        "wait=1",
        "1",
    )
    run = found.json()["id"]
    while client.get(f"/v1/runs/{run}").json()["holds"] == "none":
        client.get(f"/v1/runs/{run}", headers={"Prefer": "wait=1"})
    with zipfile.ZipFile(io.BytesIO(client.get(f"/v1/runs/{run}/plan?format=csv").content)) as archive:
        assert "orders.csv" in archive.namelist()
    assert client.get(f"/v1/runs/{run}/plan").headers["ampacity-checked"] == "false"
    refused(client.get(f"/v1/runs/{run}/report"), 409)
    refused(client.delete(f"/v1/runs/{run}"), 409)
    refused(client.post("/v1/compare", json={"a": run, "b": run}), 409)
    assert client.post(f"/v1/runs/{run}/stop").status_code == 202
    done = ended(client, run)
    assert (done["state"], done["holds"]) == ("succeeded", "plan")
    assert client.post(f"/v1/runs/{run}/stop").status_code == 200


def test_instances(client: httpx.Client) -> None:
    """An instance is new once, is listed, and comes back as it was stored."""
    instance = generate("XS", 7)
    first = client.post("/v1/instances", content=canonical(instance), headers={"Content-Type": "application/json"})
    again = client.post("/v1/instances", content=canonical(instance), headers={"Content-Type": "application/json"})
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json() == {"instance_sha256": instance.sha256}
    assert client.get(first.headers["location"]).content == canonical(instance)
    assert instance.sha256 in {one["instance_sha256"] for one in client.get("/v1/instances").json()["instances"]}


def test_facts(client: httpx.Client) -> None:
    """Solvers, versions and schemas are those of the command line."""
    assert client.get("/v1/solvers").json() == described()
    assert client.get("/v1/version").json() == versions()
    assert client.get("/v1/schema/plan").json() == schema_of("plan")
    assert client.get("/v1/schema/instance").json() == schema_of("instance")
    assert client.get("/v1/schema/scenario").json() == schema_of("scenario")


def _without_places(tree: Any) -> Any:
    """A document without names of files and lines, which a body has not."""
    if isinstance(tree, dict):
        return {key: None if key in ("file", "line") else _without_places(value) for key, value in tree.items()}
    return [_without_places(one) for one in tree] if isinstance(tree, list) else tree


def test_answers_are_those_of_the_commands(client: httpx.Client, run: str, tmp_path: Path) -> None:
    """`validate`, `check`, `report` and `compare` answer as the commands do with `--format json`, warnings included."""
    plan = client.get(f"/v1/runs/{run}/plan").json()
    odd = json.loads(json.dumps(INSTANCE))
    odd["sites"][0]["note"] = "Cafe\u0301"  # is put into another form, with a warning
    for name, document in (("plan", plan), ("empty", EMPTY), ("instance", INSTANCE), ("odd", odd)):
        (tmp_path / f"{name}.json").write_text(json.dumps(document))
    _, said = ampacity("validate", str(tmp_path / "odd.json"))
    assert said["warnings"]
    assert client.post("/v1/validate", json={"instance": odd}).json() == _without_places(said)
    sha256 = client.get(f"/v1/runs/{run}").json()["instance_sha256"]
    for word, instance, given in (("check", "instance", "plan"), ("report", "odd", "empty")):
        _, said = ampacity(word, str(tmp_path / f"{instance}.json"), str(tmp_path / f"{given}.json"))
        body = {"plan": plan if given == "plan" else EMPTY}
        found = client.post(f"/v1/{word}", json=body | {"instance": odd if instance == "odd" else INSTANCE})
        assert found.json() == _without_places(said), word
        by_hash = client.post(f"/v1/{word}", json=body | {"instance_sha256": sha256})
        assert by_hash.status_code == 200
        assert instance == "odd" or by_hash.json() == found.json()


def test_compare_is_that_of_the_command(client: httpx.Client, run: str, tmp_path: Path) -> None:
    """The folders that the command compares hold what the service hands out."""
    other = submitted(client, {"time_limit_seconds": 20, "gap": 0.3, "seed": 3})
    ended(client, other)
    names = []
    for one in (run, other):
        folder = tmp_path / one
        folder.mkdir()
        sha256 = client.get(f"/v1/runs/{one}").json()["instance_sha256"]
        for name, path in (
            ("run", f"runs/{one}/report"),
            ("plan", f"runs/{one}/plan"),
            ("instance", f"instances/{sha256}"),
        ):
            (folder / f"{name}.json").write_bytes(client.get(f"/v1/{path}").content)
        names.append(str(folder))
    _, said = ampacity("compare", *names)
    found = client.post("/v1/compare", json={"a": run, "b": other}).json()
    assert (found["a"].pop("name"), found["b"].pop("name")) == (run, other)
    assert (said["a"].pop("name"), said["b"].pop("name")) == tuple(names)
    assert found == said
    assert found["options"]


def test_the_examples_of_the_description(client: httpx.Client) -> None:
    """Each body that OpenAPI shows as an example is answered well; that of `compare` names runs that are not there."""
    document = client.get("/openapi.json").json()
    assert document["openapi"].startswith("3.1")
    shown = 0
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            content = operation.get("requestBody", {}).get("content", {})
            for media, one in content.items():
                if media == "application/json":
                    shown += 1
                    answer = client.request(method, path, json=one["example"])
                    assert answer.status_code < 300 or (path == "/v1/compare" and answer.status_code == 404), path
                    if path == "/v1/runs":
                        client.post(f"/v1/runs/{answer.json()['id']}/cancel")
    assert shown == 6


def test_stop_of_nothing(client: httpx.Client) -> None:
    """What is not there cannot be stopped."""
    for word in ("stop", "cancel"):
        refused(client.post(f"/v1/runs/{NOBODY}/{word}"), 404)
