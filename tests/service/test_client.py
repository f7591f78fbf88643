"""The client against odd answers: what it asks again, what it tells its caller, and how it reads a stream."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from api.client import Client, ServiceError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Answer = httpx.Response | Exception | Callable[[httpx.Request], httpx.Response]

pytestmark = pytest.mark.wall_clock

RUN = "0123456789abcdef0123"
STREAM = {"content-type": "text/event-stream"}
OTHER = {"content-type": "text/html"}
LOST = (
    httpx.ConnectError("refused"),
    httpx.ReadError("cut"),
    httpx.RemoteProtocolError("gone"),
    httpx.ReadTimeout("-"),
)


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tries follow one another at once."""
    monkeypatch.setattr("api.client.AGAIN", 0.001)


class Script:
    """A transport that gives prepared answers, the last one for ever, and keeps the requests."""

    def __init__(self, *answers: Answer) -> None:
        self.answers, self.requests = list(answers), list[httpx.Request]()

    def __call__(self, request: httpx.Request) -> httpx.Response:
        """One answer."""
        self.requests.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer if isinstance(answer, httpx.Response) else answer(request)

    def client(self, patience: float = 5.0, key: str | None = None) -> Client:
        """A client that gets these answers."""
        return Client("http://service", key, patience=patience, transport=httpx.MockTransport(self))


class Cut(httpx.SyncByteStream):
    """A body that ends with a lost connection, or as it should."""

    def __init__(self, text: str, lost: Exception | None = None) -> None:
        self._text, self._lost = text, lost

    def __iter__(self) -> Iterator[bytes]:
        yield self._text.encode()
        if self._lost is not None:
            raise self._lost


def found(document: Any = None, status: int = 200, headers: dict[str, str] | None = None) -> httpx.Response:
    """An answer in JSON."""
    return httpx.Response(status, json={"state": "queued"} if document is None else document, headers=headers)


def told(number: int, name: str) -> str:
    """An event in a stream."""
    return f"event: {name}\ndata: {json.dumps({'event': name, 'seconds': 1.0})}\nid: {number}\n\n"


def streamed(*events: str, lost: Exception | None = None) -> Callable[[httpx.Request], httpx.Response]:
    """A stream of events."""
    return lambda request: httpx.Response(200, headers=STREAM, stream=Cut("".join(events), lost))


@pytest.mark.parametrize("lost", LOST, ids=lambda error: type(error).__name__)
def test_a_lost_connection_makes_no_second_run(lost: Exception) -> None:
    """The request goes out again with the same Idempotency-Key; another call has another key."""
    script = Script(lost, found(status=202))
    with script.client() as client:
        assert client.submit("a" * 64)["state"] == "queued"
        client.submit("a" * 64)
    first, again, other = script.requests
    assert first.headers["idempotency-key"] == again.headers["idempotency-key"] != other.headers["idempotency-key"]
    assert first.content == again.content == b'{"instance_sha256": "' + b"a" * 64 + b'", "options": {}}'


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_a_busy_service_is_asked_again(status: int) -> None:
    """A status that passes is waited out."""
    script = Script(found({"detail": "busy"}, status), httpx.Response(status, text="<html>"), found())
    assert script.client().run(RUN)["state"] == "queued"
    assert len(script.requests) == 3


def test_the_pause_is_the_one_that_the_service_names() -> None:
    """`Retry-After` puts the next try off."""
    script = Script(found({}, 503, {"retry-after": "1"}), found())
    began = time.monotonic()
    script.client().run(RUN)
    assert 1.0 <= time.monotonic() - began < 3.0


def test_patience_ends() -> None:
    """A service that stays busy or lost is told of as it is; without patience at once."""
    with pytest.raises(ServiceError, match="503: the disk is full"):
        Script(found({"detail": "the disk is full"}, 503)).client(0.05).run(RUN)
    with pytest.raises(httpx.ConnectError):
        Script(LOST[0]).client(0.05).run(RUN)
    late = Script(found({"detail": "queue"}, 429, {"retry-after": "3600"}))
    with pytest.raises(ServiceError, match="429: queue"):
        late.client(1.0).run(RUN)  # it would be asked again after its patience only
    once = Script(LOST[0])
    with pytest.raises(httpx.ConnectError):
        once.client(0.0).run(RUN)
    assert (len(late.requests), len(once.requests)) == (1, 1)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 413, 415, 422, 500])
def test_a_refusal_is_not_asked_again(status: int) -> None:
    """What is wrong stays wrong."""
    script = Script(found({"detail": "no"}, status))
    with pytest.raises(ServiceError) as caught:
        script.client().run(RUN)
    assert (caught.value.status, caught.value.detail, len(script.requests)) == (status, "no", 1)


def test_an_address_without_a_scheme_is_told_at_once() -> None:
    """It is not taken for a service that is lost."""
    began = time.monotonic()
    with pytest.raises(httpx.TransportError), Client("service:8080") as client:
        client.run(RUN)
    assert time.monotonic() - began < 2.0


def test_a_refusal_says_what_is_wrong_where() -> None:
    """Pointers, rules and ways out are in the error and in its text."""
    fault = {"pointer": "/instance/sites/0/ready_mw", "rule": "must be a number", "fix": "write one"}
    with pytest.raises(ServiceError) as caught:
        Script(found({"detail": "the input is wrong", "errors": [fault]}, 422)).client().submit({"schema": "x"})
    assert caught.value.errors == [fault]
    assert (
        str(caught.value) == "422: the input is wrong\n/instance/sites/0/ready_mw: must be a number. To fix: write one."
    )


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(404, text="<html>not here</html>", headers=OTHER),
        found([1, 2], 404),
        found({"detail": None, "errors": "many"}, 404),
        found({"errors": [{"rule": 3}, "text", None]}, 404),
    ],
    ids=["html", "list", "no list", "odd faults"],
)
def test_a_refusal_in_another_shape_is_a_refusal(answer: httpx.Response) -> None:
    """What a proxy answers is told by its status, without a traceback of ours."""
    with pytest.raises(ServiceError) as caught:
        Script(answer).client().run(RUN)
    assert (caught.value.status, caught.value.detail) == (404, "no reason is given")


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(200, text="<html>sign in</html>", headers=OTHER),
        httpx.Response(302, headers={"location": "https://elsewhere/"}),
    ],
    ids=["page", "redirect"],
)
def test_what_is_not_the_service_is_told(answer: httpx.Response) -> None:
    """A page where JSON, a plan or a stream should be is a ServiceError; a key goes nowhere else."""
    script = Script(answer)
    client = script.client(key="amp_secret")
    for call in (client.run, client.plan, lambda run: next(client.watch(run))):
        with pytest.raises(ServiceError):
            call(RUN)
    assert {request.url.host for request in script.requests} == {"service"}
    assert len(script.requests) == 3


def test_a_plan_of_another_program_is_told() -> None:
    """A plan with fields that nobody knows is no plan."""
    with pytest.raises(ServiceError, match="no plan"):
        Script(found({"schema": "ampacity/plan/9"})).client().plan(RUN)


def test_removed_is_removed() -> None:
    """404 after a lost connection means that the first try has worked; without one it means what it says."""
    Script(LOST[1], found({}, 404)).client().delete(RUN)
    with pytest.raises(ServiceError, match="404"):
        Script(found({}, 404)).client().delete(RUN)


def test_pages_are_turned() -> None:
    """All runs come, in the state that is asked for."""
    script = Script(
        found({"runs": [{"id": "a"}, {"id": "b"}], "next_page_token": "next"}),
        found({"runs": [{"id": "c"}], "next_page_token": None}),
    )
    assert [run["id"] for run in script.client().runs("failed")] == ["a", "b", "c"]
    assert [dict(request.url.params) for request in script.requests] == [
        {"state": "failed"},
        {"state": "failed", "page_token": "next"},
    ]


def test_waiting_ends() -> None:
    """With the end of the run, or with a TimeoutError; a short time-out of the client does not cut the wait."""
    script = Script(found({"state": "running"}), found({"state": "succeeded"}))
    client = Client("http://service", timeout=1.0, transport=httpx.MockTransport(script))
    assert client.wait(RUN)["state"] == "succeeded"
    assert script.requests[0].headers["prefer"] == "wait=30"
    assert script.requests[0].extensions["timeout"]["read"] > 30
    with pytest.raises(TimeoutError, match=f"run {RUN} has not ended within 0.02 s"):
        Script(found({"state": "running"})).client().wait(RUN, 0.02)


@pytest.mark.parametrize("lost", [*LOST, None], ids=lambda error: type(error).__name__)
def test_a_stream_goes_on_behind_the_last_event(lost: Exception | None) -> None:
    """A stream that breaks, even in the middle of an event, costs no event and tells none twice."""
    script = Script(
        streamed("retry: 1000\n\n", ": ping\n\n", told(1, "started"), told(2, "bound")[:-1], lost=lost),
        httpx.ConnectError("starting"),
        httpx.Response(502, text="<html>"),
        found({"detail": "the database is locked"}, 503),
        streamed(lost=lost),
        streamed(told(2, "bound"), told(3, "finished")),
    )
    events = list(script.client().watch(RUN))
    assert [(event.number, event.name) for event in events] == [(1, "started"), (2, "bound"), (3, "finished")]
    assert [request.headers["last-event-id"] for request in script.requests] == ["0", "1", "1", "1", "1", "1"]


def test_a_stream_that_has_told_all_ends() -> None:
    """204: there is nothing behind the number."""
    assert list(Script(httpx.Response(204)).client().watch(RUN, after=7)) == []


def test_a_stream_that_ends_early_is_read_to_its_end() -> None:
    """A server that ends while a run does has not told the last event; the next one does."""
    script = Script(streamed(told(1, "started")), streamed(told(2, "finished")))
    assert [event.number for event in script.client().watch(RUN)] == [1, 2]


def test_patience_begins_anew_with_each_connection() -> None:
    """A stream in which nothing happens for long may be lost more than once."""
    times = iter(range(0, 10_000, 20))  # seconds: each look at the clock is 20 later
    script = Script(
        streamed(lost=LOST[1]), streamed(lost=LOST[1]), streamed(lost=LOST[1]), streamed(told(1, "finished"))
    )
    client = script.client(patience=30.0)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("api.client.time.monotonic", lambda: float(next(times)))
        assert [event.number for event in client.watch(RUN)] == [1]


def test_a_stream_of_a_lost_server_ends() -> None:
    """With the error of the connection, or with what the service says."""
    with pytest.raises(httpx.ConnectError):
        list(Script(streamed(told(1, "started")), LOST[0]).client(0.05).watch(RUN))
    with pytest.raises(ServiceError, match="404: no such run"):
        list(Script(streamed(told(1, "started")), found({"detail": "no such run"}, 404)).client().watch(RUN))
    with pytest.raises(ServiceError, match="503"):
        list(Script(found({}, 503)).client(0.05).watch(RUN))


@pytest.mark.parametrize(
    "text",
    ["data: nonsense\nid: 1\n\n", "data: {}\nid: 1\n\n", 'data: {"event": "bound"}\n\n', "data: []\nid: 1\n\n"],
    ids=["no JSON", "no name", "no number", "no object"],
)
def test_a_stream_of_something_else_is_told(text: str) -> None:
    """What is no event of a run is a ServiceError."""
    with pytest.raises(ServiceError, match="no event"):
        list(Script(streamed(text)).client().watch(RUN))


def test_data_may_take_several_lines() -> None:
    """As the standard of server-sent events has it, without a space behind the colon too."""
    text = 'id:1\nevent:finished\ndata:{"event":\ndata:"finished"}\n\n'
    (event,) = Script(streamed(text)).client().watch(RUN)
    assert event.document == {"event": "finished"}


def test_the_key_is_sent_and_bodies_are_json() -> None:
    """A bearer token; numbers that JSON does not know are refused before they are sent."""
    script = Script(found())
    client = script.client(key="amp_secret")
    client.submit({"schema": "ampacity/instance/1"}, {"gap": 0.01}, idempotency_key="order-7")
    (request,) = script.requests
    assert request.headers["authorization"] == "Bearer amp_secret"
    assert request.headers["idempotency-key"] == "order-7"
    assert request.headers["content-type"] == "application/json"
    assert json.loads(request.content) == {"instance": {"schema": "ampacity/instance/1"}, "options": {"gap": 0.01}}
    with pytest.raises(ValueError, match="JSON"):
        client.submit("a" * 64, {"gap": float("nan")})
    assert len(script.requests) == 1
