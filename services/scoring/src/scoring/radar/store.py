"""All SQL on the radar."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any
from uuid import UUID

import asyncpg
import sqlalchemy as sa

from guanxi.db import Reader, Tx, after_key
from guanxi.ports import derived_id
from scoring.radar.tables import watch

# Called by whoever holds the customers' series: the rows of one customer are never written by two at once.
_COLUMNS = (
    "id, version, customer_id, risk, since, episode, as_of, points, rhythm, signals, cause, care_task_id, members"
)
_OF = f"SELECT {_COLUMNS}, ended_at IS NOT NULL AS ended FROM watch WHERE customer_id = ANY($1::uuid[])"
_SAVE = f"""
INSERT INTO watch ({_COLUMNS}, created_at, recorded_at, unit_id)
SELECT {_COLUMNS}, $2, $2, 'head-office' FROM jsonb_populate_recordset(NULL::watch, $1::jsonb) ORDER BY id
ON CONFLICT (id) DO UPDATE
SET version = excluded.version, recorded_at = excluded.recorded_at, risk = excluded.risk, since = excluded.since,
    episode = excluded.episode, as_of = excluded.as_of, points = excluded.points, rhythm = excluded.rhythm,
    signals = excluded.signals, cause = excluded.cause, care_task_id = excluded.care_task_id,
    members = excluded.members, ended_at = NULL
"""
_END = "UPDATE watch SET ended_at = $2 WHERE customer_id = ANY($1::uuid[]) AND ended_at IS NULL"
_OPEN = """
INSERT INTO care_task (id, version, created_at, recorded_at, unit_id, customer_id, episode, owner_id, due_on, cause,
                       signals)
SELECT id, 1, $2, $2, unit_id, customer_id, episode, owner_id, due_on, cause, signals
FROM jsonb_populate_recordset(NULL::care_task, $1::jsonb) ORDER BY id
"""
_COUNTS = """
SELECT risk, count(*) AS customers, count(*) FILTER (WHERE NOT rhythm) AS without_rhythm
FROM watch WHERE ended_at IS NULL GROUP BY risk
"""
_FORGET = (
    "DELETE FROM watch WHERE customer_id = ANY($1::uuid[])",
    "DELETE FROM care_task WHERE customer_id = ANY($1::uuid[])",
    """
UPDATE watch SET members = ARRAY(SELECT unnest(members) EXCEPT SELECT unnest($1::uuid[]))
WHERE members && $1 AND cardinality(members) > 1
""",
)
_W = watch.c


@dataclass(frozen=True, slots=True)
class Watch:
    """How one relationship stands; `version` counts the changes of its risk, 0: it was always calm."""

    id: UUID
    version: int
    customer_id: UUID
    risk: str
    since: date | None
    episode: date | None
    as_of: date
    points: int
    rhythm: bool
    signals: tuple[tuple[str, int, int | None], ...]
    """Code, points and what is usual, in days, of each signal that counts; how long a silence is changes by the day."""
    cause: str | None
    care_task_id: UUID | None
    members: tuple[UUID, ...]
    ended: bool = False


@dataclass(frozen=True, slots=True)
class CareTask:
    """Somebody is to look after a customer."""

    id: UUID
    customer_id: UUID
    unit_id: str
    episode: date | None
    owner_id: UUID | None
    due_on: date
    cause: str | None
    signals: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RiskCount:
    """How many customers are in a risk, and how many of them have no rhythm of their own."""

    risk: str
    customers: int
    without_rhythm: int


def watch_id(customer_id: UUID) -> UUID:
    """The aggregate that a customer's watch is."""
    return derived_id(customer_id, "watch")


async def of_customers(reader: Reader, customer_ids: Iterable[UUID]) -> Mapping[UUID, Watch]:
    """How these records stood when they were last read, ended ones too."""
    return {row["customer_id"]: _watch(row) for row in await reader.fetch(_OF, list(customer_ids))}


async def save(tx: Tx, some: Sequence[Watch]) -> None:
    """Write how customers stand."""
    if some:
        await tx.execute(_SAVE, [_values(one) for one in some], tx.now)


async def end(tx: Tx, customer_ids: Sequence[UUID]) -> None:
    """End the watch over customers who are part of another now."""
    if customer_ids:
        await tx.execute(_END, list(customer_ids), tx.now)


async def open_tasks(tx: Tx, tasks: Sequence[CareTask]) -> None:
    """Write care tasks down."""
    if tasks:
        await tx.execute(_OPEN, [asdict(one) for one in tasks], tx.now)


async def counts(reader: Reader) -> list[RiskCount]:
    """How many customers are in each risk."""
    return [RiskCount(**dict(row)) for row in await reader.fetch(_COUNTS)]


async def page(
    reader: Reader, risk: str, *, rhythm: bool | None, after: Sequence[Any] | None, limit: int
) -> list[Watch]:
    """Customers in a risk, most points first, one more than `limit`."""
    select = sa.select(watch, sa.false().label("ended")).where(_W.ended_at.is_(None), _W.risk == risk)
    if rhythm is not None:
        select = select.where(_W.rhythm.is_(rhythm))
    rows = await reader.all(after_key(select, (_W.points, _W.customer_id), after, limit, descending=True))
    return [_watch(row) for row in rows]


async def forget(tx: Tx, customer_ids: Sequence[UUID]) -> int:
    """Delete what was made of these customers, and their ids out of others' member lists."""
    tags = [await tx.execute(statement, list(customer_ids)) for statement in _FORGET]
    return sum(int(tag.rpartition(" ")[2]) for tag in tags)


def _values(one: Watch) -> dict[str, Any]:
    signals = [{"code": code, "points": points, "usual": usual} for code, points, usual in one.signals]
    return {name: getattr(one, name) for name in Watch.__slots__} | {"signals": signals}


def _watch(row: asyncpg.Record) -> Watch:
    values: dict[str, Any] = {name: row[name] for name in Watch.__slots__}
    values["signals"] = tuple((one["code"], one["points"], one["usual"]) for one in row["signals"])
    values["members"] = tuple(UUID(bytes=one.bytes) for one in row["members"])
    return Watch(**values)
