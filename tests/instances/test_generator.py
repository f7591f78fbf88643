"""Generated instances: the same everywhere, of the size that is asked for, right, and on public figures."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from instances.generator import generate
from instances.generator.__main__ import NAMED
from instances.generator.shape import SHAPES, Size
from models.calendar import add_months
from models.files import load_instance, load_scenario
from models.instance import Instance, canonical
from models.references import validate
from models.references.dates import ENABLES, LAUNCHES
from models.references.never import LATE, UNSURE, UNVERIFIED
from models.scenario_apply import apply_scenario

FOLDER = Path(__file__).resolve().parents[2] / "instances"
SEEDS = (1, 2, 3, 4, 5)
SMALL: list[tuple[Size, int]] = [(size, seed) for size in ("XS", "S", "M") for seed in SEEDS]
HUGE: list[tuple[Size, int]] = [("L", seed) for seed in SEEDS] + [
    ("XL", 1)
]  # the first L in every run of the tests, the others in the long one
ALL = SMALL + [pytest.param(*key, marks=() if key == ("L", 1) else pytest.mark.slow) for key in HUGE]
LARGE = [key for key in ALL if key not in SMALL or key[0] != "XS"]
QUICKSTART, QUARTERLY = NAMED["quickstart.json"], NAMED["quarterly.json"]
NEVER_POWERED = "can never be powered"  # the two pools on the wrong floor are meant


class Made(dict[tuple[Size, int], Instance]):
    """Instances, each made once and when it is asked for."""

    def __missing__(self, key: tuple[Size, int]) -> Instance:
        self[key] = generate(*key)
        return self[key]


@pytest.fixture(scope="module")
def made() -> Made:
    """Every instance once."""
    return Made()


def figures(name: str) -> list[dict[str, str]]:
    with (FOLDER / "catalogue" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize(
    "size", ["XS", "S", "M", pytest.param("L", marks=pytest.mark.slow), pytest.param("XL", marks=pytest.mark.slow)]
)
def test_fingerprints(size: Size) -> None:
    """The generator has not drifted: every size and seed gives the content that is written down."""
    assert {str(seed): generate(size, seed).sha256 for seed in SEEDS} == fingerprints()[size]


@pytest.mark.parametrize("size", ["XS", "S", "M"])
def test_water_changes_nothing_but_water(made: Made, size: Size) -> None:
    """Without it no file names it; with it all else is the same, and every site uses some."""
    dry, wet = made[size, 1], generate(size, 1, water=True)
    assert b"water" not in canonical(dry)
    assert all(site.water_l_per_kwh for site in wet.sites) and wet.policy.water_caps
    assert validate(wet) == validate(dry)
    data = json.loads(canonical(wet))
    for site in data["sites"]:
        assert site.pop("water_l_per_kwh") and bool(site.pop("water_usd_per_m3", 0)) == (site["run_by"] == "us")
    assert data["policy"].pop("water_caps")
    assert data == json.loads(canonical(dry))


def test_one_large_fingerprint(made: Made) -> None:
    """The first L is what is written down; every size is."""
    assert made["L", 1].sha256 == fingerprints()["L"]["1"]
    assert list(fingerprints()) == list(SHAPES)


def fingerprints() -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = json.loads((FOLDER / "fingerprints.json").read_text(encoding="utf-8"))
    return found


@pytest.mark.parametrize("hashing", ["0", "1"])
def test_another_process_draws_the_same(made: Made, hashing: str) -> None:
    """Neither the order of sets nor what was drawn before changes what is drawn."""
    code = "from instances.generator import generate; print(generate('S', 2).sha256)"
    run = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONHASHSEED": hashing},
        cwd=FOLDER.parent,
    )
    assert run.stdout.strip() == made["S", 2].sha256


def test_seeds_differ(made: Made) -> None:
    """Every seed is another instance."""
    assert len({made[key].sha256 for key in SMALL}) == len(SMALL)


SIZES = {
    "XS": {"sites": 3, "accelerators": 2, "training": 6, "copies": 6, "inference": 2, "periods": 4, "frontier": 0},
    "S": {"sites": 8, "accelerators": 4, "training": 60, "copies": 60, "inference": 20, "periods": 8, "frontier": 3},
    "M": {"sites": 24, "accelerators": 8, "training": 150, "copies": 400, "inference": 100, "periods": 12,
          "frontier": 10},
    "L": {"sites": 69, "accelerators": 10, "training": 500, "copies": 2000, "inference": 400, "periods": 12,
          "frontier": 40},
    "XL": {
        "sites": 168, "accelerators": 20, "training": 2000, "copies": 10_000, "inference": 1000, "periods": 36,
        "frontier": 150,
    },
}  # fmt: skip


@pytest.mark.parametrize(("size", "seed"), ALL)
def test_sizes(made: Made, size: Size, seed: int) -> None:
    """Sites, accelerators, trainings, services and periods as many as the size says."""
    instance = made[size, seed]
    assert {
        "sites": len(instance.sites),
        "accelerators": len(instance.accelerators),
        "training": len(instance.training),
        "copies": sum(job.copies for job in instance.training),
        "inference": len(instance.inference),
        "periods": len(instance.calendar),
        "frontier": sum(job.artefact_class == "frontier-weights" for job in instance.training),
    } == SIZES[size]
    least, most = {"XS": (3, 3), "S": (10, 10), "M": (11, 12), "L": (11, 20), "XL": (11, 30)}[size]
    assert all(least <= len(service.demand) <= most for service in instance.inference)


@pytest.mark.parametrize(("size", "seed"), ALL)
def test_references_are_clean(made: Made, size: Size, seed: int) -> None:
    """No errors; of warnings only what is meant: pools on the wrong floor, unsure roadmaps, the short horizon of XS,
    dates.
    """
    errors, warnings = validate(made[size, seed])
    assert errors == []
    warnings = [warning for warning in warnings if warning.kind not in (ENABLES, LAUNCHES, UNSURE, UNVERIFIED, LATE)]
    meant = [warning for warning in warnings if NEVER_POWERED in warning.rule or warning.rule == "covers 12 months"]
    assert warnings == meant
    assert len(meant) == (1 if size == "XS" else 2)


@pytest.mark.parametrize(("size", "seed"), ALL)
def test_places_are_those_of_the_catalogue(made: Made, size: Size, seed: int) -> None:
    """Carbon, latency and law of every region are the catalogue's of its place."""
    instance = made[size, seed]
    by_metro: dict[str, list[dict[str, str]]] = {}
    for row in figures("regions"):
        by_metro.setdefault(row["metro"], []).append(row)
    carbon = {row["grid"]: float(row["gco2e_per_kwh_2025"]) for row in figures("carbon")}
    latency = {row["metro"]: row for row in figures("latency_metros")}
    access = {row["metro"]: float(row["access_ms"]) for row in figures("metros")}
    for region in instance.regions:
        rows = [row for row in by_metro[region.metro] if region.provider is None or row["region"] == region.id]
        grids = [row for row in rows if row["grid"] == region.grid]
        assert grids
        assert set(region.jurisdictions) == set(grids[0]["jurisdictions"].split("|"))
        mean = region.carbon_gco2e_per_kwh
        year = [v for month, v in mean.items() if month.startswith("2027")] if isinstance(mean, dict) else [mean]
        assert sum(year) / len(year) == pytest.approx(carbon[region.grid], rel=0.02)
        for city, trips in instance.network.round_trip_ms.items():
            assert trips[region.id] in {float(latency[city][row["region"]]) for row in grids}
    assert all(ms == access[city] for city, ms in instance.network.access_ms.items())


@pytest.mark.parametrize(("size", "seed"), ALL)
def test_hardware_is_that_of_the_catalogue(made: Made, size: Size, seed: int) -> None:
    """Power, memory, speeds, throughput and list prices come from the tables."""
    instance = made[size, seed]
    rows = {row["accelerator"]: row for row in figures("accelerators")}
    prices = {row["accelerator"]: row for row in figures("hardware_prices")}
    speeds = {
        row["accelerator"]: float(row["relative_speed"]) for row in figures("training_speed") if row["used"] == "yes"
    }
    rates = {
        (f"{row['model']}-{row['target']}", row["accelerator"]): float(row["tokens_per_s_per_node"])
        for row in figures("throughput")
    }
    for kind in instance.accelerators:
        assert kind.node_kw == float(rows[kind.id]["node_kw"])
        assert {fit.cooling for fit in kind.cooling} == set(rows[kind.id]["cooling"].split("|"))
    for profile in instance.profiles:
        assert all(entry.per_node == rates[profile.id, entry.accelerator] for entry in profile.throughput)
    for job in instance.training:
        if job.scaling is not None:
            assert all(speed.speed == speeds[speed.accelerator] for speed in job.scaling.speeds)
    for offer in instance.offers:
        if offer.label == "buy":
            list_price = float(prices[offer.accelerator]["purchase_usd_per_node"]) * offer.lot_nodes
            assert 0.9 * list_price <= float(offer.bands[-1].price_usd) <= 1.1 * list_price
    hours = {
        (row["provider"], row["region"], row["accelerator"]): float(row["on_demand_usd_per_gpu_hour"])
        for row in figures("offers_cloud")
        if row["on_demand_usd_per_gpu_hour"]
    }
    gpus = {kind.id: kind.gpus_per_node for kind in instance.accelerators}
    for offer in instance.offers:
        if offer.paid == "per-use":
            (site,) = offer.sites
            price = hours.get(
                (offer.supplier, site, offer.accelerator), hours.get((offer.supplier, "any", offer.accelerator))
            )
            assert price is not None
            assert float(offer.bands[0].price_usd) == pytest.approx(price * gpus[offer.accelerator], rel=1e-4)


@pytest.mark.parametrize(("size", "seed"), LARGE)
def test_workloads_are_as_wide_as_asked(made: Made, size: Size, seed: int) -> None:
    """Two ways, a window of five or six quarters, most services with a promise, pools by accelerator as many as the
    size has.
    """
    instance = made[size, seed]
    first_days = [piece.first_day for piece in instance.calendar]
    pools: dict[str, int] = {}
    for pool in instance.pools:
        pools[pool.accelerator] = pools.get(pool.accelerator, 0) + 1
    reach = []
    for job in instance.training:
        kinds = [way.accelerator for way in job.ways]
        kinds += [speed.accelerator for speed in job.scaling.speeds] if job.scaling else []
        assert len(set(kinds)) == 2
        begin_in = sum(
            job.earliest_start < add_months(day, 1 if size == "XL" else 3) and day <= job.latest_start
            for day in first_days
            if job.latest_start is not None
        )
        each = 3 if size == "XL" else 1  # it may begin late in the first quarter
        assert 5 * each - (each - 1) <= begin_in <= 6 * each
        reach.append(sum(pools[kind] for kind in kinds))
    least, most = {"S": (12, 20), "M": (30, 50), "L": (80, 125), "XL": (180, 260)}[size]
    assert least <= sum(reach) / len(reach) <= most
    promising = sum(bool(service.promises) for service in instance.inference)
    assert 0.5 * len(instance.inference) <= promising <= 0.6 * len(instance.inference)
    assert {promise.kind for service in instance.inference for promise in service.promises} == {"site", "region"}


@pytest.mark.parametrize(("size", "seed"), LARGE)
def test_frontier_runs_are_those_of_published_cards(made: Made, size: Size, seed: int) -> None:
    """The work of a card times 0.8 to 1.2, in the smallest of the published gangs that is done within 0.9 of a
    quarter.
    """
    instance = made[size, seed]
    cards = [float(row["h100_gpu_hours"]) for row in figures("training_models")]
    speeds = {
        row["accelerator"]: float(row["relative_speed"]) for row in figures("training_speed") if row["used"] == "yes"
    }
    gpus = {kind.id: kind.gpus_per_node for kind in instance.accelerators}
    for job in instance.training:
        if job.artefact_class != "frontier-weights":
            continue
        if job.scaling is not None:
            gang, efficiency = job.scaling.gangs[0].gpus, job.scaling.gangs[0].efficiency
            kinds, work = [speed.accelerator for speed in job.scaling.speeds], job.scaling.work
        else:
            kinds = [way.accelerator for way in job.ways]
            nodes = min(
                way.nodes * gpus[way.accelerator] for way in job.ways
            )  # of whole racks: a few GPUs more than the gang
            gang = max(size for size in GANGS if size <= nodes)
            efficiency = _efficiency(gang)
            work = job.ways[0].hours * gang * efficiency * speeds[job.ways[0].accelerator]
        assert any(0.79 * card <= work <= 1.21 * card for card in cards if 2e6 <= card <= 8e6)
        slower = min(speeds[kind] for kind in kinds)
        assert gang in GANGS
        assert work / (gang * efficiency * slower) <= 0.9 * 2184
        smaller = [size for size in GANGS if size < gang]
        assert all(work / (size * _efficiency(size) * slower) > 0.9 * 2184 * 0.999 for size in smaller)


GANGS = (1024, 2048, 4096, 8192, 12288)


def _efficiency(gang: int) -> float:
    rows = sorted((int(row["gang_gpus"]), float(row["efficiency"])) for row in figures("training_scaling"))
    return next(efficiency for size, efficiency in rows if size >= gang)


@pytest.mark.parametrize(("size", "seed"), LARGE)
def test_our_sites_have_5_to_100_mw(made: Made, size: Size, seed: int) -> None:
    """Ready today, or ready with what is promised and counts, of a campus that has not opened."""
    for site in made[size, seed].sites:
        if site.run_by == "us":
            sure = sum(step.mw for step in site.roadmap if step.confidence >= made[size, seed].policy.least_confidence)
            assert 5 <= site.ready_mw + sure <= 100
            assert site.ready_mw >= 5 or site.network_ready_on is not None


@pytest.mark.parametrize(("size", "seed"), LARGE)
def test_a_quarter_to_a_half_of_our_sites_are_full(made: Made, size: Size, seed: int) -> None:
    """Other load and what stands, with headroom and at the PUE of the warm months, leave less than 1 % of the ready
    power.
    """
    instance = made[size, seed]
    kw = {kind.id: kind.node_kw for kind in instance.accelerators}
    fits = {(kind.id, fit.cooling) for kind in instance.accelerators for fit in kind.cooling}
    full, ours = 0, [site for site in instance.sites if site.run_by == "us"]
    for site in ours:
        drawn = 0.0
        for hall in site.halls:
            pue = 1.0 if site.metered == "rack" else max(hall.pue.values()) if isinstance(hall.pue, dict) else hall.pue
            if hall.operable_on is None:
                drawn += sum(
                    pool.nodes * kw[pool.accelerator] * pue / 1e3
                    for pool in instance.pools
                    if pool.site == site.id
                    and pool.hall == hall.id
                    and (pool.accelerator, hall.cooling) in fits
                    and (pool.accelerator, hall.max_rack_kw) != ("b200", 12.0)
                )
        left = (1 - instance.policy.power_headroom) * (site.ready_mw - site.other_load_mw) - drawn
        full += left < 0.01 * max(site.ready_mw, 1.0)
    assert 0.25 <= full / len(ours) <= 0.5


@pytest.mark.parametrize(("size", "seed"), ALL)
def test_what_every_instance_carries(made: Made, size: Size, seed: int) -> None:
    """Two signed lines, a plan in force with a freeze, two pins, three futures, budgets, caps, prices of carbon and
    change.
    """
    instance = made[size, seed]
    incumbent, policy = instance.incumbent, instance.policy
    assert incumbent is not None
    assert [line.cancellation_fee_usd is None for line in incumbent.lines] == [True, False]
    assert incumbent.plan is not None
    assert policy.freeze_until is not None and policy.freeze_until > instance.horizon.today
    assert policy.change.start_usd > 0
    assert [pin.what for pin in policy.pins] == ["upgrade", "forbid"]
    assert [scenario.id for scenario in instance.scenarios] == ["baseline", "growth", "surge"]
    assert sum(scenario.probability for scenario in instance.scenarios) == 1
    assert policy.budgets
    assert policy.carbon_caps
    assert policy.carbon_usd_per_tonne > 0
    assert {cap.kind for cap in policy.share_caps} == {"supplier", "region"}
    assert 0.05 <= policy.power_headroom <= 0.1


@pytest.mark.parametrize(("size", "seed"), LARGE)
def test_what_the_large_ones_hold(made: Made, size: Size, seed: int) -> None:
    """Everything that a planner meets is in each of them at least once."""
    instance = made[size, seed]
    offers, upgrades, sites = instance.offers, instance.upgrades, instance.sites
    assert {offer.label for offer in offers} == {"buy", "lease", "reserve", "on-demand"}
    assert any(len(offer.bands) > 1 and offer.order_cost_usd for offer in offers)
    assert any(offer.bands[0].from_lots > 1 for offer in offers)
    assert any(offer.valid.until for offer in offers)
    assert any(upgrade.after for upgrade in upgrades)
    assert any(upgrade.paid == "monthly" and upgrade.power_mw for upgrade in upgrades)
    opened = {(u.site, p.hall) for u in upgrades for p in u.positions if p.positions > 0}
    assert any((site.id, hall.id) in opened and hall.positions == 0 for site in sites for hall in site.halls)
    assert any(
        min(p.positions for p in u.positions) < 0 < max(p.positions for p in u.positions)
        for u in upgrades
        if u.positions
    )
    assert sum(bool(kind.power_modes) for kind in instance.accelerators) == 1
    steps = [step for site in sites for step in site.roadmap]
    assert (
        min(step.confidence for step in steps)
        < instance.policy.least_confidence
        < max(step.confidence for step in steps)
    )
    assert any(step.verified_on is None for step in steps)
    oldest = instance.horizon.today - timedelta(days=366)
    assert any(step.verified_on is not None and step.verified_on < oldest for step in steps)
    assert {hall.cooling for site in sites for hall in site.halls if site.run_by == "us"} == {
        "air",
        "rear-door",
        "direct-to-chip",
        "immersion",
        "hybrid",
    }
    follows = {job.id: job.predecessors for job in instance.training}
    assert any(follows.get(p) for job in instance.training for p in job.predecessors)
    assert any(job.repeats_every_months for job in instance.training)
    assert any(job.value_usd is None for job in instance.training)
    assert any(job.handover_hours and job.artefact_tb for job in instance.training)
    assert any(job.copies > 1 for job in instance.training) == (size != "S")
    services = instance.inference
    assert any(service.after and service.rollout for service in services)
    assert any(service.least_regions > 1 and service.smallest_deployment for service in services)
    assert {"air", "liquid", "immersion"} == {loop.medium for site in sites for loop in site.loops}
    assert len({site.operator for site in sites}) >= 4


@pytest.mark.parametrize(
    ("file", "key", "most_bytes"), [("quickstart.json", QUICKSTART, 1e6), ("quarterly.json", QUARTERLY, 3e6)]
)
def test_named_files_are_what_the_generator_makes(
    made: Made, file: str, key: tuple[Size, int], most_bytes: int
) -> None:
    """The files are loaded without an error, are small, and hold what their size and seed give."""
    assert (FOLDER / file).stat().st_size < most_bytes
    assert load_instance(FOLDER / file).instance.sha256 == made[key].sha256


@pytest.mark.parametrize("name", ["baseline", "growth", "surge"])
@pytest.mark.parametrize("key", [("XS", 1), QUICKSTART, QUARTERLY])
def test_scenario_files_fit_every_instance(made: Made, name: str, key: tuple[Size, int]) -> None:
    """A scenario file is the scenario of that name in the instances, and can be applied to each."""
    scenario = load_scenario(FOLDER / "scenarios" / f"{name}.yaml")
    instance = made[key]
    assert scenario == next(entry for entry in instance.scenarios if entry.id == name)
    changed = apply_scenario(instance, scenario)
    asked = [sum(max(line.demand) for service in x.inference for line in service.demand) for x in (instance, changed)]
    assert (asked[1] > asked[0]) == (name != "baseline")
