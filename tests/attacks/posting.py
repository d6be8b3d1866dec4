"""Messages as anybody may send them to a topic."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from guanxi.bus.kafka import KafkaProducer
from guanxi.bus.ports import Ack

Headers = tuple[tuple[str, bytes], ...]


@dataclass
class Letter:
    """One message and what its sender is told: the code of its first fault, None where it is taken."""

    body: bytes | None
    code: str | None = ""
    headers: Headers = ()
    key: bytes | None = b"any"
    kept: bytes | None = None
    """What lies at the desk, where it is not the body."""
    ack: Ack | None = field(default=None, compare=False)


def in_time(days: float) -> str:
    return (datetime.now(UTC) + timedelta(days=days)).isoformat()


async def send(producer: KafkaProducer, topic: str, letter: Letter) -> Ack:
    value: Any = letter.body
    key: Any = letter.key
    letter.ack = await (await producer.send(topic, value, key, letter.headers))
    return letter.ack
