"""The cost of services: transfer, deployment, and demand that is not served or not covered.

Volumes count in the hours from the asked launch on (λ·H). There are many flows, so arithmetic is kept to integers: each
flow is multiplied by one integer price and added to the sum of its launch day, and only these sums are multiplied by
the hours of each piece.
"""

from __future__ import annotations

from fractions import Fraction
from functools import partial
from operator import mul
from typing import TYPE_CHECKING

from solver.price.money import FIXED, SCALE, Ledger, add_product, exact, fixed, scaled
from solver.price.offer_prices import uncovered_price, unserved_price

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import date

    from models.workloads import Dataset, Inference
    from solver.price.decided import Decided
    from solver.price.fleet import Fleet
    from solver.price.given import Given

SECONDS_OF_AN_HOUR = 3600
GB_OF_A_TB = 1000


class _Volumes:
    """Costs per hour by piece, summed for each asked launch, in units of 1e-36 USD."""

    def __init__(self, given: Given) -> None:
        self.given = given
        self._sums: dict[date, list[int]] = {}

    def add(self, service: Inference, numbers: list[int], price: int) -> None:
        """Adds demand of a service at a price per unit and hour."""
        total = self._sums.get(service.launch, [0] * self.given.size)
        self._sums[service.launch] = add_product(total, numbers, price)

    def post(self, post: Callable[[date, Fraction], None]) -> None:
        """Posts the USD of each piece, on the day in the middle of its period."""
        given = self.given
        for launch, total in self._sums.items():
            hours = map(mul, given.hours, given.share_behind(launch))
            for piece, amount, counted in zip(given.pieces, total, hours, strict=True):
                if amount:
                    post(piece.middle, Fraction(amount, FIXED * SCALE) * counted)


# transfer   USD/GB · GB per unit · mean_to_peak · 3600·λ·H · serve
#            + USD per unit-hour-ms · rtt · mean_to_peak · λ·H · serve
# deployment serving cost per unit-hour · mean_to_peak · λ·H · serve   (by metro and site, may be negative)
def pay_flows(given: Given, decided: Decided, ledger: Ledger) -> None:
    """Pays for egress, latency and serving of all demand that is served."""
    ways = _Ways(given)
    transfer, serving = _Volumes(given), _Volumes(given)
    prices: dict[tuple[str, str, str], int] = {}  # of transfer by service, metro and region
    listed = {
        (service.id, price.metro, price.site): Fraction(price.usd_per_unit_hour)
        for service in given.services.values()
        for price in service.serving_usd
    }
    for (name, metro, site), demand in decided.serve.items():
        service, region = given.services[name], given.sites[site].region
        key = (name, metro, region)
        if key not in prices:
            prices[key] = scaled(ways.price(service, metro, region))
        price = listed.get((name, metro, site))
        if prices[key] or price:
            numbers = fixed(demand)
            transfer.add(service, numbers, prices[key])
            if price:
                peak = exact(given.profiles[service.profile].mean_to_peak)
                serving.add(service, numbers, scaled(price * peak))
    transfer.post(partial(ledger.pay, "transfer"))
    serving.post(partial(ledger.pay, "deployment"))


class _Ways:
    """USD of transfer per peak unit and hour from region to metro; what depends on the profile alone is kept."""

    def __init__(self, given: Given) -> None:
        self.given = given
        self._egress: dict[tuple[str, str, str], Fraction] = {}  # by profile, metro and region
        self._delay: dict[tuple[str, str, str], Fraction] = {}  # ms · mean_to_peak, likewise

    def price(self, service: Inference, metro: str, region: str) -> Fraction:
        key = (service.profile, metro, region)
        if key not in self._egress:
            network, profile = self.given.instance.network, self.given.profiles[service.profile]
            peak = exact(profile.mean_to_peak)
            usd = Fraction(network.egress_usd_per_gb.get(region, {}).get(metro, 0))
            self._egress[key] = usd * exact(profile.gb_per_unit) * SECONDS_OF_AN_HOUR * peak
            trip = network.round_trip_ms.get(metro, {}).get(region)
            access = exact(network.access_ms.get(metro, 0.0))
            self._delay[key] = Fraction(0) if trip is None else (exact(trip) + access) * peak
        late = service.latency_usd_per_unit_hour_ms
        return self._egress[key] + (Fraction(late) * self._delay[key] if late else 0)


# unserved   USD per unit-hour · mean_to_peak · λ·H · unserved
def charge_unserved(given: Given, decided: Decided, ledger: Ledger) -> None:
    """Charges demand that is not served; demand that must be served has no price."""
    _charge_rows(given, decided.unserved, unserved_price, "unserved", ledger)


# uncovered  USD per unit-hour · mean_to_peak · λ·H · uncovered
def charge_uncovered(given: Given, decided: Decided, ledger: Ledger) -> None:
    """Charges promised demand that would be lost with a failure domain; demand that must survive has no price."""
    _charge_rows(given, decided.uncovered, uncovered_price, "uncovered", ledger)


def _charge_rows(
    given: Given,
    rows: Mapping[tuple[str, str], list[float]],
    price_of: Callable[[Given, Inference], Fraction | None],
    term: str,
    ledger: Ledger,
) -> None:
    prices: dict[str, int] = {}
    total = _Volumes(given)
    for (name, _), demand in rows.items():
        service = given.services[name]
        if name not in prices:
            price = price_of(given, service) or Fraction(0)
            prices[name] = scaled(price * exact(given.profiles[service.profile].mean_to_peak))
        total.add(service, fixed(demand), prices[name])
    total.post(partial(ledger.charge, term))


# transfer   copy · (TB · USD/TB + storage to the end)
def pay_copies(given: Given, decided: Decided, ledger: Ledger) -> None:
    """Pays for copies of datasets: transfer on the first day, and storage in the middle of each period from then on."""
    for (name, region, period), copies in decided.copies.items():
        dataset = given.datasets[name]
        sizes = list(map(exact, given.calendar.read(dataset.size_tb, "largest")))
        route = cheapest_route(given, dataset, region)
        if route is not None:
            usd = sizes[period] * GB_OF_A_TB * route[0] * copies
            ledger.pay("transfer", given.pieces[period].first_day, usd)
        tier = Fraction(given.regions[region].storage_usd_per_tb_month.get(dataset.tier, 0))
        for number in range(period, given.size):
            usd = sizes[number] * tier * given.months[number] * copies
            ledger.pay("transfer", given.pieces[number].middle, usd)


def cheapest_route(given: Given, dataset: Dataset, region: str) -> tuple[Fraction, Fraction] | None:
    """(USD per GB, Gbps) of the cheapest route from a home of a dataset; ties: the fastest; None: there is none."""
    routes = given.instance.network.routes
    found = [
        (Fraction(route.usd_per_gb), -exact(route.gbps))
        for home in dataset.regions
        if (route := routes.get(home, {}).get(region)) is not None
    ]
    best = min(found, default=None)
    return None if best is None else (best[0], -best[1])


# deployment golive fee · golive + monthly fee · months · live;   golive: live[i,s,t] − live[i,s,t−1] ≤ golive
def pay_live(fleet: Fleet, ledger: Ledger) -> None:
    """Pays the fee for going live at a site on the first day of the period, and the monthly fee in its middle."""
    given = fleet.given
    for (name, site), periods in fleet.decided.live.items():
        service = given.services[name]
        golive, monthly = Fraction(service.golive_usd), Fraction(service.monthly_usd)
        for number in sorted(periods):
            before = number - 1 in periods if number else site in service.live_at
            if not before:
                ledger.pay("deployment", given.pieces[number].first_day, golive)
            ledger.pay("deployment", given.pieces[number].middle, monthly * given.months[number])
