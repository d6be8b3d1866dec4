"""Dead letters: messages of our own topics that could not be applied, kept as rows with their bytes and reason.

Rows, not a topic, so that they can be shown masked, edited and replayed, discarded, and erased.
"""

from __future__ import annotations

import base64
import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import asyncpg

from guanxi.bus.ports import Place, Record
from guanxi.db import Reader, Tx
from guanxi.events import Event, MalformedEventError, UnknownTypeError, parse

_PUT = """
INSERT INTO dead_letter (id, consumer, topic, partition, "offset", key, event_id, type, subject, raw, digest, headers,
                         error_type, reason, attempts, recorded_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, sha256($10), $11, $12, $13, $14, $15)
ON CONFLICT (consumer, topic, partition, "offset", digest)
DO UPDATE SET attempts = dead_letter.attempts + excluded.attempts
"""
_COLUMNS = """id, consumer, topic, partition, "offset", key, event_id, type, subject, raw, headers, error_type, reason,
              attempts, status, version, recorded_at, settled_at, settled_by"""
_LIST = f"""
SELECT {_COLUMNS} FROM dead_letter
WHERE ($1::text IS NULL OR status = $1) AND ($2::text IS NULL OR consumer = $2) AND ($3::uuid IS NULL OR id < $3)
ORDER BY id DESC LIMIT $4
"""
_ERASE = """
UPDATE dead_letter SET raw = '', key = NULL, headers = '[]', reason = 'erased' WHERE subject = ANY($1::uuid[])
"""
_GET = f"SELECT {_COLUMNS} FROM dead_letter WHERE id = $1"
_LOCK = _GET + " FOR UPDATE"
_SETTLE = """
UPDATE dead_letter SET status = $2, settled_at = $3, settled_by = $4, raw = coalesce($5, raw),
  subject = coalesce($6, subject), version = version + 1
WHERE id = $1
"""


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """One message that could not be applied."""

    id: UUID
    consumer: str
    topic: str
    partition: int
    offset: int
    key: bytes | None
    event_id: UUID | None
    type: str | None
    subject: UUID | None
    raw: bytes
    headers: list[list[str]]
    error_type: str
    reason: str
    attempts: int
    status: str
    version: int
    recorded_at: datetime
    settled_at: datetime | None
    settled_by: str | None

    def record(self, raw: bytes | None = None) -> Record:
        """The message as it came, or with other bytes, for applying it again."""
        headers = tuple((name, base64.b64decode(value)) for name, value in self.headers)
        return Record(Place(self.topic, self.partition), self.offset, self.key, raw or self.raw, headers, 0)


@dataclass(frozen=True, slots=True)
class Failure:
    """A record that could not be applied, and why; `event` where it could at least be read."""

    record: Record
    error: BaseException
    event: Event | None = None
    attempts: int = 1

    @property
    def subject(self) -> UUID | None:
        """The customer it is about: by the event, else by the key, which an erasure must find too."""
        if self.event is not None:
            return self.event.subject
        with contextlib.suppress(ValueError):
            return UUID((self.record.key or b"").decode("ascii", "replace"))
        return None

    @property
    def reason(self) -> str:
        """The error in one line, without control characters and without the row that PostgreSQL's DETAIL shows."""
        text = (self.error.args[0] if isinstance(self.error, asyncpg.PostgresError) else None) or str(self.error)
        text = str(text) or repr(self.error)
        return "".join(c if c.isprintable() else " " for c in text)[:2000]


async def bury(tx: Tx, consumer: str, failures: Sequence[Failure]) -> None:
    """Keep them; a record that is buried again only counts its attempts."""
    await tx.executemany(_PUT, [_row(tx, consumer, failure) for failure in failures])


def _row(tx: Tx, consumer: str, failure: Failure) -> tuple[object, ...]:
    record, event = failure.record, failure.event
    headers = [[name, base64.b64encode(value).decode()] for name, value in record.headers]
    return (
        tx.new_id(),
        consumer,
        record.place.topic,
        record.place.partition,
        record.offset,
        record.key,
        event.id if event else None,
        event.type if event else record.header("ce_type"),
        failure.subject,
        record.value or b"",
        headers,
        type(failure.error).__name__,
        failure.reason,
        failure.attempts,
        tx.now,
    )


async def listed(
    reader: Reader, status: str | None, consumer: str | None, before: UUID | None, limit: int
) -> list[DeadLetter]:
    """Newest first, at most `limit`, older than `before`."""
    return [_letter(row) for row in await reader.fetch(_LIST, status, consumer, before, limit)]


async def get(reader: Reader, letter_id: UUID) -> DeadLetter | None:
    """One dead letter."""
    row = await reader.fetchrow(_GET, letter_id)
    return _letter(row) if row else None


async def lock(tx: Tx, letter_id: UUID) -> DeadLetter | None:
    """One dead letter, for settling it in this transaction."""
    row = await tx.fetchrow(_LOCK, letter_id)
    return _letter(row) if row else None


async def settle(tx: Tx, letter_id: UUID, status: str, who: str, raw: bytes | None = None) -> None:
    """Close it as `replayed` (with the bytes that were applied) or `discarded`.

    Bytes that were mended may name a customer whom those that came did not: an erasure must find that one.
    """
    event = None if raw is None else _event(raw)
    await tx.execute(_SETTLE, letter_id, status, tx.now, who, raw, event.subject if event else None)


async def open_counts(reader: Reader) -> dict[str, int]:
    """How many nobody has settled yet, by consumer."""
    rows = await reader.fetch("SELECT consumer, count(*) AS n FROM dead_letter WHERE status = 'open' GROUP BY 1")
    return {row["consumer"]: row["n"] for row in rows}


async def erase(tx: Tx, customer_ids: Sequence[UUID]) -> int:
    """Blank the bytes of these customers' dead letters; how many."""
    return int((await tx.execute(_ERASE, list(customer_ids))).rpartition(" ")[2])


def _letter(row: asyncpg.Record) -> DeadLetter:
    return DeadLetter(**{name: row[name] for name in DeadLetter.__dataclass_fields__})


def readable(record: Record) -> Event | None:
    """The event in a record, if it is one."""
    return _event(record.value or b"")


def _event(raw: bytes) -> Event | None:
    try:
        return parse(raw)
    except (MalformedEventError, UnknownTypeError):
        return None
