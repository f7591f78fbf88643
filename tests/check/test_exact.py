"""Money is exact: the fast integers agree with fractions, one number after the other; and they are fast."""

import gc
import json
import time
from collections.abc import Callable, Iterable
from decimal import Decimal
from fractions import Fraction

import pytest

from models.instance import Instance
from models.plan import Plan
from solver.check import check
from solver.price import price
from solver.price.money import fixed
from tests.check.large import count, large


def digits(value: object) -> Fraction:
    """A number with all the digits that were written."""
    return Fraction(value) if isinstance(value, Decimal) else Fraction(repr(value))


def slow_terms(instance: Instance, plan: Plan) -> dict[str, Fraction]:
    """The terms of flows, energy, carbon and short of a plan without discounting, by the formulas, in fractions."""
    hours = [Fraction(round(piece.hours * 60), 60) for piece in instance.calendar]
    begins = [24 * (piece.first_day - instance.calendar.first_day).days for piece in instance.calendar]
    sites = {site.id: site for site in instance.sites}
    regions = {region.id: region for region in instance.regions}
    services = {service.id: service for service in instance.inference}
    pools, node, profile = {pool.id: pool for pool in instance.pools}, instance.accelerators[0], instance.profiles[0]
    peak, network = digits(profile.mean_to_peak), instance.network
    total = dict.fromkeys(("transfer", "deployment", "unserved", "uncovered", "energy", "carbon", "short"), Fraction(0))

    def sold(workload: str, numbers: Iterable[float], usd: Fraction) -> Fraction:
        launch = 24 * (services[workload].launch - instance.calendar.first_day).days
        behind = (max(0, h - max(0, launch - begin)) for h, begin in zip(hours, begins, strict=True))
        return sum((digits(n) * usd * peak * h for n, h in zip(numbers, behind, strict=True)), Fraction(0))

    for row in plan.serve:
        service, region = services[row.workload], sites[row.site].region
        trip = digits(network.round_trip_ms[row.metro][region]) + digits(network.access_ms[row.metro])
        usd = digits(network.egress_usd_per_gb[region][row.metro]) * digits(profile.gb_per_unit) * 3600
        total["transfer"] += sold(row.workload, row.demand, usd + digits(service.latency_usd_per_unit_hour_ms) * trip)
        for given in service.serving_usd:
            if (given.metro, given.site) == (row.metro, row.site):
                total["deployment"] += sold(row.workload, row.demand, digits(given.usd_per_unit_hour))
    for unserved in plan.unserved:
        total["unserved"] += sold(
            unserved.workload, unserved.demand, digits(services[unserved.workload].unserved_usd_per_unit_hour)
        )
    for uncovered in plan.uncovered:
        total["uncovered"] += sold(
            uncovered.workload, uncovered.demand, digits(services[uncovered.workload].uncovered_usd_per_unit_hour)
        )
    idle, kw = digits(node.idle_share), digits(node.node_kw)
    used: dict[str, list[Fraction]] = {}
    for powered in plan.powered:
        used[powered.pool] = [idle * digits(n) for n in powered.nodes]
    for nodes in plan.nodes:
        more = (idle + (digits(profile.draw) - idle) * peak) - idle
        used[nodes.pool] = [a + more * digits(n) for a, n in zip(used[nodes.pool], nodes.nodes, strict=True)]
    for start in plan.training:
        used[start.pool][0] += (digits(0.9) - idle) * 2 * Fraction(372, 744) * start.copies
    for name, shares in used.items():
        where = regions[sites[pools[name].site].region]
        for number, share in enumerate(shares):
            kwh = hours[number] * digits(1.5) * kw * share
            total["energy"] += kwh * digits(where.electricity_usd_per_mwh[number]) / 1000
            total["carbon"] += kwh * digits(where.carbon_gco2e_per_kwh) / 10**6 * 50
    return total


def test_fast_and_slow_prices_agree_to_a_millionth_of_a_dollar() -> None:
    """A term is rounded once a month: 4 months and 1e-6 USD make at most 2e-6 for half a unit each."""
    instance, plan = large(seed=5, sites=6, services=4, metros=3, serving=3, months=4)
    terms, slow = price(instance, plan).terms_usd, slow_terms(instance, plan)
    for name, usd in slow.items():
        assert abs(Fraction(terms[name]) - usd) <= Fraction(4, 2 * 10**6), name
    assert min(abs(terms[name]) for name in slow if name != "short") > 0


def test_numbers_of_a_plan_become_integers_without_loss() -> None:
    """Decimals of at most 12 places are exact, whatever their size; longer ones are rounded at 1e-12."""
    written = [0.0, 0.1, 123456789.0, 12345.6789, 0.000123456789, 9999999.99, 1e15, 8999.99999999, 123456.123456]
    assert fixed(written) == [int(Decimal(repr(number)).scaleb(12)) for number in written]
    assert fixed([1 / 3, 12345.678901234567]) == [333333333333, round(Fraction("12345.678901234567") * 10**12)]


@pytest.mark.wall_clock
@pytest.mark.parametrize(
    ("serving", "services", "numbers", "limit"),
    [(4, 100, 100_000, 5.0), pytest.param(9, 330, 1_000_000, 3.5, marks=pytest.mark.slow)],
)
def test_the_check_is_fast(serving: int, services: int, numbers: int, limit: float) -> None:
    """A few times what writing the plan as JSON and reading it takes: below 1 s for 100,000 numbers and 3 s for 1
    million on 2 quiet cores.
    """
    instance, plan = large(seed=1, sites=24, services=services, metros=12, serving=serving, months=12)
    assert count(plan) > numbers
    _ = instance.sha256, instance.calendar
    found = check(instance, plan)
    assert not {breach.family for breach in found.breaches} & {"demand", "deployment", "failover", "throughput"}
    checking = _seconds(lambda: check(instance, plan))
    assert checking < limit * _seconds(lambda: json.loads(json.dumps(plan.model_dump(mode="json"))))


def _seconds(work: Callable[[], object]) -> float:
    """Processor time of the quickest of three runs, without the collection of garbage that other tests have left."""
    gc.collect()
    gc.disable()
    try:
        return min(_once(work) for _ in range(3))
    finally:
        gc.enable()


def _once(work: Callable[[], object]) -> float:
    before = time.process_time()
    work()
    return time.process_time() - before
