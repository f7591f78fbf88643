"""The objective: the discounted sum of named terms, every term linear, in kUSD."""

from __future__ import annotations

import numpy as np

from solver.formulation.program import Model
from solver.formulation.variables import Variables
from solver.tables.money import KUSD, discount
from solver.tables.prices import unserved_price, value_of
from solver.tables.serving import reference_of
from solver.tables.starts import energy_per_start, fixed_costs
from solver.tables.tables import Tables


def hardware(model: Model, tables: Tables, x: Variables) -> None:
    """Price of orders less value left, signed lines, upkeep of what is ordered or signed, rent."""
    orders, signed, axis = tables.orders, tables.signed, tables.axis
    price = np.array([float(offer.bands[0].price_usd) for offer in tables.instance.offers])
    model.minimise((x.buy * (price[orders.offer] * orders.per_price if len(orders.offer) else 0.0)).total())
    upkeep = tables.pools.upkeep[:, None] * (axis.months * axis.at_middle)[None]
    standing = np.cumsum(tables.pools.change, axis=1)
    model.minimise(((x.stock - standing.ravel()) * upkeep.ravel()).total())
    model.minimise((x.rent * tables.rents.cost).total())
    loose = np.where(signed.firm, 0.0, signed.to_pay - signed.fee)
    model.minimise((x.kept * loose + np.where(signed.firm, 0.0, signed.fee * signed.lots)).total())


def energy(model: Model, tables: Tables, x: Variables) -> None:
    """price_st·kWh[q,t], kWh = H·PUE_mean·kW_q·( Σ draw·φ·n·start + Σ_k (idle + (draw − idle)·mean_to_peak)·nodes + idle·(on − used) )

    Written with what is on at idle power, and what is used above it. At a provider's site energy is in the price.
    """
    axis, pools, modes, sites, halls = tables.axis, tables.pools, tables.modes, tables.sites, tables.halls
    n_times = axis.size
    ours = pools.ours[modes.pool]
    site, hall = pools.site[modes.pool], pools.hall[modes.pool]
    mwh_per_node = axis.hours * halls.pue_energy[hall] * (pools.node_kw[modes.pool] * modes.power)[:, None] / 1e3
    price = sites.electricity[site] * axis.at_middle * ours[:, None]
    idle = pools.idle_share[modes.pool][:, None]
    model.minimise((x.on * (mwh_per_node * price * idle).ravel()).total())

    k, q, t = x.nodes_set.keys
    above = np.array([[(p.draw - share) * p.mean_to_peak for share in pools.idle_share] for p in tables.instance.profiles])
    if len(k):
        model.minimise((x.nodes * (mwh_per_node[q, t] * price[q, t] * above[k, modes.pool[q]])).total())

    starts = tables.starts
    inside, behind, _ = energy_per_start(axis, sites, halls, pools, modes, tables.trainings, starts)
    run, period = starts.running.run, starts.running.period
    model.minimise((x.start[run] * (inside * price[starts.mode[run], period])).total())
    model.minimise((x.start * (behind * price[starts.mode, n_times - 1])).total())


def trainings(model: Model, tables: Tables, x: Variables) -> None:
    """Lateness, placement, hours behind the horizon at a provider's; the value of what is dropped."""
    axis, runs, starts = tables.axis, tables.trainings, tables.starts
    _, _, hours_behind = energy_per_start(axis, tables.sites, tables.halls, tables.pools, tables.modes, runs, starts)
    late, placement, behind = fixed_costs(tables.instance, axis, tables.pools, tables.modes, runs, starts, hours_behind)
    model.minimise((x.start * (late + placement + behind)).total())
    value = [(value_of(tables.instance, run) or 0.0) * KUSD for run in runs.runs]
    days = [run.due if run.due is not None else axis.calendar.last_day for run in runs.runs]
    factor = [discount(tables.instance, day) for day in days]
    model.minimise((x.dropped * np.multiply(value, factor)).total())


def services(model: Model, tables: Tables, x: Variables) -> None:
    """Demand that is not served, by its volume."""
    profiles = {profile.id: profile for profile in tables.instance.profiles}
    price = []
    for service in tables.instance.inference:
        profile = profiles[service.profile]
        per_unit = unserved_price(tables.instance, service, profile) or 0.0
        price.append(per_unit * profile.mean_to_peak * reference_of(profile) * KUSD)
    line, t = x.unserved_set.keys
    if len(line):
        weight = np.array(price)[tables.lines.service[line]] * (tables.axis.hours * tables.axis.at_middle)[t]
        model.minimise((x.unserved * weight).total())
