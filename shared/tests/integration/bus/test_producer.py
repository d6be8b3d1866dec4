"""A producer that is given up leaves at once, whatever its broker does, and takes nobody with it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from guanxi.bus.kafka import KafkaContents, KafkaProducer
from guanxi.bus.ports import BrokerError, Place

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.mark.parametrize("waiting", [0, 50])
async def test_giving_up_ends_the_producer_and_not_its_owner(
    kafka: str, topics: Callable[..., Awaitable[list[str]]], waiting: int
) -> None:
    [topic] = await topics("guanxi.inbound.given-up")
    producer = KafkaProducer(kafka, "test")
    await producer.start()
    queued = [await producer.send(topic, b"x", b"k", ()) for _ in range(waiting)]

    async def give_up() -> str:
        await producer.abort()
        return "went on"

    assert await asyncio.wait_for(asyncio.create_task(give_up()), 20) == "went on"
    ends = await asyncio.gather(*queued, return_exceptions=True)
    assert all(isinstance(one, BrokerError) or hasattr(one, "offset") for one in ends)
    with pytest.raises(BrokerError):
        await producer.send(topic, b"x", b"k", ())


async def test_a_client_that_takes_its_time_to_end_cancels_nobody(kafka: str) -> None:
    producer = KafkaProducer(kafka, "test")
    await producer.start()

    async def takes_its_time() -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            await asyncio.sleep(0.3)  # what was on its way is waited for

    assert producer._producer is not None
    sender = producer._producer._sender
    first, sender._sender_task = sender._sender_task, asyncio.create_task(takes_its_time())
    first.cancel()
    await asyncio.wait([first])
    await asyncio.create_task(producer.abort())


async def test_what_was_acknowledged_is_found_where_it_lies_with_the_time_it_bears(
    kafka: str, topics: Callable[..., Awaitable[list[str]]]
) -> None:
    [topic] = await topics("guanxi.inbound.found-again", partitions=2)
    producer, contents = KafkaProducer(kafka, "test"), KafkaContents(kafka, "test")
    await producer.start()
    # One at a time and together: the client's own word about the time of a batch is that of its first message.
    acks = [await (await producer.send(topic, b"%d" % n, b"k", (("ce_id", b"%d" % n),))) for n in range(3)]
    acks += await asyncio.gather(
        *[await producer.send(topic, b"%d" % n, b"k", (("ce_id", b"%d" % n),)) for n in range(3, 9)]
    )
    await producer.stop()
    for n, ack in enumerate(acks):
        found = await contents.records_at({ack.place: ack.offset, Place(topic, 1 - ack.place.partition): 0})
        record = found[ack.place]
        assert (record.header("ce_id"), record.offset, record.timestamp) == (str(n), ack.offset, ack.timestamp)
        assert len(found) == 1
    assert await contents.records_at({acks[-1].place: acks[-1].offset + 1}) == {}
    assert await contents.records_at({}) == {}
    await contents.stop()
