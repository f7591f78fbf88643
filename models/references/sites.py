"""Sites, halls and loops: what each kind of site must and must not have."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from models.places import Site
    from models.references.found import Found
    from models.references.known import Known


def check_sites(known: Known, found: Found) -> None:
    """Check sites, halls and pools. A provider's site has one hall, and no power, positions or loops of ours."""
    for i, site in enumerate(known.instance.sites):
        at = f"sites[{i}]"
        if site.run_by == "provider":
            _provider(known, site, at, found)
        else:
            _ours(known, site, at, found)
        for j, hall in enumerate(site.halls):
            lowest, highest = known.extremes(hall.pue)
            place = f"{at}.halls[{j}].pue"
            if lowest < 1:
                found.error(place, lowest, "must be at least 1: a hall draws no less than its IT power", "correct it")
            elif highest > 3:
                found.warn(place, highest, "is above 3", "check that it is the power of the hall over its IT power")
    _pools(known, found)


def _provider(known: Known, site: Site, at: str, found: Found) -> None:
    fix = "remove it, or set run_by to us"
    if len(site.halls) != 1:
        found.error(f"{at}.halls", None, f"a provider's site has one hall, this has {len(site.halls)}", "keep one")
    for j, hall in enumerate(site.halls):
        if known.extremes(hall.positions) != (0, 0):
            found.error(f"{at}.halls[{j}].positions", None, "must be 0 at a provider's site", fix)
    for name, there in (
        ("ready_mw", known.extremes(site.ready_mw) != (0, 0)),
        ("other_load_mw", known.extremes(site.other_load_mw) != (0, 0)),
        ("roadmap", bool(site.roadmap)),
        ("loops", bool(site.loops)),
    ):
        if there:
            found.error(f"{at}.{name}", None, "is not ours at a provider's site", fix)
    if any(known.extremes(site.water_usd_per_m3)):
        rule = "costs nothing at a provider's site: the price of nodes includes water, which only counts against a cap"
        found.warn(f"{at}.water_usd_per_m3", None, rule, "remove it")
    region = known.regions.get(site.region)
    if region is not None and region.provider is None:
        rule = f"is a provider's site, but region {region.id} names no provider"
        found.error(f"{at}.run_by", site.run_by, rule, "give the region its provider, or set run_by to us")


def _ours(known: Known, site: Site, at: str, found: Found) -> None:
    if not site.uplinks:
        found.warn(at, None, "has no uplinks: nothing can be served from it", "add its carriers' lines")
    if not site.loops and not any(upgrade.site == site.id and upgrade.loops for upgrade in known.instance.upgrades):
        found.warn(at, None, "has no loops: it can reject no heat, so nothing can be powered", "add its loops")
    if len(site.uplinks) == 1 and known.instance.policy.lose_one_carrier:
        rule = "has one carrier, so policy.lose_one_carrier takes nothing off and it may look better than one with two"
        found.warn(f"{at}.uplinks", None, rule, "add the second carrier, or keep this in mind")


def _pools(known: Known, found: Found) -> None:
    for i, pool in enumerate(known.instance.pools):
        at = f"pools[{i}]"
        leaving = sum(retirement.nodes for retirement in pool.retirements)
        if leaving > pool.nodes:
            rule = f"retires {leaving} nodes, but {pool.nodes} stand"
            found.error(f"{at}.retirements", None, rule, "correct nodes or retirements")
        site, hall = known.sites.get(pool.site), known.halls.get((pool.site, pool.hall))
        if site is not None and site.run_by == "us" and pool.quota_nodes is not None:
            found.error(f"{at}.quota_nodes", None, "has no meaning at a site run by us", "remove it")
        kind = known.accelerators.get(pool.accelerator)
        if hall is None or kind is None:
            continue
        fit = next((fit for fit in kind.cooling if fit.cooling == hall.cooling), None)
        if fit is None:
            rule = f"can never be powered: {kind.id} does not permit {hall.cooling} cooling"
            found.warn(at, None, rule, f"add {hall.cooling} to its cooling, or remove the pool")
        elif site is not None and site.run_by == "us" and all(r.rack_kw > hall.max_rack_kw for r in fit.rackings):
            least = min(racking.rack_kw for racking in fit.rackings)
            rule = f"can never be powered: a rack takes {least:g} kW or more, the hall bears {hall.max_rack_kw:g}"
            found.warn(at, None, rule, "add a less dense racking, or remove the pool")
