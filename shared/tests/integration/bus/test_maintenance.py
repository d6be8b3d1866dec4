"""Housekeeping: what is old goes, what is still needed stays, and a step that fails keeps no other from being done."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio

from guanxi.bus import deadletters
from guanxi.bus.maintenance import BATCHES_KEPT, INBOX_KEPT, LETTERS_KEPT, maintain
from guanxi.bus.ports import Place, Record
from guanxi.db import IDEMPOTENCY_KEPT, Database, open_database
from guanxi_local.roles import Database as Address
from guanxi_local.topics import read_topics

pytestmark = pytest.mark.asyncio(loop_scope="session")
HOUR = timedelta(hours=1)
KEY = "INSERT INTO idempotency_key (principal, key, route, request_hash, created_at) VALUES ('p', $1, 'r', '', $2)"


class OneClock:
    """A clock that stands still."""

    def __init__(self, now: datetime) -> None:
        self.at = now

    def now(self) -> datetime:
        return self.at


@pytest_asyncio.fixture(loop_scope="session")
async def address(service_database: Callable[[str], Awaitable[Address]]) -> Address:
    return await service_database("scoring")


@pytest_asyncio.fixture(loop_scope="session")
async def database(address: Address) -> AsyncIterator[Database]:
    opened = await open_database(address.runtime_url, application="test")
    yield opened
    await opened.close()


async def test_keys_are_kept_for_a_day(database: Database) -> None:
    now = datetime.now(UTC)
    async with database.api.begin() as tx:
        await tx.execute(KEY, "old", now - IDEMPOTENCY_KEPT - HOUR)
        await tx.execute(KEY, "young", now - IDEMPOTENCY_KEPT + HOUR)
    await maintain(database.relay)
    async with database.api.read() as reader:
        assert [row["key"] for row in await reader.fetch("SELECT key FROM idempotency_key")] == ["young"]


async def test_of_old_batches_the_newest_of_each_partition_stays(database: Database) -> None:
    now = datetime.now(UTC)
    batch = """
    INSERT INTO relay_batch (topic, partition, first_offset, last_offset, last_timestamp, event_ids, published_at)
    VALUES ($1, $2, $3, $3, 0, '{}', $4)
    """
    old, young = now - BATCHES_KEPT - HOUR, now - HOUR
    async with database.api.begin() as tx:
        for topic, partition, offset, at in (
            ("quiet", 0, 1, old),
            ("quiet", 0, 2, old),
            ("quiet", 1, 7, old),
            ("busy", 0, 1, old),
            ("busy", 0, 2, young),
        ):
            await tx.execute(batch, topic, partition, offset, at)
    await maintain(database.relay)
    async with database.api.read() as reader:
        kept = await reader.fetch("SELECT topic, partition, last_offset FROM relay_batch ORDER BY 1, 2, 3")
    assert [tuple(row) for row in kept] == [("busy", 0, 2), ("quiet", 0, 2), ("quiet", 1, 7)]


async def test_the_bytes_of_a_settled_letter_are_kept_for_a_while(database: Database) -> None:
    now, headers = datetime.now(UTC), (("ce_type", b"t"),)
    async with database.api.begin() as tx:
        for offset in range(3):
            record = Record(Place("t", 0), offset, b"key", b"bytes", headers, 0)
            await deadletters.bury(tx, "c", [deadletters.Failure(record, ValueError("bad"))])
        for offset, at in ((0, now - LETTERS_KEPT - HOUR), (1, now - LETTERS_KEPT + HOUR)):
            settle = 'UPDATE dead_letter SET status = $2, settled_at = $3 WHERE "offset" = $1'
            await tx.execute(settle, offset, "discarded", at)
    await maintain(database.relay)
    async with database.api.read() as reader:
        rows = await reader.fetch('SELECT raw, key, headers, reason FROM dead_letter ORDER BY "offset"')
    assert [(bytes(row["raw"]), row["key"], len(row["headers"])) for row in rows] == [
        (b"", None, 0),
        (b"bytes", b"key", 1),
        (b"bytes", b"key", 1),
    ]
    assert {row["reason"] for row in rows} == {"bad"}


async def test_partitions_are_there_before_their_time_and_gone_after_it(address: Address) -> None:
    later = datetime.now(UTC) + timedelta(days=40)
    database = await open_database(address.runtime_url, application="test", clock=OneClock(later))
    try:
        await maintain(database.relay)
        async with database.api.read() as reader:
            names = {row["n"] for row in await reader.fetch("SELECT inhrelid::regclass::text AS n FROM pg_inherits")}
    finally:
        await database.close()
    days = {f"inbox_{later + timedelta(days=n):%Y%m%d}" for n in range(4)}
    assert days <= names
    assert f"event_log_{later:%Y%m}" in names
    oldest = f"inbox_{later - INBOX_KEPT:%Y%m%d}"
    assert not [name for name in names if name.startswith("inbox_2") and name < oldest]


async def test_a_step_that_fails_is_told_and_the_others_are_done(address: Address, database: Database) -> None:
    broken = await open_database(address.owner_url, application="test")
    async with broken.api.begin() as tx:
        await tx.execute("ALTER FUNCTION platform_make_partitions(timestamptz) RENAME TO gone")
        await tx.execute(KEY, "k", datetime.now(UTC) - 2 * IDEMPOTENCY_KEPT)
    await broken.close()
    with pytest.raises(Exception, match="platform_make_partitions"):
        await maintain(database.relay)
    async with database.api.read() as reader:
        assert await reader.fetchval("SELECT count(*) FROM idempotency_key") == 0


async def test_the_inbox_knows_what_the_relay_may_publish_again_for_as_long_as_a_topic_keeps_it() -> None:
    longest = max(
        topic.retention_hours or 0 for topic in read_topics("") if not topic.name.startswith("guanxi.inbound")
    )
    assert BATCHES_KEPT + timedelta(hours=longest) + timedelta(days=1) < INBOX_KEPT
