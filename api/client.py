"""A client of the service: submit, watch, fetch, compare. Needs the extra `client` (httpx)."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypedDict

import httpx

from models.errors import AmpacityError
from models.instance import Instance, canonical
from models.plan import Plan

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from types import TracebackType

State = Literal["queued", "running", "succeeded", "failed", "cancelled"]
ENDED = ("succeeded", "failed", "cancelled")
PATIENCE = 30.0  # seconds that a lost server is waited for
AGAIN = 0.5  # seconds between two tries


class RunInfo(TypedDict):
    """A run as the service tells of it. Money in USD; `gap` relative; `seconds` of its time limit."""

    id: str
    state: State
    stopped: str | None
    holds: Literal["plan", "none"]
    objective_usd: float | None
    bound_usd: float | None
    gap: float | None
    seconds: float
    attempts: int
    instance_sha256: str
    parent: str | None
    scenario: str | None
    priority: int
    reason: str | None
    submitted_at: str
    started_at: str | None
    finished_at: str | None


@dataclass(frozen=True)
class ServiceEvent:
    """An event of a run: its number, its name (started, incumbent, bound, finished) and what it tells."""

    number: int
    name: str
    document: Mapping[str, Any]


class ServiceError(AmpacityError):
    """The service has refused a request: its status, a sentence, and what is wrong where in the body."""

    def __init__(self, status: int, document: Mapping[str, Any]) -> None:
        self.status, self.detail = status, str(document.get("detail", ""))
        self.errors: list[dict[str, str]] = list(document.get("errors", ()))
        lines = [f"{fault['pointer']}: {fault['rule']}. To fix: {fault['fix']}." for fault in self.errors]
        super().__init__("\n".join([f"{status}: {self.detail}", *lines]))


class Client:
    """Talks to the service at ``url``; ``key``: an API key, where the service needs one.

    Every method raises ServiceError where the service refuses, and httpx.TransportError where it cannot be reached;
    what can be asked twice without harm is asked again for half a minute before.
    """

    def __init__(self, url: str = "http://127.0.0.1:8080", key: str | None = None, timeout: float = 330.0) -> None:
        headers = {} if key is None else {"Authorization": f"Bearer {key}"}
        self._http = httpx.Client(base_url=url, headers=headers, timeout=timeout)

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Closes all connections."""
        self._http.close()

    def upload(self, instance: Instance | Mapping[str, Any]) -> str:
        """Uploads an instance; its hash."""
        return str(self._asked("POST", "/v1/instances", content=_json(instance))["instance_sha256"])

    def submit(
        self,
        instance: Instance | Mapping[str, Any] | str,
        options: Mapping[str, Any] | None = None,
        idempotency_key: str | None = None,
    ) -> RunInfo:
        """Submits a run of an instance, or of the hash of one that was uploaded.

        Parameters:
            options: as in the body of `POST /v1/runs`, such as ``{"time_limit_seconds": 60}``.
            idempotency_key: the same key and body give the same run; with it the request is repeated where the
                connection is lost.
        """
        if isinstance(instance, str):
            given = b'"instance_sha256": ' + json.dumps(instance).encode()
        else:
            given = b'"instance": ' + _json(instance)
        body = b"{" + given + b', "options": ' + json.dumps(dict(options or {})).encode() + b"}"
        headers = {} if idempotency_key is None else {"Idempotency-Key": idempotency_key}
        found: RunInfo = self._asked(
            "POST", "/v1/runs", content=body, headers=headers, again=idempotency_key is not None
        )
        return found

    def run(self, run: str) -> RunInfo:
        """A run as it stands."""
        found: RunInfo = self._asked("GET", f"/v1/runs/{run}")
        return found

    def runs(self, state: State | None = None) -> Iterator[RunInfo]:
        """All runs of the key, the latest first."""
        query: dict[str, str] = {} if state is None else {"state": state}
        while True:
            page = self._asked("GET", "/v1/runs", params=query)
            yield from page["runs"]
            if page["next_page_token"] is None:
                return
            query["page_token"] = page["next_page_token"]

    def wait(self, run: str, seconds: float = 600.0) -> RunInfo:
        """The run once it has ended; TimeoutError where it has not within ``seconds``."""
        until = time.monotonic() + seconds
        while True:
            left = until - time.monotonic()
            prefer = {"Prefer": f"wait={max(1, min(30, int(left)))}"}
            found: RunInfo = self._asked("GET", f"/v1/runs/{run}", headers=prefer)
            if found["state"] in ENDED:
                return found
            if left <= 0:
                raise TimeoutError(f"run {run} has not ended within {seconds:g} s")

    def watch(self, run: str, after: int = 0) -> Iterator[ServiceEvent]:
        """Events of a run behind number ``after``, as they come, until it has ended, across restarts of a server."""
        lost_at: float | None = None
        while True:
            try:
                for event in self._events(run, after):
                    lost_at, after = None, event.number
                    yield event
                    if event.name == "finished":
                        return
                if self.run(run)["state"] in ENDED:
                    return
            except httpx.TransportError:
                lost_at = lost_at or time.monotonic()
                if time.monotonic() - lost_at > PATIENCE:
                    raise
            time.sleep(AGAIN)

    def plan(self, run: str) -> Plan:
        """The best plan so far; it is checked once the run has succeeded."""
        return Plan.model_validate(self._asked("GET", f"/v1/runs/{run}/plan"))

    def tables(self, run: str) -> bytes:
        """The same plan as a zip of CSV tables."""
        return self._answered("GET", f"/v1/runs/{run}/plan", params={"format": "csv"}).content

    def report(self, run: str) -> dict[str, Any]:
        """What `ampacity solve` writes to run.json: proof, check, cost by term, report, warnings."""
        return dict(self._asked("GET", f"/v1/runs/{run}/report"))

    def log(self, run: str, offset: int = 0) -> bytes:
        """The log of the solver from a byte on."""
        return self._answered("GET", f"/v1/runs/{run}/log", params={"offset": offset}).content

    def stop(self, run: str) -> RunInfo:
        """Asks a run to end and to keep its plan."""
        found: RunInfo = self._asked("POST", f"/v1/runs/{run}/stop")
        return found

    def cancel(self, run: str) -> RunInfo:
        """Ends a run at once."""
        found: RunInfo = self._asked("POST", f"/v1/runs/{run}/cancel")
        return found

    def delete(self, run: str) -> None:
        """Removes a run that has ended."""
        self._answered("DELETE", f"/v1/runs/{run}")

    def compare(self, a: str, b: str) -> dict[str, Any]:
        """What differs between two runs that have succeeded."""
        return dict(self._asked("POST", "/v1/compare", content=json.dumps({"a": a, "b": b}).encode()))

    def validate(self, instance: Instance | Mapping[str, Any], scenario: str | None = None) -> dict[str, Any]:
        """What is odd about an instance."""
        rest = b"" if scenario is None else b', "scenario": ' + json.dumps(scenario).encode()
        return dict(self._asked("POST", "/v1/validate", content=b'{"instance": ' + _json(instance) + rest + b"}"))

    def _events(self, run: str, after: int) -> Iterator[ServiceEvent]:
        headers = {"Accept": "text/event-stream", "Last-Event-ID": str(after)}
        with self._http.stream("GET", f"/v1/runs/{run}/events", headers=headers, timeout=60.0) as response:
            if response.status_code >= 400:
                response.read()
                raise _refused(response)
            fields: dict[str, str] = {}
            for line in response.iter_lines():
                if line:
                    name, _, value = line.partition(":")
                    fields[name] = value.removeprefix(" ")
                elif "data" in fields:
                    yield ServiceEvent(int(fields["id"]), fields["event"], json.loads(fields["data"]))
                    fields = {}
                else:
                    fields = {}

    def _asked(self, method: str, path: str, **more: Any) -> Any:
        return self._answered(method, path, **more).json()

    def _answered(self, method: str, path: str, again: bool | None = None, **more: Any) -> httpx.Response:
        if more.get("content") is not None:
            more["headers"] = {"Content-Type": "application/json", **more.get("headers", {})}
        again = path != "/v1/runs" or method == "GET" if again is None else again
        until = time.monotonic() + PATIENCE
        while True:
            try:
                response = self._http.request(method, path, **more)
            except httpx.TransportError:
                if not again or time.monotonic() > until:
                    raise
            else:
                if response.status_code < 400:
                    return response
                if response.status_code not in (429, 503) or not again or time.monotonic() > until:
                    raise _refused(response)
            time.sleep(AGAIN)


def _refused(response: httpx.Response) -> ServiceError:
    try:
        document = response.json()
    except ValueError:
        document = {}
    return ServiceError(response.status_code, document if isinstance(document, dict) else {})


def _json(tree: Instance | Mapping[str, Any]) -> bytes:
    return canonical(tree) if isinstance(tree, Instance) else json.dumps(tree).encode()
