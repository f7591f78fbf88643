"""The client against a real service: every method, answers as their types say, a stream across a restart."""

from __future__ import annotations

import io
import threading
import zipfile
from contextlib import closing
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from api.answer_types import Checked, ComparedRuns, InstanceInfo, ProblemInfo, RunInfo, ServiceEvent, Validation
from api.client import Client, ServiceError
from models.files import read_instance
from models.instance import Instance, canonical
from tests.service.running import ROOT, Running, running

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.wall_clock

QUICK = {"time_limit_seconds": 20, "gap": 0.05}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A server that carries out two runs at once."""
    with running("serve", tmp_path_factory.mktemp("data"), "--slots", "2") as found:
        yield found


@pytest.fixture(scope="module")
def client(server: Running) -> Iterator[Client]:
    """A client of it."""
    with server.client() as found:
        yield found


@pytest.fixture(scope="module")
def instance() -> Instance:
    """The instance that `ampacity init` writes."""
    return instance_of("starter")


def instance_of(name: str) -> Instance:
    """A named instance."""
    (path,) = (ROOT / "instances").glob(f"{name}.*")
    return read_instance(path.read_bytes(), path.name).instance


def first_plan(client: Client, run: str) -> None:
    """Waits until a run has told of a plan."""
    with closing(client.watch(run)) as events:
        next(event for event in events if event.name == "incumbent")


def is_shaped(document: Any, kind: Any) -> bool:
    """Whether a document has the members of its type, and no others."""
    return set(document) == set(kind.__annotations__)


@pytest.mark.slow
def test_a_planning_round(server: Running, client: Client, instance: Instance) -> None:
    """Upload, validate, submit twice, wait, plan, check, tables, report, log, compare: typed, and of one mind."""
    sha256 = client.upload(instance)
    assert sha256 == instance.sha256
    kept = httpx.get(f"{server.url}/v1/instances/{sha256}").content
    assert kept == canonical(instance)
    (uploaded,) = client.instances()
    assert is_shaped(uploaded, InstanceInfo) and uploaded["instance_sha256"] == sha256
    valid = client.validate(sha256)
    assert is_shaped(valid, Validation) and valid == client.validate(instance) == {"errors": [], "warnings": []}
    first = client.submit(sha256, QUICK, idempotency_key="first")
    assert client.submit(sha256, QUICK, idempotency_key="first")["id"] == first["id"]
    second = client.submit(instance, QUICK | {"without": ["power"]})
    assert [run["id"] for run in client.runs()] == [second["id"], first["id"]]
    done = client.wait(first["id"])
    assert is_shaped(done, RunInfo) and (done["state"], done["holds"]) == ("succeeded", "plan")
    plan = client.plan(first["id"])
    assert plan.instance_sha256 == sha256
    checked = client.check(sha256, plan)
    assert is_shaped(checked, Checked) and checked["ok"]
    assert checked["cost_usd"] == pytest.approx(done["objective_usd"], abs=0.01)
    assert client.check(instance, plan.model_dump(mode="json", by_alias=True)) == checked
    with zipfile.ZipFile(io.BytesIO(client.tables(first["id"]))) as tables:
        orders = tables.read("orders.csv").decode().splitlines()
    assert len(orders) == 1 + len(client.report(first["id"])["report"]["orders"])
    log = client.log(first["id"])
    assert log and client.log(first["id"], 10) == log[10:] and client.log(first["id"], len(log) + 5) == b""
    assert client.wait(second["id"])["state"] == "succeeded"
    compared = client.compare(first["id"], second["id"])
    assert is_shaped(compared, ComparedRuns)
    assert [compared["a"]["name"], compared["b"]["name"]] == [first["id"], second["id"]]
    assert [entry["place"] for entry in compared["options"]] == ["without"]
    assert [run["id"] for run in client.runs("succeeded")] == [second["id"], first["id"]]
    client.delete(second["id"])
    with pytest.raises(ServiceError, match="404: no such run"):
        client.run(second["id"])


def test_what_is_odd_is_typed(client: Client) -> None:
    """A warning of `validate` has the members of its type."""
    tree = instance_of("starter").model_dump(mode="json", by_alias=True)
    tree["operators"].append({"id": "nobody", "home_country": "NL"})
    (warning, *_) = client.validate(tree)["warnings"]
    assert is_shaped(warning, ProblemInfo)


@pytest.mark.slow
def test_a_run_is_stopped_and_one_is_cancelled(client: Client) -> None:
    """`stop` keeps the plan of a run that goes on otherwise; `cancel` ends one that waits or runs."""
    long = {"time_limit_seconds": 600, "gap": 0.0}
    sha256 = client.upload(instance_of("quickstart"))
    stopped, cancelled = client.submit(sha256, long), client.submit(sha256, long)
    first_plan(client, stopped["id"])
    assert client.stop(stopped["id"])["state"] == "running"
    client.cancel(cancelled["id"])
    ended = client.wait(stopped["id"], 60)
    assert (ended["state"], ended["stopped"], ended["holds"]) == ("succeeded", "stopped", "plan")
    assert client.wait(cancelled["id"], 60)["state"] == "cancelled"


def test_refusals_name_their_places(client: Client, instance: Instance) -> None:
    """All that is wrong comes at once, by pointers into the body that the client has made."""
    with pytest.raises(ServiceError) as caught:
        client.submit(instance, {"gap": 2, "time_limit": 60})
    assert sorted(fault["pointer"] for fault in caught.value.errors) == ["/options/gap", "/options/time_limit"]
    with pytest.raises(ServiceError) as caught:
        client.upload({"schema": "ampacity/instance/1", "sites": 3})
    assert caught.value.status == 422 and len(caught.value.errors) > 3
    with pytest.raises(ServiceError, match="404"):
        client.submit("0" * 64)


def test_an_instance_in_place_of_a_body_is_told_in_a_sentence(server: Running, instance: Instance) -> None:
    """One error that says where to put it, not one for each of its fields."""
    headers = {"Content-Type": "application/json"}
    for path in ("runs", "validate", "check", "report"):
        answer = httpx.post(f"{server.url}/v1/{path}", content=canonical(instance), headers=headers)
        assert answer.status_code == 422
        (error,) = answer.json()["errors"]
        assert error["pointer"] == "" and "put it into a field `instance`" in error["rule"]


@pytest.mark.slow
def test_a_stream_goes_on_across_a_restart(tmp_path: Path) -> None:
    """The server is killed with all it has started while somebody watches: every event comes once, in order, and the
    run ends with a plan that holds.
    """
    instance, events = instance_of("small"), list[ServiceEvent]()
    with running("serve", tmp_path, "--slots", "1") as server, server.client() as client:
        run = client.submit(instance, {"time_limit_seconds": 5, "gap": 0.0})["id"]
        watching = threading.Thread(target=lambda: events.extend(client.watch(run)))
        watching.start()
        first_plan(client, run)
        server.kill_all()
        with running("serve", tmp_path, "--slots", "1", "--port", port_of(server)):
            watching.join(60)
            assert not watching.is_alive()
            done = client.run(run)
            checked = client.check(instance, client.plan(run))
    assert [event.number for event in events] == list(range(1, len(events) + 1))
    assert [event.name for event in events].count("started") == 2 == done["attempts"]
    assert events[-1].name == "finished"
    assert done["state"] == "succeeded" and checked["ok"]


def test_an_end_lets_listeners_go(tmp_path: Path) -> None:
    """SIGTERM while somebody watches and somebody waits: over within five seconds, the run back in the queue, with no
    kill to its name.
    """
    with running("serve", tmp_path, "--slots", "1") as server, server.client() as client:
        run = client.submit(instance_of("small"), {"time_limit_seconds": 60, "gap": 0.0})["id"]
        watching = threading.Thread(target=lambda: list(client.watch(run)))
        waiting = threading.Thread(target=client.wait, args=(run, 90.0))
        for one in (watching, waiting):
            one.start()
        with closing(client.watch(run)) as events:
            next(events)
        server.process.terminate()
        assert server.process.wait(timeout=5.0) == 0, "".join(server.lines)
        with running("serve", tmp_path, "--slots", "0", "--port", port_of(server)) as again:
            assert client.run(run)["state"] == "queued"
            assert "ampacity_kills_total 0.0" in httpx.get(f"{again.url}/metrics").text
            assert client.cancel(run)["state"] == "cancelled"
            for one in (watching, waiting):
                one.join(10)
                assert not one.is_alive()
    assert not any("Traceback" in line or "Warning" in line for line in server.lines), "".join(server.lines)


def port_of(server: Running) -> str:
    """Where a server listens."""
    return server.url.rpartition(":")[2]
