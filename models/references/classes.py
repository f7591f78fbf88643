"""Data classes: who names them, and where."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from models.instance import Instance

Named = tuple[str, str]  # place, class


@dataclass(frozen=True)
class Classes:
    """Places that name a data class: in workloads, in datasets, and in rules, approvals and conditions."""

    workloads: list[Named]
    datasets: list[Named]
    rules: list[Named]
    approvals: list[Named]
    conditions: list[Named]

    @property
    def everywhere(self) -> list[Named]:
        """All of them."""
        return [*self.rules, *self.approvals, *self.conditions, *self.datasets, *self.workloads]

    @property
    def used(self) -> set[str]:
        """The classes that some workload or dataset has."""
        return {name for _, name in (*self.workloads, *self.datasets)}


def classes_of(instance: Instance) -> Classes:
    """Find all places in an instance that name a data class."""
    return Classes(
        workloads=list(_of_workloads(instance)),
        datasets=[(f"datasets[{i}].data_class", dataset.data_class) for i, dataset in enumerate(instance.datasets)],
        rules=[(f"policy.data_rules[{i}].data_class", x.data_class) for i, x in enumerate(instance.policy.data_rules)],
        approvals=[
            (f"sites[{i}].approvals[{j}].data_class", approval.data_class)
            for i, site in enumerate(instance.sites)
            for j, approval in enumerate(site.approvals)
        ],
        conditions=[
            (f"sites[{i}].conditions_met[{j}]", name)
            for i, site in enumerate(instance.sites)
            for j, name in enumerate(site.conditions_met)
        ],
    )


def _of_workloads(instance: Instance) -> Iterator[Named]:
    for i, job in enumerate(instance.training):
        yield f"training[{i}].data_class", job.data_class
        if job.artefact_class is not None:
            yield f"training[{i}].artefact_class", job.artefact_class
    for i, service in enumerate(instance.inference):
        yield f"inference[{i}].data_class", service.data_class
        if service.log_class is not None:
            yield f"inference[{i}].log_class", service.log_class
        for j, line in enumerate(service.demand):
            if line.data_class is not None:
                yield f"inference[{i}].demand[{j}].data_class", line.data_class
