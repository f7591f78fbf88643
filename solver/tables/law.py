"""Network and law: where and when a data class may be.

A data rule counts in every period it touches, and for a run on each of its own days. An approval counts only in periods
that lie wholly inside it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Collection

    from models.instance import Instance
    from models.policy import DataRule
    from solver.arrays import Bools, Floats, Ints
    from solver.tables.axis import Axis


@dataclass(frozen=True, eq=False)
class Ban:
    """A data rule, and the sites [s] where its class may not be while the rule is in force."""

    data_class: str
    sites: Bools
    since: float  # ordinal of its first day; −inf if it has none
    until: float  # ordinal of the first day on which it is no longer in force; inf if there is none

    def touches(self, first: Ints | Floats, last: Ints | Floats) -> Bools:
        """Whether the rule is in force on any day from ``first`` to ``last``, both included."""
        return np.asarray((self.since <= last) & (self.until > first))


@dataclass(frozen=True, eq=False)
class Law:
    """Masks [s,t] by data class.

    ``allowed``: no data rule that touches t bans the class. ``approved``: law and security have approved it through t.
    """

    allowed: dict[str, Bools]
    approved: dict[str, Bools]
    bans: tuple[Ban, ...]

    def may_be(self, classes: Collection[str]) -> Bools:
        """[s,t] where all of the classes are allowed and approved."""
        return _all(self.allowed, classes) & _all(self.approved, classes)

    def approved_for(self, classes: Collection[str]) -> Bools:
        """[s,t] where all of the classes are approved."""
        return _all(self.approved, classes)

    def allowed_on(self, classes: Collection[str], first: Ints | Floats, last: Ints | Floats) -> Bools:
        """[s,n] where all of the classes are allowed on every day from ``first`` [n] to ``last`` [n], both included."""
        allowed = np.ones((len(next(iter(self.allowed.values()))), len(first)), bool)
        for ban in self.bans:
            if ban.data_class in classes:
                allowed &= ~(ban.sites[:, None] & ban.touches(first, last))
        return allowed


def _all(flags: dict[str, Bools], classes: Collection[str]) -> Bools:
    return np.asarray(np.logical_and.reduce([flags[name] for name in classes]))


def law_of(instance: Instance, axis: Axis) -> Law:
    """Build the masks for every data class named by a workload, a metro or a dataset."""
    names = data_classes(instance)
    bans = tuple(_ban(instance, rule) for rule in instance.policy.data_rules if rule.data_class in names)
    shape = (len(instance.sites), axis.size)
    allowed = {name: np.ones(shape, bool) for name in names}
    for ban in bans:
        allowed[ban.data_class] &= ~(ban.sites[:, None] & ban.touches(axis.first_day, axis.last_day))
    needs_approval = {approval.data_class for site in instance.sites for approval in site.approvals}
    approved = {name: np.full(shape, name not in needs_approval) for name in names}
    for s, site in enumerate(instance.sites):
        for approval in site.approvals:
            if approval.data_class in names:
                lasts = np.ones(axis.size, bool) if approval.until is None else axis.over_by(approval.until)
                approved[approval.data_class][s] |= axis.on_or_after(approval.on) & lasts
    return Law(allowed, approved, bans)


def _ban(instance: Instance, rule: DataRule) -> Ban:
    """The sites that break a rule.

    A site complies if its region has a permitted and no prohibited jurisdiction, and its operator's home is
    not prohibited.
    """
    jurisdictions = {region.id: set(region.jurisdictions) for region in instance.regions}
    homes = {operator.id: operator.home_country for operator in instance.operators}
    permitted, prohibited = set(rule.permitted), set(rule.prohibited)
    keeps = []
    for site in instance.sites:
        here, met = jurisdictions[site.region], rule.data_class in site.conditions_met
        may = permitted | set(rule.conditional) if met else permitted
        keeps.append(bool(here & may) and not here & prohibited and homes[site.operator] not in prohibited)
    since = -np.inf if rule.since is None else float(rule.since.toordinal())
    until = np.inf if rule.until is None else float(rule.until.toordinal())
    return Ban(rule.data_class, ~np.array(keeps, bool), since, until)


def data_classes(instance: Instance) -> set[str]:
    """Return the names of all data classes in use."""
    names = {dataset.data_class for dataset in instance.datasets}
    for training in instance.training:
        names |= {training.data_class, training.artefact_class or training.data_class}
    for service in instance.inference:
        names |= {service.data_class, service.log_class or service.data_class}
        names |= {line.data_class for line in service.demand if line.data_class is not None}
    return names
