"""Acceptance: a batch against an earlier one, cell by cell, within thresholds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Literal
from xml.etree import ElementTree as ET

from pydantic import Field

from api.batch.stored import CellPair, JournalLine, paired, read_batch
from models.errors import InputError
from models.files.load import tree_of
from models.files.source import open_source
from models.values import Tree

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

Limit = Annotated[float, Field(ge=0, strict=True)]
MORE_IS_BETTER = ("headroom_mw",)
Verdict = Literal["passed", "failed", "missing", "new"]


class Threshold(Tree):
    """By how much a figure may be worse than in the baseline: ``relative`` to it, and ``absolute`` on top."""

    relative: Limit = Field(0.0, description="share of the baseline")
    absolute: Limit = Field(0.0, description="in the unit of the figure, on top")


class Thresholds(Tree):
    """The figures that are compared; those left out are not."""

    cost_usd: Threshold | None = Field(None, description="cost of the plan, USD")
    unserved_share: Threshold | None = Field(None, description="share of the demand that is not served")
    dropped_value_share: Threshold | None = Field(None, description="share of the value of trainings that never run")
    late_days: Threshold | None = Field(None, description="days by which trainings and services are late, all together")
    headroom_mw: Threshold | None = Field(None, description="power left in the tightest period of our sites")
    gap: Threshold | None = Field(None, description="relative gap between plan and bound")
    seconds: Threshold | None = Field(None, description="seconds that the run took")


@dataclass(frozen=True)
class Finding:
    """One figure of one cell. ``limit``: the worst value that passes."""

    cell: CellPair
    figure: str
    verdict: Verdict
    baseline: float | None = None
    value: float | None = None
    limit: float | None = None

    def document(self) -> dict[str, Any]:
        """The finding as JSON."""
        return {
            **self.cell.coordinates,
            "figure": self.figure,
            "verdict": self.verdict,
            "baseline": self.baseline,
            "value": self.value,
            "limit": self.limit,
        }

    def __str__(self) -> str:
        """One line."""
        if self.verdict == "missing":
            return f"{self.cell.name}: has no plan, but the baseline has one"
        words = f"{self.cell.name}: {self.figure} {_text(self.value)}, baseline {_text(self.baseline)}"
        return f"{words}, at {'least' if self.figure in MORE_IS_BETTER else 'most'} {_text(self.limit)}"


def read_thresholds(path: Path) -> Thresholds:
    """The thresholds in a YAML or JSON file.

    Raises:
        InputError: with everything that is wrong with it, by line.
    """
    source = open_source(str(path))
    if source.problems:
        raise InputError(list(source.problems))
    try:
        return tree_of(Thresholds, source.data)
    except InputError as error:
        raise InputError(source.located(error.problems)) from None


def accepted(folder: Path, baseline: Path, thresholds: Thresholds) -> list[Finding]:
    """Compares each cell that the baseline has a plan for; cells that are new to it are named.

    Raises:
        InputError: when either folder holds no batch.
    """
    findings: list[Finding] = []
    for pair in paired(read_batch(baseline), read_batch(folder)):
        findings += _of_cell(pair, thresholds)
    return findings


def _of_cell(pair: CellPair, thresholds: Thresholds) -> Iterator[Finding]:
    if pair.a is None or pair.a["holds"] == "none":
        yield Finding(pair, "plan", "new")
        return
    if pair.b is None or pair.b["holds"] == "none":
        yield Finding(pair, "plan", "missing")
        return
    for name in Thresholds.model_fields:
        threshold: Threshold | None = getattr(thresholds, name)
        if threshold is not None:
            yield _judged(pair, name, threshold, _value(pair.a, name), _value(pair.b, name))


def _judged(pair: CellPair, name: str, threshold: Threshold, before: float | None, after: float | None) -> Finding:
    if before is None:
        return Finding(pair, name, "passed", before, after)
    sign = -1.0 if name in MORE_IS_BETTER else 1.0
    limit = before + sign * (threshold.relative * abs(before) + threshold.absolute)
    good = after is not None and sign * after <= sign * limit + 1e-9 * max(1.0, abs(limit))
    return Finding(pair, name, "passed" if good else "failed", before, after, limit)


def _value(line: JournalLine, name: str) -> float | None:
    value = line.get("objective_usd" if name == "cost_usd" else name)
    return None if value is None else float(value)


def junit(findings: list[Finding], name: str) -> bytes:
    """The findings in the format of JUnit, which every CI service reads."""
    failed = sum(finding.verdict in ("failed", "missing") for finding in findings)
    new = sum(finding.verdict == "new" for finding in findings)
    suite = ET.Element(
        "testsuite", name=name, tests=str(len(findings)), failures=str(failed), skipped=str(new), errors="0"
    )
    for finding in findings:
        case = ET.SubElement(suite, "testcase", classname=finding.cell.name, name=finding.figure)
        if finding.verdict in ("failed", "missing"):
            ET.SubElement(case, "failure", message=str(finding))
        elif finding.verdict == "new":
            ET.SubElement(case, "skipped", message="not in the baseline, or without a plan there")
    return bytes(ET.tostring(suite, encoding="utf-8", xml_declaration=True))


def _text(value: float | None) -> str:
    return "none" if value is None else f"{value:,.6g}"
