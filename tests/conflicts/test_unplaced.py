"""What no place may ever take is told, also where the instance has a price for it: each with an instance where it has
one.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from models.files import save
from models.instance import Instance
from solver.conflicts.unplaced import NO_LAUNCH, NO_POOL, NO_ROOM, NO_SITE, NO_TAKEOVER, unplaced
from solver.tables.tables import candidates_of
from tests.check.small import FEBRUARY, JANUARY, Tree, edited, offer, policy, service, site, small, training, upgrade

if TYPE_CHECKING:
    from models.errors import Problem

ROOT = Path(__file__).parents[2]
LAW = {"data_rules": [{"data_class": "plain", "permitted": ["FR"]}]}
PROMISE = {"share": 0.5, "kind": "region"}
BOTH = {"offers": [offer("buy")]}


def said(tree: Tree) -> list[Problem]:
    """The warnings of an instance."""
    return unplaced(candidates_of(Instance.model_validate(tree)))


def gang(nodes: float) -> list[Tree]:
    """A training on so many nodes."""
    return [training("train", ways=[{"id": "w", "accelerator": "h", "nodes": nodes, "hours": 100.0}])]


def forbidden(*pools: str) -> Tree:
    """Pins that keep the training out of pools."""
    return policy(pins=[{"what": "forbid", "workload": "train", "pool": pool} for pool in pools])


def promising(**more: Any) -> Tree:
    """A service that promises to survive the loss of a region, and nodes for it in both."""
    return small(inference=[service("chat", promises=[PROMISE], **more)], offers=[offer("buy")])


OTHER = small()["accelerators"][0] | {"id": "other"}
OTHER_WAY = {"id": "w", "accelerator": "other", "nodes": 2.0, "hours": 100.0}
SERVED = small(inference=[service("chat")])
TRAINED = small(training=[training("train")])
LONG = training("long", ways=[{"id": "w", "accelerator": "h", "nodes": 2.0, "hours": 3000.0}])
WAITING = [service("chat", after="long")]

# (an instance that has it, its place, its kind, part of what is said, an instance like it that has it not)
CASES: dict[str, tuple[Tree, str, str, str, Tree]] = {
    "a training that the law keeps out": (
        TRAINED | {"policy": policy(**LAW)}, "training[0]", NO_POOL, "no pool may ever take it: 3 sovereignty",
        TRAINED),
    "a training that no offer comes in time for": (
        edited(TRAINED, "pools", 0, nodes=0)
        | {"offers": [offer("buy", lead_time_weeks={"low": 30, "likely": 30, "high": 30})]},
        "training[0]", NO_POOL, "1 no-offer, 2 too-late (order by", edited(TRAINED, "pools", 0, nodes=0)),
    "a training on an accelerator that no pool holds": (
        edited(small(training=[training("train", ways=[OTHER_WAY])], accelerators=[*small()["accelerators"], OTHER],
                     offers=[offer("buy", sites=["own", "far"],
                                   lead_time_weeks={"low": 10, "likely": 10, "high": 10})]),
               "pools", 0, nodes=0),
        "training[0]", NO_POOL, "no pool may ever take it: 3 no-throughput", TRAINED),
    "a training whose dates leave no period": (
        small(training=[training("train", earliest_start="2027-05-01", due="2027-06-01")]), "training[0]", NO_POOL,
        "its dates leave no period to begin in",
        small(training=[training("train", earliest_start="2027-03-31", due="2027-06-01")])),
    "a training that would end after the horizon": (
        small(training=[LONG]), "training[0]", NO_POOL, "it would end after the horizon",
        small(training=[LONG | {"due": "2027-08-01"}])),
    "a training that pins keep out of all": (
        TRAINED | {"policy": forbidden("own-h", "far-h", "cloud-h")}, "training[0]", NO_POOL, "3 pinned-elsewhere",
        TRAINED | {"policy": forbidden("own-h", "far-h")}),
    "some runs of a training that repeats": (
        small(training=[training("train", due="2027-01-31", latest_start="2027-01-20", repeats_every_months=1)],
              policy=policy(data_rules=[{"data_class": "plain", "permitted": ["FR"], "since": "2027-02-01"}])),
        "training[0]", NO_POOL, "in 2 of its 3 runs: 3 sovereignty",
        small(training=[training("train", due="2027-01-31", latest_start="2027-01-20", repeats_every_months=1)])),
    "a gang that is larger than every pool": (
        small(training=gang(21)), "training[0]", NO_ROOM,
        "its smallest gang has 21 nodes, and no pool has room for more than 20 (", small(training=gang(20))),
    "a gang that an upgrade makes room for": (
        small(training=gang(31), upgrades=[upgrade("wing", positions=[{"hall": "hall", "positions": 5}])]),
        "training[0]", NO_ROOM, "no pool has room for more than 30 (own-h)",
        small(training=gang(30), upgrades=[upgrade("wing", positions=[{"hall": "hall", "positions": 5}])])),
    "a service that is too far from all": (
        small(inference=[service("chat", latency_ms=9.0)]), "inference[0]", NO_SITE,
        "no site may ever serve it: 3 latency", SERVED),
    "a service in one of its metros": (
        edited(small(inference=[service("chat", demand=[{"metro": m, "demand": 9.0} for m in "xy"])]),
               "network", "round_trip_ms", y={"north": 500.0}),
        "inference[0].demand[1].metro", NO_SITE, "serve it in y: 3 latency",
        small(inference=[service("chat", demand=[{"metro": "x", "demand": 9.0}, {"metro": "y", "demand": 9.0}])])),
    "a service whose model no node can hold": (
        edited(SERVED, "profiles", 0, memory_gb=641.0), "inference[0]", NO_SITE, "3 memory",
        edited(SERVED, "profiles", 0, memory_gb=640.0)),
    "a launch after the horizon": (
        small(inference=[service("chat", launch="2027-04-01")]), "inference[0].launch", NO_LAUNCH, "after the horizon",
        small(inference=[service("chat", launch="2027-03-31")])),
    "a launch that waits for a training without a place": (
        small(training=[LONG], inference=WAITING), "inference[0].after", NO_LAUNCH,
        "waits for long, which no pool may ever take", small(training=[LONG | {"due": "2027-08-01"}],
                                                             inference=WAITING)),
    "a promise where all sites are in one region": (
        small(**BOTH, inference=[service("chat", promises=[PROMISE])],
              sites=[site("own", "north"), site("far", "north"), small()["sites"][2]]),
        "inference[0].promises[0]", NO_TAKEOVER, "no site outside the region that serves it may take over: 1 no-offer",
        promising()),
    "a promise that distance forbids": (
        promising(takeover_latency_ms=16.0, latency_ms=16.0), "inference[0].promises[0]", NO_TAKEOVER, "2 latency",
        promising(takeover_latency_ms=25.0, latency_ms=16.0)),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_what_has_no_place_is_told(case: str) -> None:
    """Once, with its place, its reasons counted and a way out; nothing of its kind where it has a place."""
    tree, place, kind, part, without = CASES[case]
    found = [warning for warning in said(tree) if warning.kind == kind]
    assert [warning.place for warning in found] == [place], found
    assert part in found[0].rule and found[0].fix, found[0]
    assert not [warning for warning in said(without) if warning.kind == kind]


def test_a_promise_of_a_day_to_come_is_judged_from_then_on() -> None:
    """The other region can be reached in January only, and the promise holds from February on."""
    since = [{**PROMISE, "since": FEBRUARY}]
    tree = edited(promising(), "inference", 0, promises=since)
    tree["sites"][1]["approvals"] = [{"data_class": "plain", "on": "2026-01-01", "until": "2027-01-31"}]
    tree["sites"][0]["approvals"] = [{"data_class": "plain", "on": "2026-01-01"}]
    assert [warning.kind for warning in said(tree)] == [NO_TAKEOVER]
    assert said(edited(tree, "sites", 1, approvals=[{"data_class": "plain", "on": JANUARY}])) == []


def command(*words: str) -> tuple[int, str, str]:
    """Exit code, stdout and stderr."""
    done = subprocess.run(
        [sys.executable, "-m", "api.cli", *words], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout, done.stderr


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An instance with a training that the law keeps out, a supplier that nobody asks and a horizon of three months."""
    path = tmp_path_factory.mktemp("odd") / "a.json"
    tree = TRAINED | {"policy": policy(**LAW), "suppliers": [*small()["suppliers"], {"id": "idle"}]}
    save(Instance.model_validate(edited(tree, "regions", 1, provider="aws")), path)
    return path


def test_validate_tells_both_kinds(file: Path) -> None:
    """What is odd by itself and what has no place, with file and line."""
    code, out, _ = command("validate", str(file), "--format", "json")
    warnings = json.loads(out)["warnings"]
    assert code == 0 and all(warning["file"] == str(file) and warning["line"] for warning in warnings)
    assert {"suppliers[2]", "training[0]"} <= {warning["place"] for warning in warnings}


def test_solve_repeats_them(file: Path, tmp_path: Path) -> None:
    """What is odd on stderr before the search, all at the end of the text.

    In JSON and in run.json with file and line.
    """
    out = tmp_path / "out"
    code, told, words = command("solve", str(file), "--time-limit", "20", "--gap", "0.1", "-o", str(out))
    assert code == 0 and any("suppliers[2]" in line for line in words.split("\n") if line.startswith("warning: "))
    _, _, repeated = told.partition("WARNINGS\n")
    assert "suppliers[2]" in repeated and "3 sovereignty" in repeated
    run = json.loads((out / "run.json").read_text())
    assert {"suppliers[2]", "training[0]"} <= {warning["place"] for warning in run["warnings"]}
    assert all(warning["file"] == str(file) and warning["line"] for warning in run["warnings"])
    code, told, words = command("solve", str(file), "--time-limit", "20", "--gap", "0.1", "--format", "json")
    assert code == 0 and "warning:" not in words and json.loads(told)["warnings"] == run["warnings"]
