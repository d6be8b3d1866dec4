"""Taking in the published state: whole states, the higher sequence wins, an erased customer stays erased."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, TypeVar
from uuid import UUID

from guanxi.db import Tx
from guanxi.events import Consumer, Event, Fact, Kept, ReadModel
from guanxi.events.directory import CustomerState, Watermark
from guanxi.events.organisation import EmployeeState, UnitState

S = TypeVar("S", bound=Fact)

_CUSTOMERS = """
INSERT INTO directory_customer AS d (id, sequence, canonical_id, status, kind, role, name, unit_id, language, time_zone,
                                     owner_id, emails, phones)
SELECT (c->>'id')::uuid, (c->>'sequence')::bigint, (c->>'canonical_id')::uuid, c->>'status', c->>'kind', c->>'role',
       c->>'name', c->>'unit', c->>'language', c->>'time_zone', (c->>'owner_id')::uuid,
       ARRAY(SELECT jsonb_array_elements_text(c->'emails')), ARRAY(SELECT jsonb_array_elements_text(c->'phones'))
FROM jsonb_array_elements($1::jsonb) AS x(c) ORDER BY 1
ON CONFLICT (id) DO UPDATE
SET sequence = excluded.sequence, canonical_id = excluded.canonical_id, status = excluded.status, kind = excluded.kind,
    role = excluded.role, name = excluded.name, unit_id = excluded.unit_id, language = excluded.language,
    time_zone = excluded.time_zone, owner_id = excluded.owner_id, emails = excluded.emails, phones = excluded.phones
WHERE d.sequence < excluded.sequence AND d.status <> 'erased'
"""
_ERASED = "SELECT 1 FROM directory_customer WHERE id = ANY($1::uuid[]) ORDER BY id FOR UPDATE"
_UNITS = """
INSERT INTO directory_unit AS d (code, sequence, name, kind, internal, parent, time_zone, lead_id, calendar)
SELECT u->>'code', (u->>'sequence')::bigint, u->>'name', u->>'kind', (u->>'internal')::boolean, u->>'parent',
       u->>'time_zone', (u->>'lead_id')::uuid, u->'calendar'
FROM jsonb_array_elements($1::jsonb) AS x(u) ORDER BY 1
ON CONFLICT (code) DO UPDATE
SET sequence = excluded.sequence, name = excluded.name, kind = excluded.kind, internal = excluded.internal,
    parent = excluded.parent, time_zone = excluded.time_zone, lead_id = excluded.lead_id, calendar = excluded.calendar
WHERE d.sequence < excluded.sequence
"""
_EMPLOYEES = """
INSERT INTO directory_employee AS d (id, sequence, subject, name, unit_id, level, email, left_on)
SELECT (e->>'id')::uuid, (e->>'sequence')::bigint, e->>'subject', e->>'name', e->>'unit', e->>'level', e->>'email',
       (e->>'left_on')::date
FROM jsonb_array_elements($1::jsonb) AS x(e) ORDER BY 1
ON CONFLICT (id) DO UPDATE
SET sequence = excluded.sequence, subject = excluded.subject, name = excluded.name, unit_id = excluded.unit_id,
    level = excluded.level, email = excluded.email, left_on = excluded.left_on
WHERE d.sequence < excluded.sequence
"""
_WATERMARKS = """
INSERT INTO directory_watermark AS w (partition, partitions, relayed_up_to)
SELECT p, n, t FROM unnest($1::int[], $2::int[], $3::timestamptz[]) AS x(p, n, t) ORDER BY p
ON CONFLICT (partition) DO UPDATE
SET partitions = excluded.partitions, relayed_up_to = greatest(w.relayed_up_to, excluded.relayed_up_to)
"""


async def on_customer_state(tx: Tx, events: Sequence[Event[CustomerState]]) -> None:
    """Keep each customer's newest state."""
    latest = newest(events)
    if erased := [event.data.id for event in latest if event.data.status == "erased"]:
        # An upsert alone would pass the KEY SHARE lock of a write under way: an erasure waits for it.
        await tx.execute(_ERASED, erased)
    await tx.execute(_CUSTOMERS, [_row(event) for event in latest])


async def on_unit_state(tx: Tx, events: Sequence[Event[UnitState]]) -> None:
    """Keep each unit's newest state."""
    await tx.execute(_UNITS, [_row(event) for event in newest(events)])


async def on_employee_state(tx: Tx, events: Sequence[Event[EmployeeState]]) -> None:
    """Keep each employee's newest state."""
    await tx.execute(_EMPLOYEES, [_row(event) for event in newest(events)])


async def on_watermark(tx: Tx, events: Sequence[Event[Watermark]]) -> None:
    """Note up to when each partition is complete."""
    last = {event.data.partition: event.data for event in events}
    await tx.execute(
        _WATERMARKS,
        list(last),
        [mark.partitions for mark in last.values()],
        [mark.relayed_up_to for mark in last.values()],
    )


def newest(events: Iterable[Event[S]]) -> list[Event[S]]:
    """One event an aggregate, the one of the highest sequence."""
    best: dict[UUID, Event[S]] = {}
    for event in events:
        if event.aggregateid not in best or best[event.aggregateid].sequence < event.sequence:
            best[event.aggregateid] = event
    return list(best.values())


def _row(event: Event[Any]) -> dict[str, Any]:
    return {**event.data.model_dump(mode="json"), "sequence": event.sequence}


CONSUMER = Consumer(
    "directory",
    {
        UnitState: on_unit_state,
        EmployeeState: on_employee_state,
        CustomerState: on_customer_state,
        Watermark: on_watermark,
    },
    kind="state",
    read_model=ReadModel(
        tables=(
            Kept("directory_customer", customer="id"),
            Kept("directory_unit", customer=None),
            Kept("directory_employee", customer=None),
        ),
        # What the copy has read says nothing of what the directory itself has.
        scratch=("directory_watermark",),
    ),
)
"""The consumer that fills the directory: in every topology but customer-profile's, which owns the originals."""
