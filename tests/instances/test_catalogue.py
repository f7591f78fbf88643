"""The catalogue of public figures holds together: sources, references, units, licences."""

import csv
import itertools
import math
import re
from pathlib import Path

import pytest


def folder() -> Path:
    here = Path(__file__).resolve().parent
    for place in [here, here / "catalogue", *(p / "instances" / "catalogue" for p in here.parents)]:
        if (place / "regions.csv").exists() and (place / "sources.csv").exists():
            return place
    pytest.skip("no catalogue beside this file or under instances")


HERE = folder()
FILES = sorted(p.name for p in HERE.glob("*.csv"))
Row = dict[str, str]
TABLES: dict[str, list[Row]] = {}
for _name in FILES:
    with (HERE / _name).open(encoding="utf-8", newline="") as _f:
        TABLES[_name[:-4]] = list(csv.DictReader(_f))
SOURCES = {r["key"] for r in TABLES["sources"]}
REGIONS = {r["region"]: r for r in TABLES["regions"]}
METROS = {r["metro"]: r for r in TABLES["metros"]}
ACCELERATORS = {r["accelerator"]: r for r in TABLES["accelerators"]}
COOLING = {"air", "rear-door", "direct-to-chip", "immersion", "hybrid"}
EU = {
    "AT",
    "BE",
    "BG",
    "HR",
    "CY",
    "CZ",
    "DK",
    "EE",
    "FI",
    "FR",
    "DE",
    "GR",
    "HU",
    "IE",
    "IT",
    "LV",
    "LT",
    "LU",
    "MT",
    "NL",
    "PL",
    "PT",
    "RO",
    "SK",
    "SI",
    "ES",
    "SE",
}


def km(a: Row, b: Row) -> float:
    x, y, u, v = (
        math.radians(float(a["latitude"])),
        math.radians(float(a["longitude"])),
        math.radians(float(b["latitude"])),
        math.radians(float(b["longitude"])),
    )
    h = math.sin((u - x) / 2) ** 2 + math.cos(x) * math.cos(u) * math.sin((v - y) / 2) ** 2
    return 12742 * math.asin(math.sqrt(h))


def numbers(table: str, column: str, low: float, high: float, empty: bool = False) -> None:
    for r in TABLES[table]:
        if r[column] == "" and empty:
            continue
        v = float(r[column])
        assert low <= v <= high, (table, column, v, {k: r[k] for k in list(r)[:3]})


@pytest.mark.parametrize("name", FILES)
def test_rows_are_rectangular_and_named(name: str) -> None:
    """Every row has as many cells as the header; headers are snake_case or region ids."""
    with (HERE / name).open(encoding="utf-8", newline="") as f:
        rows = list(csv.reader(f))
    assert len(rows) > 1
    assert all(len(r) == len(rows[0]) for r in rows)
    assert len(set(rows[0])) == len(rows[0])
    for h in rows[0]:
        assert h in REGIONS or (h == h.lower() and " " not in h and "-" not in h), h


@pytest.mark.parametrize("name", [n for n in FILES if n != "sources.csv"])
def test_every_row_has_a_known_source_and_an_estimate_flag(name: str) -> None:
    """Each source key stands in sources.csv; an unverified row is flagged; named columns exist."""
    for r in TABLES[name[:-4]]:
        keys = r["source"].split("|")
        assert all(k in SOURCES for k in keys), (name, r["source"])
        assert r["estimate"] in ("yes", "no"), (name, r)
        if "estimate-unverified" in keys:
            assert r["estimate"] == "yes", (name, r)
        for c in filter(None, r.get("estimated_columns", "").split("|")):
            assert c in r, (name, c)
        if r.get("estimated_columns"):
            assert r["estimate"] == "yes", (name, r)


def test_every_source_is_used_and_complete() -> None:
    used = {k for n, t in TABLES.items() if n != "sources" for r in t for k in r["source"].split("|")}
    assert used == SOURCES
    for r in TABLES["sources"]:
        assert r["title"] and r["publisher_or_repository"] and r["licence"]
        assert r["date"] or r["key"] == "estimate-unverified"


def test_no_text_of_the_workshop_is_left() -> None:
    """Notes of how the tables were gathered do not belong here."""
    words = [
        "from " + "memory",
        "code index " + "id",
        "sha" + "red/",
        "/wo" + "rk",
        "general " + "knowledge",
        "/tm" + "p",
    ]
    for p in sorted([*HERE.glob("*.csv"), *HERE.glob("*.md")]):
        text = p.read_text(encoding="utf-8").lower()
        for w in words:
            assert w not in text, (p.name, w)
    assert sum(p.stat().st_size for p in HERE.glob("*.csv")) < 700_000


def test_carbon_stands_only_in_files_under_its_licence() -> None:
    """Columns of the Open Database License are in files of their own, with the notice."""
    odbl = {r["key"] for r in TABLES["sources"] if "ODbL" in r["licence"]}
    files = {n for n, t in TABLES.items() if n != "sources" and any(set(r["source"].split("|")) & odbl for r in t)}
    assert files == {"carbon", "carbon_shape"}
    for n, t in TABLES.items():
        if n not in files:
            assert not any("co2" in c or "carbon" in c for c in t[0]), n
    notice = (HERE / "LICENSES.md").read_text(encoding="utf-8")
    for word in (
        "Open Database License",
        "Electricity Maps",
        "carbon.csv",
        "carbon_shape.csv",
        "opendatacommons.org/licenses/odbl",
    ):
        assert word in notice


def test_every_file_is_described() -> None:
    readme, licences = ((HERE / n).read_text(encoding="utf-8") for n in ("README.md", "LICENSES.md"))
    for n in FILES:
        assert n in readme and n in licences, n
    for n, rows in re.findall(
        r"([a-z_]+)\.csv \((\d+)", "\n".join(x for x in readme.split("\n") if x.startswith("###"))
    ):
        assert len(TABLES[n]) == int(rows), n


def test_regions() -> None:
    assert len(REGIONS) == 168 and sum(r["core"] == "1" for r in REGIONS.values()) == 69
    grids = {r["grid"] for r in TABLES["carbon"]}
    markets = {r["market"] for r in TABLES["market_shape"]}
    providers = {r["provider"] for r in TABLES["providers"]}
    assert {r["grid"] for r in REGIONS.values()} == grids
    for r in REGIONS.values():
        assert r["market"] in markets | {""} and r["provider"] in providers and r["kind"] in ("hyperscale", "neocloud")
        c = r["country"]
        want = {c} | ({"EU", "EEA"} if c in EU else {"EEA"} if c in ("NO", "IS", "LI") else set())
        assert set(r["jurisdictions"].split("|")) == want and len(c) == 2
        assert r["metro"] == r["metro"].lower() and r["metro"].replace("-", "").isalpha()
    numbers("regions", "electricity_usd_per_mwh", 20, 300)
    numbers("regions", "pue", 1.05, 1.6)
    numbers("regions", "peak_summer_mean_c", 5, 42)
    numbers("regions", "build_usd_per_w", 5, 20)
    numbers("regions", "latitude", -60, 70)
    numbers("carbon", "gco2e_per_kwh_2025", 5, 1000)


def test_a_metro_is_one_place() -> None:
    """Regions of one metro lie within 70 km and in one country; those of different metros in a country do not touch."""
    rs = list(REGIONS.values())
    for i, a in enumerate(rs):
        for b in rs[i + 1 :]:
            if a["metro"] == b["metro"]:
                assert a["country"] == b["country"] and km(a, b) <= 70, (a["region"], b["region"], km(a, b))
            elif a["country"] == b["country"]:
                assert km(a, b) > 40, (a["region"], b["region"], km(a, b))
    for m in METROS.values():
        assert m["nearest_region_metro"] in {r["metro"] for r in rs}
        for r in rs:
            if r["metro"] == m["metro"]:
                assert km(m, r) <= 70 and r["country"] == m["country"], (m["metro"], r["region"])


def test_month_shapes_have_mean_one() -> None:
    days = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    for t in ("market_shape", "carbon_shape"):
        for r in TABLES[t]:
            v = [float(r[f"m{k:02d}"]) for k in range(1, 13)]
            assert abs(sum(a * b for a, b in zip(v, days, strict=False)) / 366 - 1) < 0.01 and min(v) > 0 and max(v) < 5
    assert len(TABLES["market_shape"]) == 22


def test_region_latency() -> None:
    """Upper triangle, a letter a cell, never faster than light in glass."""
    ids = list(REGIONS)
    rows = TABLES["latency_regions"]
    assert [r["region"] for r in rows] == ids
    for i, r in enumerate(rows):
        assert len(r["methods"]) == 168 - i and set(r["methods"]) <= set("-safne") and r["methods"][0] == "-"
        for j, b in enumerate(ids):
            if j < i:
                assert r[b] == ""
            else:
                v = int(r[b])
                assert 1 <= v <= 600 and v + 1 >= km(REGIONS[ids[i]], REGIONS[b]) / 102.1, (ids[i], b, v)


def test_metro_latency() -> None:
    rows = TABLES["latency_metros"]
    assert [r["metro"] for r in rows] == list(METROS) and len(rows) == 62
    for r in rows:
        assert len(r["methods"]) == 168 and set(r["methods"]) <= set("clfe")
        for b in REGIONS:
            v = int(r[b])
            assert 1 <= v <= 600 and v + 1 >= km(METROS[r["metro"]], REGIONS[b]) / 102.1, (r["metro"], b, v)
            if REGIONS[b]["metro"] == r["metro"]:
                assert v <= 10, (r["metro"], b, v)
    numbers("metros", "access_ms", 5, 20)
    numbers("metros", "population", 100_000, 30_000_000)
    numbers("metros", "utc_offset_hours", -12, 14)


def test_transfer() -> None:
    core = [i for i, r in REGIONS.items() if r["core"] == "1"]
    for q, low, high in (("usd_per_gb", 0, 0.3), ("gbps", 0.05, 50)):
        rows = [r for r in TABLES["transfer"] if r["quantity"] == q]
        assert [r["from_region"] for r in rows] == core
        for r in rows:
            assert len(r["methods"]) == 69 and set(r["methods"]) <= set("-me")
            for b in core:
                if b != r["from_region"]:
                    assert low <= float(r[b]) <= high
    numbers("transfer_defaults", "usd_per_gb", 0, 0.3)
    numbers("egress", "usd_per_gb", 0, 0.3)
    assert {r["provider"] for r in TABLES["egress"]} == {r["provider"] for r in TABLES["providers"]} | {"own"}


def test_accelerators() -> None:
    assert 14 <= len(ACCELERATORS) <= 20
    numbers("accelerators", "node_kw", 1, 140)
    numbers("accelerators", "memory_gb_per_gpu", 16, 300)
    numbers("accelerators", "node_price_usd", 30_000, 5_000_000, empty=True)
    numbers("accelerators", "life_months", 36, 84)
    numbers("accelerators", "usable_share", 0.8, 1)
    numbers("accelerators", "idle_share", 0.25, 0.25)
    for a, r in ACCELERATORS.items():
        cool = set(r["cooling"].split("|"))
        assert cool <= COOLING
        assert cool == {x["cooling"] for x in TABLES["rackings"] if x["accelerator"] == a}
        assert cool == {x["cooling"] for x in TABLES["cooling"] if x["accelerator"] == a}
        assert (r["sold"] == "yes") == (r["node_price_usd"] != "")
        w = float(r["node_kw"]) / int(r["gpus_per_node"])
        assert 0.2 <= w <= 2.3, (a, w)
        if r["node_price_usd"]:
            assert 2_000 < float(r["node_price_usd"]) / int(r["gpus_per_node"]) < 80_000


def test_rackings_and_heat() -> None:
    limit = {"air": 41.3, "rear-door": 80, "direct-to-chip": 150, "hybrid": 142, "immersion": 250}
    for r in TABLES["rackings"]:
        a = ACCELERATORS[r["accelerator"]]
        assert abs(float(r["positions_per_node"]) * int(r["nodes_per_rack"]) - 1) < 1e-6
        assert float(r["rack_kw"]) >= float(a["node_kw"]) * int(r["nodes_per_rack"]) - 0.051
        assert float(r["rack_kw"]) <= limit[r["cooling"]], r
    for r in TABLES["cooling"]:
        heat = [float(r[f"heat_share_{x}"]) for x in ("air", "liquid", "immersion")]
        assert abs(sum(heat) - 1) < 1e-9 and min(heat) >= 0 and 0.8 <= float(r["throughput_factor"]) <= 1
    assert len({(r["accelerator"], r["cooling"]) for r in TABLES["cooling"]}) == len(TABLES["cooling"])


def test_offers_and_availability() -> None:
    seen = set()
    for r in TABLES["offers_cloud"]:
        k = (r["provider"], r["region"], r["accelerator"])
        assert k not in seen
        seen.add(k)
        assert r["accelerator"] in ACCELERATORS
        assert r["region"] == "any" or REGIONS[r["region"]]["provider"] == r["provider"]
        on, one, three = (float(r[f"{c}_usd_per_gpu_hour"]) for c in ("on_demand", "reserved_1y", "reserved_3y"))
        assert 0.2 < three < one < on < 60, r
        if r["spot_usd_per_gpu_hour"]:
            assert 0.05 < float(r["spot_usd_per_gpu_hour"]) < on, r
    for r in TABLES["availability"]:
        assert REGIONS[r["region"]]["provider"] == r["provider"] and r["accelerator"] in ACCELERATORS
        assert (r["provider"], "any", r["accelerator"]) in seen, r
    for r in TABLES["hardware_prices"]:
        a = ACCELERATORS[r["accelerator"]]
        assert r["purchase_usd_per_node"] == a["node_price_usd"]
        if r["rental_3y_usd_per_gpu_hour"]:
            assert 0.5 < float(r["rental_3y_usd_per_gpu_hour"]) < 6
        assert 1.0 < 36 * float(r["lease_36m_usd_per_node_month"]) / float(r["purchase_usd_per_node"]) < 1.4


def test_throughput() -> None:
    models = {r["model"] for r in TABLES["served_models"]}
    keys = set()
    for r in TABLES["throughput"]:
        assert r["model"] in models and r["target"] in ("server", "interactive")
        a = ACCELERATORS[r["accelerator"]]
        t, n = float(r["tokens_per_s_per_gpu"]), float(r["tokens_per_s_per_node"])
        assert abs(n / (t * int(a["gpus_per_node"])) - 1) < 0.01 and 5 < t < 40_000
        need = next(float(m["memory_gb"]) for m in TABLES["served_models"] if m["model"] == r["model"])
        assert need <= float(a["memory_gb_per_gpu"]) * int(a["gpus_per_node"]) or r["method"] == "measured"
        keys.add((r["model"], r["accelerator"], r["target"]))
    assert len(keys) == len(TABLES["throughput"])
    per = {(r["model"], r["accelerator"], r["target"]): float(r["tokens_per_s_per_gpu"]) for r in TABLES["throughput"]}
    for m in models:
        for name in ACCELERATORS:
            if (m, name, "interactive") in per:
                assert per[m, name, "interactive"] <= per[m, name, "server"]
    assert (
        per["llama2-70b", "b200", "server"] > per["llama2-70b", "h200", "server"] > per["llama2-70b", "l40s", "server"]
    )


def test_training() -> None:
    used = [r for r in TABLES["training_speed"] if r["used"] == "yes"]
    assert sorted(r["accelerator"] for r in used) == sorted(ACCELERATORS)
    speed = {r["accelerator"]: float(r["relative_speed"]) for r in used}
    assert speed["h100"] == 1 and all(0.03 < v < 6 for v in speed.values())
    assert speed["a100-80gb"] < speed["h100"] < speed["b200"] < speed["gb200-nvl72"] < speed["gb300-nvl72"]
    eff = [(int(r["gang_gpus"]), float(r["efficiency"])) for r in TABLES["training_scaling"]]
    assert eff == sorted(eff) and all(a[1] >= b[1] for a, b in itertools.pairwise(eff)) and 0.5 < eff[-1][1] < 1
    for r in TABLES["training_results"]:
        assert r["accelerator"] in ACCELERATORS
        assert abs(float(r["hours"]) * int(r["gpus"]) / float(r["gpu_hours"]) - 1) < 0.15
    numbers("training_models", "h100_gpu_hours", 1, 1e8)


def test_draw_and_power_modes() -> None:
    numbers("draw", "mean_over_node_kw", 0.3, 1)
    numbers("draw", "mean_over_p95", 0.5, 1, empty=True)
    numbers("power_modes", "power_factor", 0.4, 1)
    numbers("power_modes", "throughput_factor", 0.5, 1)


def test_ranges_are_ordered() -> None:
    for t, cols in (
        ("lead_times", ("low_weeks", "likely_weeks", "high_weeks")),
        ("interconnect", ("low_years", "likely_years", "high_years")),
        ("outages", ("low_hours_per_year", "likely_hours_per_year", "high_hours_per_year")),
        ("facility", ("low", "likely", "high")),
    ):
        for r in TABLES[t]:
            v = [float(r[c]) for c in cols if r[c] != ""]
            assert v and v == sorted(v) and v[0] >= 0, r
    numbers("lead_times", "high_weeks", 1, 220)
    numbers("interconnect", "high_years", 1, 12)
    numbers("outages", "high_hours_per_year", 0.01, 50)
    assert {r["domain"] for r in TABLES["outages"]} == {"site", "metro", "region", "grid", "operator", "carrier"}
    places = {r["metro"] for r in REGIONS.values()}
    for r in TABLES["interconnect"]:
        assert all(m in places for m in filter(None, r["metros"].split("|")))


def test_disruptions() -> None:
    events = {
        "site outage",
        "region outage",
        "operator outage",
        "cooling degradation",
        "power curtailment",
        "network interruption",
        "carrier loss",
        "delayed delivery",
        "supplier shortfall",
        "upgrade slip",
        "demand surge",
        "price shock",
        "change of law",
    }
    assert {r["event"] for r in TABLES["disruptions"]} == events
    known = (
        {r["metro"] for r in REGIONS.values()}
        | set(ACCELERATORS)
        | {r["provider"] for r in TABLES["providers"]}
        | {r["data_class"] for r in TABLES["data_rules"]}
        | {"any"}
    )
    for r in TABLES["disruptions"]:
        assert all(x in known for x in r["affects"].split("|")), r["affects"]


def test_data_rules() -> None:
    """Codes are known, the three lists do not overlap, and the counts of regions follow from them."""
    home = {r["provider"]: r["operator_home"] for r in TABLES["providers"]}
    codes = (
        {r["country"] for r in REGIONS.values()}
        | {m["country"] for m in METROS.values()}
        | {"EU", "EEA", "RU", "IR", "KP", "CU", "VE"}
    )
    for r in TABLES["data_rules"]:
        p, c, x = (set(filter(None, r[k].split("|"))) for k in ("permitted", "conditional", "prohibited"))
        assert p and p | c | x <= codes and not (p & c or p & x or c & x), r["data_class"]

        def allowed(reg: Row, lists: set[str], x: set[str] = x) -> bool:
            j = set(reg["jurisdictions"].split("|"))
            return bool(j & lists) and not j & x and home[reg["provider"]] not in x

        n = sum(allowed(g, p) for g in REGIONS.values())
        assert n == int(r["regions_permitted"])
        assert sum(allowed(g, p | c) for g in REGIONS.values()) - n == int(r["regions_conditional"])
    permitted = {r["data_class"]: int(r["regions_permitted"]) for r in TABLES["data_rules"]}
    for m in METROS.values():
        assert (permitted[m["data_class"]] > 0) == (m["servable"] == "1")


def test_demand() -> None:
    for c in ("coding", "conversation"):
        v = [float(r[c]) for r in TABLES["demand_shape"]]
        assert len(v) == 168 and abs(sum(v) / 168 - 1) < 0.002 and min(v) > 0 and max(v) < 4
        s = {r["statistic"]: float(r["value"]) for r in TABLES["demand_statistics"]}
        assert abs(s[f"{c}_mean_to_peak"] - 1 / max(v)) < 0.01
    assert [int(r["hour_of_week_utc"]) for r in TABLES["demand_shape"]] == list(range(168))
    for r in TABLES["fleets"]:
        assert r["accelerator"] in ACCELERATORS or r["accelerator"] == ""
