"""One trace across processes, with or without a collector."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from prometheus_client.parser import text_string_to_metric_families

from guanxi.telemetry import (
    CONSUMER_LAG_RECORDS,
    OUTBOX_DEPTH,
    TelemetryUnfitError,
    configure_telemetry,
    configure_tracing,
    correlation_id,
    current_trace_id,
    current_traceparent,
    exposition,
    format_traceparent,
    parse_traceparent,
    set_correlation_id,
    shutdown_tracing,
    span,
)

PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@pytest.fixture
def spans() -> Iterator[InMemorySpanExporter]:
    exporter = InMemorySpanExporter()
    configure_tracing("complaints", exporter, at_once=True)
    yield exporter
    shutdown_tracing()


def test_without_a_collector_ids_go_on_from_the_cause() -> None:
    with span("handle", PARENT):
        child = current_traceparent()
        with span("inner"):
            assert current_traceparent() != child
            assert current_trace_id() == "0af7651916cd43dd8448eb211c80319c"
        assert current_traceparent() == child
    assert child.startswith("00-0af7651916cd43dd8448eb211c80319c-")
    assert child.endswith("-01")
    assert "b7ad6b7169203331" not in child


def test_outside_any_work_a_traceparent_is_made() -> None:
    assert parse_traceparent(current_traceparent()) is not None
    assert current_trace_id() is None


def test_with_a_collector_the_same_calls_make_spans(spans: InMemorySpanExporter) -> None:
    with span("POST", PARENT), span("handle", links=[PARENT, "nonsense"], attributes={"consumer": "timeline"}):
        pass
    inner, outer = spans.get_finished_spans()
    assert outer.parent is not None
    assert inner.parent is not None
    assert format_traceparent(outer.parent) == PARENT
    assert inner.parent.span_id == outer.context.span_id
    assert [link.context.span_id for link in inner.links] == [0xB7AD6B7169203331]
    assert inner.attributes == {"consumer": "timeline"}
    assert outer.resource.attributes["service.name"] == "complaints"


def test_a_failure_marks_its_span(spans: InMemorySpanExporter) -> None:
    with pytest.raises(KeyError), span("handle"):
        raise KeyError
    (failed,) = spans.get_finished_spans()
    assert not failed.status.is_ok


@pytest.mark.parametrize(
    "value",
    [
        None,
        "",
        "x",
        PARENT.upper(),
        PARENT[:-1],
        PARENT + "-00",
        "ff" + PARENT[2:],
        "00-" + "0" * 32 + "-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-" + "0" * 16 + "-01",
        PARENT + "\n",
    ],
)
def test_a_broken_traceparent_starts_a_new_trace(value: str | None) -> None:
    assert parse_traceparent(value) is None
    with span("handle", value):
        assert current_trace_id() not in {None, "0af7651916cd43dd8448eb211c80319c"}


def test_a_later_version_of_the_format_is_read() -> None:
    assert parse_traceparent("01" + PARENT[2:] + "-more") is not None


def test_a_harmless_correlation_id_is_taken_over() -> None:
    set_correlation_id("order-17:a")
    assert correlation_id() == "order-17:a"


@pytest.mark.parametrize("value", [None, "", "a\nb", "x" * 129, "a b", "張", "<script>"])
def test_a_strange_one_is_replaced(value: str | None) -> None:
    set_correlation_id(value)
    made = correlation_id()
    assert made != value
    assert correlation_id() == made


@pytest.mark.asyncio
async def test_two_tasks_do_not_share_a_correlation_id() -> None:
    async def one(value: str) -> str:
        set_correlation_id(value)
        await asyncio.sleep(0)
        return correlation_id()

    first, second = await asyncio.gather(one("a"), one("b"))
    assert (first, second) == ("a", "b")


def test_an_endpoint_without_its_exporter_is_one_clear_line() -> None:
    with pytest.raises(TelemetryUnfitError, match=r"install guanxi\[otlp\]"):
        configure_telemetry("x", otlp_endpoint="http://127.0.0.1:4318/v1/traces")


def test_every_figure_names_its_service_and_parses() -> None:
    OUTBOX_DEPTH.set(3)
    CONSUMER_LAG_RECORDS.labels("timeline", "interactions-0").set(5)
    samples = [
        sample
        for family in text_string_to_metric_families(exposition("complaints").decode())
        for sample in family.samples
    ]
    found = {(sample.name, tuple(sorted(sample.labels.items()))): sample.value for sample in samples}
    service = ("service", "complaints")
    assert found["guanxi_outbox_depth", (service,)] == 3
    lag = (("consumer", "timeline"), ("partition", "interactions-0"), service)
    assert found["guanxi_consumer_lag_records", lag] == 5
    assert ("process_resident_memory_bytes", (service,)) in found
    assert {sample.labels["service"] for sample in samples} == {"complaints"}
