"""Prices of services, in kUSD per reference node and hour."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from solver.tables.money import KUSD
from solver.tables.penalties import uncovered_price, unserved_price
from solver.tables.serving import reference_of

if TYPE_CHECKING:
    from solver.arrays import Floats
    from solver.formulation.when import When
    from solver.tables.tables import Tables


def per_unit(tables: Tables) -> Floats:
    """[i] what a price of 1 USD per demand unit and hour costs per reference node of peak demand."""
    profiles = {profile.id: profile for profile in tables.instance.profiles}
    mine = [profiles[service.profile] for service in tables.instance.inference]
    return np.array([profile.mean_to_peak * reference_of(profile) * KUSD for profile in mine], float)


def hours(tables: Tables, when: When) -> Floats:
    """[i,t] hours in which there is demand, weighted by when they are paid."""
    return np.asarray(tables.lines.volume * (tables.axis.hours * when.middle))


def hours_served(tables: Tables, when: When) -> Floats:
    """By serve column: those hours."""
    return hours(tables, when)[tables.lines.service[tables.serves.line], tables.serves.period]


def traffic(tables: Tables) -> Floats:
    """[line,s] egress, and the price of the time that users wait."""
    instance, lines = tables.instance, tables.lines
    profiles = {profile.id: profile for profile in instance.profiles}
    usd = np.zeros((len(lines.metro), len(tables.sites.ids)))
    for number, (i, metro) in enumerate(zip(lines.service.tolist(), lines.metro, strict=True)):
        service = instance.inference[i]
        table = instance.network.egress_usd_per_gb
        egress = np.array([float(table.get(region, {}).get(metro, 0)) for region in tables.sites.region])
        waited = np.where(np.isfinite(lines.round_trip[number]), lines.round_trip[number], 0.0)
        usd[number] = egress * profiles[service.profile].gb_per_unit * 3600.0
        usd[number] += float(service.latency_usd_per_unit_hour_ms) * waited
    return usd * per_unit(tables)[lines.service][:, None]


def serving(tables: Tables) -> Floats:
    """[line,s] what serving a metro from a site costs by itself."""
    lines, sites = tables.lines, {name: s for s, name in enumerate(tables.sites.ids)}
    number = {(i, metro): n for n, (i, metro) in enumerate(zip(lines.service.tolist(), lines.metro, strict=True))}
    usd = np.zeros((len(lines.metro), len(sites)))
    for i, service in enumerate(tables.instance.inference):
        for entry in service.serving_usd:
            if (i, entry.metro) in number:
                usd[number[i, entry.metro], sites[entry.site]] += float(entry.usd_per_unit_hour)
    return usd * per_unit(tables)[lines.service][:, None]


def penalties(tables: Tables, which: str, when: When) -> Floats:
    """[i,t] penalty for a reference node of demand that is unserved or uncovered throughout a period."""
    instance, price = tables.instance, unserved_price if which == "unserved" else uncovered_price
    profiles = {profile.id: profile for profile in instance.profiles}
    usd = np.array([price(instance, service, profiles[service.profile]) or 0.0 for service in instance.inference])
    return (usd.reshape(-1) * per_unit(tables))[:, None] * hours(tables, when)
