"""The figures an operator watches, in Prometheus' format. A process serves one service, so `service` is constant."""

from __future__ import annotations

from collections.abc import Iterable

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    GCCollector,
    Histogram,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.core import Metric

REGISTRY = CollectorRegistry()
ProcessCollector(registry=REGISTRY)
GCCollector(registry=REGISTRY)

_FAST = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5)
_SLOW = (1, 5, 15, 60, 300, 900, 3600, 21_600, 86_400)

HTTP_SECONDS = Histogram(
    "guanxi_http_request_seconds",
    "Time from request to the end of the answer, by route template.",
    ("method", "route", "status"),
    registry=REGISTRY,
    buckets=_FAST,
)
HTTP_IN_FLIGHT = Gauge("guanxi_http_in_flight", "Requests being answered.", registry=REGISTRY)
HTTP_REFUSED = Counter(
    "guanxi_http_refused_total", "Requests refused because too many were in work.", registry=REGISTRY
)

OUTBOX_DEPTH = Gauge(
    "guanxi_outbox_depth", "Events committed and not yet acknowledged by the broker.", registry=REGISTRY
)
OUTBOX_OLDEST_AGE = Gauge("guanxi_outbox_oldest_age_seconds", "Age of the oldest of them.", registry=REGISTRY)
RELAY_BATCH_SECONDS = Histogram(
    "guanxi_relay_batch_seconds", "Time to publish one batch.", registry=REGISTRY, buckets=_FAST
)
RELAY_EVENTS = Counter("guanxi_relay_events", "Events acknowledged by the broker.", registry=REGISTRY)
RELAY_TOO_LARGE = Counter(
    "guanxi_relay_too_large",
    "Events too large for the broker: they and what follows of their key wait.",
    registry=REGISTRY,
)

CONSUMER_LAG_RECORDS = Gauge(
    "guanxi_consumer_lag_records", "Records not yet applied.", ("consumer", "partition"), registry=REGISTRY
)
CONSUMER_LAG_SECONDS = Gauge(
    "guanxi_consumer_lag_seconds",
    "Most that the oldest record not yet applied has waited.",
    ("consumer",),
    registry=REGISTRY,
)
HANDLER_SECONDS = Histogram(
    "guanxi_handler_seconds",
    "Time a handler took for its share of a batch.",
    ("consumer", "type"),
    registry=REGISTRY,
    buckets=_FAST,
)
EVENTS_APPLIED = Counter("guanxi_events_applied", "Events applied.", ("consumer",), registry=REGISTRY)
EVENTS_REPEATED = Counter(
    "guanxi_events_repeated", "Events that had been applied before.", ("consumer",), registry=REGISTRY
)
EVENTS_SKIPPED = Counter(
    "guanxi_events_skipped", "Events of a type that this release does not know.", ("type",), registry=REGISTRY
)
DEAD_LETTERS = Counter("guanxi_dead_letters", "Events that could not be applied.", ("consumer",), registry=REGISTRY)
DEAD_LETTERS_OPEN = Gauge(
    "guanxi_dead_letters_open", "Dead letters that nobody has replayed or discarded.", ("consumer",), registry=REGISTRY
)

DUE_LATE_SECONDS = Histogram(
    "guanxi_due_late_seconds", "From the due moment to its effect.", ("kind",), registry=REGISTRY, buckets=_SLOW
)
POOL_CONNECTIONS = Gauge("guanxi_pool_connections", "Database connections.", ("pool", "state"), registry=REGISTRY)

METRICS_TYPE = CONTENT_TYPE_LATEST


def exposition(service: str) -> bytes:
    """All figures as text, each with the service's name."""
    return generate_latest(_Labelled(service))


class _Labelled(CollectorRegistry):
    """The registry with one more label on every sample."""

    def __init__(self, service: str) -> None:
        super().__init__()
        self._service = service

    def collect(self) -> Iterable[Metric]:
        for metric in REGISTRY.collect():
            metric.samples = [s._replace(labels={"service": self._service, **s.labels}) for s in metric.samples]
            yield metric
