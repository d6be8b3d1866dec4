"""A group with more members than partitions."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from guanxi.bus.kafka import KafkaReader

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_member_too_many_knows_that_it_has_no_partition(
    kafka: str, topics: Callable[..., Awaitable[list[str]]], topic_prefix: str
) -> None:
    [topic] = await topics("guanxi.inbound.crowded")
    members = [KafkaReader(kafka, f"{topic_prefix}crowded", [topic]) for _ in range(2)]
    assert not any(member.assignment().dealt for member in members)
    try:
        await asyncio.gather(*(member.start() for member in members))
        async with asyncio.timeout(30):
            while not all(member.assignment().dealt for member in members):
                await asyncio.gather(*(member.poll(0.1) for member in members))
            assert sorted(len(member.assignment().places) for member in members) == [0, 1]
    finally:
        await asyncio.gather(*(member.stop() for member in members))
