"""What is inside: solver children without secrets and within limits, the log, the metrics."""

from __future__ import annotations

import json
import resource
import time
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import pytest
from prometheus_client.parser import text_string_to_metric_families

from instances.generator import generate
from models.instance import canonical
from tests.http.calls import INSTANCE, SHORT, calling, ended, logged, submitted
from tests.service.running import Running, running

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx

pytestmark = pytest.mark.wall_clock

SECRET = "SECRETMARKER7"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A server with a worker in it, whose environment is full of secrets."""
    folder = tmp_path_factory.mktemp("data")
    settings = {
        "AMPACITY_DATABASE_URL": f"sqlite:///{folder}/{SECRET}.sqlite3",
        "PGPASSWORD": SECRET,
        "AWS_SECRET_ACCESS_KEY": SECRET,
        f"X_{SECRET}": "1",
    }
    with running("serve", folder, "--slots", "1", settings=settings) as found:
        yield found


@pytest.fixture(scope="module")
def client(server: Running) -> Iterator[httpx.Client]:
    """Asks the server."""
    with calling(server) as found:
        yield found


def _metrics(client: httpx.Client) -> dict[str, float]:
    """Every sample by its name and labels."""
    text = client.get("/metrics").text
    return {
        f"{sample.name}{json.dumps(sample.labels) if sample.labels else ''}": sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_solver_children_hold_no_secret_and_have_limits(client: httpx.Client, server: Running) -> None:
    """Neither environment nor arguments of the processes of a run tell of the database; the system limits them."""
    body = {"instance": json.loads(canonical(generate("XS", 2))), "options": {"time_limit_seconds": 60, "gap": 0}}
    run = client.post("/v1/runs", json=body).json()["id"]
    while client.get(f"/v1/runs/{run}").json()["holds"] == "none":
        time.sleep(0.1)
    whole = psutil.Process(server.process.pid).children(recursive=True)
    (child,) = [one for one in whole if "api.runs.child" in one.cmdline()]
    seen = [child, *child.children(recursive=True)]
    assert len(seen) > 1  # a solver is at work
    for one in seen:
        environment = Path(f"/proc/{one.pid}/environ").read_bytes()
        assert b"PATH=" in environment
        assert SECRET.encode() not in environment + Path(f"/proc/{one.pid}/cmdline").read_bytes()
        assert b"AMPACITY_DATABASE_URL" not in environment
        files, _ = psutil.Process(one.pid).rlimit(resource.RLIMIT_NOFILE)
        data, most_data = psutil.Process(one.pid).rlimit(resource.RLIMIT_DATA)
        seconds, _ = psutil.Process(one.pid).rlimit(resource.RLIMIT_CPU)
        assert files <= 1024
        assert 0 < data == most_data < 20e9
        assert 60 <= seconds < 3600 * 24
        assert psutil.Process(one.pid).rlimit(resource.RLIMIT_CORE) == (0, 0)
        assert not [file for file in one.open_files() if SECRET in file.path]
    assert client.post(f"/v1/runs/{run}/cancel").status_code == 202
    assert ended(client, run)["state"] == "cancelled"
    _, alive = psutil.wait_procs(seen, timeout=5)
    assert not alive


def test_metrics_move_as_they_should(client: httpx.Client) -> None:
    """They parse; a run that succeeds counts once, in its state, its seconds and its gap; workers live."""
    before = _metrics(client)
    run = submitted(client, SHORT)
    done = ended(client, run)
    after = _metrics(client)
    state = f"ampacity_runs{json.dumps({'state': 'succeeded', 'stopped': done['stopped']})}"
    assert after[state] == before.get(state, 0) + 1
    assert after["ampacity_solve_seconds_count"] == before["ampacity_solve_seconds_count"] + 1
    added = after["ampacity_solve_seconds_sum"] - before["ampacity_solve_seconds_sum"]
    assert added == pytest.approx(done["seconds"], abs=0.01)
    assert after["ampacity_gap_count"] == before["ampacity_gap_count"] + 1
    everything = 'ampacity_gap_bucket{"le": "+Inf"}'
    assert after[everything] == after["ampacity_gap_count"]
    assert after["ampacity_kills_total"] == 0
    assert after["ampacity_queue_age_seconds"] == 0
    (beats,) = [name for name in after if name.startswith("ampacity_worker_beats_total")]
    assert after[beats] >= before.get(beats, 0)


def test_the_log(client: httpx.Client, server: Running) -> None:
    """Every line is JSON; a request has its id, route, status and run, and what a worker does has its run."""
    run = submitted(client, SHORT)
    ended(client, run)
    answer = client.get(f"/v1/runs/{run}/plan")
    client.post("/v1/validate", json={"instance": INSTANCE})
    time.sleep(0.3)
    lines = logged(server)
    (line,) = [line for line in lines if line.get("request") == answer.headers["x-request-id"]]
    assert (line["event"], line["method"], line["route"]) == ("request", "GET", "/v1/runs/{run}/plan")
    assert (line["status"], line["run"], line["key"], line["level"]) == (200, run, "local", "info")
    (posted,) = [line for line in lines if line.get("run") == run and line.get("method") == "POST"]
    assert posted["status"] == 202
    told = [line["event"] for line in lines if line.get("run") == run and "request" not in line]
    assert told == ["run claimed", "run ended"]
    assert SECRET not in "".join(server.lines)
