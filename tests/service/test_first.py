"""The service in a line: submit, watch, fetch, compare."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from instances.generator import generate
from solver.check import check
from tests.service.running import Running, running

if TYPE_CHECKING:
    from collections.abc import Iterator

    from models.instance import Instance


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A server with a worker in it."""
    with running("serve", tmp_path_factory.mktemp("data"), "--slots", "1") as found:
        yield found


@pytest.fixture(scope="module")
def instance() -> Instance:
    """A small generated instance."""
    return generate("XS", 1)


def test_a_run_is_submitted_watched_and_fetched(server: Running, instance: Instance) -> None:
    """Its events come in order, its plan holds and costs what the run says."""
    with server.client() as client:
        run = client.submit(instance, {"time_limit_seconds": 10, "gap": 0.02})
        events = list(client.watch(run["id"]))
        assert [event.number for event in events] == list(range(1, len(events) + 1))
        assert (events[0].name, events[-1].name) == ("started", "finished")
        done = client.run(run["id"])
        assert (done["state"], done["holds"]) == ("succeeded", "plan")
        checked = check(instance, client.plan(run["id"]))
        assert not checked.breaches
        assert done["objective_usd"] == pytest.approx(float(checked.cost_usd), abs=0.01)
        assert client.report(run["id"])["objective_usd"] == done["objective_usd"]
