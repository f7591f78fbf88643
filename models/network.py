"""Latencies and transfer prices between customers, sites and regions."""

from __future__ import annotations

from pydantic import Field

from models.values import Amount, Name, Note, Positive, Tree, Usd


class Route(Tree):
    """Transfer of bulk data from one region to another."""

    usd_per_gb: Usd = Field(description="USD per GB carried")
    gbps: Positive = Field(description="rate of the route, Gbps")
    note: Note = None


class Network(Tree):
    """Round trips, routes and egress; a pair that is not listed does not exist."""

    access_ms: dict[Name, Amount] = Field(description="ms from the customer to the network, by metro; lists the metros")
    round_trip_ms: dict[Name, dict[Name, Amount]] = Field(description="ms by metro and region, without access")
    egress_usd_per_gb: dict[Name, dict[Name, Usd]] = Field(
        default_factory=dict, description="USD per GB by region and metro; none listed: 0"
    )
    routes: dict[Name, dict[Name, Route]] = Field(
        default_factory=dict, description="bulk transfer by origin and target region"
    )
    note: Note = None
