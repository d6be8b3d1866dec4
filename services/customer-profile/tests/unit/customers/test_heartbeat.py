"""The heartbeat goes to each partition, behind everything before it."""

from __future__ import annotations

from collections.abc import Awaitable
from datetime import UTC, datetime, timedelta

import pytest

from customer_profile.customers.heartbeat import make_heartbeat, watermark
from guanxi.bus.ports import Ack, Headers, Place
from guanxi.events import parse
from guanxi.events.directory import Watermark

NOON = datetime(2026, 3, 31, 12, tzinfo=UTC)


class Broker:
    """A producer that keeps what it is given and acknowledges it."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, int | None, bytes, bytes, dict[str, bytes]]] = []

    async def start(self) -> None: ...
    async def stop(self) -> None: ...
    async def abort(self) -> None: ...

    async def partitions(self, topic: str) -> int:
        return 3

    async def send(
        self, topic: str, value: bytes, key: bytes, headers: Headers, partition: int | None = None
    ) -> Awaitable[Ack]:
        self.sent.append((topic, partition, key, value, dict(headers)))

        async def acknowledged() -> Ack:
            return Ack(Place(topic, partition or 0), 0, 0)

        return acknowledged()


@pytest.mark.asyncio
async def test_each_partition_is_told_up_to_when_it_is_complete() -> None:
    broker = Broker()
    await make_heartbeat("t-1.")(broker, NOON)
    assert [(topic, partition, key) for topic, partition, key, _, _ in broker.sent] == [
        ("t-1.guanxi.directory", n, f"watermark-{n}".encode()) for n in range(3)
    ]
    for _, partition, _, value, headers in broker.sent:
        event = parse(value)
        assert isinstance(event.data, Watermark)
        assert (event.data.partition, event.data.partitions, event.data.relayed_up_to) == (partition, 3, NOON)
        assert headers["ce_type"].decode() == event.type
        assert headers["ce_id"].decode() == str(event.id)


def test_later_heartbeats_of_a_partition_are_later_states_of_one_thing() -> None:
    one, two = watermark(1, 3, NOON), watermark(1, 3, NOON + timedelta(milliseconds=1))
    assert one.aggregateid == two.aggregateid
    assert one.sequence < two.sequence
    assert one.aggregateid != watermark(2, 3, NOON).aggregateid
