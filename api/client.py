"""A client of the service: submit, watch, fetch, compare. Needs the extra `client` (httpx)."""

from __future__ import annotations

import json
import secrets
import time
from typing import TYPE_CHECKING, Any, cast

import httpx
from pydantic import ValidationError

from api.answer_types import Checked, ComparedRuns, InstanceInfo, RunInfo, RunState, ServiceEvent, Validation
from models.errors import AmpacityError
from models.instance import Instance, canonical
from models.plan import Plan

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator, Mapping
    from types import TracebackType

__all__ = ["Client", "RunInfo", "RunState", "ServiceError", "ServiceEvent"]

ENDED = ("succeeded", "failed", "cancelled")
PATIENCE = 30.0  # seconds that a server which is lost or busy is waited for
AGAIN = 0.5  # seconds between two tries, unless the server names them
CONNECTING = 10.0  # seconds that a connection may take
SILENCE = 60.0  # seconds without a word, four pings, after which a stream is lost
LONGEST_WAIT = 30.0  # seconds of a `Prefer: wait`
BUSY = (429, 502, 503, 504)  # statuses that pass; 502 and 504 come from proxies before a server that starts again
LOST = (httpx.NetworkError, httpx.TimeoutException, httpx.RemoteProtocolError)
EVENTS = "text/event-stream"


class ServiceError(AmpacityError):
    """The service has refused a request, or what answers is not the service.

    ``status`` is that of HTTP, ``detail`` a sentence, ``errors`` what is wrong where in the body: `pointer`, `rule` and
    `fix`.
    """

    def __init__(self, status: int, document: Mapping[str, Any]) -> None:
        self.status, self.detail = status, str(document.get("detail") or "no reason is given")
        listed = document.get("errors")
        self.errors: list[dict[str, str]] = [
            {name: str(fault.get(name, "")) for name in ("pointer", "rule", "fix")}
            for fault in (listed if isinstance(listed, list) else ())
            if isinstance(fault, dict)
        ]
        lines = [f"{fault['pointer']}: {fault['rule']}. To fix: {fault['fix']}." for fault in self.errors]
        super().__init__("\n".join([f"{status}: {self.detail}", *lines]))


class Client:
    """Talks to the service at ``url``.

    Every method raises ServiceError where the service refuses, and httpx.TransportError where it cannot be reached. No
    request does harm when it is made twice, and each is made again for ``patience`` seconds while the service is lost
    or busy.

    Parameters:
        key: an API key, where the service needs one.
        timeout: seconds that the service may compute an answer.
        patience: seconds that a service which is lost or busy is waited for; 0: none.
        transport: how requests travel, of httpx; for tests.
    """

    def __init__(
        self,
        url: str = "http://127.0.0.1:8080",
        key: str | None = None,
        timeout: float = 330.0,
        patience: float = PATIENCE,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        headers = {} if key is None else {"Authorization": f"Bearer {key}"}
        self._timeout, self._patience = timeout, patience
        self._http = httpx.Client(base_url=url, headers=headers, timeout=_limits(timeout), transport=transport)

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

    def instances(self) -> list[InstanceInfo]:
        """The instances that were uploaded with this key, the latest first."""
        return cast("list[InstanceInfo]", self._asked("GET", "/v1/instances")["instances"])

    def submit(
        self,
        instance: Instance | Mapping[str, Any] | str,
        options: Mapping[str, Any] | None = None,
        idempotency_key: str | None = None,
    ) -> RunInfo:
        """Submits a run of an instance, or of the hash of one that was uploaded.

        Parameters:
            options: as in the body of `POST /v1/runs`, such as ``{"time_limit_seconds": 60}``.
            idempotency_key: the same key with the same instance and options gives the same run, however often it is
                submitted; a new one for each call unless given, so that a lost connection makes no second run.
        """
        body = _members(_instance(instance), options=dict(options or {}))
        headers = {"Idempotency-Key": idempotency_key or secrets.token_hex(16)}
        return cast("RunInfo", self._asked("POST", "/v1/runs", content=body, headers=headers))

    def run(self, run: str) -> RunInfo:
        """A run as it stands."""
        return cast("RunInfo", self._asked("GET", f"/v1/runs/{run}"))

    def runs(self, state: RunState | None = None) -> Iterator[RunInfo]:
        """All runs of the key, the latest first, fetched page by page."""
        query: dict[str, str] = {} if state is None else {"state": state}
        while True:
            page = self._asked("GET", "/v1/runs", params=query)
            yield from page["runs"]
            if page["next_page_token"] is None:
                return
            query["page_token"] = page["next_page_token"]

    def wait(self, run: str, seconds: float = 600.0) -> RunInfo:
        """The run once it has ended.

        Raises:
            TimeoutError: where it has not ended within ``seconds``.
        """
        until = time.monotonic() + seconds
        while True:
            left = until - time.monotonic()
            some = max(1, int(min(LONGEST_WAIT, left)))
            timeout = _limits(max(self._timeout, some + LONGEST_WAIT))
            headers = {"Prefer": f"wait={some}"}
            found = cast("RunInfo", self._asked("GET", f"/v1/runs/{run}", headers=headers, timeout=timeout))
            if found["state"] in ENDED:
                return found
            if left <= 0:
                raise TimeoutError(f"run {run} has not ended within {seconds:g} s")

    def watch(self, run: str, after: int = 0) -> Generator[ServiceEvent]:
        """Events of a run as they come, until it has ended; a server that starts again costs none of them.

        Parameters:
            after: number of an event; only later ones are told.
        """
        lost_at: float | None = None
        while True:
            headers = {"Accept": EVENTS, "Last-Event-ID": str(after)}
            try:
                with self._http.stream(
                    "GET", f"/v1/runs/{run}/events", headers=headers, timeout=_limits(SILENCE)
                ) as response:
                    if response.status_code == 204:  # it has told all
                        return
                    if response.status_code != 200 or not response.headers.get("content-type", "").startswith(EVENTS):
                        response.read()
                        raise _refused(response)
                    lost_at = None
                    for event in _events(response.iter_lines()):
                        after = event.number
                        yield event
                        if event.name == "finished":
                            return
            except (*LOST, ServiceError) as error:
                if isinstance(error, ServiceError) and error.status not in BUSY:
                    raise
                lost_at = time.monotonic() if lost_at is None else lost_at
                if time.monotonic() - lost_at > self._patience:
                    raise
            time.sleep(AGAIN)

    def plan(self, run: str) -> Plan:
        """The best plan so far; it is checked once the run has succeeded. ServiceError 409 before the first."""
        response = self._answered("GET", f"/v1/runs/{run}/plan")
        try:
            return Plan.model_validate_json(response.content)
        except ValidationError:
            raise ServiceError(response.status_code, {"detail": "the answer is no plan of this program's"}) from None

    def tables(self, run: str) -> bytes:
        """The same plan as a zip of CSV tables: orders, rents, upgrades, placements, indicators."""
        return self._answered("GET", f"/v1/runs/{run}/plan", params={"format": "csv"}).content

    def report(self, run: str) -> dict[str, Any]:
        """What `ampacity solve` writes to run.json: proof, cost by term, report. ServiceError 409 before the end."""
        return dict(self._asked("GET", f"/v1/runs/{run}/report"))

    def log(self, run: str, offset: int = 0) -> bytes:
        """The log of the solver from a byte on."""
        return self._answered("GET", f"/v1/runs/{run}/log", params={"offset": offset}).content

    def stop(self, run: str) -> RunInfo:
        """Asks a run to end and to keep its plan."""
        return cast("RunInfo", self._asked("POST", f"/v1/runs/{run}/stop"))

    def cancel(self, run: str) -> RunInfo:
        """Ends a run at once; the best plan that it has told of stays."""
        return cast("RunInfo", self._asked("POST", f"/v1/runs/{run}/cancel"))

    def delete(self, run: str) -> None:
        """Removes a run that has ended."""
        self._answered("DELETE", f"/v1/runs/{run}")

    def compare(self, a: str, b: str) -> ComparedRuns:
        """What differs between two runs that have succeeded."""
        return cast("ComparedRuns", self._asked("POST", "/v1/compare", content=_members(a=a, b=b)))

    def validate(self, instance: Instance | Mapping[str, Any] | str, scenario: str | None = None) -> Validation:
        """What is odd about an instance, as it stands or in one of its scenarios."""
        body = _members(_instance(instance), **_given(scenario=scenario))
        return cast("Validation", self._asked("POST", "/v1/validate", content=body))

    def check(
        self, instance: Instance | Mapping[str, Any] | str, plan: Plan | Mapping[str, Any], scenario: str | None = None
    ) -> Checked:
        """Whether a plan holds, and what it costs."""
        tree = plan.model_dump(mode="json", by_alias=True) if isinstance(plan, Plan) else plan
        body = _members(_instance(instance), plan=tree, **_given(scenario=scenario))
        return cast("Checked", self._asked("POST", "/v1/check", content=body))

    def _asked(self, method: str, path: str, **more: Any) -> Any:
        response = self._answered(method, path, **more)
        try:
            return response.json()
        except ValueError:
            raise ServiceError(response.status_code, {"detail": "the answer is not JSON"}) from None

    def _answered(self, method: str, path: str, **more: Any) -> httpx.Response:
        if more.get("content") is not None:
            more["headers"] = {"Content-Type": "application/json", **more.get("headers", {})}
        until, was_lost = time.monotonic() + self._patience, False
        while True:
            pause = AGAIN
            try:
                response = self._http.request(method, path, **more)
            except LOST:
                if time.monotonic() + pause > until:
                    raise
                was_lost = True
            else:
                if response.is_success or (method == "DELETE" and response.status_code == 404 and was_lost):
                    return response
                pause = _pause(response)
                if response.status_code not in BUSY or time.monotonic() + pause > until:
                    raise _refused(response)
            time.sleep(pause)


def _limits(seconds: float) -> httpx.Timeout:
    return httpx.Timeout(seconds, connect=min(seconds, CONNECTING))


def _pause(response: httpx.Response) -> float:
    """Seconds until the next try, as the service asks for them."""
    asked = response.headers.get("retry-after", "")
    return max(AGAIN, float(asked)) if asked.isdecimal() else AGAIN


def _refused(response: httpx.Response) -> ServiceError:
    try:
        document = response.json()
    except ValueError:
        document = {}
    return ServiceError(response.status_code, document if isinstance(document, dict) else {})


def _events(lines: Iterable[str]) -> Iterator[ServiceEvent]:
    """The events in the lines of a stream; one that was cut off is none."""
    fields: dict[str, str] = {}
    for line in lines:
        if line:
            name, _, value = line.partition(":")
            value = value.removeprefix(" ")
            fields[name] = f"{fields['data']}\n{value}" if name == "data" and name in fields else value
            continue
        if "data" in fields:
            try:
                document = json.loads(fields["data"])
                event = ServiceEvent(int(fields["id"]), document["event"], document)
            except (ValueError, KeyError, TypeError):
                raise ServiceError(200, {"detail": "the stream holds what is no event of a run"}) from None
            yield event
        fields = {}


def _json(tree: Instance | Mapping[str, Any]) -> bytes:
    return canonical(tree) if isinstance(tree, Instance) else json.dumps(dict(tree), allow_nan=False).encode()


def _instance(given: Instance | Mapping[str, Any] | str) -> bytes:
    """The member of a body that names an instance."""
    if isinstance(given, str):
        return b'"instance_sha256": ' + json.dumps(given).encode()
    return b'"instance": ' + _json(given)


def _members(*ready: bytes, **more: Any) -> bytes:
    """A body of members, of which some are JSON already."""
    others = (
        json.dumps(name).encode() + b": " + json.dumps(value, allow_nan=False).encode() for name, value in more.items()
    )
    return b"{" + b", ".join([*ready, *others]) + b"}"


def _given(**more: Any) -> dict[str, Any]:
    return {name: value for name, value in more.items() if value is not None}
