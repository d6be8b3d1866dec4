"""aiokafka's consumer as a member of a group."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener
from aiokafka.coordinator.assignors.roundrobin import RoundRobinPartitionAssignor

from guanxi.bus.kafka._convert import partition_of, place_of, record_of
from guanxi.bus.ports import Assignment, Place, Record

POLL_RECORDS = 500


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
            # Only when the metadata are read again does a pattern learn of a new topic, and a group of one that was
            # gone when its partitions were dealt out.
            metadata_max_age_ms=2_000 if pattern else 10_000,
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
        before = {tp: self._position(tp) for tp in self._consumer.assignment()}
        try:
            batches = await self._consumer.getmany(timeout_ms=int(seconds * 1000), max_records=POLL_RECORDS)
        except UnicodeDecodeError:
            return await self._one_by_one(before)
        return {place_of(tp): [record_of(one) for one in records] for tp, records in batches.items()}

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
                    found.setdefault(place_of(tp), []).append(Record(place_of(tp), offset, None, None, (), 0, why))
                    break
                if not one:
                    break
                found.setdefault(place_of(tp), []).extend(map(record_of, one[tp]))
        return found

    def position(self, place: Place) -> int | None:
        """The offset from which it reads on."""
        return self._position(partition_of(place))

    def _position(self, tp: Any) -> int | None:
        # Without waiting: one that is not known at once is being looked for, for as long as the broker likes.
        asked = self._consumer.position(tp)
        try:
            asked.send(None)
        except StopIteration as known:
            return int(known.value)
        finally:
            asked.close()
        return None

    async def commit(self, offsets: Mapping[Place, int]) -> None:
        """Tell the broker how far we are, for its own tools; only of partitions that are still ours."""
        mine = self.assignment().places
        kept = {partition_of(place): offset for place, offset in offsets.items() if place in mine}
        if kept:
            await self._consumer.commit(kept)

    def assignment(self) -> Assignment:
        """The partitions that are ours now."""
        ours = frozenset(map(place_of, self._consumer.assignment()))
        return Assignment(self._listener.round, ours, self._listener.dealt)

    def seek(self, place: Place, offset: int) -> None:
        """Read on from this offset."""
        self._consumer.seek(partition_of(place), offset)

    async def bounds(self, places: Collection[Place]) -> Mapping[Place, tuple[int, int]]:
        """For each the first offset kept and the next to be written."""
        wanted = [partition_of(place) for place in places]
        first = await self._consumer.beginning_offsets(wanted)
        end = await self._consumer.end_offsets(wanted)
        return {place_of(tp): (first[tp], end[tp]) for tp in wanted}

    async def offsets_at(self, places: Collection[Place], timestamp: int) -> Mapping[Place, int | None]:
        """For each the first offset at or after a moment (milliseconds)."""
        found = await self._consumer.offsets_for_times({partition_of(place): timestamp for place in places})
        return {place_of(tp): None if at is None else int(at.offset) for tp, at in found.items()}


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


def inbound_pattern(prefix: str) -> str:
    """The pattern of all sources' topics."""
    return f"^{re.escape(prefix)}guanxi\\.inbound\\..+$"
