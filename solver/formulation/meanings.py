"""What each family of variables means, and in which unit: for people, and for the page of the model."""

from __future__ import annotations

from typing import NamedTuple


class Meaning(NamedTuple):
    """A family of variables in words. ``unit`` is empty for a choice or a share."""

    of: str
    unit: str


VARIABLES = {
    "stock": Meaning("nodes standing in a pool", "nodes"),
    "buy": Meaning("lots of an offer ordered for a pool, serving from a period on", "lots"),
    "ordered": Meaning("1 if an offer is ordered for a period within a price band", ""),
    "band": Meaning("lots of an order priced in a band", "lots"),
    "rent": Meaning("nodes rented on demand", "nodes"),
    "kept": Meaning("lots of a signed line that are not cancelled", "lots"),
    "upgrade": Meaning("times an upgrade is started so as to serve from a period on", "times"),
    "powered": Meaning("nodes switched on in a power mode, at one of our sites", "nodes"),
    "short": Meaning("power lacking because other load exceeds what is ready, at a price", "MW"),
    "start": Meaning("copies of a training that begin in a period, in one way, on one pool", "copies"),
    "dropped": Meaning("copies of a training that never run", "copies"),
    "ended": Meaning("copies of a training that are out (finished and handed over) by a period", "copies"),
    "started": Meaning("copies of a follower started by a period", "copies"),
    "finish": Meaning("time at which a chained training is finished, from the beginning of the horizon", "days"),
    "wait": Meaning("lateness that predecessors add to a training's own", "days"),
    "copy": Meaning("1 if a dataset is copied to a region for use from a period on", ""),
    "serve": Meaning("demand of a service in a metro that is served at a site", "reference nodes"),
    "unserved": Meaning("demand of a service in a metro that is turned away", "reference nodes"),
    "launched": Meaning("share launched of a service that waits for a training", ""),
    "live": Meaning("1 if a service is deployed at a site", ""),
    "golive": Meaning("1 if a service goes live at a site in a period", ""),
    "there": Meaning("1 if a service that must run in several regions runs in this one", ""),
    "load": Meaning("capacity that a service keeps at a site", "reference nodes"),
    "takeover": Meaning("demand that a site takes over when a failure domain is lost", "reference nodes"),
    "uncovered": Meaning("promised demand that nobody takes over", "reference nodes"),
    "nodes": Meaning("nodes that run a profile in a pool in a power mode", "nodes"),
    "full": Meaning("nodes busy throughout a period", "nodes"),
    "used": Meaning("nodes used, averaged over a period", "nodes"),
    "slot": Meaning("1 if room is kept for a gang size that many copies use in turn", ""),
    "standing": Meaning("of what runs all of a period, the part on nodes cheaper than a price tier", "nodes"),
    "own": Meaning("of a gang, the part on nodes cheaper than a price tier", "nodes"),
    "whole": Meaning("1 if copies of a gang may follow one another on those nodes", ""),
    "diversity": Meaning("the whole to which a share cap refers", "kUSD or MW"),
    "less": Meaning("what is given up from the plan in force", ""),
    "more": Meaning("what is added to the plan in force", ""),
}
# Families of rows whose slack is a variable with a price: the variable, and where its price comes from.
PRICED = {
    "placed": ("dropped", "`value_usd` of the training (no slack if it must run)"),
    "demand": ("unserved", "`unserved_usd_per_unit_hour` of the service (no slack if it must be served)"),
    "failover": ("uncovered", "`uncovered_usd_per_unit_hour` of the service (no slack if it must survive)"),
    "power": ("short", "`short_usd_per_mwh` of the policy (at most the excess of other load)"),
    "finish": ("wait", "`lateness_usd_per_day` of the training"),
}
