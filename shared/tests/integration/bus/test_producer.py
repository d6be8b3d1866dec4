"""A producer that is given up leaves at once, whatever its broker does, and takes nobody with it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from guanxi.bus.kafka import KafkaProducer
from guanxi.bus.ports import BrokerError

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
