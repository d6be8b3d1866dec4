"""The relay's hold on the outbox: who has the advisory lock works, over the very connection that holds it.

What it claims, forgets and remembers goes through that connection too, so a relay whose lock is lost can do nothing
more to the outbox. As a port, so that a simulation gives its own.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol
from uuid import UUID

import asyncpg

from guanxi.bus.ports import Place, Record

_LONG_S = 60
LOCK = 0x6775616E  # "guan": one active relay a database

_CLAIM = """
SELECT o.seq, l.event_id, l.topic, l.type, coalesce(l.subject, l.aggregate_id) AS key, l.body::text AS body
FROM (SELECT seq, event_id FROM outbox ORDER BY seq LIMIT $1) o JOIN event_log l USING (event_id)
ORDER BY o.seq
"""
_ACKNOWLEDGE = "DELETE FROM outbox WHERE seq = ANY($1::bigint[])"
_REMEMBER = (
    "INSERT INTO relay_batch (topic, partition, first_offset, last_offset, last_timestamp, event_ids)"
    " VALUES ($1, $2, $3, $4, $5, $6)"
)
# Partition by partition along the index: two weeks of batches are millions of rows.
_MARKS = """
WITH RECURSIVE places AS (
  (SELECT topic, partition FROM relay_batch ORDER BY topic, partition LIMIT 1)
  UNION ALL
  SELECT n.topic, n.partition FROM places p, LATERAL (
    SELECT b.topic, b.partition FROM relay_batch b WHERE (b.topic, b.partition) > (p.topic, p.partition)
    ORDER BY b.topic, b.partition LIMIT 1) n
)
SELECT topic, partition, m.* FROM places p, LATERAL (
  SELECT last_offset, event_ids[cardinality(event_ids)] AS event_id, last_timestamp FROM relay_batch b
  WHERE b.topic = p.topic AND b.partition = p.partition ORDER BY last_offset DESC OFFSET $1 LIMIT 1) m
"""
_OLDEST = "SELECT first_offset FROM relay_batch WHERE topic = $1 AND partition = $2 ORDER BY last_offset LIMIT 1"
# Before everything that waits: the order in which they were first published is the order in which they come again.
_IN_FRONT = """
, known AS (SELECT event_id, row_number() OVER (ORDER BY n) AS n FROM ids JOIN event_log USING (event_id))
INSERT INTO outbox (seq, event_id) OVERRIDING SYSTEM VALUE
SELECT (SELECT least(coalesce(min(seq), 0), 0) FROM outbox) - (SELECT count(*) FROM known) - 1 + n, event_id FROM known
"""
_LOST = (
    """
WITH lost AS (
  DELETE FROM relay_batch WHERE topic = $1 AND partition = $2 AND last_offset >= $3 RETURNING id, event_ids
), ids AS (
  SELECT event_id, row_number() OVER (ORDER BY lost.id, place) AS n
  FROM lost, unnest(event_ids) WITH ORDINALITY AS e(event_id, place)
)"""
    + _IN_FRONT
)
_LATELY = (
    """
WITH ids AS (
  SELECT event_id, row_number() OVER (ORDER BY b.id, place) AS n
  FROM relay_batch b, unnest(b.event_ids) WITH ORDINALITY AS e(event_id, place)
  WHERE b.topic = ANY($1::text[]) AND b.published_at >= clock_timestamp() - $2::interval
)"""
    + _IN_FRONT
)
_NEWEST = (
    """
WITH ids AS (
  SELECT event_id, row_number() OVER (ORDER BY event_id) AS n FROM (
    SELECT DISTINCT ON (aggregate_id) event_id FROM event_log WHERE topic = $1 ORDER BY aggregate_id, sequence DESC) s
)"""
    + _IN_FRONT
)


@dataclass(frozen=True, slots=True)
class Pointer:
    """One event to publish."""

    seq: int
    event_id: UUID
    topic: str
    type: str
    key: str
    body: str


@dataclass(slots=True)
class Batch:
    """What went to one partition: a row of `relay_batch`."""

    place: Place
    first_offset: int
    last_offset: int
    last_timestamp: int
    event_ids: list[UUID]

    def row(self) -> tuple[str, int, int, int, int, list[UUID]]:
        """Its columns in order."""
        first, last = self.first_offset, self.last_offset
        return self.place.topic, self.place.partition, first, last, self.last_timestamp, self.event_ids


@dataclass(frozen=True, slots=True)
class Mark:
    """The last record of a batch: where it lies, its event, and the time it bears (milliseconds since 1970)."""

    offset: int
    event_id: UUID
    timestamp: int

    def is_at(self, record: Record) -> bool:
        """Whether this record is the one that was acknowledged, and not its event published once more."""
        return (record.header("ce_id"), record.timestamp) == (str(self.event_id), self.timestamp)


class Lease(Protocol):
    """The outbox in the hands of the one relay that works."""

    @property
    def alive(self) -> bool:
        """Whether the lock is still held, as far as is known here."""
        ...

    async def claim(self, most: int) -> list[Pointer]:
        """The next events to publish, in order; they stay in the outbox until they are acknowledged."""
        ...

    async def acknowledge(self, done: Sequence[Pointer], batches: Sequence[Batch]) -> None:
        """Take what the broker has out of the outbox, and keep where it lies, in one transaction."""
        ...

    async def marks(self, back: int = 0) -> Mapping[Place, Mark]:
        """The end of each partition's newest batch, or of one so many before it; left out where there are fewer."""
        ...

    async def remembers_from(self, place: Place) -> int | None:
        """The first offset of the oldest batch of a partition; None where there is none."""
        ...

    async def lost_from(self, place: Place, offset: int) -> int:
        """Put back what lay at this offset and after it, in front of all that waits; gives how many events."""
        ...

    async def again(self, topics: Collection[str], within: timedelta) -> int:
        """Put back what was published to these topics of late, in front of all that waits; gives how many events."""
        ...

    async def whole_state(self, word: str) -> int:
        """Put back the newest state of every aggregate of a state topic; gives how many events."""
        ...


Leases = AbstractAsyncContextManager[Lease | None]


class DatabaseLease:
    """The lease on a service's own outbox."""

    def __init__(self, connection: asyncpg.Connection) -> None:
        self._connection = connection

    @property
    def alive(self) -> bool:
        """Whether the connection that holds the lock is open."""
        return not self._connection.is_closed()

    async def claim(self, most: int) -> list[Pointer]:
        """The next events to publish, in order."""
        rows = await self._connection.fetch(_CLAIM, most)
        return [Pointer(r["seq"], r["event_id"], r["topic"], r["type"], str(r["key"]), r["body"]) for r in rows]

    async def acknowledge(self, done: Sequence[Pointer], batches: Sequence[Batch]) -> None:
        """Take what the broker has out of the outbox, and keep where it lies."""
        async with self._connection.transaction():
            await self._connection.execute(_ACKNOWLEDGE, [pointer.seq for pointer in done])
            await self._connection.executemany(_REMEMBER, [batch.row() for batch in batches])

    async def marks(self, back: int = 0) -> Mapping[Place, Mark]:
        """The end of each partition's newest batch, or of one so many before it."""
        rows = await self._connection.fetch(_MARKS, back, timeout=_LONG_S)
        return {
            Place(row["topic"], row["partition"]): Mark(row["last_offset"], row["event_id"], row["last_timestamp"])
            for row in rows
        }

    async def remembers_from(self, place: Place) -> int | None:
        """The first offset of the oldest batch of a partition."""
        found: int | None = await self._connection.fetchval(_OLDEST, place.topic, place.partition)
        return found

    async def lost_from(self, place: Place, offset: int) -> int:
        """Put back what lay at this offset and after it."""
        return _count(await self._connection.execute(_LOST, place.topic, place.partition, offset, timeout=_LONG_S))

    async def again(self, topics: Collection[str], within: timedelta) -> int:
        """Put back what was published to these topics of late."""
        return _count(await self._connection.execute(_LATELY, list(topics), within, timeout=_LONG_S))

    async def whole_state(self, word: str) -> int:
        """Put back the newest state of every aggregate."""
        return _count(await self._connection.execute(_NEWEST, word, timeout=_LONG_S))


@contextlib.asynccontextmanager
async def lease(url: str) -> AsyncIterator[Lease | None]:
    """A connection of its own that holds the relay's lock; None when another relay has it."""
    settings = {
        "application_name": "relay",
        "lock_timeout": "2s",
        # The role's own are for requests; to put back what a topic has lost may take longer.
        "statement_timeout": f"{_LONG_S}s",
        "transaction_timeout": f"{2 * _LONG_S}s",
        # A relay whose machine is gone is gone for the server too, half a minute later at most.
        "tcp_keepalives_idle": "10",
        "tcp_keepalives_interval": "5",
        "tcp_keepalives_count": "3",
    }
    connection = await asyncpg.connect(url, timeout=2, command_timeout=5, server_settings=settings)
    try:
        held = await connection.fetchval("SELECT pg_try_advisory_lock($1)", LOCK)
        yield DatabaseLease(connection) if held else None
    finally:
        with contextlib.suppress(OSError, asyncpg.InterfaceError, asyncpg.PostgresError):
            await connection.close(timeout=2)


def _count(tag: str) -> int:
    return int(tag.rpartition(" ")[2])
