"""Bodies that nobody means well: refused within a second, forgotten, and without a word of theirs in answer or log."""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import TYPE_CHECKING, Any

import psutil
import pytest

from tests.http.calls import EMPTY, INSTANCE, calling, connected, heard, logged, pointers, raw, refused
from tests.service.running import Running, running

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import httpx

pytestmark = pytest.mark.wall_clock

MARK = "SECRETMARKER7"
JSON = {"Content-Type": "application/json"}
STALL = 1.0
SOON = 1.0  # seconds from the last byte on; a loaded machine gets three tries
KEPT = 100_000_000  # bytes that the processes of a server may have grown by


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A server without a worker, with the usual limit on bodies."""
    limits = {"AMPACITY_BODY_STALL_SECONDS": str(STALL)}
    with running("serve", tmp_path_factory.mktemp("data"), "--slots", "0", settings=limits) as found:
        with calling(found) as client, ThreadPoolExecutor(8) as pool:  # all processes have their libraries
            asked = [pool.submit(client.post, "/v1/validate", json={"instance": INSTANCE}) for _ in range(24)]
            assert all(one.result().status_code == 200 for one in asked)
        yield found


@pytest.fixture(scope="module")
def client(server: Running) -> Iterator[httpx.Client]:
    """Asks the server."""
    with calling(server) as found:
        yield found


def _places() -> dict[str, Callable[[bytes], bytes]]:
    """Where something odd may stand: by place, a body with it."""
    whole, plan = json.dumps(INSTANCE).encode(), json.dumps(EMPTY).encode()
    return {
        "": lambda odd: odd,
        "/instance": lambda odd: b'{"instance": ' + odd + b"}",
        "/instance/sites": lambda odd: b'{"instance": ' + whole[:-1] + b', "sites": ' + odd + b"}}",
        "/plan": lambda odd: b'{"instance": ' + whole + b', "plan": ' + odd + b"}",
        "/plan/orders": lambda odd: (
            b'{"instance": ' + whole + b', "plan": ' + plan[:-1] + b', "orders": ' + odd + b"}}"
        ),
        "/options": lambda odd: b'{"instance": ' + whole + b', "options": ' + odd + b"}",
        "/options/seed": lambda odd: b'{"instance": ' + whole + b', "options": {"seed": ' + odd + b"}}",
    }


ODD = {
    "NaN": b"NaN",
    "Infinity": b"-Infinity",
    "1e999": b"1e999",
    "integer of 5,000 digits": b"9" * 5000,
    "deep list": b"[" * 100_000 + b"]" * 100_000,
    "deep object": b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    "deep and open": b"[" * 100_000,
    "twice": b'{"id": 1, "id": 2}',
    "text": b'"SECRETMARKER7"',
    "half a character": rb'"\ud800 SECRETMARKER7"',
    "names": b'{"SECRETMARKER7": 1, "\\u0000": {"SECRETMARKER7": []}}',
    "list of all": b'[1, "SECRETMARKER7", null, true, {"id": "SECRETMARKER7"}, [[]]]',
    "number": b"-1e308",
    "empty texts": b'{"": {"": ""}}',
}


@pytest.mark.parametrize("kind", ODD)
def test_odd_values_wherever_they_stand(client: httpx.Client, server: Running, kind: str) -> None:
    """In the body, an instance, a plan or the options: 4xx within a second, with a pointer, and not a word of it."""
    for place, body in _places().items():
        for path in ("/v1/runs", "/v1/validate", "/v1/check", "/v1/report", "/v1/compare", "/v1/instances"):
            began = time.monotonic()
            answer = client.post(path, content=body(ODD[kind]), headers=JSON)
            took = time.monotonic() - began
            assert 400 <= answer.status_code < 500, (path, place, answer.text[:300])
            found = refused(answer, answer.status_code)
            assert took < SOON, (path, place, took)
            _assert_silent(found)
    assert client.get("/healthz").status_code == 200
    assert MARK not in "".join(server.lines)


def _assert_silent(found: dict[str, Any]) -> None:
    """No word of the input but in pointers, which are made of its names."""
    told = [found["title"], found["detail"]]
    for fault in found.get("errors", ()):
        assert "value" not in fault
        told += [fault["rule"], fault["fix"]]
    assert MARK not in "\n".join(told)
    assert MARK.lower() not in "\n".join(told).lower()


def _planted(tree: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of every leaf."""
    items = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    for step, child in items:
        yield (*path, step)
        yield from _planted(child, (*path, step))


@pytest.mark.slow
def test_a_mark_in_any_place_of_an_instance_never_comes_back(client: httpx.Client, server: Running) -> None:
    """As a text, an id, a name of a field, a number as text: the errors point to it and do not repeat it."""
    seen, asked = set[str](), 0
    for path in _planted(INSTANCE):
        general = ".".join("*" if isinstance(step, int) else str(step) for step in path)
        if general in seen:
            continue
        seen.add(general)
        forms: list[Any] = [MARK, f"7{MARK}", [MARK], {MARK: MARK}] if asked % 4 == 0 else [MARK]
        for value in forms:
            instance = json.loads(json.dumps(INSTANCE))
            place = instance
            for step in path[:-1]:
                place = place[step]
            place[path[-1]] = value
            asked += 1
            answer = client.post("/v1/check", json={"instance": instance, "plan": EMPTY, "without": [MARK]})
            assert answer.status_code == 422
            _assert_silent(refused(answer, 422))
    assert asked > 100
    assert MARK not in "".join(server.lines)


def test_a_mark_elsewhere_in_a_body_never_comes_back(client: httpx.Client, server: Running) -> None:
    """As a scenario, a hash, an option, a solver, a part of a plan: the errors point to it and do not repeat it."""
    for body in (
        {"instance": INSTANCE, "scenario": MARK},
        {"instance": INSTANCE, MARK: 1},
        {"instance": INSTANCE, "instance_sha256": MARK},
        {"instance": INSTANCE, "options": {"solver": MARK, "cross_check": MARK, "scenario": MARK, "without": [MARK]}},
        {"instance": INSTANCE, "options": {"strategy": MARK, "seed": MARK, MARK: MARK}},
        {"instance": INSTANCE, "options": {"cross_check": f"pyomo:{MARK}"}},
        {"instance": INSTANCE, "options": {"solver": f"pyomo:/tmp/{MARK}"}},
        {"instance": INSTANCE, "options": {"solver": "pyomo:sh"}},
        {"a": MARK, "b": MARK},
    ):
        for asked_at in ("/v1/runs", "/v1/validate", "/v1/compare"):
            _assert_silent(refused(client.post(asked_at, json=body), 422))
    for plan in (
        {"orders": [{"offer": MARK, "pool": MARK, "serves_from": MARK, "lots": MARK, "place_by": MARK}]},
        {"rents": [{"offer": MARK, "pool": MARK, "nodes": [MARK]}]},
        {"schema": MARK},
        {"instance_sha256": MARK, MARK: MARK},
    ):
        for word in ("check", "report"):
            body = {"instance": INSTANCE, "plan": EMPTY | plan}
            _assert_silent(refused(client.post(f"/v1/{word}", json=body), 422))
    assert MARK not in "".join(server.lines)


def test_a_mark_in_whatever_else_a_request_has_is_not_logged(client: httpx.Client, server: Running) -> None:
    """Paths, queries, methods, headers, keys: no line of the log has it, and no line can be forged."""
    forged = '"}\n{"event": "forged"}\r\n'
    for path in (f"/{MARK}", f"/v1/runs/{MARK}", f"/v1/instances/{MARK}", f"/v1/schema/{MARK}", "/v1/runs/%0a%7b%7d"):
        for method in ("GET", "PUT", "DELETE", "HEAD", MARK):
            assert MARK not in client.request(method, f"{path}?{MARK}={MARK}").text
    for name in ("page_token", "state", "page_size"):
        assert MARK not in client.get("/v1/runs", params={name: MARK + forged}).text
    names = """X-Request-Id Authorization X-API-Key Host Origin Prefer Last-Event-ID Cookie Idempotency-Key Accept
        If-None-Match User-Agent X-Forwarded-For Content-Type"""
    for name in names.split():
        answer = client.get("/v1/runs", headers={name: f"Bearer {MARK}"})
        assert MARK not in answer.text + str(answer.headers)
        assert MARK not in client.post("/v1/runs", content=b"{}", headers=JSON | {name: MARK}).text
    ids = {client.get("/healthz", headers={"X-Request-Id": "mine"}).headers["x-request-id"] for _ in range(3)}
    assert len(ids) == 3
    assert "mine" not in ids
    _settle(server)
    lines = logged(server)
    assert ids <= {line.get("request") for line in lines}
    assert {line["event"] for line in lines} <= {"request"}
    assert MARK not in "".join(server.lines)


def _settle(server: Running) -> None:
    """Waits until the log says no more."""
    before = -1
    while before != len(server.lines):
        before = len(server.lines)
        time.sleep(0.1)


def _large() -> dict[str, bytes]:
    """Bodies of tens of MB within the limit."""
    size = 50_000_000
    return {
        "spaces": b" " * size,
        "empty lists": b'{"instance": {"sites": [' + b"[]," * (size // 3) + b"[]]}}",
        "numbers": b'{"instance": {"sites": [' + b"1," * (size // 2) + b"1]}}",
        "one text": b'{"instance": {"schema": "' + b"x" * size + b'"}}',
        "names": b'{"instance": {' + b'"abcdef":1,' * (size // 11) + b'"a":1}}',
        "open": b"[" * size,
        "beyond the limit": b" " * 65_000_000,
    }


def _timed(server: Running, body: bytes) -> tuple[int, float]:
    """The status that a body gets in chunks without a length, and the seconds from its last byte on."""
    head = "POST /v1/validate HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    with closing(connected(server)) as connection:
        connection.sendall(f"{head}Transfer-Encoding: chunked\r\n\r\n{len(body):x}\r\n".encode())
        connection.sendall(body)
        connection.sendall(b"\r\n0\r\n\r\n")
        began = time.monotonic()
        status, _ = heard(connection)
        return status, time.monotonic() - began


@pytest.mark.slow
def test_large_bodies_are_refused_soon_and_forgotten(client: httpx.Client, server: Running) -> None:
    """4xx within a second of the last byte; afterwards the processes together have grown by less than 100 MB."""
    before = _memory(server)
    for kind, body in _large().items():
        wanted = 413 if kind == "beyond the limit" else 400 if kind == "spaces" else 422
        tries: list[float] = []
        while not tries or (min(tries) > SOON and len(tries) < 4):
            status, took = _timed(server, body)
            assert status == wanted, kind
            tries.append(took)
        assert min(tries) < SOON, (kind, tries)
        assert client.get("/healthz").status_code == 200
    assert client.post("/v1/validate", json={"instance": INSTANCE}).status_code == 200
    grown = _memory(server) - before
    print(f"\ngrown by {grown / 1e6:.0f} MB")
    assert grown < KEPT, grown


def _memory(server: Running) -> int:
    """What the processes of a server hold for themselves alone."""
    root = psutil.Process(server.process.pid)
    return sum(int(one.memory_full_info().uss) for one in [root, *root.children(recursive=True)])


def test_bodies_that_stall(server: Running, client: httpx.Client) -> None:
    """408 once nothing has come for as long as is set, or too little altogether; others are answered meanwhile."""
    head = b"POST /v1/validate HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    for more in (
        b"Content-Length: 100\r\n\r\n",
        b"Content-Length: 100\r\n\r\n{",
        b"Transfer-Encoding: chunked\r\n\r\n",
        b"Transfer-Encoding: chunked\r\n\r\n5\r\n{",
    ):
        with closing(connected(server)) as connection:
            began = time.monotonic()
            connection.sendall(head + more)
            assert client.get("/healthz").status_code == 200
            status, rest = heard(connection)
            assert (status, STALL <= time.monotonic() - began < STALL + 2) == (408, True)
            assert b"application/problem+json" in rest
    with closing(connected(server)) as connection:  # a byte now and then is no body either
        connection.sendall(head + b"Content-Length: 1000\r\n\r\n")
        began = time.monotonic()
        connection.settimeout(0.3)
        while time.monotonic() - began < 3 * STALL:
            try:
                connection.sendall(b" ")
                status, _ = heard(connection)
                break
            except TimeoutError:
                continue
        assert (status, time.monotonic() - began < 2 * STALL) == (408, True)


def test_lengths_that_are_wrong(server: Running, client: httpx.Client) -> None:
    """A body that is shorter than it says stalls; one that says to be too large is refused before it comes."""
    head = b"POST /v1/validate HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    assert raw(server, head + b"Content-Length: 3\r\n\r\n{}")[0] == 408
    assert raw(server, head + b"Content-Length: 2\r\n\r\n{}}}}}}")[0] == 422
    assert raw(server, head + b"\r\n{}")[0] == 400  # no length: there is no body
    assert raw(server, head + b"Content-Length: 99999999999999\r\n\r\n{")[0] == 413
    assert raw(server, head + b"Expect: 100-continue\r\nContent-Length: 99999999\r\n\r\n")[0] == 413
    with closing(connected(server)) as connection:  # gone in the middle of a body
        connection.sendall(head + b"Content-Length: 100\r\n\r\n{")
    assert client.get("/healthz").status_code == 200
    _settle(server)
    assert "defect" not in "".join(server.lines)


def test_a_refusal_is_heard_by_who_still_sends(client: httpx.Client) -> None:
    """A client that sends all before it listens hears 415 and 404, however much it sends, and goes on."""
    body = b" " * 30_000_000
    refused(client.post("/v1/runs", content=body, headers={"Content-Type": "text/plain"}), 415)
    refused(client.post("/v1/nothing", content=body, headers=JSON), 404)
    refused(client.post("/v1/runs", content=iter([body] * 4), headers=JSON), 413)
    assert client.get("/healthz").status_code == 200


def test_many_errors(client: httpx.Client) -> None:
    """A thousand are listed, the others counted, and it does not take long."""
    body = {"instance": INSTANCE | {"sites": [{"odd": 1}] * 20_000}}
    began = time.monotonic()
    found = refused(client.post("/v1/validate", json=body), 422)
    assert time.monotonic() - began < 5
    assert len(found["errors"]) == 1000
    assert "/instance/sites/0/odd" in pointers(found)
    assert found["more_errors"] >= 1


@pytest.mark.slow
def test_silent_connections_are_closed(server: Running) -> None:
    """Whoever sends no request, or only half a head, loses the connection after ten seconds."""
    with closing(connected(server)) as one, closing(connected(server)) as other:
        began = time.monotonic()
        other.sendall(b"GET /healthz HTTP/1.1\r\nHost: loc")
        assert one.recv(100) == b""
        assert other.recv(100) == b""
        assert 5 < time.monotonic() - began < 15
