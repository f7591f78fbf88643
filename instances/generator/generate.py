"""Generate instances of five sizes from public figures and a seed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from instances.generator.capacity import standing
from instances.generator.datasets import datasets_of
from instances.generator.demand import drawn_services
from instances.generator.facility import facilities_of
from instances.generator.futures import SCENARIOS
from instances.generator.hardware import accelerators_of, pools_of
from instances.generator.incumbent import incumbent_of, signed_lines
from instances.generator.network import network_of
from instances.generator.offers import offers_of, suppliers_of
from instances.generator.places import concerning, operators_of, regions_of, sites_of
from instances.generator.policy import policy_of
from instances.generator.policy_limits import PolicyLimits, budgets_of, carbon_caps_of, pins_of, share_caps_of
from instances.generator.profiles import profiles_of
from instances.generator.services import scaled_services
from instances.generator.shape import SHAPES, START, TODAY, Size
from instances.generator.trainings import trainings_of
from instances.generator.upgrades import upgrades_of
from instances.generator.water import with_water
from models.calendar import Horizon
from models.instance import Instance

if TYPE_CHECKING:
    from models.workloads import Dataset, Inference, Training


def generate(size: Size, seed: int, water: bool = False) -> Instance:
    """Generate the instance of a size and a seed, the same on every machine.

    Parameters:
        size: the size, from XS to XL
        seed: the seed
        water: whether to add water; nothing else changes with it
    """
    shape = SHAPES[size]
    facilities = facilities_of(shape, seed)
    pools = pools_of(shape, seed, facilities)
    offers = offers_of(shape, seed, facilities, pools)
    datasets = datasets_of(shape, seed, facilities)
    trainings = trainings_of(shape, seed, facilities, datasets)
    read = {job.dataset for job in trainings}
    datasets = tuple(dataset for dataset in datasets if dataset.id in read)
    services = drawn_services(shape, seed, facilities)
    signed = signed_lines(shape, seed, facilities, offers)
    upgrades = upgrades_of(shape, seed, facilities)
    capacity = standing(shape, facilities, pools, signed, {offer.id: offer.lot_nodes for offer in offers})
    inference = scaled_services(shape, seed, services, capacity, trainings, facilities)
    operators = operators_of(facilities)
    classes = _classes(datasets, trainings, inference)
    homes = {operator.home_country for operator in operators}
    incumbent = incumbent_of(shape, signed, facilities, offers, upgrades, trainings)
    limits = PolicyLimits(
        pins=pins_of(shape, facilities, upgrades, trainings),
        budgets=budgets_of(shape, facilities, incumbent, offers),
        carbon=carbon_caps_of(shape, facilities),
        shares=share_caps_of(shape),
    )
    policy = policy_of(facilities, classes, homes, limits)
    instance = Instance(
        horizon=Horizon(today=TODAY, start=START, periods=(shape.period,) * shape.periods),
        regions=regions_of(shape, facilities),
        operators=operators,
        sites=concerning(sites_of(shape, seed, facilities), classes, policy.data_rules),
        accelerators=accelerators_of(shape),
        pools=pools,
        suppliers=suppliers_of(shape, facilities),
        offers=offers,
        upgrades=upgrades,
        datasets=datasets,
        profiles=profiles_of(shape, {service.profile for service in inference}),
        training=trainings,
        inference=inference,
        network=network_of(facilities, {line.metro for service in inference for line in service.demand}),
        policy=policy,
        scenarios=SCENARIOS,
        incumbent=incumbent,
    )
    return with_water(instance, shape, seed, facilities) if water else instance


def _classes(
    datasets: tuple[Dataset, ...], trainings: tuple[Training, ...], services: tuple[Inference, ...]
) -> set[str]:
    """All data classes in use."""
    return (
        {dataset.data_class for dataset in datasets}
        | {name for job in trainings for name in (job.data_class, job.artefact_class) if name}
        | {name for service in services for name in (service.data_class, service.log_class) if name}
        | {line.data_class for service in services for line in service.demand if line.data_class}
    )
