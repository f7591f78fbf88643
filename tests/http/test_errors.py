"""Every error of every endpoint, in the one shape."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.http.calls import (
    EMPTY,
    INSTANCE,
    LONG,
    NOBODY,
    NOTHING,
    calling,
    ended,
    pointers,
    raw,
    refused,
    submitted,
)
from tests.service.running import Running, running

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx

BODIES = ("/v1/runs", "/v1/validate", "/v1/check", "/v1/report", "/v1/compare", "/v1/instances")
OF_RUNS = ("", "/plan", "/report", "/log", "/events")
METHODS = {
    "/healthz": "GET",
    "/readyz": "GET",
    "/metrics": "GET",
    "/openapi.json": "GET",
    "/v1/runs": "GET POST",
    f"/v1/runs/{NOBODY}": "GET DELETE",
    **{f"/v1/runs/{NOBODY}{part}": "GET" for part in OF_RUNS[1:]},
    f"/v1/runs/{NOBODY}/stop": "POST",
    f"/v1/runs/{NOBODY}/cancel": "POST",
    "/v1/instances": "GET POST",
    f"/v1/instances/{NOTHING}": "GET",
    **{f"/v1/{word}": "POST" for word in ("validate", "check", "report", "compare")},
    "/v1/schema/plan": "GET",
    "/v1/solvers": "GET",
    "/v1/version": "GET",
    "/v1/audit": "GET",
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A server without a worker, so that what is submitted waits."""
    limits = {"AMPACITY_QUEUED_PER_KEY": "2", "AMPACITY_LONGEST_TIME_LIMIT": "600", "AMPACITY_BODY_LIMIT_MB": "1"}
    with running("serve", tmp_path_factory.mktemp("data"), "--slots", "0", settings=limits) as found:
        yield found


@pytest.fixture(scope="module")
def client(server: Running) -> Iterator[httpx.Client]:
    """Asks the server."""
    with calling(server) as found:
        yield found


def test_nothing_of_this_name(client: httpx.Client) -> None:
    """404: paths, ids of another form, and ids that name nothing."""
    for path in (
        "/",
        "/v1",
        "/v1/runs/",
        "/v2/runs",
        "/v1/schema/x",
        "/v1/runs/x",
        "/v1/instances/x",
        "/v1/runs/%2e%2e",
    ):
        refused(client.get(path), 404)
        refused(client.head(path), 404)
    for part in OF_RUNS:
        refused(client.get(f"/v1/runs/{NOBODY}{part}"), 404)
    refused(client.delete(f"/v1/runs/{NOBODY}"), 404)
    refused(client.get(f"/v1/instances/{NOTHING}"), 404)
    refused(client.post("/v1/runs", json={"instance_sha256": NOTHING}), 404)
    refused(client.post("/v1/validate", json={"instance_sha256": NOTHING}), 404)
    for word in ("check", "report"):
        refused(client.post(f"/v1/{word}", json={"instance_sha256": NOTHING, "plan": EMPTY}), 404)
    refused(client.post("/v1/compare", json={"a": NOBODY, "b": NOBODY}), 404)


def test_other_methods(client: httpx.Client) -> None:
    """405 names every method that a path has; HEAD goes where GET goes."""
    for path, known in METHODS.items():
        for method in ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD", "TRACE", "PROPFIND"):
            if method in known.split() or (method == "HEAD" and "GET" in known):
                continue
            answer = client.request(method, path)
            refused(answer, 405)
            allowed = set(answer.headers["allow"].replace(" ", "").split(","))
            assert allowed == set(known.split()) | ({"HEAD"} if "GET" in known else set()), path


def test_other_content_types(client: httpx.Client) -> None:
    """415, with and without a type, and for packed bodies."""
    for path in BODIES:
        for kind in ("text/plain", "application/x-www-form-urlencoded", "application/yaml", "", "application/jsonx"):
            refused(client.post(path, content=b"{}", headers={"Content-Type": kind}), 415)
        refused(client.post(path, content=b"{}"), 415)
        packed = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
        refused(client.post(path, content=b"{}", headers=packed), 415)
    refused(client.post("/v1/runs", content=b"PK", headers={"Content-Type": "application/zip"}), 415)


def test_bodies_that_are_no_json(client: httpx.Client) -> None:
    """400 where the text cannot be read, 422 where it holds no object."""
    for path in BODIES:
        for content in (b"", b" ", b"{", b'{"a"', b"{'a': 1}", b"\xff\xfe{}", b"\0", b'{"a": 1} x', b"\xef\xbb\xbf{}"):
            refused(client.post(path, content=content, headers={"Content-Type": "application/json"}), 400)
        for content in (b"[]", b"1", b"null", b'"x"'):
            refused(
                client.post(path, content=content, headers={"Content-Type": "Application/JSON; charset=utf-8"}), 422
            )


def test_bodies_of_another_form(client: httpx.Client) -> None:
    """422 with a pointer to each place that is wrong."""
    both = {"instance": INSTANCE, "instance_sha256": NOTHING}
    for path, more in (
        ("/v1/runs", {}),
        ("/v1/validate", {}),
        ("/v1/check", {"plan": EMPTY}),
        ("/v1/report", {"plan": EMPTY}),
    ):
        for given in ({}, both, {"instance": None}):
            assert pointers(refused(client.post(path, json=more | given), 422)) == {"/instance"}
        found = refused(client.post(path, json=more | {"instance": INSTANCE, "odd": 1, "instance_sha256": 3}), 422)
        assert pointers(found) == {"/odd", "/instance_sha256"}
        found = refused(client.post(path, json=more | {"instance": INSTANCE | {"sites": 3, "odd": []}}), 422)
        assert {"/instance/sites", "/instance/odd"} <= pointers(found)
        found = refused(client.post(path, json=more | {"instance": []}), 422)
        assert pointers(found) == {"/instance"}
    for word in ("check", "report"):
        assert "/plan" in pointers(refused(client.post(f"/v1/{word}", json={"instance": INSTANCE}), 422))
        for plan, at in ((3, "/plan"), ({"schema": "x"}, "/plan/schema"), (EMPTY | {"orders": 1}, "/plan/orders")):
            assert at in pointers(refused(client.post(f"/v1/{word}", json={"instance": INSTANCE, "plan": plan}), 422))
        body = {"instance": INSTANCE, "plan": EMPTY, "without": ["no-such-family"]}
        assert any(at.startswith("/without") for at in pointers(refused(client.post(f"/v1/{word}", json=body), 422)))
    for path, more in (("/v1/validate", {}), ("/v1/check", {"plan": EMPTY}), ("/v1/report", {"plan": EMPTY})):
        body = more | {"instance": INSTANCE, "scenario": "no such"}
        assert pointers(refused(client.post(path, json=body), 422)) == {"/scenario"}
    assert pointers(refused(client.post("/v1/compare", json={"a": "x"}), 422)) == {"/a", "/b"}
    found = refused(client.post("/v1/instances", json=INSTANCE | {"odd": 1}), 422)
    assert pointers(found) == {"/odd"}


def test_options(client: httpx.Client) -> None:
    """422 for each option that is unknown, of another type, or out of its range."""
    wrong: dict[str, Any] = {
        "time_limit_seconds": 0.5, "gap": -1, "seed": 1.5, "threads": -1, "scenario": "no such", "without": ["x"],
        "solver": "no such", "strategy": "no such", "cross_check": "no such", "deterministic": "yes", "work_limit": 0,
        "memory_limit_gb": "8", "priority": 101, "odd": 1,
    }  # fmt: skip
    for name, value in wrong.items():
        found = refused(client.post("/v1/runs", json={"instance": INSTANCE, "options": {name: value}}), 422)
        at = f"/options/{name}"
        assert all(place.startswith((at, "/options")) for place in pointers(found)), found
        assert at in pointers(found) or name in ("solver", "cross_check"), found
    refused(client.post("/v1/runs", json={"instance": INSTANCE, "options": {"time_limit_seconds": 601}}), 422)
    refused(client.post("/v1/runs", json={"instance": INSTANCE, "options": []}), 422)


def test_parameters(client: httpx.Client) -> None:
    """422 for parameters in queries and headers that are wrong, each named."""
    for path in ("/v1/runs", "/v1/audit"):
        for query in ("page_size=0", "page_size=x", "page_size=100000", f"page_size={'9' * 5000}"):
            assert "page_size" in refused(client.get(f"{path}?{query}"), 422)["errors"][0]["rule"]
        for token in (
            "x",
            "%00",
            "é",
            "OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5",
            "LTE",
            "MV8w",
            "MDAx",
            "=" * 4,
            "x" * 101,
            "",
        ):
            refused(client.get(f"{path}?page_token={token}"), 422)
    refused(client.get("/v1/runs?state=over"), 422)
    run = submitted(client, LONG)
    for query in ("offset=-1", "offset=x"):
        refused(client.get(f"/v1/runs/{run}/log?{query}"), 422)
    refused(client.get(f"/v1/runs/{run}/plan?format=xml"), 422)
    for last in ("x", "-1", "1.5", "9" * 30, "²"):
        refused(client.get(f"/v1/runs/{run}/events", headers=[(b"Last-Event-ID", last.encode("latin-1"))]), 422)
    for key in ("", "x" * 201):
        refused(client.post("/v1/runs", json={"instance": INSTANCE}, headers={"Idempotency-Key": key}), 422)
    assert client.post(f"/v1/runs/{run}/cancel").status_code == 200


def test_too_early_too_many_and_too_large(client: httpx.Client) -> None:
    """409 before there is anything, 429 beyond the limit of a key, 413 beyond that of bodies, 503 without a worker."""
    first = submitted(client, LONG)
    for part in ("plan", "report"):
        assert refused(client.get(f"/v1/runs/{first}/{part}"), 409)
    refused(client.delete(f"/v1/runs/{first}"), 409)
    refused(client.post("/v1/compare", json={"a": first, "b": first}), 409)
    assert client.get(f"/v1/runs/{first}/log").content == b""
    submitted(client, LONG)
    refused(client.post("/v1/runs", json={"instance": INSTANCE}), 429)
    assert client.post(f"/v1/runs/{first}/stop").status_code == 200
    assert ended(client, first)["state"] == "cancelled"
    refused(client.get(f"/v1/runs/{first}/plan"), 409)
    refused(client.get(f"/v1/runs/{first}/report"), 409)
    for path in BODIES:
        refused(client.post(path, content=b" " * 1_000_001, headers={"Content-Type": "application/json"}), 413)
    refused(client.get("/readyz"), 503)


def test_what_is_no_http(server: Running) -> None:
    """400 in the one shape, and the connection ends."""
    post = b"POST /v1/runs HTTP/1.1\r\nHost: localhost\r\n"
    for request in (
        b"\0\1\2\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET /a b HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"x" * 200_000 + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n",
        post + b"Content-Length: -1\r\n\r\n",
        post + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\n",
    ):
        status, rest = raw(server, request)
        assert status == 400, request
        head, _, body = rest.partition(b"\r\n\r\n")
        assert b"application/problem+json" in head
        assert json.loads(body)["status"] == 400
