"""Law: rules, approvals and conditions concern something, and some of them name the data classes of workloads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from models.references.classes import Classes, classes_of
from models.wording import closest

if TYPE_CHECKING:
    from models.references.found import Found
    from models.references.known import Known

UNNAMED = "classes of data that no rule, approval or dataset names"
IDLE = "rules, approvals and conditions that concern nothing"
CHECK = "check its name, or remove it"


def check_law(known: Known, found: Found) -> None:
    """Check rules against regions and operators, and classes of rules, approvals and conditions against those used."""
    instance = known.instance
    classes = classes_of(instance)
    somewhere = {name for region in instance.regions for name in region.jurisdictions}
    homes = {operator.home_country for operator in instance.operators}
    for i, rule in enumerate(instance.policy.data_rules):
        at = f"policy.data_rules[{i}]"
        for field, names in (("permitted", somewhere), ("conditional", somewhere), ("prohibited", somewhere | homes)):
            for j, name in enumerate(getattr(rule, field)):
                if name not in names:
                    fix = closest(name, names) or "check its name"
                    found.warn(f"{at}.{field}[{j}]", name, "is the law of no region and no operator here", fix)
        if rule.since is not None and rule.until is not None and rule.since >= rule.until:
            found.error(
                f"{at}.until", rule.until.isoformat(), f"is not after since {rule.since}", "correct one of the two"
            )
    _idle(known, classes, found)
    _unnamed(classes, found)


def _idle(known: Known, classes: Classes, found: Found) -> None:
    used = classes.used
    for kind, named in (("rule", classes.rules), ("approval", classes.approvals), ("condition", classes.conditions)):
        for place, name in named:
            if name not in used:
                rule = f"is the class of no workload and no dataset: the {kind} concerns nothing"
                found.warn(place, name, rule, closest(name, used) or CHECK, IDLE)
    asking = {rule.data_class for rule in known.instance.policy.data_rules if rule.conditional}
    for place, name in classes.conditions:
        if name in used and name not in asking:
            rule = "is a condition that no rule asks for: none of this class has `conditional`"
            found.warn(place, name, rule, closest(name, asking) or CHECK, IDLE)


def _unnamed(classes: Classes, found: Found) -> None:
    """Warn of classes that only workloads name: they may be anywhere, but where others have rules, a typo is likely."""
    spoken_of = {name for _, name in (*classes.rules, *classes.approvals, *classes.datasets)}
    ruled = {name for _, name in (*classes.rules, *classes.approvals)}
    places: dict[str, list[str]] = {}
    for place, name in classes.workloads:
        places.setdefault(name, []).append(place)
    for name, here in places.items():
        if ruled and name not in spoken_of:
            more = f" (here and at {len(here) - 1} more)" if len(here) > 1 else ""
            rule = f"is a class that no rule, approval or dataset names{more}: it may be anywhere"
            fix = (
                closest(name, ruled)
                or f"add a rule for it; there are rules and approvals of {', '.join(sorted(ruled))}"
            )
            found.warn(here[0], name, rule, fix, UNNAMED)
