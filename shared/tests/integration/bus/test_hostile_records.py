"""Messages that the client library or the database choke on: they are passed over with a reason, neighbours come."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from aiokafka.producer import message_accumulator
from aiokafka.producer import producer as producer_module
from aiokafka.record import default_records

from guanxi.bus.kafka import KafkaProducer, KafkaReader
from guanxi.bus.ports import Record

pytestmark = pytest.mark.asyncio(loop_scope="session")


class _Gbk(str):
    """A header's name as a client in C may send it: not UTF-8 at all."""

    __slots__ = ()

    def encode(self, *_: Any) -> bytes:
        return b"\xb9\xd8\xcf\xb5"


async def _read(kafka: str, topic: str, group: str, count: int) -> list[Record]:
    reader = KafkaReader(kafka, group, [topic])
    await reader.start()
    found: list[Record] = []
    try:
        async with asyncio.timeout(30):
            while len(found) < count:
                for records in (await reader.poll(0.5)).values():
                    found.extend(records)
    finally:
        await reader.stop()
    return sorted(found, key=lambda record: record.offset)


@pytest.fixture
def strange_names(monkeypatch: pytest.MonkeyPatch) -> None:
    """The library's fast builder takes no strange text; its plain one does."""
    for module in (producer_module, message_accumulator):
        monkeypatch.setattr(module, "DefaultRecordBatchBuilder", default_records._DefaultRecordBatchBuilderPy)


@pytest.mark.usefixtures("strange_names")
async def test_a_header_that_is_not_utf8_costs_its_own_message_only(
    kafka: str,
    topics: Callable[..., Awaitable[list[str]]],
    topic_prefix: str,
) -> None:
    [topic] = await topics("guanxi.inbound.gbk")
    producer = KafkaProducer(kafka, "test")
    await producer.start()
    for n in range(6):
        name = _Gbk("x") if n in (2, 4) else "plain"
        await (await producer.send(topic, str(n).encode(), b"k", [(name, b"v")]))
    await producer.stop()
    found = await _read(kafka, topic, f"{topic_prefix}gbk", 6)
    assert [record.value for record in found] == [b"0", b"1", None, b"3", None, b"5"]
    assert [record.unreadable is not None for record in found] == [n in (2, 4) for n in range(6)]


@pytest.mark.usefixtures("strange_names")
async def test_a_header_that_is_not_utf8_costs_nothing_in_other_partitions(
    kafka: str,
    topics: Callable[..., Awaitable[list[str]]],
    topic_prefix: str,
) -> None:
    [topic] = await topics("guanxi.inbound.gbk-beside", partitions=2)
    producer, reader = KafkaProducer(kafka, "test"), KafkaReader(kafka, f"{topic_prefix}gbk-beside", [topic])
    await producer.start()
    await (await producer.send(topic, b"first", b"k", (), 0))
    await reader.start()
    found: list[Record] = []
    try:
        async with asyncio.timeout(30):
            while not found:
                found += [one for records in (await reader.poll(0.5)).values() for one in records]
            # Both partitions' answers wait in the client, the good one in front of the bad one.
            await (await producer.send(topic, b"good", b"k", (), 0))
            await asyncio.sleep(1)
            await (await producer.send(topic, b"bad", b"k", ((_Gbk("x"), b"v"),), 1))
            await asyncio.sleep(1)
            while len(found) < 3:
                found += [one for records in (await reader.poll(0.5)).values() for one in records]
    finally:
        await reader.stop()
        await producer.stop()
    by_partition = sorted(found, key=lambda one: one.place.partition)
    assert [(one.place.partition, one.value) for one in by_partition] == [(0, b"first"), (0, b"good"), (1, None)]


async def test_nulls_in_headers_are_made_harmless(
    kafka: str, topics: Callable[..., Awaitable[list[str]]], topic_prefix: str
) -> None:
    [topic] = await topics("guanxi.inbound.nulls")
    producer = KafkaProducer(kafka, "test")
    await producer.start()
    nothing: Any = None
    headers = [("ce_id", b"a\x00b"), ("na\x00me", b"v"), ("empty", nothing), ("broken", b"\xff\xfe")]
    await (await producer.send(topic, b"v", b"k", headers))
    await producer.stop()
    (record,) = await _read(kafka, topic, f"{topic_prefix}nulls", 1)
    assert record.header("ce_id") == "a\ufffdb"
    assert record.header("na\ufffdme") == "v"
    assert record.header("empty") == ""
    assert "\x00" not in (record.header("broken") or "")
