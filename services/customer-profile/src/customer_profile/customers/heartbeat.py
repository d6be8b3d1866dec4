"""The relay's word to every reader of the directory: whatever was committed before this moment has been published.

It goes to each partition, behind all that went there before, so that whoever has read it knows which ids cannot exist.
"""

from __future__ import annotations

import asyncio
from datetime import datetime
from uuid import UUID

from guanxi.bus.ports import Producer
from guanxi.bus.relay import Heartbeat
from guanxi.events import Event, make_event
from guanxi.events.directory import Watermark
from guanxi.ports import SystemIds, derived_id

_TOPIC = "guanxi.directory"
_NAMESPACE = UUID(int=0)
_IDS = SystemIds()


def make_heartbeat(topic_prefix: str) -> Heartbeat:
    """The heartbeat that a relay sends to the directory's topic under this prefix."""
    topic = f"{topic_prefix}{_TOPIC}"

    async def heartbeat(producer: Producer, up_to: datetime) -> None:
        """Tell each partition that all committed before `up_to` has been relayed; returns when the broker has it."""
        partitions = await producer.partitions(topic)
        waiting = []
        for partition in range(partitions):
            event = watermark(partition, partitions, up_to)
            headers = (("ce_type", event.type.encode()), ("ce_id", str(event.id).encode()))
            key = f"watermark-{partition}".encode()
            waiting.append(await producer.send(topic, event.to_json(), key, headers, partition))
        await asyncio.gather(*waiting)

    return heartbeat


def watermark(partition: int, partitions: int, up_to: datetime) -> Event[Watermark]:
    """The heartbeat of one partition; its sequence grows with the time it tells."""
    return make_event(
        Watermark(partition=partition, partitions=partitions, relayed_up_to=up_to),
        id=_IDS.new(),
        recorded=up_to,
        aggregate=derived_id(_NAMESPACE, f"watermark-{partition}"),
        sequence=int(up_to.timestamp() * 1_000_000),
        subject=None,
        time=up_to,
    )
