"""A Kafka broker of our own: formatted, stopped, killed and started again, and the topics in it."""

from __future__ import annotations

import socket

import pytest

from guanxi.bus.kafka import KafkaProducer
from guanxi.bus.topics import TopicMismatchError, TopicSpec, delete_topics, ensure_topics, topic_names
from guanxi_local.failures import Failure
from guanxi_local.kafka import Kafka

pytestmark = pytest.mark.asyncio


async def send(bootstrap: str, topic: str) -> int:
    """The offset a message got."""
    producer = KafkaProducer(bootstrap, "test")
    await producer.start()
    try:
        return (await (await producer.send(topic, b"{}", b"key", (), 0))).offset
    finally:
        await producer.stop()


async def test_it_is_formatted_once_and_what_was_written_survives_a_kill(own_kafka: Kafka) -> None:
    # What an interrupted first start leaves: storage without its mark.
    (own_kafka.home / "data").mkdir(parents=True)
    (own_kafka.home / "data.new").mkdir()
    first = own_kafka.start()
    assert own_kafka.start() == first
    await ensure_topics(own_kafka.bootstrap, [TopicSpec("kept", 3, 72)])
    assert await send(own_kafka.bootstrap, "kept") == 0
    own_kafka.stop("kill")
    assert not first.alive
    own_kafka.start()
    await ensure_topics(own_kafka.bootstrap, [TopicSpec("kept", 3, 72)])
    assert await send(own_kafka.bootstrap, "kept") == 1


async def test_a_port_that_is_taken_gives_one_clear_line(own_kafka: Kafka) -> None:
    with (
        socket.create_server(("127.0.0.1", own_kafka.port)),
        pytest.raises(Failure, match="Kafka did not start: its port was taken") as caught,
    ):
        own_kafka.start()
    assert "\n" not in str(caught.value)


async def test_a_broker_whose_log_is_begun_anew_is_seen_to_start(own_kafka: Kafka) -> None:
    own_kafka.log.write_bytes(b"of an earlier start\n" * 1024 * 1024)
    assert own_kafka.start().alive


async def test_topics_are_made_once_with_their_partitions(kafka: str, topic_prefix: str) -> None:
    spec = TopicSpec(f"{topic_prefix}counted", 3, compacted=True)
    await ensure_topics(kafka, [spec])
    await ensure_topics(kafka, [spec])
    assert await topic_names(kafka, prefix=spec.name) == [spec.name]
    await delete_topics(kafka, [spec.name, f"{topic_prefix}never-made"])


async def test_a_topic_with_another_count_is_refused(kafka: str, topic_prefix: str) -> None:
    await ensure_topics(kafka, [TopicSpec(f"{topic_prefix}fixed", 2)])
    with pytest.raises(TopicMismatchError, match="has 2 partitions, wanted are 3"):
        await ensure_topics(kafka, [TopicSpec(f"{topic_prefix}fixed", 3)])


async def test_a_broker_that_is_away_is_waited_for_and_then_given_up() -> None:
    with pytest.raises(TimeoutError):
        await ensure_topics("127.0.0.1:9", [TopicSpec("x", 1)], seconds=1)
