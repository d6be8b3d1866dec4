"""Reports, corrections and voids come to the same permissions in whatever order and however often they come."""

from __future__ import annotations

import random
from typing import Any
from uuid import UUID

import pytest

from guanxi.events import Event
from guanxi.events.reports import ProfileReportedCorrected, ProfileReportedVoided
from guanxi.testing.builders import an_event
from guanxi.testing.harness import Harness

from ..people import a_profile, new_id

pytestmark = pytest.mark.asyncio
ROUNDS, ORDERS = 6, 4


def statements(dice: random.Random) -> list[dict[str, Any]]:
    return [
        {
            "purpose": dice.choice(["service", "survey"]),
            "channel": "email",
            "state": dice.choice(["granted", "denied", "withdrawn"]),
            "evidence": dice.choice(["form", None]),
            "at": f"2026-01-{dice.randint(1, 9):02}T00:00:00Z",
        }
        for _ in range(dice.randint(0, 3))
    ]


def a_history(dice: random.Random, customer: UUID) -> list[Event[Any]]:
    """What two sources said of a customer, with corrections and perhaps a void at the end."""
    events: list[Event[Any]] = []
    for _ in range(2):
        first = a_profile(customer, *statements(dice))
        events.append(first)
        for sequence in range(2, dice.randint(2, 5)):
            values = {**first.data.model_dump(mode="json"), "permissions": statements(dice)}
            kind: type[Any] = (type(first.data), ProfileReportedCorrected)[dice.randint(0, 1)]
            fact = kind.model_validate(values)
            events.append(an_event(fact, aggregate=first.aggregateid, subject=customer, sequence=sequence))
        if dice.random() < 0.3:
            gone = ProfileReportedVoided(external_customer="A-1", source="dealer-17", unit="dealer-17")
            events.append(an_event(gone, aggregate=first.aggregateid, subject=customer, sequence=9))
    return events


def of_another(event: Event[Any], customer: UUID, aggregates: dict[UUID, UUID]) -> Event[Any]:
    """The same event about another customer, so that one database shows two orders side by side."""
    aggregate = aggregates.setdefault(event.aggregateid, new_id())
    return event.model_copy(update={"id": new_id(), "subject": customer, "aggregateid": aggregate})


async def held(service: Harness, customer: UUID) -> list[tuple[str, str, Any]]:
    async with service.database.api.read() as reader:
        rows = await reader.fetch(
            """SELECT p.purpose, p.state, e.said_at FROM permission p LEFT JOIN permission_event e ON e.id = p.event_id
               WHERE p.customer_id = $1 AND p.state <> 'unknown' ORDER BY 1""",
            customer,
        )
    return [tuple(row) for row in rows]


@pytest.mark.parametrize("seed", range(ROUNDS))
async def test_any_order_and_any_repetition_gives_the_same(service: Harness, seed: int) -> None:
    dice = random.Random(seed)
    original = new_id()
    history = a_history(dice, original)
    await service.apply(*history)
    expected = await held(service, original)
    for _ in range(ORDERS):
        customer = new_id()
        aggregates: dict[UUID, UUID] = {}
        mixed = [of_another(event, customer, aggregates) for event in history]
        mixed += dice.sample(mixed, len(mixed) // 2)
        dice.shuffle(mixed)
        while mixed:
            size = dice.randint(1, 3)
            await service.apply(*mixed[:size])
            mixed = mixed[size:]
        assert await held(service, customer) == expected
