"""Recording events: the log row and the outbox pointer, in the transaction of what they tell of.

`record` is the only way to publish. Nothing else may write to Kafka for a service.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from guanxi.db import Stamp, Tx
from guanxi.events import Event, Fact, fact_types, make_event
from guanxi.events.personal import personal_fields
from guanxi.telemetry import correlation_id, current_traceparent

F = TypeVar("F", bound=Fact)
MOST_BYTES = 900_000
"""What an event may measure as JSON: the broker takes a megabyte, and PostgreSQL gives it back with more blanks."""

_RECORD = """
WITH logged AS (
  INSERT INTO event_log (event_id, topic, type, subject, aggregate_id, sequence, recorded_at, body)
  SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::uuid[], $5::uuid[], $6::bigint[],
                       $7::timestamptz[], $8::jsonb[])
)
INSERT INTO outbox (event_id) SELECT id FROM unnest($1::uuid[]) WITH ORDINALITY AS e(id, n) ORDER BY n
"""

_ERASE = """
UPDATE event_log SET body = jsonb_set(body, '{data}', ((body->'data') - $3::text[]) || $4::jsonb)
WHERE subject = ANY($1::uuid[]) AND type = $2 AND (body->'data') ?| $3::text[]
"""

LOGGED = """
logged AS (
  INSERT INTO event_log (event_id, topic, type, subject, aggregate_id, sequence, recorded_at, body)
  SELECT {p}1::uuid, {p}2, {p}3, {p}4::uuid, {p}5::uuid, {p}6::bigint, {p}7::timestamptz, {p}8::jsonb {given}
), pointed AS (
  INSERT INTO outbox (event_id) SELECT {p}1::uuid {given}
)"""


def logged(first: int, given: str = "") -> str:
    """Two CTEs that record one event inside a hot route's single statement.

    Its eight arguments are `log_arguments(event)`, placed from `$first` on; `given` is a FROM clause without whose rows
    nothing is recorded, such as `FROM made`.
    """
    text = LOGGED.format(p="$#", given=given)
    for n in range(8, 0, -1):
        text = text.replace(f"$#{n}", f"${first + n - 1}")
    return text


def log_arguments(event: Event[Any]) -> tuple[UUID, str, str, UUID | None, UUID, int, datetime, bytes]:
    """The arguments of `logged`, in order; raises `ValueError` for an event that no broker would take."""
    body = event.to_json()
    if len(body) > MOST_BYTES:
        message = f"{event.type} of {len(body)} bytes: an event may have {MOST_BYTES}"
        raise ValueError(message)
    return (
        event.id,
        event.topic,
        event.type,
        event.subject,
        event.aggregateid,
        event.sequence,
        event.recordedtime,
        body,
    )


def draft(  # noqa: PLR0913 - one argument for each attribute of an event
    tx: Stamp,
    fact: F,
    *,
    aggregate: UUID,
    sequence: int,
    subject: UUID | None,
    time: datetime | None = None,
    cause: Event[Any] | None = None,
) -> Event[F]:
    """Put a fact into its envelope, with the transaction's moment and the cause at hand.

    `sequence` is the aggregate's version after the change; `time` is when it happened (default: now). `cause` is the
    event that led to it; without one the request at hand gives trace and correlation.
    """
    return make_event(
        fact,
        id=tx.new_id(),
        recorded=tx.now,
        aggregate=aggregate,
        sequence=sequence,
        subject=subject,
        time=time or tx.now,
        traceparent=cause.traceparent if cause else current_traceparent(),
        correlation=(cause.correlationid or str(cause.id)) if cause else correlation_id(),
        causation=str(cause.id) if cause else None,
    )


async def record(tx: Tx, *events: Event[Any]) -> None:
    """Record events in this transaction: they are published after its commit, in this order per aggregate.

    Raises `ValueError` for one that is too large to be published.
    """
    if not events:
        return
    columns = list(zip(*(log_arguments(event) for event in events), strict=True))
    await tx.execute(_RECORD, *(list(column) for column in columns))
    mark_recorded(tx)


async def erase(tx: Tx, customer_ids: Sequence[UUID]) -> int:
    """Take what is personal out of all that was ever published about these customers; gives how many events changed.

    Optional fields go, required ones say `erased`, so that every event can still be read by a rebuild.
    """
    ids, done = list(customer_ids), 0
    for row in await tx.fetch("SELECT DISTINCT type FROM event_log WHERE subject = ANY($1::uuid[])", ids):
        fact = fact_types().get(row["type"])
        names = {path.split(".")[0].removesuffix("[]") for path in personal_fields(fact)} if fact else set()
        if fact is not None and names:
            kept = {name: "erased" for name in names if fact.model_fields[name].is_required()}
            tag = await tx.execute(_ERASE, ids, row["type"], sorted(names), kept)
            done += int(tag.split()[-1])
    return done


def mark_recorded(tx: Tx) -> None:
    """Say that this transaction has put events into the outbox, so that the relay is woken after its commit."""
    if tx.wake is not None:
        tx.after_commit(tx.wake)
