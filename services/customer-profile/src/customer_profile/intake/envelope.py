"""Reading what came over the wire: a CloudEvent in structured or binary mode, or what is wrong with it.

Reading never fails: whatever it is, the sender finds it at its desk, under its id or one made from where it lay.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from pydantic import TypeAdapter, ValidationError

from guanxi.events.fields import UtcTime
from guanxi.http import FieldError, Problem, json_errors

MAX_BYTES = 262_144
"""An event may have 256 KiB."""

Headers = tuple[tuple[str, bytes], ...]

_BOM = b"\xef\xbb\xbf"
_TIME: TypeAdapter[datetime] = TypeAdapter(UtcTime)
_ID = re.compile(r"[^\x00-\x1f\x7f]{1,200}")
_LONGEST_PATH, _LONGEST_ID = 300, 200
_STRUCTURED = "application/cloudevents"
_JSON = "application/json"


@dataclass(frozen=True, slots=True)
class Arrival:
    """One message as it came to the desk of a source; `fallback_id` names it when it has no readable id."""

    desk: str
    raw: bytes | None
    fallback_id: str
    headers: Headers = ()


@dataclass(frozen=True, slots=True)
class Envelope:
    """What could be read of a message. `body` is the whole event when it is JSON that can be kept, else there is `raw`.

    `body_hash` tells two events under one id apart, `data_hash` two reports under one reference.
    """

    event_id: str
    body_hash: bytes
    data_hash: bytes
    source: str | None = None
    type: str | None = None
    time: datetime | None = None
    subject: UUID | None = None
    data: Any = None
    traceparent: str | None = None
    correlation: str | None = None
    body: Mapping[str, Any] | None = None
    raw: bytes | None = None
    errors: tuple[FieldError, ...] = ()

    def text(self, name: str) -> str | None:
        """A short text of the data, as far as it could be read."""
        value = self.data.get(name) if isinstance(self.data, dict) else None
        return value.strip()[:_LONGEST_ID] or None if isinstance(value, str) else None


def read(arrival: Arrival) -> Envelope:
    """Read one message."""
    refusal = _refused_whole(arrival.raw)
    if refusal or arrival.raw is None:
        return _unread(arrival, refusal)
    binary = _attributes(arrival.headers)
    try:
        found = json_errors(arrival.raw)
    except Problem as problem:
        return _unread(arrival, (FieldError("event", "not-json", problem.detail),), binary.get("id"))
    if found:
        errors = tuple(_printable(_below("data", error) if binary else error) for error in found)
        return _unread(arrival, errors, binary.get("id") or _loose_id(arrival.raw))
    content = orjson.loads(arrival.raw)
    event = {**binary, "data": content} if binary else content
    if not isinstance(event, dict):
        return _unread(arrival, (FieldError("event", "not-an-object", "must be a JSON object, a CloudEvent"),))
    return _envelope(arrival, event)


def _envelope(arrival: Arrival, event: dict[str, Any]) -> Envelope:
    errors = tuple(_faults(event))
    wrong = {error.field for error in errors}
    large = len(arrival.raw or b"") > MAX_BYTES
    if large:
        errors += (FieldError("event", "too-large", f"an event may have at most {MAX_BYTES} bytes"),)
    data, kind = event.get("data"), event.get("type")
    said = [kind, event.get("time"), event.get("subject"), data, *_oddities(arrival, event)]
    return Envelope(
        event_id=arrival.fallback_id if "id" in wrong else event["id"],
        body_hash=_digest(said),
        data_hash=_digest([kind, data]),
        source=None if "source" in wrong else event["source"],
        type=None if "type" in wrong else kind,
        time=None if "time" in wrong else _moment(event["time"]),
        subject=UUID(event["subject"]) if event.get("subject") and "subject" not in wrong else None,
        data=data,
        traceparent=_text(event.get("traceparent")),
        correlation=_text(event.get("correlationid")),
        body=None if large else event,
        raw=arrival.raw if large else None,
        errors=errors,
    )


def _unread(arrival: Arrival, errors: tuple[FieldError, ...], event_id: str | None = None) -> Envelope:
    raw = arrival.raw or b""
    digest = hashlib.sha256(raw).digest()
    named = event_id if event_id is not None and _ID.fullmatch(event_id) else arrival.fallback_id
    return Envelope(named, digest, digest, raw=raw, errors=errors)


def _refused_whole(raw: bytes | None) -> tuple[FieldError, ...]:
    if raw is None:
        return (
            FieldError("event", "tombstone", "a message without a value deletes nothing here; send a ...Voided report"),
        )
    if not raw.strip():
        return (FieldError("event", "empty", "the message is empty"),)
    if raw.startswith(_BOM):
        return (FieldError("event", "byte-order-mark", "JSON begins without a byte order mark (RFC 8259)"),)
    return ()


def _attributes(headers: Headers) -> dict[str, str]:
    """The context attributes of a binary-mode event; empty for a structured one."""
    found = {name.lower(): value.decode("utf-8", "replace") for name, value in headers}
    if "ce_specversion" not in found or found.get("content-type", "").startswith(_STRUCTURED):
        return {}
    kept = {name: value for name, value in found.items() if "\0" not in name + value}
    attributes = {name[3:]: value for name, value in kept.items() if name.startswith("ce_")}
    return attributes | ({"datacontenttype": kept["content-type"]} if "content-type" in kept else {})


def _oddities(arrival: Arrival, event: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """The attributes that are not as in every good event, so that one which is mended only there is another event."""
    expected = {"source": arrival.desk, "specversion": "1.0", "data_base64": None}
    found = [(name, event.get(name)) for name, value in expected.items() if event.get(name) != value]
    return found if _content_type(event) == _JSON else [*found, ("datacontenttype", event["datacontenttype"])]


def _content_type(event: Mapping[str, Any]) -> str:
    return str(event.get("datacontenttype") or _JSON).split(";")[0].strip()


def _faults(event: Mapping[str, Any]) -> Iterator[FieldError]:
    if event.get("specversion") != "1.0":
        yield FieldError("specversion", "unknown-version", 'must be "1.0"')
    if not (isinstance(event.get("id"), str) and _ID.fullmatch(event["id"])):
        yield FieldError("id", "invalid", "must be a text of 1 to 200 characters, new for each event of a source")
    for name in ("source", "type"):
        if not (isinstance(event.get(name), str) and _ID.fullmatch(event[name])):
            yield FieldError(name, "missing", "is required")
    if not (isinstance(event.get("time"), str) and _moment(event["time"])):
        detail = "must be an RFC 3339 time with offset of the years 1850 to 2199, like 2026-03-31T09:30:00+08:00"
        yield FieldError("time", "time-format", detail)
    if event.get("subject") and not _is_uuid(event["subject"]):
        yield FieldError("subject", "not-a-customer-id", "must be the id of a customer here, or be left out")
    if _content_type(event) != _JSON:
        yield FieldError("datacontenttype", "not-json", f"must be {_JSON}")
    if "data_base64" in event:
        yield FieldError("data_base64", "unknown-field", "send JSON in data")


def _moment(text: str) -> datetime | None:
    """In UTC; None for what is no time that a report may have."""
    try:
        return _TIME.validate_python(text)
    except ValidationError:
        return None


def _is_uuid(value: object) -> bool:
    try:
        return isinstance(value, str) and str(UUID(value)) == value.lower()
    except ValueError:
        return False


def _loose_id(raw: bytes) -> str | None:
    """The id of an event whose JSON we do not take, where it can be seen: its sender knows it by that."""
    found = re.search(rb'"id"\s*:\s*"([\x20\x21\x23-\x5b\x5d-\x7e]{1,200})"', raw[:2000])
    return found[1].decode() if found else None


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and _ID.fullmatch(value) else None


def _digest(value: Any) -> bytes:
    return hashlib.sha256(orjson.dumps(value, option=orjson.OPT_SORT_KEYS)).digest()


def _printable(error: FieldError) -> FieldError:
    """With a path in ASCII: keys hold what JSON allows, half a surrogate pair and U+0000 among it."""
    return FieldError(json.dumps(error.field)[1:-1][:_LONGEST_PATH], error.code, error.detail)


def _below(parent: str, error: FieldError) -> FieldError:
    field = parent if error.field == "body" else f"{parent}{'' if error.field.startswith('[') else '.'}{error.field}"
    return FieldError(field, error.code, error.detail)
