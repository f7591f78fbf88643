"""Metrics of the service, worked out from the database when they are asked for: they survive restarts, and are the same
on every server.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from prometheus_client.metrics_core import Metric

    from api.service.runs import KeptRuns

SECONDS = (1, 5, 15, 60, 300, 900, 3600, 14_400)
GAPS = (0.0001, 0.001, 0.01, 0.05, 0.1, 0.5)


def exposed(runs: KeptRuns) -> bytes:
    """All metrics in the text format of Prometheus."""
    registry = CollectorRegistry()
    registry.register(_Collector(runs))
    return generate_latest(registry)


class _Collector:
    def __init__(self, runs: KeptRuns) -> None:
        self._runs = runs

    def collect(self) -> Iterator[Metric]:
        """Every metric as it stands."""
        states = GaugeMetricFamily("ampacity_runs", "Runs that are kept", labels=("state", "stopped"))
        for (state, stopped), count in self._runs.counts().items():
            states.add_metric((state, stopped), count)
        yield states
        oldest = self._runs.oldest_queued()
        age = 0.0
        if oldest is not None:
            age = max(0.0, (datetime.now(UTC) - datetime.fromisoformat(oldest)).total_seconds())
        yield GaugeMetricFamily("ampacity_queue_age_seconds", "Age of the run that waits the longest", age)
        yield CounterMetricFamily(
            "ampacity_kills", "Processes that died while they carried out a run", self._runs.kills()
        )
        beats = CounterMetricFamily("ampacity_worker_beats", "Signs of life of a worker", labels=("worker",))
        for worker in self._runs.workers():
            beats.add_metric((worker.id,), worker.beat)
        yield beats
        yield self._histogram("ampacity_solve_seconds", "Seconds that runs took which have ended", "spent", SECONDS)
        yield self._histogram("ampacity_gap", "Relative gaps of runs that have ended with a plan", "gap", GAPS)

    def _histogram(
        self, name: str, words: str, column: Literal["spent", "gap"], bounds: Sequence[float]
    ) -> HistogramMetricFamily:
        counts, total, number = self._runs.histogram(column, bounds)
        buckets = [(str(float(bound)), float(count)) for bound, count in zip(bounds, counts, strict=True)]
        return HistogramMetricFamily(name, words, [*buckets, ("+Inf", float(number))], total)
