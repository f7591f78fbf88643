"""Demand: who asks where, for which model, and how it grows."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date, timedelta

from instances.generator.capacity import Curve, standing_sites
from instances.generator.draw import Draw
from instances.generator.facility import Facility
from instances.generator.figures import metro, table, tokens_per_second
from instances.generator.network import latency
from instances.generator.profiles import LONG_CONTEXT, PROFILES, SHARES, Model
from instances.generator.shape import START, Shape, first_day


@dataclass(frozen=True)
class Service:
    """A service as drawn, before its demand has its scale."""

    name: str
    model: Model
    rule: str  # data class of the service
    weights: dict[str, float]  # by metro
    growth: Curve
    latency_ms: float
    launch: date


def drawn_services(shape: Shape, seed: int, facilities: tuple[Facility, ...]) -> list[Service]:
    """All services, their demand by metro still in parts of the whole."""
    return [_service(shape, seed, facilities, number) for number in range(shape.services)]


def _service(shape: Shape, seed: int, facilities: tuple[Facility, ...], number: int) -> Service:
    draw = Draw(shape.size, seed, f"service {number}")
    usable = [p for p in PROFILES if any(tokens_per_second(p[0], kind, p[1]) for kind in shape.accelerators)]
    model = _profile(number, shape.services) if shape.size != "XS" else usable[number % 2 + 1]
    rule = {3: "eu-state", 7: "us-health"}.get(number % 20, "open") if shape.size != "XS" else "open"
    limit = draw.whole(40, 60, 5) if model[1] == "interactive" else draw.whole(50, 85, 5)
    continents = sorted({facility.continent for facility in facilities})
    continents = {"eu-state": ["EU"], "us-health": ["NA"]}.get(rule, continents)
    cities: list[str] = []
    for place, continent in enumerate(continents):
        wanted = shape.metros // len(continents) + (1 if place < shape.metros % len(continents) else 0)
        cities += _cities(draw, continent, wanted, limit, facilities, rule)
    size = draw.around(0.4, 0.8, 2.4) * (0.4 if number % 10 == 5 else 1.0)
    if model[0] in LONG_CONTEXT and shape.size == "M":  # several such services: none of them is large
        size *= 0.5
    weights = {
        city: round(size * math.sqrt(int(metro(city)["population"]) / 1e6) * draw.between(0.7, 1.3), 4)
        for city in cities
    }
    pace, launched = draw.between(0.02, 0.055, 3), 0 if draw.chance(0.85) else draw.whole(1, 3)
    if model[0] in LONG_CONTEXT:  # only parts that are still to come hold it
        launched = max(launched, 3)
    growth = [0.0 if t < launched else round((1 + pace) ** t, 4) for t in range(shape.periods)]
    launch = START if launched == 0 else first_day(launched) - timedelta(days=draw.whole(0, 40))
    return Service(f"{_purpose(model[2], number)}", model, rule, weights, growth, float(limit), launch)


def _profile(number: int, services: int) -> Model:
    """Profiles by their shares, spread evenly over the numbers."""
    place, total = ((number * 7) % services + 0.5) / services, 0.0
    for profile, share in zip(PROFILES, SHARES, strict=True):
        total += share
        if place < total:
            return profile
    return PROFILES[-1]


def _purpose(use: str, number: int) -> str:
    names = {
        "conversation": ("chat", "search", "support", "translate", "voice"),
        "coding": ("code", "agent", "review"),
    }[use]
    return f"{names[number % len(names)]}-{number + 1}"


def _cities(
    draw: Draw, continent: str, wanted: int, limit: int, facilities: tuple[Facility, ...], rule: str
) -> list[str]:
    """Cities of a continent, those first that two sites or more can reach in time, among them one of ours that stands."""
    nation = {"us-health": "US"}.get(rule)
    standing = standing_sites(facilities)
    reach: list[tuple[bool, int, str]] = []
    for row in table("metros"):
        near = row["continent"] == continent or (continent == "AS" and row["continent"] == "OC")
        if near and row["servable"] == "1" and (nation is None or row["country"] == nation):
            if rule == "eu-state" and "EU" not in row["jurisdictions"].split("|"):
                continue
            city = row["metro"]
            by_us = any(latency(city, facility) <= limit for facility in standing)
            reach.append((by_us, sum(latency(city, facility) <= limit for facility in facilities), city))
    chosen = draw.some([city for by_us, count, city in reach if by_us and count >= 2], wanted)
    rest = [city for _, _, city in sorted(reach, reverse=True) if city not in chosen]
    return chosen + rest[: wanted - len(chosen)]
