"""The best decisions as a plan, so that the check of the engine can judge them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from models.plan import Plan

if TYPE_CHECKING:
    import numpy as np

    from tests.oracle.build import Build

TINY = 1e-9


def plan_of(build: Build, values: np.ndarray) -> Plan:
    """A plan of the values of all columns. Postures are not worked out."""
    facts, program = build.facts, build.program
    names = [day.isoformat() for day in facts.first]

    def there(kind: str) -> list[tuple[tuple[Any, ...], float]]:
        pairs = ((key, float(values[n])) for key, n in program.of(kind).items())
        return [(key, value) for key, value in pairs if abs(value) > TINY]

    def whole(kind: str) -> list[tuple[tuple[Any, ...], int]]:
        return [(key, round(value)) for key, value in there(kind) if round(value)]

    def lists(kind: str, *fields: str, numbers: str) -> list[dict[str, Any]]:
        """One entry for all but the last part of the keys, with a number a period."""
        rows: dict[tuple[Any, ...], list[float]] = {}
        for key, value in there(kind):
            rows.setdefault(key[:-1], [0.0] * len(names))[key[-1]] = max(0.0, value)
        return [{**dict(zip(fields, map(_text, key), strict=True)), numbers: row} for key, row in rows.items()]

    bought: dict[tuple[str, str, int], float] = {}
    for (offer, _, pool, t), value in there("bought"):
        bought[offer, pool, t] = bought.get((offer, pool, t), 0.0) + value
    live: dict[tuple[str, str], list[str]] = {}
    for (service, site, t), _ in whole("live"):
        live.setdefault((service, site), []).append(names[t])
    data = {
        "orders": [
            {
                "offer": offer,
                "pool": pool,
                "serves_from": names[t],
                "lots": lots if facts.offers[offer].divisible else float(round(lots)),
                "place_by": facts.order_day(facts.offers[offer], facts.places[pool], t),
            }
            for (offer, pool, t), lots in bought.items()
        ],
        "rents": lists("rent", "offer", "pool", numbers="nodes"),
        "kept": [{"line": key[0], "lots": float(values[n])} for key, n in program.of("kept").items()],
        "upgrades": [
            {
                "upgrade": name,
                "serves_from": names[t],
                "times": count,
                "place_by": facts.upgrade_day(facts.upgrades[name], t),
            }
            for (name, t), count in whole("upgrade")
        ],
        "copies": [{"dataset": x, "region": region, "from": names[t]} for (x, region, t), _ in whole("copy")],
        "training": [
            {"workload": job, "pool": pool, "mode": mode, "way": way, "period": names[t], "copies": count}
            for (job, pool, mode, way, t), count in whole("start")
        ],
        "dropped": [{"workload": key[0], "copies": count} for key, count in whole("dropped")],
        "services": [
            {"workload": service.id, "launched": _launched(build, values, service.id), "posture": "not served"}
            for service in facts.instance.inference
        ],
        "live": [{"workload": key[0], "site": key[1], "periods": periods} for key, periods in live.items()],
        "serve": lists("serve", "workload", "metro", "site", numbers="demand"),
        "load": lists("load", "workload", "site", numbers="demand"),
        "takeover": lists("takeover", "workload", "catchment", "domain", "site", numbers="demand"),
        "uncovered": lists("uncovered", "workload", "catchment", numbers="demand"),
        "unserved": lists("unserved", "workload", "metro", numbers="demand"),
        "nodes": lists("nodes", "profile", "pool", "mode", numbers="nodes"),
        "powered": lists("powered", "pool", "mode", numbers="nodes"),
        "stock": lists("stock", "pool", numbers="nodes"),
    }
    return Plan.model_validate(data)


def _text(part: Any) -> str:
    return ":".join(part) if isinstance(part, tuple) else str(part)


def _launched(build: Build, values: np.ndarray, name: str) -> str | None:
    facts = build.facts
    service = next(service for service in facts.instance.inference if service.id == name)
    if service.after is None:
        t = facts.first_touched(service.launch)
    else:
        launched = build.program.of("launched")
        t = next((t for t in facts.periods if values[launched[name, t]] > 0.5), None)
    return None if t is None else facts.first[t].isoformat()
