"""Housekeeping: partitions ahead of time, old idempotency keys, batches and inbox days away, the audit trail sealed."""

from __future__ import annotations

from datetime import timedelta

from guanxi.auth import seal
from guanxi.db import Pool

IDEMPOTENCY_KEPT = timedelta(hours=24)
BATCHES_KEPT = timedelta(days=14)
INBOX_KEPT = timedelta(days=15)
"""Topic retention (14 days) and a day: an older event can only come from a dead letter, and goes to the default
partition."""

_CHUNK = 5_000
_OLD_KEYS = """
DELETE FROM idempotency_key WHERE ctid = ANY(ARRAY(SELECT ctid FROM idempotency_key WHERE created_at < $1 LIMIT $2))
"""
_OLD_BATCHES = """
DELETE FROM relay_batch WHERE ctid = ANY(ARRAY(SELECT ctid FROM relay_batch WHERE published_at < $1 LIMIT $2))
"""
_LOCK = 0x6D61696E  # "main": one maintainer at a time


async def maintain(pool: Pool) -> None:
    """One round; nothing is held for long, what is too much for one round waits for the next."""
    async with pool.begin() as tx:
        if not await tx.fetchval("SELECT pg_try_advisory_xact_lock($1)", _LOCK):
            return
        await tx.fetchval("SELECT platform_make_partitions($1)", tx.now)
        await tx.fetchval("SELECT platform_drop_inbox($1)", tx.now - INBOX_KEPT)
    await _delete_old(pool, _OLD_KEYS, IDEMPOTENCY_KEPT)
    await _delete_old(pool, _OLD_BATCHES, BATCHES_KEPT)
    async with pool.begin() as tx:
        await seal(tx)


async def _delete_old(pool: Pool, statement: str, kept: timedelta) -> None:
    for _ in range(20):
        async with pool.begin() as tx:
            tag = await tx.execute(statement, tx.now - kept, _CHUNK)
        if int(tag.rpartition(" ")[2]) < _CHUNK:
            return
