"""aiokafka behind the ports, with the settings that our promises need. Only this package knows the client library."""

from __future__ import annotations

import asyncio
import contextlib
import re
import time
from collections.abc import Awaitable, Collection, Mapping, Sequence
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRebalanceListener, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.coordinator.assignors.roundrobin import RoundRobinPartitionAssignor
from aiokafka.errors import CorruptRecordException, ProducerClosed

from guanxi.bus.ports import Ack, Assignment, BrokerError, Headers, Place, Record

PRODUCE_SECONDS = 10
POLL_RECORDS = 500
ASK_SECONDS = 3


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
        await _close(producer.stop())

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


class KafkaReader:
    """aiokafka's consumer as a member of a group."""

    def __init__(self, bootstrap: str, group: str, topics: Sequence[str] = (), pattern: str | None = None) -> None:
        self._topics, self._pattern = topics, pattern
        self._listener = _Listener()
        self._consumer = AIOKafkaConsumer(
            bootstrap_servers=bootstrap,
            group_id=group,
            client_id=group,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            partition_assignment_strategy=(RoundRobinPartitionAssignor,),
            max_poll_records=POLL_RECORDS,
            # A publisher may write in transactions: what it took back was never said.
            isolation_level="read_committed",
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
        if self._pattern is not None:
            self._consumer.subscribe(pattern=self._pattern, listener=self._listener)
        else:
            self._consumer.subscribe(topics=list(self._topics), listener=self._listener)
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
        before = {tp: await self._position(tp) for tp in self._consumer.assignment()}
        try:
            batches = await self._consumer.getmany(timeout_ms=int(seconds * 1000), max_records=POLL_RECORDS)
        except UnicodeDecodeError:
            return await self._one_by_one(before)
        return {_place(tp): [_record(one) for one in records] for tp, records in batches.items()}

    async def _one_by_one(self, before: Mapping[Any, int | None]) -> Mapping[Place, Sequence[Record]]:
        # The client cannot decode a header's name that is not UTF-8, and gives nothing of a batch that holds one, nor
        # what it had taken of other partitions until then: back to where they were. The name is passed over alone; its
        # neighbours come as they are.
        for tp, offset in before.items():
            if offset is not None:
                self._consumer.seek(tp, offset)
        found: dict[Place, list[Record]] = {}
        for tp in self._consumer.assignment():
            for _ in range(POLL_RECORDS):
                try:
                    one = await self._consumer.getmany(tp, timeout_ms=300, max_records=1)
                except UnicodeDecodeError as error:
                    offset = await self._consumer.position(tp)
                    self._consumer.seek(tp, offset + 1)
                    why = f"a header's name is not UTF-8: {error.reason}"
                    found.setdefault(_place(tp), []).append(Record(_place(tp), offset, None, None, (), 0, why))
                    break
                if not one:
                    break
                found.setdefault(_place(tp), []).extend(map(_record, one[tp]))
        return found

    async def position(self, place: Place) -> int | None:
        """The offset from which it reads on."""
        return await self._position(_partition(place))

    async def _position(self, tp: Any) -> int | None:
        # One that is not known at once is being looked for, which may take as long as the broker likes.
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(0):
                return int(await self._consumer.position(tp))
        return None

    async def commit(self, offsets: Mapping[Place, int]) -> None:
        """Tell the broker how far we are, for its own tools; only of partitions that are still ours."""
        mine = self.assignment().places
        kept = {_partition(place): offset for place, offset in offsets.items() if place in mine}
        if kept:
            await self._consumer.commit(kept)

    def assignment(self) -> Assignment:
        """The partitions that are ours now."""
        ours = frozenset(map(_place, self._consumer.assignment()))
        return Assignment(self._listener.round, ours, self._listener.dealt)

    def seek(self, place: Place, offset: int) -> None:
        """Read on from this offset."""
        self._consumer.seek(_partition(place), offset)

    async def bounds(self, places: Collection[Place]) -> Mapping[Place, tuple[int, int]]:
        """For each the first offset kept and the next to be written."""
        wanted = [_partition(place) for place in places]
        first = await self._consumer.beginning_offsets(wanted)
        end = await self._consumer.end_offsets(wanted)
        return {_place(tp): (first[tp], end[tp]) for tp in wanted}

    async def offsets_at(self, places: Collection[Place], timestamp: int) -> Mapping[Place, int | None]:
        """For each the first offset at or after a moment (milliseconds)."""
        found = await self._consumer.offsets_for_times({_partition(place): timestamp for place in places})
        return {_place(tp): None if at is None else int(at.offset) for tp, at in found.items()}


class _Listener(ConsumerRebalanceListener):  # type: ignore[misc] # aiokafka ships no types
    """Counts the times that partitions were dealt out.

    Records of new partitions come before this is told of them, so the consumer looks at the number after each poll.
    """

    def __init__(self) -> None:
        self.round, self.dealt = 0, False

    async def on_partitions_revoked(self, revoked: Any) -> None:  # noqa: ARG002 - the library's signature
        """A batch in work is idempotent, its offsets are stored with its effect: there is nothing to wait for."""
        self.round, self.dealt = self.round + 1, False

    async def on_partitions_assigned(self, assigned: Any) -> None:  # noqa: ARG002 - the library's signature
        """They are placed by the consumer's own task; a group of more members than partitions gives some none."""
        self.round, self.dealt = self.round + 1, True


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
        return {_place(tp): end for tp, end in (await consumer.end_offsets(places)).items()} if places else {}

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
                return await _read_at(reader, {_partition(place): offset for place, offset in offsets.items()})
        finally:
            await _close(reader.stop())

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
            await _close(admin.close(), consumer.stop())
            raise
        return admin, consumer

    async def stop(self) -> None:
        """Disconnect."""
        clients, self._clients = self._clients, None
        if clients is not None:
            await _close(clients[0].close(), clients[1].stop())


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
                found[_place(tp)] = Record(_place(tp), offsets[tp], None, None, (), 0, repr(error))
                continue
            for one in batch:
                left.discard(tp)
                # Compaction may have taken it: then this is the next one.
                if one.offset == offsets[tp]:
                    found[_place(tp)] = _record(one)
    return found


async def _close(*closing: Awaitable[None]) -> None:
    # The client awaits tasks that it has cancelled: one that has not begun yet would cancel whoever closes it.
    await asyncio.sleep(0)
    for one in closing:
        with contextlib.suppress(BrokerError, OSError):
            async with asyncio.timeout(ASK_SECONDS):
                await one


def _place(tp: Any) -> Place:
    return Place(tp.topic, tp.partition)


def _partition(place: Place) -> Any:
    return TopicPartition(place.topic, place.partition)


def _record(one: Any) -> Record:
    # A publisher may send anything: a header without a value, a name with U+0000 in it, which no database keeps.
    headers = tuple((name.replace("\x00", "\ufffd"), bytes(value or b"")) for name, value in one.headers)
    return Record(Place(one.topic, one.partition), one.offset, one.key, one.value, headers, one.timestamp)


def inbound_pattern(prefix: str) -> str:
    """The pattern of all sources' topics."""
    return f"^{re.escape(prefix)}guanxi\\.inbound\\..+$"
