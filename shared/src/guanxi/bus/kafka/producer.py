"""aiokafka's producer, with the settings that our promises need."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Sequence
from functools import lru_cache
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.errors import ProducerClosed
from aiokafka.partitioner import DefaultPartitioner, murmur2

from guanxi.bus.kafka._convert import ASK_SECONDS, PRODUCE_SECONDS, close_all
from guanxi.bus.ports import Ack, BrokerError, Headers, Place


def partition_for(key: bytes | None, all_partitions: Sequence[int], available: Sequence[int]) -> int:
    """The partition that the Java client, and aiokafka after it, gives a key.

    aiokafka hashes byte by byte in Python; of the same customers, again and again, once is enough.
    """
    if key is None:
        return int(_USUAL(key, all_partitions, available))
    return all_partitions[_hash(key) % len(all_partitions)]


_USUAL = DefaultPartitioner()


@lru_cache(maxsize=100_000)
def _hash(key: bytes) -> int:
    return int(murmur2(key)) & 0x7FFFFFFF


class KafkaProducer:
    """aiokafka's producer."""

    def __init__(self, bootstrap: str, client_id: str) -> None:
        self._bootstrap = bootstrap
        self._client_id = client_id
        self._producer: AIOKafkaProducer | None = None

    async def start(self) -> None:
        """Connect; raises `BrokerError`."""
        self._producer = AIOKafkaProducer(
            bootstrap_servers=self._bootstrap,
            client_id=self._client_id,
            acks="all",
            enable_idempotence=True,
            linger_ms=2,
            max_batch_size=131072,
            compression_type="lz4",
            partitioner=partition_for,
            request_timeout_ms=PRODUCE_SECONDS * 1000,
        )
        try:
            await self._producer.start()
        except BaseException:
            await self.stop()
            raise

    async def stop(self) -> None:
        """Flush and disconnect."""
        producer, self._producer = self._producer, None
        if producer is not None:
            await producer.stop()

    async def abort(self) -> None:
        """Disconnect without sending what still waits.

        The client has no such call: it would flush for as long as the broker is away, beside whoever publishes then.
        """
        producer, self._producer = self._producer, None
        if producer is None:
            return
        producer._message_accumulator.fail_all(ProducerClosed())  # noqa: SLF001 - see above
        sender = producer._sender.sender_task  # noqa: SLF001 - see above
        if sender is not None:
            sender.cancel()
            # Until it has ended: the client would await a task that is cancelled, which cancels whoever waits for it.
            await asyncio.wait([sender], timeout=ASK_SECONDS)
        await close_all(producer.stop())

    async def send(
        self, topic: str, value: bytes, key: bytes, headers: Headers, partition: int | None = None
    ) -> Awaitable[Ack]:
        """Queue a message; await what this gives for the acknowledgement."""
        if self._producer is None:
            raise ProducerClosed
        # Our own time: the client gives that of a batch's first message for all of them.
        at = int(time.time() * 1000)
        future = await self._producer.send(
            topic, value, key=key, headers=list(headers), partition=partition, timestamp_ms=at
        )
        return _acknowledged(future, at)

    async def partitions(self, topic: str) -> int:
        """How many partitions a topic has."""
        if self._producer is None:
            raise ProducerClosed
        return len(await self._producer.partitions_for(topic))


async def _acknowledged(future: Awaitable[Any], at: int) -> Ack:
    meta = await future
    if meta.offset < 0:
        message = "the broker knew this message already and does not say where it lies"
        raise BrokerError(message)
    # Type 0 is our own time; a topic may have been made to bear the broker's instead.
    return Ack(Place(meta.topic, meta.partition), meta.offset, meta.timestamp if meta.timestamp_type else at)
