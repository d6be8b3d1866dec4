"""Messages of our own topics that cannot be applied: who must have buried them, and how far everybody has read."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from guanxi.bus.ports import Ack
from guanxi.events import Event, Fact, make_event
from guanxi.events.reports import ContactReported
from guanxi.ports import SystemIds
from guanxi_local.testplatform import TestPlatform
from support.databases import SERVICES, rows, topology
from support.waiting import Problem

Where = tuple[str, int, int]
"""Topic, partition, offset."""


@dataclass(frozen=True, slots=True)
class Poison:
    """One message as the broker has taken it, and a word of the reason for which it is buried."""

    kind: type[Fact]
    where: Where
    body: bytes
    reason: str = ""


def where(ack: Ack) -> Where:
    """Where a message lies."""
    return ack.place.topic, ack.place.partition, ack.offset


def comparable(content: bytes) -> str:
    """The same for two writings of one JSON value."""
    try:
        return json.dumps(json.loads(content), sort_keys=True)
    except (ValueError, RecursionError):
        return repr(content)


async def recorded(platform: TestPlatform, source: str, ref: str) -> Event[ContactReported]:
    """A contact that customer-profile has in its log as reported by `source`, and that no relay will publish."""
    now = datetime.now(UTC)
    said = {"source": source, "unit": "head-office", "external_ref": ref, "channel": "phone", "direction": "in"}
    fact = ContactReported.model_validate({**said, "external_customer": "K-1"})
    event = make_event(
        fact, id=_IDS.new(), recorded=now, aggregate=_IDS.new(), sequence=1, subject=_IDS.new(), time=now
    )
    await log_only(platform, "customer-profile", event)
    return event


async def log_only(platform: TestPlatform, service: str, event: Event[Any]) -> None:
    """Put an event into a service's log, and not into its outbox: publishing it is left to the test."""
    about = (event.id, event.topic, event.type, event.subject, event.aggregateid, event.sequence, event.recordedtime)
    await rows(platform, service, _RECORD, *about, event.to_json().decode())


_IDS = SystemIds()
_RECORD = """
INSERT INTO event_log (event_id, topic, type, subject, aggregate_id, sequence, recorded_at, body)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8::text::jsonb) RETURNING event_id
"""


async def buried(platform: TestPlatform, sent: Sequence[Poison]) -> Problem:
    """Each consumer of such facts has one dead letter for each of these, as it came and for its reason; nobody else."""
    places = {poison.where for poison in sent}
    for service in SERVICES:
        wanted = {
            (consumer.group, *poison.where): poison
            for consumer in topology(service).consumers
            for poison in sent
            if poison.kind in consumer.handlers
        }
        letters = [row for row in await rows(platform, service, _LETTERS) if tuple(row[1:4]) in places]
        found = {tuple(place): (raw, reason) for *place, raw, reason in letters}
        assert len(found) == len(letters), f"{service} buried twice"
        assert found.keys() <= wanted.keys(), (
            f"{service} buried for who does not read it: {found.keys() - wanted.keys()}"
        )
        if missing := wanted.keys() - found.keys():
            return f"{service}: {len(missing)} of {len(wanted)} not buried, such as {sorted(missing)[:3]}"
        for place, poison in wanted.items():
            raw, reason = found[place]
            assert raw == poison.body, (place, raw)
            assert reason, place
            assert poison.reason in reason, (place, reason)
    return None


async def passed_by_all(platform: TestPlatform, sent: Collection[Where]) -> Problem:
    """Each consumer of these topics stands behind these messages."""
    reached = 0
    for service in SERVICES:
        positions = await rows(platform, service, _POSITIONS)
        places = {(consumer, topic, partition): at for consumer, topic, partition, at in positions}
        for consumer in topology(service).consumers:
            words = {fact.TOPIC for fact in consumer.handlers}
            for topic, partition, offset in sent:
                if topic.rpartition(".")[2] not in words:
                    continue
                if places.get((consumer.group, topic, partition), 0) <= offset:
                    return f"{service}.{consumer.name} has not come to {offset} of {topic}/{partition}"
                reached += 1
    assert reached, "nobody reads these topics: this would tell nothing"
    return None


async def buried_at(platform: TestPlatform, sent: Collection[Where]) -> list[str]:
    """Who has buried any of these."""
    return [
        f"{service}.{consumer}: {reason}"
        for service in SERVICES
        for consumer, *place, _, reason in await rows(platform, service, _LETTERS)
        if tuple(place) in sent
    ]


_LETTERS = 'SELECT consumer, topic, partition, "offset", raw, reason FROM dead_letter'
_POSITIONS = "SELECT consumer, topic, partition, next_offset FROM consumer_offset"
