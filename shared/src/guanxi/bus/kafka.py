"""Kafka as ports: what the relay and the consumers need of a client, and aiokafka behind it.

Only this package knows the client library; a simulation gives its own producer and consumer.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRebalanceListener, TopicPartition
from aiokafka.coordinator.assignors.roundrobin import RoundRobinPartitionAssignor
from aiokafka.errors import CommitFailedError, IllegalStateError, KafkaError

Headers = Sequence[tuple[str, bytes]]
PRODUCE_SECONDS = 10
POLL_RECORDS = 500

BrokerError = KafkaError
"""Whatever the broker or the way to it did wrong."""

LostOwnershipError = (CommitFailedError, IllegalStateError)
"""The partition went to another member meanwhile: its offsets are no longer ours to commit."""


@dataclass(frozen=True, slots=True)
class Place:
    """One partition of one topic (full name, with prefix)."""

    topic: str
    partition: int


@dataclass(frozen=True, slots=True)
class Record:
    """One message as it came from the broker; `timestamp` in milliseconds since 1970."""

    place: Place
    offset: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...]
    timestamp: int

    def header(self, name: str) -> str | None:
        """The first header of that name, as text."""
        return next((value.decode("utf-8", "replace") for key, value in self.headers if key == name), None)


@dataclass(frozen=True, slots=True)
class Ack:
    """Where the broker has put a message."""

    place: Place
    offset: int


class Producer(Protocol):
    """Writes to the broker: acknowledged by all in-sync replicas, idempotent, in order per partition."""

    async def start(self) -> None:
        """Connect; raises `BrokerError`."""
        ...

    async def stop(self) -> None:
        """Flush and disconnect."""
        ...

    async def send(
        self, topic: str, value: bytes, key: bytes, headers: Headers, partition: int | None = None
    ) -> Awaitable[Ack]:
        """Queue a message; what it gives is awaited for the acknowledgement and raises `BrokerError`."""
        ...

    async def partitions(self, topic: str) -> int:
        """How many partitions a topic has."""
        ...


class Reader(Protocol):
    """Reads topics as a member of a group."""

    async def start(self) -> None:
        """Join the group; raises `BrokerError`."""
        ...

    async def stop(self) -> None:
        """Leave the group."""
        ...

    async def poll(self, seconds: float) -> Mapping[Place, Sequence[Record]]:
        """What has come, by partition."""
        ...

    async def commit(self, offsets: Mapping[Place, int]) -> None:
        """Tell the broker how far we are."""
        ...

    def assigned(self) -> frozenset[Place]:
        """The partitions that are ours now."""
        ...

    def seek(self, place: Place, offset: int) -> None:
        """Read on from this offset."""
        ...

    async def bounds(self, place: Place) -> tuple[int, int]:
        """First offset kept and the next to be written."""
        ...

    async def offset_at(self, place: Place, timestamp: int) -> int | None:
        """The first offset at or after a moment (milliseconds); None when there is none yet."""
        ...

    def end(self, place: Place) -> int | None:
        """The next offset to be written, as seen at the last fetch; None before it."""
        ...


OnAssigned = Callable[[frozenset[Place]], Awaitable[None]]


class KafkaProducer:
    """aiokafka's producer with the settings that our promises need."""

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

    async def send(
        self, topic: str, value: bytes, key: bytes, headers: Headers, partition: int | None = None
    ) -> Awaitable[Ack]:
        """Queue a message; await what this gives for the acknowledgement."""
        assert self._producer is not None  # noqa: S101 - started before use
        future = await self._producer.send(topic, value, key=key, headers=list(headers), partition=partition)
        return _acknowledged(future)

    async def partitions(self, topic: str) -> int:
        """How many partitions a topic has."""
        assert self._producer is not None  # noqa: S101 - started before use
        return len(await self._producer.partitions_for(topic))


async def _acknowledged(future: Awaitable[Any]) -> Ack:
    meta = await future
    return Ack(Place(meta.topic, meta.partition), meta.offset)


class KafkaReader:
    """aiokafka's consumer with the settings that our promises need."""

    def __init__(
        self,
        bootstrap: str,
        group: str,
        topics: Sequence[str] = (),
        pattern: str | None = None,
        on_assigned: OnAssigned | None = None,
    ) -> None:
        self._topics, self._pattern, self._on_assigned = topics, pattern, on_assigned
        self._consumer = AIOKafkaConsumer(
            bootstrap_servers=bootstrap,
            group_id=group,
            client_id=group,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            partition_assignment_strategy=(RoundRobinPartitionAssignor,),
            max_poll_records=POLL_RECORDS,
            # A killed member keeps its partitions for so long, and whoever takes its place waits: the directory stands
            # still meanwhile. Longer than any pause of a healthy event loop is enough.
            session_timeout_ms=10_000,
            heartbeat_interval_ms=2_000,
            rebalance_timeout_ms=10_000,
            request_timeout_ms=12_000,
            # A pattern learns of a new topic only when the metadata is read again.
            metadata_max_age_ms=2_000 if pattern else 60_000,
            fetch_max_wait_ms=250,
        )

    async def start(self) -> None:
        """Join the group; raises `BrokerError`."""
        listener = _Listener(self._on_assigned)
        if self._pattern is not None:
            self._consumer.subscribe(pattern=self._pattern, listener=listener)
        else:
            self._consumer.subscribe(topics=list(self._topics), listener=listener)
        try:
            await self._consumer.start()
        except BaseException:
            await self._consumer.stop()
            raise

    async def stop(self) -> None:
        """Leave the group."""
        await self._consumer.stop()

    async def poll(self, seconds: float) -> Mapping[Place, Sequence[Record]]:
        """What has come, by partition, at most 500 records."""
        batches = await self._consumer.getmany(timeout_ms=int(seconds * 1000), max_records=POLL_RECORDS)
        return {Place(tp.topic, tp.partition): [_record(r) for r in records] for tp, records in batches.items()}

    async def commit(self, offsets: Mapping[Place, int]) -> None:
        """Tell the broker how far we are, for its own tools; only of partitions that are still ours."""
        mine = self.assigned()
        kept = {TopicPartition(p.topic, p.partition): offset for p, offset in offsets.items() if p in mine}
        if kept:
            await self._consumer.commit(kept)

    def assigned(self) -> frozenset[Place]:
        """The partitions that are ours now."""
        return frozenset(Place(tp.topic, tp.partition) for tp in self._consumer.assignment())

    def seek(self, place: Place, offset: int) -> None:
        """Read on from this offset."""
        self._consumer.seek(TopicPartition(place.topic, place.partition), offset)

    async def bounds(self, place: Place) -> tuple[int, int]:
        """First offset kept and the next to be written."""
        tp = TopicPartition(place.topic, place.partition)
        first = await self._consumer.beginning_offsets([tp])
        end = await self._consumer.end_offsets([tp])
        return first[tp], end[tp]

    async def offset_at(self, place: Place, timestamp: int) -> int | None:
        """The first offset at or after a moment (milliseconds)."""
        tp = TopicPartition(place.topic, place.partition)
        found = (await self._consumer.offsets_for_times({tp: timestamp}))[tp]
        return None if found is None else int(found.offset)

    def end(self, place: Place) -> int | None:
        """The next offset to be written, as seen at the last fetch; None before it."""
        try:
            found = self._consumer.highwater(TopicPartition(place.topic, place.partition))
        except LostOwnershipError:
            return None
        return None if found is None else int(found)


class _Listener(ConsumerRebalanceListener):  # type: ignore[misc] # aiokafka ships no types
    def __init__(self, on_assigned: OnAssigned | None) -> None:
        self._on_assigned = on_assigned

    async def on_partitions_revoked(self, revoked: Any) -> None:
        """Nothing to do: a batch in work is idempotent, its offsets are stored with its effect."""

    async def on_partitions_assigned(self, assigned: Any) -> None:
        """Put each new partition where our own transaction last was."""
        if self._on_assigned is not None:
            await self._on_assigned(frozenset(Place(tp.topic, tp.partition) for tp in assigned))


def _record(r: Any) -> Record:
    return Record(Place(r.topic, r.partition), r.offset, r.key, r.value, tuple(r.headers), r.timestamp)


def inbound_pattern(prefix: str) -> str:
    """The pattern of all sources' topics."""
    return f"^{re.escape(prefix)}guanxi\\.inbound\\..+$"
