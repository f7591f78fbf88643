"""What a batch notes of the plan of a cell beside its cost: how late things are, and what room is left."""

from __future__ import annotations

from typing import Any


def figures_of(run: dict[str, Any]) -> dict[str, float | None]:
    """Figures of run.json, as JSON; None where there is no plan.

    Returns:
        late_days: days by which trainings end and services open after they were due, all together
        headroom_mw: power left in the tightest period of each of our sites, all together
    """
    report = run.get("report")
    if not report:
        return {"late_days": None, "headroom_mw": None}
    late = sum(entry["days"] for entry in report["late"]) + sum(max(0, s["days_late"] or 0) for s in report["services"])
    least = [site["least"] for site in report["sites"] if site.get("least")]
    room = sum(entry["power"]["left"] for entry in least if entry.get("power"))
    return {"late_days": round(float(late), 6), "headroom_mw": round(float(room), 9)}
