"""The way in by Kafka: all publishers' topics, as they come."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from customer_profile.intake import usecases
from customer_profile.intake.envelope import Arrival
from guanxi.db import Tx
from guanxi.events import InboundRecord


async def on_inbound(tx: Tx, records: Sequence[InboundRecord]) -> None:
    """Take in a poll of publishers' messages; the key is a hint to Kafka and never read here."""
    await usecases.take_in(tx, [_arrival(record) for record in records], "kafka")


def _arrival(record: InboundRecord) -> Arrival:
    # Named by place and content: the same message read again is a repeat, another one at a reused offset is not.
    digest = hashlib.sha256(record.value or b"").hexdigest()[:12]
    fallback = f"unreadable-{record.partition}-{record.offset}-{digest}"
    return Arrival(record.source, record.value, fallback, record.headers)
