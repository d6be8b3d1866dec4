"""A dealer's own system: it publishes reports to its topic and keeps what the broker has acknowledged."""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from guanxi.bus.kafka import KafkaProducer
from guanxi.bus.ports import Ack, BrokerError
from guanxi_local import sources
from guanxi_local.testplatform import TestPlatform


@dataclass(frozen=True, slots=True)
class Report:
    """One event as a dealer sends it."""

    source: str
    id: str
    type: str
    time: datetime
    data: dict[str, Any]

    def body(self) -> dict[str, Any]:
        """The CloudEvent."""
        return {
            "specversion": "1.0",
            "id": self.id,
            "source": self.source,
            "type": f"guanxi.inbound.{self.type}.v1",
            "time": self.time.isoformat(),
            "data": self.data,
        }

    @property
    def key(self) -> str:
        """What a dealer keys by."""
        return str(self.data.get("external_customer", self.id))

    def bytes(self) -> bytes:
        """What goes over the wire."""
        return json.dumps(self.body()).encode()


@dataclass
class Dealer:
    """A registered publisher."""

    platform: TestPlatform
    source: str
    unit: str
    topic: str
    sent: list[Report] = field(default_factory=list)
    """What the broker has acknowledged, without repeats."""
    _number: int = 0
    _newest: dict[str, Report] = field(default_factory=dict)

    def contact(self, customer: str, ref: str | None = None, **data: Any) -> Report:
        """A contact with one of the dealer's customers."""
        own = {"external_customer": customer, "external_ref": ref or f"{self.source}-c{self._number + 1}"}
        return self.report("ContactReported", {"channel": "phone", "direction": "in", **own, **data})

    def complaint(self, customer: str, ref: str | None = None, **data: Any) -> Report:
        """A complaint of one of the dealer's customers."""
        own = {"external_customer": customer, "external_ref": ref or f"{self.source}-x{self._number + 1}"}
        return self.report("ComplaintReported", {"channel": "phone", "cause": "quality", **own, **data})

    def profile(self, customer: str) -> Report:
        """Who one of the dealer's customers is, by another name each time."""
        name = f"name {self._number + 1}"
        return self.report("ProfileReported", {"external_customer": customer, "kind": "person", "name": name})

    def report(self, kind: str, data: dict[str, Any]) -> Report:
        """Any report, with an id and a moment of its own: each is a little later than the one before."""
        self._number += 1
        at = _BEGAN + timedelta(milliseconds=self._number)
        return Report(self.source, f"{self.source}-{self._number:07}", kind, at, data)

    def corrected(self, report: Report, **data: Any) -> Report:
        """The same matter, corrected: of several corrections the one made last wins, whatever their order."""
        kind = report.type.removesuffix("Corrected") + "Corrected"
        return self.report(kind, {**report.data, **data, "revision": report.data.get("revision", 1) + 1})

    def random_report(self, dice: random.Random, customers: int = 20) -> Report:
        """A contact, a complaint, a profile, or a correction of one of the last contacts."""
        customer = f"C-{dice.randrange(customers):04}"
        match dice.randrange(8):
            case 0:
                return self.profile(customer)
            case 1 | 2:
                return self.complaint(customer, text=f"number {self._number}")
            case 3 if self._newest:
                ref = dice.choice(list(self._newest)[-20:])
                made = self.corrected(self._newest[ref], content=f"number {self._number}")
            case _:
                made = self.contact(customer, content=f"number {self._number}")
        self._newest[str(made.data["external_ref"])] = made
        return made

    def last_words(self, family: str) -> dict[str, str | None]:
        """What must stand under each reference of one family in the end: the words of its last revision."""
        kinds = (f"{family.capitalize()}Reported", f"{family.capitalize()}ReportedCorrected")
        words = {"contact": "content", "complaint": "text"}[family]
        mine = sorted((r for r in self.sent if r.type in kinds), key=lambda r: r.data.get("revision", 1))
        voided = {r.data["external_ref"] for r in self.sent if r.type == f"{family.capitalize()}ReportedVoided"}
        return {ref: r.data.get(words) for r in mine if (ref := r.data["external_ref"]) not in voided}

    async def publish(self, reports: Sequence[Report], producer: KafkaProducer) -> None:
        """Send a batch; raises when the broker does not acknowledge all of it."""
        waiting = [await producer.send(self.topic, r.bytes(), r.key.encode(), ()) for r in reports]
        acks = await asyncio.gather(*waiting, return_exceptions=True)
        self.sent.extend(report for report, ack in zip(reports, acks, strict=True) if isinstance(ack, Ack))
        for ack in acks:
            if isinstance(ack, BaseException):
                raise ack

    async def publish_surely(self, reports: Sequence[Report]) -> None:
        """Send a batch until the broker has all of it, as a dealer does that must not lose one: some go twice."""
        left = list(reports)
        while left:
            with contextlib.suppress(BrokerError, OSError, TimeoutError):
                async with producing(self.platform) as producer:
                    await self.publish(left, producer)
            known = {report.id for report in self.sent}
            left = [report for report in left if report.id not in known]


_BEGAN = datetime.now(UTC) - timedelta(hours=2)


async def register_dealer(platform: TestPlatform, name: str) -> Dealer:
    """Register a publisher with a unit of its own, and wait until its topic is made."""
    made = await asyncio.to_thread(sources.add, platform.gateway, platform.token(), name, name)
    return Dealer(platform, name, name, made.topic)


@asynccontextmanager
async def producing(platform: TestPlatform) -> AsyncIterator[KafkaProducer]:
    """A producer for as long as the block lasts."""
    producer = KafkaProducer(platform.kafka, "dealer")
    await producer.start()
    try:
        yield producer
    finally:
        with contextlib.suppress(BrokerError, OSError, TimeoutError):
            await asyncio.wait_for(producer.stop(), 5)


@asynccontextmanager
async def publishing(dealer: Dealer, dice: random.Random, batch: int = 5, pause: float = 0.1) -> AsyncIterator[Dealer]:
    """Let the dealer publish while the block lasts."""
    ending = asyncio.Event()

    async def go_on() -> None:
        while not ending.is_set():
            await dealer.publish_surely([dealer.random_report(dice) for _ in range(batch)])
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(ending.wait(), pause)

    async with asyncio.TaskGroup() as group:
        group.create_task(go_on())
        try:
            yield dealer
        finally:
            ending.set()
