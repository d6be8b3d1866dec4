"""What lies on the broker's topics, read by nobody's group, and what a power cut takes from its disk."""

from __future__ import annotations

import asyncio
import random
import re
from collections import Counter
from collections.abc import Collection
from pathlib import Path

from aiokafka import AIOKafkaConsumer, TopicPartition

from guanxi.bus.kafka import KafkaContents
from guanxi.bus.ports import BrokerError
from guanxi_local.testplatform import TestPlatform
from support.databases import SERVICES, rows
from support.waiting import Problem

FACTS = ("customers", "interactions", "complaints", "scores", "notifications")
"""Topics that are never compacted, and that nobody outside writes to."""


async def ids_on(platform: TestPlatform, words: Collection[str]) -> Counter[str]:
    """How often each event lies on these topics; what others have put there that is no event does not count."""
    names = {f"{platform.topic_prefix}guanxi.{word}" for word in words}
    asking = KafkaContents(platform.kafka, "test")
    try:
        ends = await asking.of(names)
    finally:
        await asking.stop()
    consumer = AIOKafkaConsumer(bootstrap_servers=platform.kafka, auto_offset_reset="earliest")
    await consumer.start()
    found: Counter[str] = Counter()
    try:
        left = {TopicPartition(place.topic, place.partition): end for place, end in ends.items() if end}
        consumer.assign(list(left))
        async with asyncio.timeout(15):
            while left:
                for tp, records in (await consumer.getmany(timeout_ms=500)).items():
                    found.update(record_id.decode() for one in records if (record_id := dict(one.headers).get("ce_id")))
                    if records[-1].offset + 1 >= left.get(tp, 0):
                        left.pop(tp, None)
    finally:
        await consumer.stop()
    return found


async def all_is_published(platform: TestPlatform) -> Problem:
    """Each event that the services' logs have of these topics lies on them."""
    try:
        there = await ids_on(platform, FACTS)
    except (BrokerError, OSError) as error:
        return f"the broker does not answer yet: {error!r}"
    sql = "SELECT event_id::text FROM event_log WHERE topic = ANY($1)"
    logged = {one for service in SERVICES for (one,) in await rows(platform, service, sql, list(FACTS))}
    return f"{len(logged - there.keys())} of {len(logged)} events are on no topic" if logged - there.keys() else None


class Forgetting:
    """Cuts a random part off the end of each partition of these topics, as a disk does that never wrote it."""

    def __init__(self, dice: random.Random, words: Collection[str]) -> None:
        self._dice = dice
        self._folder = re.compile(rf"(.+\.)?guanxi\.({'|'.join(words)})-\d+")
        self.cut = 0
        """Bytes that are gone."""

    def __call__(self, data: Path) -> None:
        """Spoil a broker's data folder."""
        for folder in data.iterdir():
            if folder.is_dir() and self._folder.fullmatch(folder.name):
                for segment in folder.glob("*.log"):
                    self._shorten(segment)

    def _shorten(self, segment: Path) -> None:
        size = segment.stat().st_size
        kept = int(size * self._dice.uniform(0.3, 0.9))
        if kept == size:
            return
        self.cut += size - kept
        with segment.open("r+b") as file:
            file.truncate(kept)
        # What is derived from a segment is made anew from it.
        for derived in (".index", ".timeindex"):
            segment.with_suffix(derived).unlink(missing_ok=True)
