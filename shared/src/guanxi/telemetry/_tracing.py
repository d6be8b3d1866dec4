"""One trace across HTTP, log, Kafka and consumer, by W3C `traceparent`.

Without an exporter nothing is recorded, but ids are made and handed on all the same: the log lines of one request are
found by its trace id in every service. With one, the same calls make OpenTelemetry spans.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from opentelemetry import context, trace
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SimpleSpanProcessor, SpanExporter
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.trace import Link, NonRecordingSpan, Span, SpanContext, SpanKind, TraceFlags
from opentelemetry.util.types import AttributeValue

_TRACEPARENT = re.compile(r"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?")
_IDS = RandomIdGenerator()


class TelemetryUnfitError(RuntimeError):
    """Telemetry is set up wrongly; the message is one line for the operator."""


class _Tracing:
    """What this process records with; None records nothing."""

    provider: TracerProvider | None = None


def configure_tracing(service: str, exporter: SpanExporter | None, *, at_once: bool = False) -> None:
    """Record spans into `exporter`, or nowhere when it is None; `at_once` exports each span as it ends (tests)."""
    shutdown_tracing()
    if exporter is not None:
        provider = TracerProvider(resource=Resource.create({"service.name": service}), shutdown_on_exit=False)
        provider.add_span_processor(SimpleSpanProcessor(exporter) if at_once else BatchSpanProcessor(exporter))
        _Tracing.provider = provider


def shutdown_tracing() -> None:
    """Send what is still queued and record no more."""
    provider, _Tracing.provider = _Tracing.provider, None
    if provider is not None:
        provider.shutdown()


def otlp_exporter(endpoint: str) -> SpanExporter:
    """An exporter to an OpenTelemetry collector; its package is optional (`guanxi[otlp]`)."""
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import (  # type: ignore[import-not-found,unused-ignore] # noqa: PLC0415 - optional
            OTLPSpanExporter,
        )
    except ImportError as error:
        message = "an OTLP endpoint is set but its exporter is not installed: install guanxi[otlp] or clear the setting"
        raise TelemetryUnfitError(message) from error
    exporter: SpanExporter = OTLPSpanExporter(endpoint=endpoint)
    return exporter


def parse_traceparent(value: str | None) -> SpanContext | None:
    """The span context that a `traceparent` names; None when it is missing or not valid."""
    match = _TRACEPARENT.fullmatch(value) if value else None
    if match is None or match[1] == "ff" or (match[1] == "00" and match[5]):
        return None
    found = SpanContext(int(match[2], 16), int(match[3], 16), is_remote=True, trace_flags=TraceFlags(int(match[4], 16)))
    return found if found.is_valid else None


def format_traceparent(span: SpanContext) -> str:
    """The `traceparent` of a span context."""
    return f"00-{span.trace_id:032x}-{span.span_id:016x}-{span.trace_flags:02x}"


def current_traceparent() -> str:
    """The `traceparent` of the work in hand; a fresh one when nothing is being traced."""
    present = trace.get_current_span().get_span_context()
    return format_traceparent(present if present.is_valid else _fresh(None))


def current_trace_id() -> str | None:
    """The trace id of the work in hand, as 32 hexadecimal digits."""
    present = trace.get_current_span().get_span_context()
    return f"{present.trace_id:032x}" if present.is_valid else None


@contextmanager
def span(
    name: str,
    traceparent: str | None = None,
    *,
    links: Sequence[str] = (),
    kind: SpanKind = SpanKind.INTERNAL,
    attributes: Mapping[str, AttributeValue] | None = None,
) -> Iterator[Span]:
    """Work inside the block is a child of `traceparent`, else of the work in hand; `links` name other causes."""
    opened = start_span(name, traceparent, links=links, kind=kind, attributes=attributes)
    token = context.attach(trace.set_span_in_context(opened))
    try:
        yield opened
    except Exception as error:
        opened.record_exception(error)
        opened.set_status(trace.StatusCode.ERROR)
        raise
    finally:
        context.detach(token)
        opened.end()


def start_span(
    name: str,
    traceparent: str | None = None,
    *,
    links: Sequence[str] = (),
    kind: SpanKind = SpanKind.INTERNAL,
    attributes: Mapping[str, AttributeValue] | None = None,
) -> Span:
    """A span that the caller attaches and ends itself."""
    parent = parse_traceparent(traceparent) or trace.get_current_span().get_span_context()
    if _Tracing.provider is None:
        return NonRecordingSpan(_fresh(parent))
    tracer = _Tracing.provider.get_tracer("guanxi")
    around = trace.set_span_in_context(NonRecordingSpan(parent)) if parent.is_valid else context.Context()
    causes = [Link(cause) for cause in map(parse_traceparent, links) if cause is not None]
    return tracer.start_span(name, around, kind, attributes, causes)


def _fresh(parent: SpanContext | None) -> SpanContext:
    if parent is not None and parent.is_valid:
        return SpanContext(parent.trace_id, _IDS.generate_span_id(), is_remote=False, trace_flags=parent.trace_flags)
    return SpanContext(_IDS.generate_trace_id(), _IDS.generate_span_id(), is_remote=False)
