"""Dealers for the stage: a registered publisher, its customers, and the reports it sends."""

from __future__ import annotations

import asyncio
import itertools
import json
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from benchmarks.stage import Stage
from guanxi.bus.kafka import KafkaProducer
from guanxi.bus.ports import Ack
from guanxi_local import sources

NAME = "bench-dealer"
CUSTOMERS = 300
_numbers = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Report:
    """One event on its way in."""

    kind: str
    key: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Sent:
    """What the broker has acknowledged, and when the first went out and the last was in."""

    acknowledged: int
    began: float
    ended: float


def register(stage: Stage) -> str:
    """Register the publisher; gives its topic."""
    made = sources.add(stage.platform.gateway, stage.platform.token(), NAME, NAME)
    return made.topic


def profiles() -> list[Report]:
    """Who the customers are."""
    return [
        _report("ProfileReported", f"C{n:04}", {"kind": "organisation", "name": f"山西煤業 {n:04}"})
        for n in range(CUSTOMERS)
    ]


def mixed(count: int) -> list[Report]:
    """What a dealer's day brings: contacts for the greater part, orders, some complaints."""
    dice = random.Random(count)
    makers = dice.choices((_contact, _order, _complaint), weights=(6, 3, 1), k=count)
    return [make(f"C{dice.randrange(CUSTOMERS):04}", f"R{next(_numbers):08}") for make in makers]


def _contact(customer: str, ref: str) -> Report:
    said = {"channel": "phone", "direction": "in", "content": "Asked when the stands come, and for forty more."}
    return _report("ContactReported", customer, {"external_ref": ref, **said})


def _order(customer: str, ref: str) -> Report:
    line = {"sku": "STAND-OAK", "quantity": 10, "amount_minor": 42_000}
    money = {"placed_at": datetime.now(UTC).isoformat(), "currency": "CNY", "total_minor": 42_000}
    return _report("OrderReported", customer, {"external_ref": ref, **money, "lines": [line]})


def _complaint(customer: str, ref: str) -> Report:
    complaint = {"channel": "phone", "cause": "quality", "text": "Two of ten came with a broken foot."}
    return _report("ComplaintReported", customer, {"external_ref": ref, **complaint})


def _report(kind: str, customer: str, data: dict[str, Any]) -> Report:
    event = {
        "specversion": "1.0",
        "id": f"bench-{next(_numbers):09}",
        "source": NAME,
        "type": f"guanxi.inbound.{kind}.v1",
        "time": datetime.now(UTC).isoformat(),
        "data": {"external_customer": customer, **data},
    }
    return Report(kind, customer, json.dumps(event).encode())


def send(stage: Stage, topic: str, reports: Sequence[Report]) -> Sent:
    """Publish them as fast as the broker takes them."""
    return asyncio.run(_send(stage.platform.kafka, topic, [(one.key, one.body) for one in reports]))


async def _send(kafka: str, topic: str, messages: Sequence[tuple[str, bytes]]) -> Sent:
    producer = KafkaProducer(kafka, "bench")
    await producer.start()
    try:
        began = time.perf_counter()
        waiting = [await producer.send(topic, body, key.encode(), ()) for key, body in messages]
        acks = await asyncio.gather(*waiting)
        return Sent(sum(isinstance(ack, Ack) for ack in acks), began, time.perf_counter())
    finally:
        await producer.stop()


def fill(kafka: str, topic: str, messages: Sequence[tuple[str, bytes, str, str]]) -> int:
    """Fill a topic of our own with events (key, body, type, id), headers as the relay sets them."""

    async def go() -> int:
        producer = KafkaProducer(kafka, "bench")
        await producer.start()
        try:
            waiting = [
                await producer.send(topic, body, key.encode(), (("ce_type", kind.encode()), ("ce_id", name.encode())))
                for key, body, kind, name in messages
            ]
            return len(await asyncio.gather(*waiting))
        finally:
            await producer.stop()

    return asyncio.run(go())
