"""Housekeeping: partitions ahead of time, old keys, batches, inbox days and letters' bytes away, the audit sealed."""

from __future__ import annotations

from datetime import timedelta

from guanxi.auth import seal
from guanxi.db import IDEMPOTENCY_KEPT, Pool

BATCHES_KEPT = timedelta(days=14)
INBOX_KEPT = 2 * BATCHES_KEPT + timedelta(days=3)
"""So long the relay remembers what it may publish again, with a new time; so long a topic keeps that (14 days); the day
by which a segment may be late, and two more. An older event can only come from a dead letter, and goes to the default
partition."""

LETTERS_KEPT = timedelta(days=30)
"""How long the bytes of a dead letter are kept after it was replayed or discarded; what was done about it stays."""

_CHUNK = 5_000
_ROUNDS = 100
_OLD_INBOX = """
DELETE FROM inbox_default WHERE ctid = ANY(ARRAY(
  SELECT ctid FROM inbox_default WHERE event_id < uuidv7_floor($1::timestamptz - interval '90 days') LIMIT $2))
"""
_OLD_KEYS = """
DELETE FROM idempotency_key WHERE ctid = ANY(ARRAY(SELECT ctid FROM idempotency_key WHERE created_at < $1 LIMIT $2))
"""
# The newest of each partition stays: without it a quiet topic that is made anew would pass for one never written to.
_OLD_BATCHES = """
DELETE FROM relay_batch WHERE ctid = ANY(ARRAY(
  SELECT ctid FROM relay_batch b WHERE published_at < $1 AND EXISTS (
    SELECT FROM relay_batch n
    WHERE n.topic = b.topic AND n.partition = b.partition AND n.last_offset > b.last_offset)
  LIMIT $2))
"""
_OLD_LETTERS = """
UPDATE dead_letter SET raw = '', key = NULL, headers = '[]' WHERE ctid = ANY(ARRAY(
  SELECT ctid FROM dead_letter
  WHERE settled_at < $1 AND (raw <> '' OR key IS NOT NULL OR headers <> '[]') LIMIT $2))
"""
_LOCK = 0x6D61696E  # "main": one maintainer at a time


async def maintain(pool: Pool) -> None:
    """One round; nothing is held for long, what is too much for one round waits for the next.

    Each step stands alone: one that fails does not keep the others from being done. Raises what failed, at the end.
    """
    failed: list[Exception] = []
    for step in (_partitions, _old_keys, _old_batches, _old_letters, _seal):
        try:
            await step(pool)
        except Exception as error:  # noqa: BLE001 - raised below, after the other steps
            failed.append(error)
    if failed:
        raise failed[0]


async def _partitions(pool: Pool) -> None:
    async with pool.begin() as tx:
        if await tx.fetchval("SELECT pg_try_advisory_xact_lock($1)", _LOCK):
            await tx.fetchval("SELECT platform_make_partitions($1)", tx.now)
    async with pool.begin() as tx:
        if await tx.fetchval("SELECT pg_try_advisory_xact_lock($1)", _LOCK):
            await tx.fetchval("SELECT platform_drop_inbox($1)", tx.now - INBOX_KEPT)
    await _work_off(pool, _OLD_INBOX, INBOX_KEPT)


async def _old_keys(pool: Pool) -> None:
    await _work_off(pool, _OLD_KEYS, IDEMPOTENCY_KEPT)


async def _old_batches(pool: Pool) -> None:
    await _work_off(pool, _OLD_BATCHES, BATCHES_KEPT)


async def _old_letters(pool: Pool) -> None:
    await _work_off(pool, _OLD_LETTERS, LETTERS_KEPT)


async def _seal(pool: Pool) -> None:
    for _ in range(_ROUNDS):
        async with pool.begin() as tx:
            if not await seal(tx):
                return


async def _work_off(pool: Pool, statement: str, kept: timedelta) -> None:
    for _ in range(_ROUNDS):
        async with pool.begin() as tx:
            tag = await tx.execute(statement, tx.now - kept, _CHUNK)
        if int(tag.rpartition(" ")[2]) < _CHUNK:
            return
