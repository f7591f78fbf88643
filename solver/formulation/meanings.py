"""What each family of variables means, and in which unit: for people, and for the page of the model."""

from __future__ import annotations

from typing import NamedTuple


class Meaning(NamedTuple):
    """A family of variables in words. ``unit`` is empty where it counts or chooses."""

    of: str
    unit: str


VARIABLES = {
    "stock": Meaning("nodes that stand in a pool", "nodes"),
    "buy": Meaning("lots of an offer for a pool, serving from a period on", "lots"),
    "ordered": Meaning("1 if an offer is ordered for a period within a price band", ""),
    "band": Meaning("lots of an order that are priced in a band", "lots"),
    "rent": Meaning("nodes rented on demand", "nodes"),
    "kept": Meaning("lots of a signed line that are not cancelled", "lots"),
    "upgrade": Meaning("times that an upgrade is started so as to serve from a period on", "times"),
    "powered": Meaning("nodes switched on in a power mode, at a site of ours", "nodes"),
    "short": Meaning("power by which other load exceeds what is ready, at a price", "MW"),
    "start": Meaning("copies of a training that begin in a period, in one way on one pool", "copies"),
    "dropped": Meaning("copies of a training that never run", "copies"),
    "ended": Meaning("copies of a training that are out by the end of a period", "copies"),
    "started": Meaning("copies of a follower that have started by a period", "copies"),
    "finish": Meaning("day, since the begin of the horizon, on which a chained training is finished", "days"),
    "wait": Meaning("days of lateness that a predecessor adds to a training's own", "days"),
    "copy": Meaning("1 if a dataset is copied to a region for use from a period on", ""),
    "serve": Meaning("demand of a service in a metro that is served at a site", "reference nodes"),
    "unserved": Meaning("demand of a service in a metro that is turned away", "reference nodes"),
    "launched": Meaning("share of a service that waits for a training that is launched", ""),
    "live": Meaning("1 if a service is deployed at a site", ""),
    "golive": Meaning("1 if it goes live there in a period", ""),
    "there": Meaning("1 if a service that must run in several regions runs in one", ""),
    "load": Meaning("capacity that a service keeps at a site", "reference nodes"),
    "takeover": Meaning("demand that a site takes over when a failure domain is lost", "reference nodes"),
    "uncovered": Meaning("promised demand that nobody takes over", "reference nodes"),
    "nodes": Meaning("nodes that run a profile on a pool in a power mode", "nodes"),
    "full": Meaning("nodes that are busy all of a period", "nodes"),
    "used": Meaning("nodes that are used, on the mean of a period", "nodes"),
    "slot": Meaning("1 if room is kept for a gang of a size that many copies share in turn", ""),
    "standing": Meaning(
        "of what runs all of a period, the part on nodes that need not be rented in a price tier", "nodes"
    ),
    "own": Meaning("of a gang, the part on nodes that need not be rented in a price tier", "nodes"),
    "whole": Meaning("1 if copies of a gang may follow one another on those nodes", ""),
    "diversity": Meaning("the whole that a share cap refers to", "kUSD or MW"),
    "less": Meaning("what is given up of the plan in force", ""),
    "more": Meaning("what is added to the plan in force", ""),
}
# Families of rows whose slack is a variable with a price: the variable and where its price comes from.
PRICED = {
    "placed": ("dropped", "`value_usd` of the training; nothing where it must run"),
    "demand": ("unserved", "`unserved_usd_per_unit_hour` of the service; nothing where it must be served"),
    "failover": ("uncovered", "`uncovered_usd_per_unit_hour` of the service; nothing where it must survive"),
    "power": ("short", "`short_usd_per_mwh` of the policy, up to what other load exceeds"),
    "finish": ("wait", "`lateness_usd_per_day` of the training"),
}
