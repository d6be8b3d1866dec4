"""Statements on `rebuild` (what is to be written anew here) and `replay` (what of our log is to be sent for it)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

import asyncpg

from guanxi.bus.ports import Place
from guanxi.bus.shadow import Difference
from guanxi.db import Reader, Tx

RebuildStatus = Literal["asked", "filling", "done", "failed", "cancelled"]
ReplayStatus = Literal["sending", "done", "failed"]

_REBUILDS = """
SELECT id, consumer, topic, check_only, status, starts, heard, applied, skipped, added, changed, removed, held_ms,
       reason, asked_by, asked_at, ended_at FROM rebuild
"""
_ASK = """
INSERT INTO rebuild (id, consumer, topic, check_only, asked_by, asked_at) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (consumer) WHERE status IN ('asked', 'filling') DO NOTHING RETURNING id
"""
_FILL = "UPDATE rebuild SET status = 'filling', starts = $2 WHERE id = $1 AND status = 'asked'"
_PROGRESS = """
UPDATE rebuild SET applied = $2, skipped = $3, heard = $4 WHERE id = $1 AND status = 'filling' RETURNING id
"""
_FINISH = """
UPDATE rebuild SET status = 'done', ended_at = $2, added = $3, changed = $4, removed = $5, held_ms = $6
WHERE id = $1
"""
_HOLD = "SELECT 1 FROM rebuild WHERE id = $1 AND status = 'filling' FOR UPDATE"
_END = """
UPDATE rebuild SET status = $2, reason = $3, ended_at = $4 WHERE id = $1 AND status IN ('asked', 'filling') RETURNING id
"""
_REPLAYS = "SELECT id, topic, types, status, total, sent, after_id, reason, asked_by, asked_at, ended_at FROM replay"
_SEND = """
INSERT INTO replay (id, topic, types, asked_by, asked_at) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (topic) DO NOTHING
"""


@dataclass(frozen=True, slots=True)
class Rebuild:
    """One rebuild; `held_ms` is how long the consumer was kept waiting while rows were put right."""

    id: UUID
    consumer: str
    topic: str
    check_only: bool
    status: RebuildStatus
    starts: Mapping[str, Sequence[int]] | None
    heard: Sequence[str]
    applied: int
    skipped: int
    added: int | None
    changed: int | None
    removed: int | None
    held_ms: int | None
    reason: str | None
    asked_by: str
    asked_at: datetime
    ended_at: datetime | None

    def places(self) -> dict[Place, int]:
        """Where the live topics are read from."""
        return {Place(t, p): at for t, ends in (self.starts or {}).items() for p, at in enumerate(ends)}


@dataclass(frozen=True, slots=True)
class Replay:
    """One sending of our log; `total` is not known before it has begun."""

    id: UUID
    topic: str
    types: Sequence[str]
    status: ReplayStatus
    total: int | None
    sent: int
    after_id: UUID
    reason: str | None
    asked_by: str
    asked_at: datetime
    ended_at: datetime | None


async def rebuilds(reader: Reader, limit: int) -> list[Rebuild]:
    """The newest first."""
    return [_rebuild(row) for row in await reader.fetch(f"{_REBUILDS} ORDER BY id DESC LIMIT $1", limit)]


async def rebuild(reader: Reader, rebuild_id: UUID) -> Rebuild | None:
    """One of them."""
    row = await reader.fetchrow(f"{_REBUILDS} WHERE id = $1", rebuild_id)
    return _rebuild(row) if row else None


async def next_rebuild(reader: Reader) -> Rebuild | None:
    """The oldest that is open."""
    row = await reader.fetchrow(f"{_REBUILDS} WHERE status IN ('asked', 'filling') ORDER BY id LIMIT 1")
    return _rebuild(row) if row else None


async def topics_of_ended(reader: Reader, since: datetime) -> list[str]:
    """The topics of the rebuilds that have ended since then, whoever ended them."""
    return [row["topic"] for row in await reader.fetch("SELECT topic FROM rebuild WHERE ended_at >= $1", since)]


async def ask(tx: Tx, consumer: str, topic: str, *, check_only: bool, who: str) -> UUID | None:
    """Ask for a rebuild of a consumer; None while one is open."""
    made: UUID | None = await tx.fetchval(_ASK, tx.new_id(), consumer, topic, check_only, who, tx.now)
    return made


async def fill(tx: Tx, rebuild_id: UUID, ends: Mapping[Place, int]) -> None:
    """Begin: these are the ends of the live topics."""
    starts: dict[str, list[int]] = {}
    for place in sorted(ends):
        starts.setdefault(place.topic, []).append(ends[place])
    await tx.execute(_FILL, rebuild_id, starts)


async def progress(tx: Tx, rebuild_id: UUID, applied: int, skipped: int, heard: Sequence[str]) -> bool:
    """Note how far it is; False when it is no longer wanted."""
    return await tx.fetchval(_PROGRESS, rebuild_id, applied, skipped, list(heard)) is not None


async def hold(tx: Tx, rebuild_id: UUID) -> bool:
    """Let nobody end it until this transaction has; False when it is no longer wanted."""
    return await tx.fetchval(_HOLD, rebuild_id) is not None


async def finish(tx: Tx, rebuild_id: UUID, found: Difference, held_ms: int) -> None:
    """Note what came of it."""
    await tx.execute(_FINISH, rebuild_id, tx.now, found.added, found.changed, found.removed, held_ms)


async def end(tx: Tx, rebuild_id: UUID, status: RebuildStatus, reason: str | None) -> bool:
    """End it without a result; False when it has ended already."""
    return await tx.fetchval(_END, rebuild_id, status, reason, tx.now) is not None


async def send(tx: Tx, topic: str, types: Sequence[str], who: str) -> Replay:
    """Have these types of our log sent to a topic, once however often that is asked."""
    await tx.execute(_SEND, tx.new_id(), topic, list(types), who, tx.now)
    row = await tx.fetchrow(f"{_REPLAYS} WHERE topic = $1", topic)
    assert row is not None  # noqa: S101 - it is there now
    return Replay(**dict(row))


async def replay(reader: Reader, replay_id: UUID) -> Replay | None:
    """One of them."""
    row = await reader.fetchrow(f"{_REPLAYS} WHERE id = $1", replay_id)
    return Replay(**dict(row)) if row else None


async def next_replay(reader: Reader) -> Replay | None:
    """The oldest that is open."""
    row = await reader.fetchrow(f"{_REPLAYS} WHERE status = 'sending' ORDER BY id LIMIT 1")
    return Replay(**dict(row)) if row else None


async def counted(tx: Tx, replay_id: UUID, total: int) -> None:
    """Note how many there are."""
    await tx.execute("UPDATE replay SET total = $2 WHERE id = $1", replay_id, total)


async def sent(tx: Tx, replay_id: UUID, count: int, last: UUID) -> None:
    """Note that so many more are with the broker, up to this one."""
    await tx.execute("UPDATE replay SET sent = sent + $2, after_id = $3 WHERE id = $1", replay_id, count, last)


async def end_replay(tx: Tx, replay_id: UUID, status: ReplayStatus, reason: str | None = None) -> None:
    """End it."""
    await tx.execute(
        "UPDATE replay SET status = $2, reason = $3, ended_at = $4 WHERE id = $1", replay_id, status, reason, tx.now
    )


def _rebuild(row: asyncpg.Record) -> Rebuild:
    return Rebuild(**dict(row))
