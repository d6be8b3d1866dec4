"""Applying a batch of records inside one transaction: decode, let in once, hand to the handlers."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Sequence
from typing import Any, Protocol

from guanxi.bus import gate
from guanxi.bus.deadletters import Failure
from guanxi.bus.inbox import take_in
from guanxi.bus.ports import Record
from guanxi.bus.topics import REPLAYS
from guanxi.db import Tx
from guanxi.events import (
    OWNERS,
    Consumer,
    Event,
    Fact,
    InboundConsumer,
    InboundRecord,
    MalformedEventError,
    UnknownTypeError,
    knows,
    parse,
)
from guanxi.telemetry import EVENTS_APPLIED, EVENTS_REPEATED, EVENTS_SKIPPED, HANDLER_SECONDS, span


class Applier(Protocol):
    """What a consumer does with records."""

    def passes_over(self, records: Sequence[Record]) -> bool:
        """Whether there is nothing to be done about any of these."""
        ...

    async def apply(self, tx: Tx, records: Sequence[Record]) -> list[Failure]:
        """Apply them all, in this transaction; gives those that are no events. Raises when a handler fails."""
        ...


class FactApplier:
    """Applies facts of our own topics by a consumer's table of handlers."""

    def __init__(self, consumer: Consumer) -> None:
        self._consumer = consumer
        self._handled = {fact.TYPE: handler for fact, handler in consumer.handlers.items()}

    def handles(self, type_name: str) -> bool:
        """Whether events of this type have a handler here."""
        return type_name in self._handled

    def passes_over(self, records: Sequence[Record]) -> bool:
        """Whether no event among these is handled here; those that this release does not know are counted then."""
        names = [record.header("ce_type") for record in records]
        if any(name is None or name in self._handled for name in names):
            return False
        for name in names:
            _skip(name)
        return True

    async def apply(self, tx: Tx, records: Sequence[Record]) -> list[Failure]:
        """Decode what is handled here, drop what the inbox knows, run each type's handler once."""
        events, failures = self._decode(records)
        await self.apply_events(tx, events)
        return failures

    async def apply_events(self, tx: Tx, events: Sequence[Event[Fact]]) -> None:
        """Apply decoded events, each of them once."""
        if self._consumer.read_model is not None:
            await gate.pass_through(tx, self._consumer.name)
        fresh = await self._fresh(tx, events)
        by_type: dict[str, list[Event[Fact]]] = defaultdict(list)
        for event in fresh:
            by_type[event.type].append(event)
        for type_name, handler in self._handled.items():
            if batch := by_type.get(type_name):
                await self._handle(tx, type_name, handler, batch)
        tx.after_commit(lambda: self._count(len(fresh), len(events) - len(fresh)))

    def _count(self, applied: int, repeated: int) -> None:
        EVENTS_APPLIED.labels(self._consumer.name).inc(applied)
        EVENTS_REPEATED.labels(self._consumer.name).inc(repeated)

    async def _handle(self, tx: Tx, type_name: str, handler: Any, batch: list[Event[Fact]]) -> None:
        started = time.perf_counter()
        traces = [event.traceparent for event in batch if event.traceparent]
        parent = traces[0] if len(traces) == 1 else None
        with span(f"{self._consumer.name} {type_name}", parent, links=traces[:32]):
            await handler(tx, batch)
        HANDLER_SECONDS.labels(self._consumer.name, type_name).observe(time.perf_counter() - started)

    async def _fresh(self, tx: Tx, events: Sequence[Event[Fact]]) -> list[Event[Fact]]:
        once = list({event.id: event for event in events}.values())
        if self._consumer.kind == "state" or not once:
            return once
        new = await take_in(tx, self._consumer.group, [event.id for event in once])
        return [event for event in once if event.id in new]

    def _decode(self, records: Sequence[Record]) -> tuple[list[Event[Fact]], list[Failure]]:
        events: list[Event[Fact]] = []
        failures: list[Failure] = []
        for record in records:
            named = record.header("ce_type")
            if named is not None and named not in self._handled:
                _skip(named)
                continue
            if record.unreadable is not None:
                failures.append(Failure(record, MalformedEventError(record.unreadable)))
                continue
            try:
                event = parse(record.value or b"")
            except UnknownTypeError as error:
                EVENTS_SKIPPED.labels(str(error)[:120]).inc()
            except MalformedEventError as error:
                failures.append(Failure(record, error))
            else:
                if event.type not in self._handled:
                    continue
                if wrong := _misplaced(event, record.place.topic):
                    failures.append(Failure(record, MalformedEventError(wrong), event))
                else:
                    events.append(event)
        return events, failures


def _skip(name: str | None) -> None:
    if name is not None and not knows(name):
        EVENTS_SKIPPED.labels(name[:120]).inc()


def _misplaced(event: Event[Fact], topic: str) -> str | None:
    """What is wrong with where an event comes from: who may write to one topic may not speak for the others' owners."""
    if event.source != f"/guanxi/{OWNERS[event.topic]}":
        return f"source: {event.source} is not the owner of {event.type}"
    if not topic.endswith(f"guanxi.{event.topic}") and REPLAYS not in topic:
        return f"type: {event.type} does not belong in {topic}"
    return None


class InboundApplier:
    """Hands publishers' messages to intake as they came: what is wrong with one is its own result."""

    def __init__(self, consumer: InboundConsumer) -> None:
        self._handler = consumer.handler

    def passes_over(self, records: Sequence[Record]) -> bool:
        """Never: each message has a result at its sender's desk."""
        return not records

    async def apply(self, tx: Tx, records: Sequence[Record]) -> list[Failure]:
        """One call with the whole batch; the topic's name tells the source."""
        await self._handler(tx, [_inbound(record) for record in records])
        return []


def _inbound(record: Record) -> InboundRecord:
    source = record.place.topic.rpartition("guanxi.inbound.")[2]
    return InboundRecord(
        source, record.place.partition, record.offset, record.key, record.value, record.headers, record.timestamp
    )
