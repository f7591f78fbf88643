"""Served models, with the throughput of each accelerator."""

from __future__ import annotations

from typing import TYPE_CHECKING

from instances.generator.public_figures import keyed, table, tokens_per_second
from models.workloads import Profile, Throughput

if TYPE_CHECKING:
    from instances.generator.shape import Shape

Model = tuple[str, str, str]  # (model, target, kind of use); the use determines mean over peak

GBIT_PER_GB, BURST = 8.0, 2.0  # burst: peak within a second over the planned peak; estimate
PROFILES = (
    ("llama3.1-8b", "server", "conversation"),
    ("llama2-70b", "server", "conversation"),
    ("llama2-70b", "interactive", "coding"),
    ("llama3.1-405b", "server", "conversation"),
    ("mixtral-8x7b", "server", "conversation"),
    ("deepseek-r1", "server", "coding"),
    ("llama3.1-8b", "interactive", "coding"),
)
SHARES = (0.2, 0.3, 0.12, 0.16, 0.1, 0.05, 0.07)  # of services by profile; synthetic
LONG_CONTEXT = {"deepseek-r1": 1.6}  # memory with the cache of long contexts, relative to the catalogue; estimate


def profiles_of(shape: Shape, used: set[str]) -> tuple[Profile, ...]:
    """Return the models in use, with every accelerator of the instance whose throughput is known."""
    profiles = []
    for model, target, use in PROFILES:
        if profile_id((model, target, use)) not in used:
            continue
        row = keyed("served_models", "model")[model,]
        each = {kind: tokens_per_second(model, kind, target) for kind in shape.accelerators}
        known = tuple(Throughput(accelerator=kind, per_node=rate) for kind, rate in each.items() if rate)
        gb = float(row["gb_per_million_tokens"]) / 1e6
        if known:
            profiles.append(
                Profile(
                    id=profile_id((model, target, use)),
                    memory_gb=memory_gb((model, target, use)),
                    throughput=known,
                    mean_to_peak=mean_to_peak(use),
                    draw=0.6,
                    gb_per_unit=round(gb, 9),
                    gbps_per_unit=round(gb * GBIT_PER_GB * BURST, 9),
                )
            )
    return tuple(profiles)


def memory_gb(model: Model) -> int:
    """Return the memory that a model needs in a node, GB."""
    return round(float(keyed("served_models", "model")[model[0],]["memory_gb"]) * LONG_CONTEXT.get(model[0], 1.0))


def profile_id(model: Model) -> str:
    """Return the id of the profile of a model."""
    return f"{model[0]}-{model[1]}"


def mean_to_peak(use: str) -> float:
    """Return mean over peak demand of a kind of use."""
    value = next(row["value"] for row in table("demand_statistics") if row["statistic"] == f"{use}_mean_to_peak")
    return round(float(value), 2)


def reference_tokens(model: Model) -> float:
    """Return tokens per second of an H100 node; where that is unknown, 0.9 of an H200 node."""
    h100 = tokens_per_second(model[0], "h100", model[1])
    return h100 or 0.9 * (tokens_per_second(model[0], "h200", model[1]) or 1.0)
