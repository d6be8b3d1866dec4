"""All SQL on segments."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import asyncpg
import sqlalchemy as sa

from guanxi.db import Reader, Tx, after_key
from guanxi.ports import derived_id
from scoring.segments.tables import member, tier_move

# Called by whoever holds the customers' series: the rows of one customer are never written by two at once.
_OF = "SELECT id, version, segment, customer_id, tier, belongs FROM member WHERE id = ANY($1::uuid[])"
_SAVE = """
INSERT INTO member AS m (id, version, created_at, recorded_at, unit_id, segment, customer_id, tier, belongs, since,
                         as_of, value, profit_minor, members)
SELECT id, version, $2, $2, 'head-office', segment, customer_id, tier, belongs, since,
       as_of, value, profit_minor, members
FROM jsonb_populate_recordset(NULL::member, $1::jsonb) ORDER BY id
ON CONFLICT (id) DO UPDATE
SET version = excluded.version, recorded_at = excluded.recorded_at, tier = excluded.tier, belongs = excluded.belongs,
    since = excluded.since, as_of = excluded.as_of, value = excluded.value, profit_minor = excluded.profit_minor,
    members = excluded.members
"""
# Of whom nothing was told nobody is told that it left.
_LEFT = """
UPDATE member SET version = version + (version > 0)::int, recorded_at = $2, belongs = false, since = NULL
WHERE customer_id = ANY($1::uuid[]) AND belongs RETURNING id, version, segment, customer_id, tier
"""
_MOVED = """
INSERT INTO tier_move (id, version, created_at, recorded_at, unit_id, customer_id, previous_tier, tier, direction,
                       moved_on, value)
SELECT id, 1, $2, $2, 'head-office', customer_id, previous_tier, tier, direction, moved_on, value
FROM jsonb_populate_recordset(NULL::tier_move, $1::jsonb)
"""
_SUMMARY = """
SELECT tier, count(*) AS customers, coalesce(sum(value), 0)::bigint AS value_sum,
       coalesce(sum(profit_minor), 0)::bigint AS profit_minor
FROM member WHERE segment = $1 AND belongs GROUP BY tier
"""
_FORGET = (
    "DELETE FROM member WHERE customer_id = ANY($1::uuid[])",
    "DELETE FROM tier_move WHERE customer_id = ANY($1::uuid[])",
    """
UPDATE member SET members = ARRAY(SELECT unnest(members) EXCEPT SELECT unnest($1::uuid[]))
WHERE members && $1 AND cardinality(members) > 1
""",
)
_M, _V = member.c, tier_move.c


@dataclass(frozen=True, slots=True)
class Membership:
    """A customer in a segment, or one that was; `sequence` counts its changes."""

    id: UUID
    sequence: int
    segment: str
    customer_id: UUID
    tier: str
    belongs: bool


@dataclass(frozen=True, slots=True)
class Member(Membership):
    """The same with what it rests on."""

    since: date | None
    as_of: date
    value: int | None
    profit_minor: int | None
    members: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class Move:
    """One customer's change of tier; `moved_on` is the day in the time of the facts."""

    id: UUID
    customer_id: UUID
    previous_tier: str
    tier: str
    direction: str
    moved_on: date
    value: int | None
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class TierSum:
    """What the members of one tier come to."""

    tier: str
    customers: int
    value_sum: int
    profit_minor: int


def membership_id(customer_id: UUID, segment: str) -> UUID:
    """The aggregate that a customer's membership is."""
    return derived_id(customer_id, f"segment/{segment}")


async def of_customers(reader: Reader, wanted: Iterable[tuple[UUID, str]]) -> Mapping[tuple[UUID, str], Membership]:
    """Memberships as they stand, by customer and segment."""
    rows = await reader.fetch(_OF, [membership_id(one, segment) for one, segment in wanted])
    return {(row["customer_id"], row["segment"]): _membership(row) for row in rows}


async def save(tx: Tx, members: Sequence[Member]) -> None:
    """Write memberships."""
    await tx.execute(_SAVE, [_values(one) for one in members], tx.now)


async def leave(tx: Tx, customer_ids: Sequence[UUID]) -> list[Membership]:
    """Take customers out of all segments; gives the memberships that ended."""
    rows = await tx.fetch(_LEFT, list(customer_ids), tx.now)
    return [_membership(row) for row in rows]


async def note_moves(tx: Tx, moves: Sequence[Move]) -> None:
    """Write down who moved."""
    if not moves:
        return
    names = ("id", "customer_id", "previous_tier", "tier", "direction", "moved_on", "value")
    await tx.execute(_MOVED, [{name: getattr(one, name) for name in names} for one in moves], tx.now)


async def page(reader: Reader, segment: str, tier: str | None, after: Sequence[Any] | None, limit: int) -> list[Member]:
    """Members of a segment (of one tier), one more than `limit`."""
    select = sa.select(member).where(_M.segment == segment, _M.belongs)
    if tier is not None:
        select = select.where(_M.tier == tier)
    return [_member(row) for row in await reader.all(after_key(select, (_M.customer_id,), after, limit))]


async def moves(reader: Reader, tier: str | None, after: Sequence[Any] | None, limit: int) -> list[Move]:
    """Moves between tiers (into one of them), newest first, one more than `limit`."""
    names = (_V.id, _V.customer_id, _V.previous_tier, _V.tier, _V.direction, _V.moved_on, _V.value, _V.recorded_at)
    select = sa.select(*names)
    if tier is not None:
        select = select.where(_V.tier == tier)
    rows = await reader.all(after_key(select, (_V.recorded_at, _V.id), after, limit, descending=True))
    return [Move(**dict(row)) for row in rows]


async def summary(reader: Reader, segment: str) -> list[TierSum]:
    """What each tier of a segment comes to."""
    return [TierSum(**dict(row)) for row in await reader.fetch(_SUMMARY, segment)]


async def one(reader: Reader, customer_id: UUID, segment: str) -> Member | None:
    """A customer's membership."""
    row = await reader.one(sa.select(member).where(_M.id == membership_id(customer_id, segment)))
    return _member(row) if row else None


async def forget(tx: Tx, customer_ids: Sequence[UUID]) -> int:
    """Delete these customers' memberships and moves."""
    tags = [await tx.execute(statement, list(customer_ids)) for statement in _FORGET]
    return sum(int(tag.rpartition(" ")[2]) for tag in tags)


def _values(one: Member) -> dict[str, Any]:
    names = ("id", "segment", "customer_id", "tier", "belongs", "since", "as_of", "value", "profit_minor", "members")
    return {name: getattr(one, name) for name in names} | {"version": one.sequence}


def _membership(row: asyncpg.Record) -> Membership:
    belongs = row.get("belongs", False)
    return Membership(row["id"], row["version"], row["segment"], row["customer_id"], row["tier"], belongs)


def _member(row: asyncpg.Record) -> Member:
    names = ("id", "segment", "customer_id", "tier", "belongs", "since", "as_of", "value", "profit_minor")
    return Member(**{name: row[name] for name in names}, sequence=row["version"], members=tuple(row["members"]))
