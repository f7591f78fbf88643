"""Demand: who asks where, for which model, and how it grows."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, NamedTuple

from instances.generator.capacity import Curve, standing_sites
from instances.generator.draw import Draw
from instances.generator.places import NETWORK_READY
from instances.generator.profiles import LONG_CONTEXT, PROFILES, SHARES, Model
from instances.generator.public_figures import metro, table, tokens_per_second
from instances.generator.reach import classes_of, holders, may_serve
from instances.generator.shape import START, Shape, first_day

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from instances.generator.facility import Facility

PROMISED = 0.6  # share of services that, where possible, promise to survive the loss of a region or a site
TAKEOVER = 3  # sites that may serve a city with a promise: two remain when one is lost
# Most promises start when the hardware for them can be in place; by service, synthetic.
NEW_PROMISES = date(2028, 1, 1)
PROMISED_SINCE = {0: None, 4: date(2027, 10, 1), 7: date(2028, 7, 1), 9: date(2028, 4, 1)}
MAIN = ("AS", "EU", "NA")
AWAY = 0.1  # of the usual demand, in a city that no site of ours reaches in time: it has few customers; synthetic
SLOWER_MS = (0, 30, 60, 90)  # extra latency that is allowed when a site is lost; synthetic


@dataclass(frozen=True)
class DrawnService:
    """A service as drawn, before its demand is scaled."""

    name: str
    model: Model
    rule: str  # data class of the service
    weights: dict[str, float]  # by metro
    growth: Curve  # by period
    latency_ms: float
    launch: date
    takeover_ms: float | None  # latency limit when a site is lost; None: nothing is promised
    promised_since: date | None  # None: from the start


def drawn_services(shape: Shape, seed: int, facilities: tuple[Facility, ...]) -> list[DrawnService]:
    """Draw all services; their demand by metro is relative, not yet in tokens per second."""
    return [_service(shape, seed, facilities, number) for number in range(shape.services)]


def _service(shape: Shape, seed: int, facilities: tuple[Facility, ...], number: int) -> DrawnService:
    draw = Draw(shape.size, seed, f"service {number}")
    usable = [p for p in PROFILES if any(tokens_per_second(p[0], kind, p[1]) for kind in shape.accelerators)]
    model = _profile(number, shape.services) if shape.size != "XS" else usable[number % 2 + 1]
    rule = {3: "eu-state", 7: "us-health"}.get(number % 20, "open") if shape.size != "XS" else "open"
    limit = draw.whole(40, 60, 5) if model[1] == "interactive" else draw.whole(50, 85, 5)
    able = holders(shape, facilities, model, number)
    continents = {"eu-state": ["EU"], "us-health": ["NA"]}.get(rule) or _continents(facilities, number)
    asker = _Asker(rule, number, able)
    places = [_near_cities(continent, asker, limit) for continent in continents]
    if _wants_promise(number):  # other continents have few sites: choose cities where the promise can be kept
        most = limit + SLOWER_MS[-1]
        places = [
            near if continent in MAIN else _covered(near, asker.by(None), most)
            for near, continent in zip(places, continents, strict=True)
        ]
    counts = _spread(shape.metros, [len(near) if shape.wide else shape.metros for near in places])
    slower, since = _promise(places, counts, asker, limit)
    cities: list[str] = []
    for near, wanted in zip(places, counts, strict=True):
        fit = near if slower is None else _covered(near, asker.by(since), limit + slower)
        cities += _cities(draw, fit, wanted)
    size = draw.around(0.4, 0.8, 2.4) * (0.25 if number % 10 == 5 else 1.0)
    if model[0] in LONG_CONTEXT and shape.size not in (
        "XS",
        "S",
    ):  # several such services, none of them large
        size *= 0.5
    ours = {city for near in places for by_us, _, city in near if by_us}
    weights = {
        city: round(
            size
            * math.sqrt(int(metro(city)["population"]) / 1e6)
            * draw.between(0.7, 1.3)
            * (1 if city in ours else AWAY),
            4,
        )
        for city in cities
    }
    pace, launched = draw.between(0.01, 0.035, 3), 0 if draw.chance(0.85) else draw.whole(1, 3)
    if model[0] in LONG_CONTEXT:  # only future hardware can hold it
        launched = max(launched, 3)
    growth = [
        0.0 if t // shape.in_quarter < launched else round((1 + pace) ** (t / shape.in_quarter), 4)
        for t in range(shape.periods)
    ]
    launch = START if launched == 0 else first_day(launched) - timedelta(days=draw.whole(0, 40))
    return DrawnService(
        f"{_purpose(model[2], number)}",
        model,
        rule,
        weights,
        growth,
        float(limit),
        launch,
        None if slower is None else float(limit + slower),
        since,
    )


def _continents(facilities: Iterable[Facility], number: int) -> list[str]:
    """The three main continents, and one other that depends on the service; Oceania counts as Asia."""
    have = {"AS" if facility.continent == "OC" else facility.continent for facility in facilities}
    others = sorted(have - set(MAIN))
    return sorted(have & set(MAIN)) + ([others[number % len(others)]] if others else [])


def _spread(wanted: int, most: Sequence[int]) -> list[int]:
    """Spread the wanted number of cities over the continents in turn, as far as each has cities."""
    counts = [0] * len(most)
    while sum(counts) < min(wanted, sum(most)):
        for place, there in enumerate(most):
            if counts[place] < there and sum(counts) < wanted:
                counts[place] += 1
    return counts


def _profile(number: int, services: int) -> Model:
    """The profile of a service: profiles by their shares, spread evenly over the numbers of services."""
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


City = tuple[bool, int, str]  # (whether a standing site of ours is near, number of near sites, name)


class _Asker(NamedTuple):
    """What decides which sites may serve a city: data class and number of a service, and the sites that can hold it."""

    rule: str
    number: int
    able: list[Facility]

    def by(self, since: date | None) -> _Asker:
        """Return the same with only the sites whose network is ready by the day of a promise."""
        ready = [site for site in self.able if not site.opens or (since is not None and since >= NETWORK_READY)]
        return self._replace(able=ready)

    def sites(self, city: str, limit: int) -> list[Facility]:
        """Return the sites that may serve a city within a latency limit in ms."""
        return may_serve(self.able, classes_of(self.rule, self.number, city), city, limit)


def _promise(places: list[list[City]], counts: list[int], asker: _Asker, limit: int) -> tuple[int | None, date | None]:
    """(extra latency in ms when a site is lost, first day of the promise); (None, None) if none can be kept."""
    if _wants_promise(asker.number):
        for since in (PROMISED_SINCE.get(asker.number % 10, NEW_PROMISES), NEW_PROMISES):
            slower = _slower(places, counts, asker.by(since), limit)
            if slower is not None:
                return slower, since
    return None, None


def _wants_promise(number: int) -> bool:
    return (number * 3) % 5 < 5 * PROMISED


def _near_cities(continent: str, asker: _Asker, limit: int) -> list[City]:
    """The cities of a continent, with the number of sites that may serve them in time."""
    nation, standing = {"us-health": "US"}.get(asker.rule), {site.id for site in standing_sites(asker.able)}
    found: list[City] = []
    for row in table("metros"):
        near = row["continent"] == continent or (continent == "AS" and row["continent"] == "OC")
        if near and row["servable"] == "1" and (nation is None or row["country"] == nation):
            if asker.rule == "eu-state" and "EU" not in row["jurisdictions"].split("|"):
                continue
            sites = asker.sites(row["metro"], limit)
            found.append((any(site.id in standing for site in sites), len(sites), row["metro"]))
    return found


def _cities(draw: Draw, near: list[City], wanted: int) -> list[str]:
    """Choose cities, preferring those that two or more sites reach in time, a standing one of ours among them."""
    chosen = draw.some([city for by_us, count, city in near if by_us and count >= 2], wanted)
    rest = [city for _, _, city in sorted(near, reverse=True) if city not in chosen]
    return chosen + rest[: wanted - len(chosen)]


def _covered(near: list[City], asker: _Asker, limit: int) -> list[City]:
    """The cities that two sites can still reach when any one is lost."""
    return [place for place in near if place[1] and len(asker.sites(place[2], limit)) >= TAKEOVER]


def _slower(places: list[list[City]], counts: list[int], asker: _Asker, limit: int) -> int | None:
    """The least extra latency in ms at which enough cities are covered; None if they never are."""
    for more in SLOWER_MS:
        covered = (_covered(near, asker, limit + more) for near in places)
        if all(len(some) >= wanted for some, wanted in zip(covered, counts, strict=True)):
            return more
    return None
