"""Public figures: look-ups in the tables of the catalogue, each of which is read once."""

from __future__ import annotations

import csv
import functools
from pathlib import Path

Row = dict[str, str]
FOLDER = Path(__file__).resolve().parent.parent / "catalogue"
SUMMER_NORTH, SUMMER_SOUTH = (6, 7, 8), (12, 1, 2)
DAMPING = 0.5  # the bill of a large customer moves by about half of the wholesale swing


@functools.cache
def table(name: str) -> tuple[Row, ...]:
    """Return all rows of a table."""
    with (FOLDER / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return tuple(csv.DictReader(file))


@functools.cache
def keyed(name: str, *columns: str) -> dict[tuple[str, ...], Row]:
    """Return the rows of a table by key columns; of several rows with the same key, the first."""
    found: dict[tuple[str, ...], Row] = {}
    for row in table(name):
        found.setdefault(tuple(row[column] for column in columns), row)
    return found


def region(name: str) -> Row:
    """Return the row of a provider's region."""
    return keyed("regions", "region")[name,]


def metro(name: str) -> Row:
    """Return the row of a metro."""
    return keyed("metros", "metro")[name,]


def accelerator(name: str) -> Row:
    """Return the row of an accelerator."""
    return keyed("accelerators", "accelerator")[name,]


def jurisdictions(row: Row) -> tuple[str, ...]:
    """Return the jurisdictions of a region or a metro."""
    return tuple(row["jurisdictions"].split("|"))


def round_trip(city: str, place: str) -> float:
    """Return the round trip in ms between a city and a region, without the last mile."""
    return float(keyed("latency_metros", "metro")[city,][place])


def price_of_cloud(place: Row, kind: str) -> Row | None:
    """Return the price row of an accelerator in a region, or the provider's default; None if it is not listed there."""
    listed = keyed("availability", "provider", "region", "accelerator")
    if (place["provider"], place["region"], kind) not in listed:
        return None
    prices = keyed("offers_cloud", "provider", "region", "accelerator")
    return prices.get((place["provider"], place["region"], kind)) or prices.get((place["provider"], "any", kind))


def route(origin: Row, target: Row, ours: tuple[bool, bool]) -> tuple[float, float]:
    """Return USD per GB and Gbps of bulk transfer between two regions; ``ours`` tells which of the two we run."""
    row = keyed("transfer_defaults", "pair")[_pair(origin, target, ours),]
    usd, gbps = float(row["usd_per_gb"]), float(row["gbps_per_stream"]) * int(row["parallel_streams"])
    matrix = keyed("transfer", "quantity", "from_region")
    if not any(ours) and origin["core"] == target["core"] == "1":
        usd = float(matrix["usd_per_gb", origin["region"]][target["region"]])
        gbps = float(matrix["gbps", origin["region"]][target["region"]]) * int(row["parallel_streams"])
    return usd, round(gbps, 1)


def _pair(origin: Row, target: Row, ours: tuple[bool, bool]) -> str:
    near = "same_continent" if origin["continent"] == target["continent"] else "other_continent"
    if all(ours):
        return "own_site_same_metro" if origin["metro"] == target["metro"] else f"own_site_{near}"
    if any(ours):
        sender = origin if not ours[0] else target
        return "neocloud_any" if sender["kind"] == "neocloud" else f"other_provider_{near}"
    if "neocloud" in (origin["kind"], target["kind"]):
        return "neocloud_any"
    return f"{'same' if origin['provider'] == target['provider'] else 'other'}_provider_{near}"


def egress(seller: str, continent: str) -> float:
    """Return USD per GB to the internet; the seller ``own`` is transit bought for a site of ours."""
    rows = keyed("egress", "provider", "continent")
    return float((rows.get((seller, continent)) or rows[seller, "any"])["usd_per_gb"])


def by_month(months: tuple[str, ...], mean: float, shapes: str, row: Row, damped: bool) -> dict[str, float] | float:
    """Spread a yearly mean over months by the shape of the market.

    Parameters:
        months: months, as YYYY-MM
        mean: the yearly mean
        shapes: table of the shapes by market
        row: the region
        damped: whether the swing is reduced to that of a large customer's bill
    Returns:
        a table by month; just the mean where the shape of the market is unknown
    """
    shape = keyed(shapes, "market").get((row["market"],)) if row["market"] else None
    if shape is None:
        return round(mean, 2)
    swing = DAMPING if damped else 1.0
    return {month: round(mean * (1 + swing * (float(shape[f"m{month[5:]}"]) - 1)), 2) for month in months}


def is_summer(row: Row, month: str) -> bool:
    """Return whether a month is one of the three warmest of a region."""
    return int(month[5:]) in (SUMMER_NORTH if float(row["latitude"]) > 0 else SUMMER_SOUTH)


def lead_time(item: str) -> tuple[float, float, float]:
    """Return the lead time (low, likely, high) in weeks of an item in a normal market, or else from its newest row."""
    rows = [row for row in table("lead_times") if row["item"] == item]
    chosen = next((row for row in rows if row["as_of"] == "normal"), max(rows, key=lambda row: row["as_of"]))
    return float(chosen["low_weeks"]), float(chosen["likely_weeks"]), float(chosen["high_weeks"])


def facility(metric: str, category: str) -> tuple[float, float, float]:
    """Return (low, likely, high) of a figure about buildings."""
    row = keyed("facility", "metric", "category")[metric, category]
    likely = float(row["likely"])
    return float(row["low"] or likely), likely, float(row["high"] or likely)


def tokens_per_second(model: str, kind: str, target: str) -> float | None:
    """Return the throughput of a node; None where the model does not fit or no figure is known."""
    row = keyed("throughput", "model", "accelerator", "target").get((model, kind, target))
    return None if row is None else float(row["tokens_per_s_per_node"])


def training_speed(kind: str) -> float:
    """Return the training speed of a GPU, relative to an H100."""
    return next(
        float(row["relative_speed"])
        for row in table("training_speed")
        if row["accelerator"] == kind and row["used"] == "yes"
    )


def scaling_efficiency(gpus: int) -> float:
    """Return the scaling efficiency of a gang, read at the next listed size that is no smaller."""
    rows = sorted((int(row["gang_gpus"]), float(row["efficiency"])) for row in table("training_scaling"))
    return next(efficiency for size, efficiency in rows if size >= gpus)
