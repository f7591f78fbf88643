"""The cost terms, each one linear expression in kUSD, weighted by when it is paid."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from solver.formulation.linear import Expr, zeros
from solver.formulation.spending import by_offer_and_site, ordered, signed, upgrades
from solver.index import ONE
from solver.tables.money import KUSD
from solver.tables.penalties import uncovered_price, unserved_price, value_of
from solver.tables.serving import reference_of
from solver.tables.starts import cheapest_hour, energy_per_start, placement

if TYPE_CHECKING:
    from solver.arrays import Floats
    from solver.formulation.variables import Variables
    from solver.formulation.when import When
    from solver.tables.tables import Tables


def hardware(tables: Tables, x: Variables, when: When) -> Expr:
    """Orders less value left, order costs, rent, signed lines, upkeep of ordered and signed nodes, and hours of runs at
    a provider's site after the horizon.
    """
    axis = tables.axis
    upkeep = tables.pools.upkeep[:, None] * (axis.months * when.middle)[None]
    standing = np.cumsum(tables.pools.change, axis=1)
    total = ordered(tables, x, when).total() + rented(tables, x, when).total() + signed(tables, x, when)
    total = total + ((x.stock - standing.ravel()) * upkeep.ravel()).total()
    pue = tables.halls.pue_energy
    _, _, hours = energy_per_start(axis, pue, tables.pools, tables.modes, tables.trainings, tables.starts)
    price = cheapest_hour(tables.instance, tables.pools)[tables.modes.pool[tables.starts.mode]]
    return total + (x.start * (hours * tables.starts.nodes * price * when.behind)).total()


def rented(tables: Tables, x: Variables, when: When) -> Expr:
    """[o,s] rent·price·H by offer and site."""
    rents = tables.rents
    price = np.array([float(offer.bands[0].price_usd) for offer in tables.instance.offers]) * KUSD
    cost = price[rents.offer] * (tables.axis.hours * when.middle)[rents.period]
    return (x.rent * cost).sum(by_offer_and_site(tables).map(rents.offer, tables.pools.site[rents.pool]))


def energy(tables: Tables, x: Variables, when: When) -> Expr:
    """price_st·kWh[q,t]; at a provider's site, energy is included in the price."""
    ours = tables.sites.ours[:, None]
    return _by_energy(
        tables,
        x,
        tables.sites.electricity * ours * when.middle,
        tables.sites.electricity[:, -1] * ours[:, 0] * when.behind,
    )


def carbon(tables: Tables, x: Variables, when: When) -> Expr:
    """price·g_st·kWh, if carbon has a price."""
    price = float(tables.instance.policy.carbon_usd_per_tonne) * KUSD
    return _by_energy(
        tables, x, tables.sites.carbon * price * when.middle, tables.sites.carbon[:, -1] * price * when.behind
    )


def water(tables: Tables, x: Variables, when: When) -> Expr:
    """price_st·m³_st·kWh[q,t] of IT energy, without PUE; at a provider's site, water is included in the price."""
    price = tables.sites.water * tables.sites.water_price * tables.sites.ours[:, None]
    return _by_energy(tables, x, price * when.middle, price[:, -1] * when.behind, it=True)


def _by_energy(tables: Tables, x: Variables, price: Floats, price_behind: Floats, it: bool = False) -> Expr:
    """Σ price·kWh, including runs after the horizon. ``price`` is [s,t], ``price_behind`` [s], in kUSD per MWh."""
    if not price.any() and not price_behind.any():
        return zeros(ONE)
    *_, behind = _energy_coefficients(tables, x, it)
    site = tables.pools.site[tables.modes.pool[tables.starts.mode]]
    return over_energy(tables, x, price, it) + (x.start * (behind * price_behind[site])).total()


def over_energy(tables: Tables, x: Variables, rate: Floats, it: bool = False) -> Expr:
    """Σ rate·kWh inside the horizon.

    kWh[q,t] = H·PUE_mean·kW_q·( Σ_a draw·φ·n·start + Σ_k (idle + (draw − idle)·mean_to_peak)·nodes + idle·(on − used) )

    It is written as idle power of what is on, plus the power above idle of what is used.

    Parameters:
        rate: [s,t] per MWh
        it: whether MWh are of IT energy, without PUE, rather than at the meter
    """
    idle, above, per_start, _ = _energy_coefficients(tables, x, it)
    site = tables.pools.site[tables.modes.pool]
    _, q, t = x.nodes.over.keys
    total = (x.on * (idle * rate[site]).ravel()).total() + (x.nodes * (above * rate[site[q], t])).total()
    running, mode = tables.starts.running, tables.starts.mode
    return total + (x.start[running.run] * (per_start * rate[site[mode[running.run]], running.period])).total()


def _energy_coefficients(tables: Tables, x: Variables, it: bool) -> tuple[Floats, Floats, Floats, Floats]:
    """MWh of an idle node [q,t]; above idle, of a serving node and of a (start, period); of a start after the end."""
    pue = np.ones_like(tables.halls.pue_energy) if it else tables.halls.pue_energy
    pools, modes = tables.pools, tables.modes
    mwh = tables.axis.hours * pue[pools.hall[modes.pool]] * (pools.node_kw[modes.pool] * modes.power)[:, None] / 1e3
    share = pools.idle_share[modes.pool]
    k, q, t = x.nodes.over.keys
    draw = np.array([profile.draw for profile in tables.instance.profiles])
    mean = np.array([profile.mean_to_peak for profile in tables.instance.profiles])
    above = mwh[q, t] * (draw[k] - share[q]) * mean[k] if len(k) else np.zeros(0)
    per_start, behind, _ = energy_per_start(tables.axis, pue, pools, modes, tables.trainings, tables.starts)
    return mwh * share[:, None], above, per_start, behind


def transfer(tables: Tables, x: Variables, when: When) -> Expr:
    """Traffic to users and the price of their waiting time, by demand served; copies of datasets and their storage."""
    instance, lines, serves = tables.instance, tables.lines, tables.serves
    network = instance.network
    profiles = {profile.id: profile for profile in instance.profiles}
    per_unit = np.zeros((len(lines.metro), len(tables.sites.ids)))
    for number, (i, metro) in enumerate(zip(lines.service, lines.metro, strict=True)):
        service, profile = instance.inference[i], profiles[instance.inference[i].profile]
        reach = np.where(np.isfinite(lines.round_trip[number]), lines.round_trip[number], 0.0)
        egress = np.array(
            [float(network.egress_usd_per_gb.get(region, {}).get(metro, 0)) for region in tables.sites.region]
        )
        hourly = egress * profile.gb_per_unit * 3600.0 + float(service.latency_usd_per_unit_hour_ms) * reach
        per_unit[number] = hourly * profile.mean_to_peak * reference_of(profile) * KUSD
    total = (x.serve * (per_unit[serves.line, serves.site] * _served_hours(tables, when))).total()
    copies = tables.copies
    stored = np.cumsum((copies.storage * when.middle)[:, :, ::-1], axis=2)[:, :, ::-1]
    cost = copies.transfer * when.begin[copies.period] + stored[copies.dataset, copies.region, copies.period]
    return total + (x.copy * cost).total()


def deployment(tables: Tables, x: Variables, when: When) -> Expr:
    """Fees for going live and for being live, placement of starts by site, and serving cost by metro and site."""
    instance, serves, axis = tables.instance, tables.serves, tables.axis
    i, _, t = x.live.over.keys
    golive = (
        np.array([float(service.golive_usd) for service in instance.inference])[i] * KUSD if len(i) else np.zeros(0)
    )
    monthly = (
        np.array([float(service.monthly_usd) for service in instance.inference])[i] * KUSD if len(i) else np.zeros(0)
    )
    total = (x.golive * (golive * when.begin[t])).total() + (
        x.live * (monthly * (axis.months * when.middle)[t])
    ).total()
    at_site = placement(instance, tables.pools, tables.modes, tables.trainings, tables.starts)
    total = total + (x.start * (at_site * when.begin[tables.starts.period])).total()
    price = _serving_price(tables)
    return total + (x.serve * (price[serves.line, serves.site] * _served_hours(tables, when))).total()


def _served_hours(tables: Tables, when: When) -> Floats:
    """By serve column: λ·H, weighted by when it is paid."""
    lines, serves = tables.lines, tables.serves
    return _volume_hours(tables, when)[lines.service[serves.line], serves.period]


def _volume_hours(tables: Tables, when: When) -> Floats:
    """[i,t] λ·H: hours in which the volumes of a service count, weighted by when they are paid."""
    return np.asarray(tables.lines.volume * (tables.axis.hours * when.middle))


def _serving_price(tables: Tables) -> Floats:
    """[line,s] kUSD per reference node and hour."""
    instance, lines = tables.instance, tables.lines
    profiles = {profile.id: profile for profile in instance.profiles}
    site_number = {name: s for s, name in enumerate(tables.sites.ids)}
    price = np.zeros((len(lines.metro), len(tables.sites.ids)))
    line_number = {(i, metro): n for n, (i, metro) in enumerate(zip(lines.service.tolist(), lines.metro, strict=True))}
    for i, service in enumerate(instance.inference):
        profile = profiles[service.profile]
        for entry in service.serving_usd:
            if (i, entry.metro) in line_number:
                usd = float(entry.usd_per_unit_hour) * profile.mean_to_peak * reference_of(profile)
                price[line_number[i, entry.metro], site_number[entry.site]] += usd * KUSD
    return price


def lateness(tables: Tables, x: Variables, when: When) -> Expr:
    """USD per day · max(0, end − due) · start, paid when the run ends.

    A chained training pays USD per day · max(0, finish − due), on the due day: wait is what finish adds to its own end.
    """
    times, j = tables.finish, tables.starts.training
    ends_on = tables.axis.calendar.first_day.toordinal() + np.floor(times.end).astype(np.int64)
    day = np.where(times.row[j] < 0, ends_on, times.pays_on[j])
    by_itself = (x.start * (times.late_days(tables.starts) * times.late[j] * when.day(day))).total()
    chained = times.chained
    return by_itself + (x.wait * (times.late[chained] * when.day(times.pays_on[chained]))).total()


def dropped(tables: Tables, x: Variables, when: When) -> Expr:
    """value · dropped, on the due date or, without one, on the last day."""
    runs, last = tables.trainings.runs, tables.axis.calendar.last_day
    value = np.array([(value_of(tables.instance, run) or 0.0) * KUSD for run in runs], float)
    days = np.array([(run.due if run.due is not None else last).toordinal() for run in runs], np.int64)
    return (x.dropped * (value * when.day(days))).total() if len(runs) else zeros(ONE)


def unserved(tables: Tables, x: Variables, when: When) -> Expr:
    """USD per unit-hour · mean_to_peak · λ·H · unserved."""
    line, t = x.unserved.over.keys
    i = tables.lines.service[line]
    return (x.unserved * (_pain(tables, "unserved")[i] * _volume_hours(tables, when)[i, t])).total()


def uncovered(tables: Tables, x: Variables, when: When) -> Expr:
    """USD per unit-hour · mean_to_peak · λ·H · uncovered."""
    c, t = x.uncovered.over.keys
    i = tables.takeovers.catchment_service[c]
    return (x.uncovered * (_pain(tables, "uncovered")[i] * _volume_hours(tables, when)[i, t])).total()


def _pain(tables: Tables, which: str) -> Floats:
    """[i] penalty in kUSD per reference node of peak demand and hour."""
    instance = tables.instance
    profiles = {profile.id: profile for profile in instance.profiles}
    prices = []
    for service in instance.inference:
        profile = profiles[service.profile]
        usd = (unserved_price if which == "unserved" else uncovered_price)(instance, service, profile) or 0.0
        prices.append(usd * profile.mean_to_peak * reference_of(profile) * KUSD)
    return np.array(prices, float)


def short(tables: Tables, x: Variables, when: When) -> Expr:
    """USD per MW-hour · H · short."""
    _, t = x.short.over.keys
    price = float(tables.instance.policy.short_usd_per_mwh) * KUSD
    return (x.short * (price * (tables.axis.hours * when.middle)[t])).total()


TERMS = {
    "hardware": hardware,
    "upgrades": upgrades,
    "energy": energy,
    "carbon": carbon,
    "water": water,
    "transfer": transfer,
    "deployment": deployment,
    "lateness": lateness,
    "dropped": dropped,
    "unserved": unserved,
    "uncovered": uncovered,
    "short": short,
}
