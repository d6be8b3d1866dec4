"""A service's log full of events that nobody has read: contacts, each of its own, made by the database itself."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

from benchmarks.stage import rows
from guanxi.events import make_event
from guanxi.events.interactions import CustomerContacted
from guanxi.ports import SystemIds

_FILL = """
INSERT INTO event_log (event_id, topic, type, subject, aggregate_id, sequence, recorded_at, body)
SELECT id, $1, $2, subject, contact, 1, $3,
  $4::text::jsonb || jsonb_build_object('id', id, 'subject', subject, 'aggregateid', contact)
  || jsonb_build_object('data', $4::text::jsonb->'data' || jsonb_build_object('contact_id', contact))
FROM (
  SELECT uuidv7() AS id, uuidv7() AS contact, ($5::uuid[])[1 + n % cardinality($5::uuid[])] AS subject
  FROM generate_series(1, $6) n) made
"""


def contacts(url: str, many: int, customers: Sequence[UUID]) -> None:
    """Put so many events into the log of interactions at this address."""
    ids, now = SystemIds(), datetime.now(UTC)
    said = {"unit": "head-office", "contact_id": ids.new(), "channel": "phone", "direction": "in", "kind": "service"}
    fact = CustomerContacted.model_validate({**said, "occurred_at": now})
    event = make_event(
        fact, id=ids.new(), recorded=now, aggregate=fact.contact_id, sequence=1, subject=customers[0], time=now
    )
    body = event.to_json().decode()
    rows(url, _FILL, event.topic, event.type, now, body, list(customers), many, seconds=600)
