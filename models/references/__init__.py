"""What must hold between the parts of an instance, checked in one pass: all errors and all warnings at once.

names           names are unique, and whatever is named exists
over_time       horizon, lengths of lists, months of tables
sites           sites, halls, pools
supply          accelerators, offers, upgrades
workloads       trainings and services
penalties       derived prices, and prices below the cheapest way to serve
policy          budgets, caps, pins
law             rules, approvals and conditions, and the data classes that they name
incumbent       signed lines, upgrades under way, the earlier plan
signed          budgets below what is signed, lines without an end
dates           dates inside a period, and what they mean
dates_together  dates inside one period that are read against each other
futures         scenarios and their changes
never           power, positions and heat that never count
neighbours      prices a unit away from others of their kind
lookalikes      names that are easily mistaken for one another
unusual         values far outside their usual range, and things that nothing uses
"""

from models.errors import Problem
from models.instance import Instance
from models.references.dates import check_dates
from models.references.dates_together import check_dates_together
from models.references.found import Found
from models.references.futures import check_futures
from models.references.incumbent import check_incumbent, plan_problems
from models.references.known import Known
from models.references.law import check_law
from models.references.lookalikes import check_lookalikes
from models.references.names import check_names
from models.references.neighbours import check_neighbours
from models.references.never import check_never
from models.references.over_time import check_over_time
from models.references.penalties import check_prices
from models.references.policy import check_policy
from models.references.signed import check_signed
from models.references.sites import check_sites
from models.references.supply import check_supply
from models.references.unusual import check_unusual
from models.references.workloads import check_workloads


def validate(instance: Instance) -> tuple[list[Problem], list[Problem]]:
    """Return the errors and the warnings of an instance that conforms to the schema; never raises."""
    known, found = Known(instance), Found()
    for check in (
        check_over_time,
        check_names,
        check_sites,
        check_supply,
        check_workloads,
        check_prices,
        check_policy,
        check_law,
        check_incumbent,
        check_signed,
        check_dates,
        check_dates_together,
        check_futures,
        check_lookalikes,
        check_unusual,
        check_never,
        check_neighbours,
    ):
        check(known, found)
    return found.errors, found.warnings


__all__ = ["plan_problems", "validate"]
