"""Where partitions end and what lies there, asked over a connection of its own."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Collection, Mapping

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import CorruptRecordException

from guanxi.bus.kafka._convert import ASK_SECONDS, PRODUCE_SECONDS, close_all, partition_of, place_of, record_of
from guanxi.bus.ports import Place, Record


class KafkaContents:
    """Where partitions end and what lies there, asked over a connection of its own.

    A client that reads no more does not know. With `committed` a partition ends where a transaction is still open: no
    consumer of ours reads on from there.
    """

    def __init__(self, bootstrap: str, client_id: str, *, committed: bool = False) -> None:
        self._bootstrap, self._client_id = bootstrap, client_id
        self._isolation = "read_committed" if committed else "read_uncommitted"
        self._clients: tuple[AIOKafkaAdminClient, AIOKafkaConsumer] | None = None

    async def of(self, topics: Collection[str], pattern: str | None = None) -> Mapping[Place, int]:
        """The next offset to be written of each partition."""
        try:
            async with asyncio.timeout(ASK_SECONDS):
                return await self._ask(topics, pattern)
        except BaseException:
            await self.stop()
            raise

    async def _ask(self, topics: Collection[str], pattern: str | None) -> Mapping[Place, int]:
        # One client knows which partitions there are, the other where they end.
        admin, consumer = self._clients = self._clients or await self._connect()
        found = await admin.describe_topics(None if pattern else sorted(topics))
        places = [
            TopicPartition(topic["topic"], partition["partition"])
            for topic in found
            if topic["topic"] in topics or (pattern and re.match(pattern, topic["topic"]))
            for partition in topic["partitions"]
        ]
        return {place_of(tp): end for tp, end in (await consumer.end_offsets(places)).items()} if places else {}

    async def records_at(self, offsets: Mapping[Place, int]) -> Mapping[Place, Record]:
        """The record that lies at each of these offsets."""
        if not offsets:
            return {}
        reader = AIOKafkaConsumer(
            bootstrap_servers=self._bootstrap,
            client_id=self._client_id,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            fetch_max_wait_ms=100,
        )
        try:
            async with asyncio.timeout(PRODUCE_SECONDS):
                await reader.start()
                return await _read_at(reader, {partition_of(place): offset for place, offset in offsets.items()})
        finally:
            await close_all(reader.stop())

    async def _connect(self) -> tuple[AIOKafkaAdminClient, AIOKafkaConsumer]:
        admin = AIOKafkaAdminClient(bootstrap_servers=self._bootstrap, client_id=self._client_id)
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self._bootstrap,
            client_id=self._client_id,
            enable_auto_commit=False,
            isolation_level=self._isolation,
        )
        try:
            await admin.start()
            await consumer.start()
        except BaseException:
            await close_all(admin.close(), consumer.stop())
            raise
        return admin, consumer

    async def stop(self) -> None:
        """Disconnect."""
        clients, self._clients = self._clients, None
        if clients is not None:
            await close_all(clients[0].close(), clients[1].stop())


async def _read_at(reader: AIOKafkaConsumer, offsets: Mapping[TopicPartition, int]) -> Mapping[Place, Record]:
    reader.assign(list(offsets))
    # At once: else it would begin to fetch from the start.
    for tp, offset in offsets.items():
        reader.seek(tp, offset)
    first, end = await reader.beginning_offsets(list(offsets)), await reader.end_offsets(list(offsets))
    left = {tp for tp, offset in offsets.items() if first[tp] <= offset < end[tp]}
    found: dict[Place, Record] = {}
    reader.pause(*offsets.keys() - left)
    while left:
        for tp in list(left):
            try:
                batch = (await reader.getmany(tp, timeout_ms=200, max_records=1)).get(tp, [])
            except (UnicodeDecodeError, CorruptRecordException) as error:
                # Nothing of ours, or nothing of ours any more.
                left.discard(tp)
                found[place_of(tp)] = Record(place_of(tp), offsets[tp], None, None, (), 0, repr(error))
                continue
            for one in batch:
                left.discard(tp)
                # Compaction may have taken it: then this is the next one.
                if one.offset == offsets[tp]:
                    found[place_of(tp)] = record_of(one)
    return found
