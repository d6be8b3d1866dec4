"""Positions are forgotten, or a topic is made anew: the consumer reads all of it again, and that changes nothing."""

from __future__ import annotations

import asyncio
from functools import partial

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from guanxi.bus.topics import delete_topics, ensure_topics, topic_names
from guanxi_local.testplatform import TestPlatform
from guanxi_local.topics import read_topics
from support.client import Caller
from support.databases import SERVICES, rows, topology, value
from support.dealer import Dealer, publishing
from support.invariants import all_is_well, recovers
from support.ledger import Ledger
from support.rounds import PATIENCE_S, chance, count
from support.topics import FACTS, all_is_published
from support.waiting import Problem, at_least, eventually
from support.writers import Writers, writing

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(900)]

_ENOUGH = 60


@pytest.mark.smoke
async def test_consumers_that_know_nothing_of_their_positions_take_nothing_in_twice(
    ground: TestPlatform, admin: Caller, dealer: Dealer, ledger: Ledger
) -> None:
    dice = chance("forgotten positions")
    for _ in range(count(smoke=1, full=2, soak=10)):
        await _some_traffic(ground, admin, dealer, ledger)
        service = dice.choice(SERVICES)
        groups = _groups(service)
        async with writing(Writers(admin, ledger, dice)), publishing(dealer, dice):
            await asyncio.to_thread(ground.take_down, service)
            try:
                forgotten = await rows(ground, service, "DELETE FROM consumer_offset RETURNING consumer")
                assert {group for (group,) in forgotten} == set(groups)
                for group in groups:
                    await _begin_anew(ground, f"{ground.topic_prefix}{service}.{group}")
            finally:
                await asyncio.to_thread(ground.bring_back, service)
        await recovers(ground, [dealer])
        again = await value(ground, service, "SELECT count(DISTINCT consumer) FROM consumer_offset")
        assert again == len(groups), f"{service} has positions of {again} of {len(groups)} consumers"
    await all_is_well(ground, admin, ledger)


async def test_a_topic_that_was_made_anew_is_filled_from_the_log(
    ground: TestPlatform, admin: Caller, dealer: Dealer, ledger: Ledger
) -> None:
    dice = chance("topic made anew")
    for _ in range(count(smoke=1, full=2, soak=10)):
        await _some_traffic(ground, admin, dealer, ledger)
        await recovers(ground, [dealer])
        await _make_anew(ground, f"{ground.topic_prefix}guanxi.{dice.choice(FACTS)}")
        await eventually(partial(all_is_published, ground), max(60, PATIENCE_S), every=0.5)
        async with writing(Writers(admin, ledger, dice)), publishing(dealer, dice):
            await _until_more(ledger)
        await recovers(ground, [dealer])
    await all_is_well(ground, admin, ledger)


async def _some_traffic(ground: TestPlatform, admin: Caller, dealer: Dealer, ledger: Ledger) -> None:
    dice = chance("traffic before")
    async with writing(Writers(admin, ledger, dice)), publishing(dealer, dice):
        await _until_more(ledger)


async def _until_more(ledger: Ledger) -> None:
    wanted = len(ledger.of("acknowledged")) + _ENOUGH
    look = at_least(wanted, lambda: len(ledger.of("acknowledged")), "requests acknowledged")
    await eventually(look, max(60, PATIENCE_S))


def _groups(service: str) -> list[str]:
    """All consumers of a service, the one of publishers' topics too."""
    found = topology(service)
    own = [found.inbound.group] if found.inbound else []
    return [*own, *(one.group for one in found.consumers)]


async def _begin_anew(ground: TestPlatform, group: str) -> None:
    """Let the broker say of an empty group that it has read nothing of what it ever read."""
    admin = AIOKafkaAdminClient(bootstrap_servers=ground.kafka)
    consumer = AIOKafkaConsumer(bootstrap_servers=ground.kafka, group_id=group, enable_auto_commit=False)
    await admin.start()
    await consumer.start()
    try:
        read = list(await admin.list_consumer_group_offsets(group))
        assert read, f"the broker knows nothing of {group}"
        consumer.assign(read)
        await eventually(lambda: _commits(consumer, dict.fromkeys(read, 0)), PATIENCE_S, every=0.5)
    finally:
        await consumer.stop()
        await admin.close()


async def _commits(consumer: AIOKafkaConsumer, offsets: dict[TopicPartition, int]) -> Problem:
    # Whoever was in the group counts as there for as long as its session lasts.
    try:
        await consumer.commit(offsets)
    except KafkaError as error:
        return repr(error)
    return None


async def _make_anew(ground: TestPlatform, name: str) -> None:
    """Delete a topic with all that lies on it, and make it again as it was, empty."""
    (spec,) = (one for one in read_topics(ground.topic_prefix) if one.name == name)
    await delete_topics(ground.kafka, [name])
    async with asyncio.timeout(PATIENCE_S):
        while name in await topic_names(ground.kafka):  # noqa: ASYNC110 - the broker tells nobody
            await asyncio.sleep(0.1)
    await ensure_topics(ground.kafka, [spec])
