"""Network and law: where and when a data class may be."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from models.instance import Instance
from models.places import Site
from models.policy import DataRule
from solver.arrays import Bools
from solver.tables.axis import Axis


@dataclass(frozen=True, eq=False)
class Law:
    """Bool arrays [s,t] by data class: law allows it; law and security have approved it."""

    allowed: dict[str, Bools]
    approved: dict[str, Bools]

    def may_be(self, classes: Iterable[str]) -> Bools:
        """Sites and periods in which all of the classes are allowed and approved."""
        result: Bools | None = None
        for name in classes:
            here = self.allowed[name] & self.approved[name]
            result = here if result is None else result & here
        if result is None:
            raise ValueError("no data class")
        return result


def law_of(instance: Instance, axis: Axis) -> Law:
    """Every data class that a workload, a metro or a dataset names."""
    regions = {region.id: region for region in instance.regions}
    homes = {operator.id: operator.home_country for operator in instance.operators}
    names = data_classes(instance)
    needs_approval = {approval.data_class for site in instance.sites for approval in site.approvals}
    shape = (len(instance.sites), axis.size)
    allowed = {name: np.ones(shape, bool) for name in names}
    approved = {name: np.ones(shape, bool) for name in names}
    for s, site in enumerate(instance.sites):
        laws = set(regions[site.region].jurisdictions)
        for rule in instance.policy.data_rules:
            if rule.data_class in allowed and not keeps(rule, site, laws, homes[site.operator]):
                allowed[rule.data_class][s] &= ~_in_force(rule, axis)
        for name in needs_approval & names:
            days = [approval.on for approval in site.approvals if approval.data_class == name]
            approved[name][s] = axis.on_or_after(min(days)) if days else False
    return Law(allowed, approved)


def keeps(rule: DataRule, site: Site, laws: set[str], home: str) -> bool:
    """One of the jurisdictions is permitted, none is prohibited, and neither is the operator's home."""
    permitted = set(rule.permitted)
    if rule.data_class in site.conditions_met:
        permitted |= set(rule.conditional)
    return bool(laws & permitted) and not laws & set(rule.prohibited) and home not in rule.prohibited


def data_classes(instance: Instance) -> set[str]:
    """Names of all data classes in use."""
    names = {dataset.data_class for dataset in instance.datasets}
    for training in instance.training:
        names |= {training.data_class, training.artefact_class or training.data_class}
    for service in instance.inference:
        names |= {service.data_class, service.log_class or service.data_class}
        names |= {line.data_class for line in service.demand if line.data_class is not None}
    return names


def _in_force(rule: DataRule, axis: Axis) -> Bools:
    since = axis.on_or_after(rule.since)
    return since if rule.until is None else since & ~axis.on_or_after(rule.until)
