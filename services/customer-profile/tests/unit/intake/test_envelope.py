from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import orjson
import pytest

from customer_profile.intake.envelope import MAX_BYTES, Arrival, Envelope, read

EVENT: dict[str, Any] = {
    "specversion": "1.0",
    "id": "e-1",
    "source": "dealer-17",
    "type": "guanxi.inbound.ContactReported.v1",
    "time": "2026-03-31T09:30:00+08:00",
    "data": {"external_customer": "C-1", "channel": "phone", "direction": "in"},
}


def reading(raw: bytes | None, headers: tuple[tuple[str, bytes], ...] = ()) -> Envelope:
    return read(Arrival("dealer-17", raw, "fallback", headers))


def event(**changes: Any) -> Envelope:
    return reading(orjson.dumps({**EVENT, **changes}))


def codes(envelope: Envelope) -> set[tuple[str, str]]:
    return {(error.field, error.code) for error in envelope.errors}


def test_a_structured_event_is_read_whole() -> None:
    envelope = event(traceparent="00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", correlationid="c-1")
    assert envelope.errors == ()
    assert (envelope.event_id, envelope.source, envelope.type) == ("e-1", "dealer-17", EVENT["type"])
    assert envelope.time == datetime(2026, 3, 31, 1, 30, tzinfo=UTC)
    assert envelope.data == EVENT["data"]
    assert envelope.correlation == "c-1"
    assert envelope.traceparent is not None
    assert envelope.body is not None
    assert envelope.raw is None


def test_a_binary_event_is_read_as_the_same_event() -> None:
    headers = tuple((f"ce_{name}", EVENT[name].encode()) for name in ("specversion", "id", "source", "type", "time"))
    binary = reading(orjson.dumps(EVENT["data"]), (*headers, ("content-type", b"application/json")))
    structured = event()
    assert binary.errors == ()
    assert (binary.event_id, binary.body_hash, binary.data_hash) == (
        structured.event_id,
        structured.body_hash,
        structured.data_hash,
    )
    assert binary.body is not None
    assert binary.body["data"] == EVENT["data"]


def test_a_structured_event_with_headers_of_the_binary_mode_stays_structured() -> None:
    headers = (
        ("ce_specversion", b"1.0"),
        ("ce_id", b"other"),
        ("content-type", b"application/cloudevents+json; charset=utf-8"),
    )
    assert reading(orjson.dumps(EVENT), headers).event_id == "e-1"


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (None, "tombstone"),
        (b"", "empty"),
        (b"  \n", "empty"),
        (b"\xef\xbb\xbf{}", "byte-order-mark"),
        (b"{not json", "not-json"),
        (b"\xff\xfe", "not-json"),
        (b"[" * 100_000, "too-deep"),
        (b'"text"', "not-an-object"),
        (b"[1]", "not-an-object"),
    ],
)
def test_what_is_no_event_is_named_and_its_bytes_are_kept(raw: bytes | None, code: str) -> None:
    envelope = reading(raw)
    assert [error.code for error in envelope.errors] == [code]
    assert envelope.event_id == "fallback"
    assert envelope.body is None
    assert envelope.raw == (raw or b"")


@pytest.mark.parametrize(
    ("text", "field", "code"),
    [
        ('{"id": "e-9", "data": {"n": NaN}}', "data.n", "not-finite"),
        ('{"id": "e-9", "data": {"n": 1, "n": 2}}', "data.n", "duplicate-key"),
        ('{"id": "e-9", "data": {"n": 9223372036854775808}}', "data.n", "out-of-range"),
        ('{"id": "e-9", "data": {"n": "a\\u0000b"}}', "data.n", "null-character"),
        ('{"id": "e-9", "data": {"n": "\\ud800"}}', "data.n", "lone-surrogate"),
    ],
)
def test_json_that_no_database_takes_is_refused_by_field_under_its_own_id(text: str, field: str, code: str) -> None:
    envelope = reading(text.encode())
    assert (field, code) in codes(envelope)
    assert envelope.event_id == "e-9"
    assert envelope.raw == text.encode()


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"specversion": "0.3"}, ("specversion", "unknown-version")),
        ({"id": ""}, ("id", "invalid")),
        ({"id": 7}, ("id", "invalid")),
        ({"id": "x" * 201}, ("id", "invalid")),
        ({"id": "a\nb"}, ("id", "invalid")),
        ({"source": None}, ("source", "missing")),
        ({"type": 5}, ("type", "missing")),
        ({"time": "2026-03-31T09:30:00"}, ("time", "time-format")),
        ({"time": "2026-02-31T09:30:00Z"}, ("time", "time-format")),
        ({"time": 1700000000}, ("time", "time-format")),
        ({"time": "0001-01-01T00:00:00+08:00"}, ("time", "time-format")),
        ({"time": "9999-12-31T23:59:59-08:00"}, ("time", "time-format")),
        ({"subject": "C-1001"}, ("subject", "not-a-customer-id")),
        ({"datacontenttype": "text/xml"}, ("datacontenttype", "not-json")),
        ({"data_base64": "e30="}, ("data_base64", "unknown-field")),
    ],
)
def test_each_wrong_attribute_is_named(changes: dict[str, Any], fault: tuple[str, str]) -> None:
    assert codes(event(**changes)) == {fault}


def test_a_subject_is_a_customer_id() -> None:
    customer = UUID("0192f0c1-2345-7abc-8def-0123456789ab")
    assert event(subject=str(customer)).subject == customer
    assert event(subject="").subject is None


def test_an_event_that_is_too_large_keeps_its_id_and_its_bytes() -> None:
    envelope = event(data={"content": "x" * MAX_BYTES})
    assert codes(envelope) == {("event", "too-large")}
    assert envelope.event_id == "e-1"
    assert envelope.body is None
    assert envelope.raw is not None


def test_the_order_of_keys_and_the_trace_do_not_make_another_event() -> None:
    turned = dict(reversed(EVENT.items())) | {"data": dict(reversed(EVENT["data"].items())), "traceparent": "x"}
    assert reading(orjson.dumps(turned)).body_hash == event().body_hash


def test_another_time_is_another_event_but_the_same_report() -> None:
    later = event(time="2026-03-31T09:31:00+08:00")
    assert later.body_hash != event().body_hash
    assert later.data_hash == event().data_hash
    assert event(data={**EVENT["data"], "direction": "out"}).data_hash != event().data_hash


def test_every_attribute_that_can_refuse_an_event_tells_it_from_another() -> None:
    odd = [{"source": "dealer-71"}, {"specversion": "0.3"}, {"datacontenttype": "text/xml"}, {"data_base64": "e30="}]
    assert len({event().body_hash, *(event(**changes).body_hash for changes in odd)}) == len(odd) + 1
    assert event(datacontenttype="application/json; charset=utf-8").body_hash == event().body_hash


def test_a_time_is_kept_in_utc() -> None:
    assert event(time="2026-03-31t09:30:00.123456789+08:00").time == datetime(2026, 3, 31, 1, 30, 0, 123456, UTC)
    assert str(event().time) == "2026-03-31 01:30:00+00:00"
