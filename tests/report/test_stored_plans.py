"""A plan that lies in a file is reported without a search, as the run that made it reported it."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from models.errors import InputError
from models.files import save
from models.instance import Instance, canonical
from models.plan import Plan
from solver.report.report import report
from tests.check.small import JANUARY, Tree, edited, hourly, offer, service, small, training
from tests.formulation.solved import best
from tests.report.test_report import KEYS, backed
from tests.report.told import reported

if TYPE_CHECKING:
    from pathlib import Path

GANG = [{"id": "w", "accelerator": "h", "nodes": 5.0, "hours": 744.0}]


def everything() -> Tree:
    """A run, a service with a promise that is kept in part, an order and nodes on demand."""
    tree = backed(10.0) | {
        "training": [training("train", ways=GANG)],
        "offers": [hourly(), offer("buy", sites=["own"])],
    }
    return edited(tree, "regions", 1, provider="aws")


def ended(*words: str) -> subprocess.CompletedProcess[str]:
    """The command `report`."""
    return subprocess.run(
        [sys.executable, "-m", "api.cli", "report", *words], capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """An instance and its best plan, as files."""
    folder = tmp_path_factory.mktemp("stored")
    result = best(everything())
    assert result.plan is not None
    save(Instance.model_validate(everything()), folder / "instance.json")
    (folder / "plan.json").write_bytes(canonical(result.plan))
    return folder / "instance.json", folder / "plan.json"


def test_it_says_what_the_run_said(stored: tuple[Path, Path]) -> None:
    """Data and text are alike, but for how good the plan is and for causes that only a proof can give."""
    of_run, text = reported(everything())
    done = ended(*map(str, stored), "--format", "json")
    found, said = json.loads(done.stdout), of_run.document()
    assert done.returncode == 0 and set(found) == KEYS
    for key in KEYS - {"warnings", "late", "dropped", "services"}:
        assert found[key] == json.loads(json.dumps(said[key])), key
    lines = ended(*map(str, stored)).stdout.splitlines()
    assert [line for line in lines if line.startswith(("SIGN", "  total"))] == [
        line for line in text.splitlines() if line.startswith(("SIGN", "  total"))
    ]
    assert "  checked: the plan keeps every family" in lines
    assert not any("above the best possible" in line for line in lines)


def test_services_and_sites_of_a_report() -> None:
    """20 of the 80 of 100 tokens/s that are promised survive the loss of `own`, which serves all of it on one node of
    four.
    """
    found = report(Instance.model_validate(backed(10.0)), plan_of(backed(10.0)))
    (chat,) = found.services
    assert (chat.workload, chat.opens, chat.days_late, chat.sites) == ("chat", JANUARY, 0, ("own",))
    assert [chat.served, chat.promised, chat.kept] == [1.0, pytest.approx(0.8), pytest.approx(0.2)]
    assert [broken.domain for broken in chat.promises_not_kept] == ["site:own"]
    own = next(site for site in found.sites if site.site == "own")
    assert [own.nodes_on, own.trainings, own.services] == [pytest.approx(1.0), 0, 1]
    assert own.least is not None and own.least.power is not None
    assert [left.period for left in own.left] == [JANUARY]
    assert own.left[0].power_mw == pytest.approx(own.least.power.left)


def test_cash_by_term() -> None:
    """What is paid in a year is the sum of its terms."""
    found = report(Instance.model_validate(everything()), plan_of(everything()))
    for cash in found.cash:
        assert sum(cash.by_term.values()) == pytest.approx(cash.paid)
    assert {term for cash in found.cash for term in cash.by_term} >= {"energy"}


def test_a_plan_that_breaks_a_limit_is_reported_with_it(stored: tuple[Path, Path], tmp_path: Path) -> None:
    """Exit 8, the breaches in the document, the first of them in the text."""
    tree = json.loads(stored[1].read_text())
    tree["powered"] = []
    broken = tmp_path / "plan.json"
    broken.write_text(json.dumps(tree))
    done = ended(str(stored[0]), str(broken), "--format", "json")
    assert done.returncode == 8
    assert {breach["family"] for breach in json.loads(done.stdout)["breaches"]} >= {"capacity"}
    assert "CHECK FAILED" in ended(str(stored[0]), str(broken)).stdout


@pytest.mark.parametrize(
    ("field", "entry", "place"),
    [
        ("orders", {"offer": "none", "pool": "own-h", "serves_from": JANUARY, "lots": 1, "place_by": JANUARY},
         "orders[0].offer"),
        ("training", {"workload": "train", "pool": "own-h", "mode": "full", "way": "w", "period": "2027-02-01",
                      "copies": 1},
         "training[0].period"),
        ("serve", {"workload": "chat", "metro": "y", "site": "own", "demand": [1.0]}, "serve[0].metro"),
        ("takeover", {"workload": "chat", "catchment": "x", "domain": "site:nowhere", "site": "own", "demand": [1.0]},
         "takeover[0].domain"),
    ],
)  # fmt: skip
def test_a_plan_that_does_not_fit_is_refused(field: str, entry: Tree, place: str) -> None:
    """It names what the instance does not have: the place in the plan, and no traceback."""
    with pytest.raises(InputError) as caught:
        report(Instance.model_validate(everything()), Plan.model_validate({field: [entry]}))
    assert place in [problem.place for problem in caught.value.problems]


def test_a_run_that_may_not_begin_there_is_refused() -> None:
    """Every name is there, but the law keeps the run out: the training, and where to look."""
    instance = small(training=[training("train", data_class="secret")])
    instance["policy"] = {"data_rules": [{"data_class": "secret", "permitted": ["FR"]}]}
    run = {"workload": "train", "pool": "own-h", "mode": "full", "way": "w", "period": JANUARY, "copies": 1}
    with pytest.raises(InputError) as caught:
        report(Instance.model_validate(instance), Plan.model_validate({"training": [run]}))
    (problem,) = caught.value.problems
    assert (problem.place, problem.value) == ("training[0]", "train") and "ampacity check" in problem.fix


def test_the_command_names_the_file(stored: tuple[Path, Path], tmp_path: Path) -> None:
    """Of a plan for another instance: exit 3, and the file of the plan in the message."""
    other = tmp_path / "other.json"
    save(Instance.model_validate(edited(small(inference=[service("talk")]), "regions", 1, provider="aws")), other)
    done = ended(str(other), str(stored[1]))
    assert done.returncode == 3 and "plan.json" in done.stderr and "Traceback" not in done.stderr


def test_a_flag_stands_in_no_file(stored: tuple[Path, Path]) -> None:
    """A family that is none is the fault of the command, not of the plan."""
    (error,) = json.loads(ended(*map(str, stored), "--without", "gravity", "--format", "json").stdout)["errors"]
    assert (error["place"], error["file"]) == ("--without", None)


def test_another_instance_is_warned_of(stored: tuple[Path, Path], tmp_path: Path) -> None:
    """Where the plan fits all the same, its hash is said to differ."""
    other = tmp_path / "other.json"
    save(Instance.model_validate(edited(everything(), "accelerators", 0, life_months=70.0)), other)
    done = ended(str(other), str(stored[1]))
    assert done.returncode == 0 and "its hash differs" in done.stdout


def plan_of(tree: Tree) -> Any:
    """Its best plan."""
    return best(tree).plan
