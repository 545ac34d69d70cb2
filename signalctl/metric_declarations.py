"""How a metric is declared: made with prometheus-client and taken down with its unit and labels, for docs and tests."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    Info,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.exposition import CONTENT_TYPE_LATEST

CONTENT_TYPE: Final = CONTENT_TYPE_LATEST
PREFIX: Final = "signalctl_"

CORRIDOR: Final = ("site", "corridor")
JUNCTION: Final = ("site", "corridor", "junction")
AREA: Final = ("site", "corridor", "area")

Shape = Literal["counter", "gauge", "histogram", "info"]


@dataclass(frozen=True, slots=True)
class Declaration:
    """One published metric as a scraper sees it."""

    name: str  # as scraped, `_total` and `_info` included
    kind: Shape
    unit: str
    labels: tuple[str, ...]
    help: str

    @property
    def series(self) -> tuple[str, ...]:
        """Names that a query may use for it."""
        if self.kind == "histogram":
            return tuple(self.name + suffix for suffix in ("_bucket", "_sum", "_count"))
        return (self.name,)


class DeclaredMetrics:
    """Metrics in one registry, each taken down as it is declared.

    Without `registry` a new one is made that also carries the process's own memory, CPU and file descriptors.
    """

    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]  # one more series for each counter that nothing here queries
        if registry is None:
            registry = CollectorRegistry()
            ProcessCollector(registry=registry)
        self.registry = registry
        self.declarations: list[Declaration] = []

    def exposition(self) -> bytes:
        """Everything in Prometheus's text format; serve it with `CONTENT_TYPE`."""
        return generate_latest(self.registry)

    def _counter(self, name: str, help_text: str, labels: Sequence[str]) -> Counter:
        self._record(f"{name}_total", "counter", labels, help_text)
        return Counter(PREFIX + name, help_text, labels, registry=self.registry)

    def _gauge(self, name: str, help_text: str, labels: Sequence[str]) -> Gauge:
        self._record(name, "gauge", labels, help_text)
        return Gauge(PREFIX + name, help_text, labels, registry=self.registry)

    def _histogram(self, name: str, help_text: str, labels: Sequence[str], buckets: Sequence[float]) -> Histogram:
        self._record(name, "histogram", labels, help_text)
        return Histogram(PREFIX + name, help_text, labels, registry=self.registry, buckets=buckets)

    def _info(self, name: str, help_text: str, labels: Sequence[str], values: Sequence[str]) -> Info:
        self._record(f"{name}_info", "info", (*labels, *values), help_text)
        return Info(PREFIX + name, help_text, labels, registry=self.registry)

    def _record(self, name: str, kind: Shape, labels: Sequence[str], help_text: str) -> None:
        self.declarations.append(Declaration(PREFIX + name, kind, unit_of(name), tuple(labels), help_text))


def unit_of(name: str) -> str:
    """Unit that a metric's name ends with; a name without one counts things or events."""
    stem = name.removesuffix("_total")
    return next(
        (unit for unit in ("seconds", "ratio", "vehicles", "records", "bytes") if stem.endswith(f"_{unit}")), ""
    )
