"""The client library's words as ours, and how its clients are closed."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable
from typing import Any

from aiokafka import TopicPartition

from guanxi.bus.ports import BrokerError, Place, Record

PRODUCE_SECONDS = 10
ASK_SECONDS = 3


def place_of(tp: Any) -> Place:
    """A partition as ours."""
    return Place(tp.topic, tp.partition)


def partition_of(place: Place) -> Any:
    """A partition as the client's."""
    return TopicPartition(place.topic, place.partition)


def record_of(one: Any) -> Record:
    """A message as ours."""
    # A publisher may send anything: a header without a value, a name with U+0000 in it, which no database keeps.
    headers = tuple((name.replace("\x00", "\ufffd"), bytes(value or b"")) for name, value in one.headers)
    return Record(Place(one.topic, one.partition), one.offset, one.key, one.value, headers, one.timestamp)


async def close_all(*closing: Awaitable[None]) -> None:
    """Close clients one after another, whatever the broker says; each has 3 s."""
    # The client awaits tasks that it has cancelled: one that has not begun yet would cancel whoever closes it.
    await asyncio.sleep(0)
    for one in closing:
        with contextlib.suppress(BrokerError, OSError):
            async with asyncio.timeout(ASK_SECONDS):
                await one
