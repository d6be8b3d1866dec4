"""How far a consumer is, kept in the transaction of its effect.

The broker's committed offsets are only for its tools: after a broker has lost or replaced its log they are wrong; ours
can be compared with what it has.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from guanxi.bus.ports import Place
from guanxi.db import Reader, Tx

_STORE = """
INSERT INTO consumer_offset (consumer, topic, partition, next_offset, last_event_id, last_timestamp, updated_at)
SELECT $1, t, p, o, e, m, $7
FROM unnest($2::text[], $3::int[], $4::bigint[], $5::text[], $6::bigint[]) AS x(t, p, o, e, m) ORDER BY t, p
ON CONFLICT (consumer, topic, partition) DO UPDATE SET next_offset = excluded.next_offset,
  last_event_id = excluded.last_event_id, last_timestamp = excluded.last_timestamp, updated_at = excluded.updated_at
WHERE consumer_offset.next_offset < excluded.next_offset
"""
_READ = "SELECT topic, partition, next_offset, last_event_id, last_timestamp FROM consumer_offset WHERE consumer = $1"
_PLACE = _STORE.replace("WHERE consumer_offset.next_offset < excluded.next_offset", "")
_READ_ALL = "SELECT consumer, topic, partition, next_offset FROM consumer_offset WHERE consumer = ANY($1::text[])"
_BORN = "INSERT INTO consumer_birth (consumer) SELECT unnest($1::text[]) ON CONFLICT DO NOTHING"


@dataclass(frozen=True, slots=True)
class Position:
    """Where a consumer goes on, and the record before it: its event, and the broker's time of it in milliseconds.

    An event that was published again is another record: it may come to lie where it lay before, behind others that did
    not. Only the same event of the same time is the record that was read, and then so is everything before it.
    """

    next_offset: int
    last_event_id: str | None = None
    last_timestamp: int | None = None


async def store(tx: Tx, consumer: str, positions: Mapping[Place, Position]) -> None:
    """Keep how far it is; never backwards, so that a zombie's late write changes nothing."""
    await _write(tx, _STORE, consumer, positions)


async def place(tx: Tx, consumer: str, positions: Mapping[Place, Position]) -> None:
    """Put it there, back as well: it is new, or the broker's log is not the one it read."""
    await _write(tx, _PLACE, consumer, positions)


async def read(reader: Reader, consumer: str) -> dict[Place, Position]:
    """Where it is in every partition it has ever worked on."""
    rows = await reader.fetch(_READ, consumer)
    return {
        Place(r["topic"], r["partition"]): Position(r["next_offset"], r["last_event_id"], r["last_timestamp"])
        for r in rows
    }


async def read_all(reader: Reader, consumers: Sequence[str]) -> dict[str, dict[Place, int]]:
    """The next offset of several consumers, by consumer and partition."""
    found: dict[str, dict[Place, int]] = {name: {} for name in consumers}
    for row in await reader.fetch(_READ_ALL, list(consumers)):
        found[row["consumer"]][Place(row["topic"], row["partition"])] = row["next_offset"]
    return found


async def _write(tx: Tx, sql: str, consumer: str, positions: Mapping[Place, Position]) -> None:
    places = sorted(positions)
    await tx.execute(
        sql,
        consumer,
        [place.topic for place in places],
        [place.partition for place in places],
        [positions[place].next_offset for place in places],
        [positions[place].last_event_id for place in places],
        [positions[place].last_timestamp for place in places],
        tx.now,
    )


async def enter_births(tx: Tx, consumers: list[str]) -> None:
    """Note when these consumers first existed; done by the deploy step, before any service starts."""
    await tx.execute(_BORN, consumers)


async def born_at(reader: Reader, consumer: str) -> datetime | None:
    """When it first existed."""
    found: datetime | None = await reader.fetchval("SELECT born_at FROM consumer_birth WHERE consumer = $1", consumer)
    return found
