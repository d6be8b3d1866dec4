"""Logs, traces and figures: what an operator sees of a running service."""

from guanxi.telemetry._context import correlation_id, set_correlation_id
from guanxi.telemetry._logging import configure_logging, redact_event
from guanxi.telemetry._metrics import (
    CONSUMER_LAG_RECORDS,
    CONSUMER_LAG_SECONDS,
    DEAD_LETTERS,
    DEAD_LETTERS_OPEN,
    DUE_LATE_SECONDS,
    EVENTS_APPLIED,
    EVENTS_REPEATED,
    EVENTS_SKIPPED,
    HANDLER_SECONDS,
    HTTP_IN_FLIGHT,
    HTTP_REFUSED,
    HTTP_SECONDS,
    METRICS_TYPE,
    OUTBOX_DEPTH,
    OUTBOX_OLDEST_AGE,
    POOL_CONNECTIONS,
    REGISTRY,
    RELAY_BATCH_SECONDS,
    RELAY_EVENTS,
    RELAY_TOO_LARGE,
    exposition,
)
from guanxi.telemetry._redaction import REDACTED, redact, redact_text
from guanxi.telemetry._tracing import (
    TelemetryUnfitError,
    configure_tracing,
    current_trace_id,
    current_traceparent,
    format_traceparent,
    otlp_exporter,
    parse_traceparent,
    shutdown_tracing,
    span,
    start_span,
)


def configure_telemetry(service: str, *, level: str = "INFO", otlp_endpoint: str | None = None) -> None:
    """Set up logs and traces of this process; spans are exported only where an OTLP endpoint is given."""
    configure_logging(service, level=level)
    configure_tracing(service, otlp_exporter(otlp_endpoint) if otlp_endpoint else None)


__all__ = [
    "CONSUMER_LAG_RECORDS",
    "CONSUMER_LAG_SECONDS",
    "DEAD_LETTERS",
    "DEAD_LETTERS_OPEN",
    "DUE_LATE_SECONDS",
    "EVENTS_APPLIED",
    "EVENTS_REPEATED",
    "EVENTS_SKIPPED",
    "HANDLER_SECONDS",
    "HTTP_IN_FLIGHT",
    "HTTP_REFUSED",
    "HTTP_SECONDS",
    "METRICS_TYPE",
    "OUTBOX_DEPTH",
    "OUTBOX_OLDEST_AGE",
    "POOL_CONNECTIONS",
    "REDACTED",
    "REGISTRY",
    "RELAY_BATCH_SECONDS",
    "RELAY_EVENTS",
    "RELAY_TOO_LARGE",
    "TelemetryUnfitError",
    "configure_logging",
    "configure_telemetry",
    "configure_tracing",
    "correlation_id",
    "current_trace_id",
    "current_traceparent",
    "exposition",
    "format_traceparent",
    "otlp_exporter",
    "parse_traceparent",
    "redact",
    "redact_event",
    "redact_text",
    "set_correlation_id",
    "shutdown_tracing",
    "span",
    "start_span",
]
