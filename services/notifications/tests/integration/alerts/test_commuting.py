"""Alerts come to the same whatever the order and the company in which facts come, also when they come at once."""

from __future__ import annotations

import asyncio
import random
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio

from guanxi import due
from guanxi.events import Event
from guanxi.events.complaints import ComplaintEscalated, ComplaintReopened, ComplaintResolved
from guanxi.testing.harness import Harness
from notifications.alerts import usecases

from ..conftest import OpenHarness, until_waiting
from ..people import a_missed_deadline, a_ticket, new_id
from .test_alerts import DESK, LOGISTICS, inbox, staff

pytestmark = pytest.mark.asyncio
ORDERS = 24


@pytest_asyncio.fixture(loop_scope="session")
async def service(open_service: OpenHarness) -> Harness:
    service = await open_service()
    await staff(service)
    return service


def a_history(complaint: UUID) -> list[Event[Any]]:
    """Filed, late, resolved, reopened, late again; without a customer a deadline travels by itself."""
    return [
        a_ticket(complaint=complaint, sequence=1),
        a_missed_deadline(None, complaint, at=2),
        a_ticket(ComplaintEscalated, complaint=complaint, reason="deadline", sequence=2),
        a_ticket(ComplaintResolved, complaint=complaint, sequence=5),
        a_ticket(ComplaintReopened, complaint=complaint, by_customer=True, sequence=6),
        a_missed_deadline(None, complaint, at=6),
    ]


async def left_open(service: Harness, complaint: UUID) -> list[str]:
    found = await inbox(service, DESK, state="raised", limit=200)
    return sorted(one["rule"] for one in found if one["cause_id"] == str(complaint))


@pytest.mark.parametrize("seed", range(ORDERS))
async def test_any_order_in_any_batches_leaves_the_same_open(service: Harness, seed: int) -> None:
    dice, complaint = random.Random(seed), new_id()
    mixed = a_history(complaint)
    dice.shuffle(mixed)
    while mixed:
        size = dice.randint(1, 6)
        await service.apply(*mixed[:size])
        mixed = mixed[size:]
    assert await left_open(service, complaint) == ["complaint-reopened", "deadline-missed"]


async def test_a_deadline_missed_before_the_answer_came_is_nobodys_business_after_it(service: Harness) -> None:
    complaint = new_id()
    await service.apply(a_ticket(ComplaintResolved, complaint=complaint, sequence=5))
    await service.apply(a_missed_deadline(None, complaint, at=4))
    service.clock.move(24 * 3600)
    await service.work_off_due()
    assert await left_open(service, complaint) == []


async def test_a_deadline_that_does_not_tell_its_place_is_told(service: Harness) -> None:
    complaint = new_id()
    await service.apply(a_ticket(ComplaintResolved, complaint=complaint, sequence=5))
    await service.apply(a_missed_deadline(None, complaint))
    assert await left_open(service, complaint) == ["deadline-missed"]


@pytest.mark.parametrize("settled_first", [True, False])
async def test_who_raises_and_who_settles_at_once_see_each_other(service: Harness, settled_first: bool) -> None:  # noqa: FBT001
    complaint = new_id()
    missed = a_missed_deadline(None, complaint, at=4)
    resolved = a_ticket(ComplaintResolved, complaint=complaint, sequence=5)
    async with service.database.consumers.begin() as tx:
        if settled_first:
            await usecases.settle(tx, {complaint: 5})
        else:
            await usecases.raise_for(tx, [missed])
        other = asyncio.create_task(service.apply(missed if settled_first else resolved))
        await until_waiting(service)
    await other
    assert await left_open(service, complaint) == []


@pytest.mark.parametrize("acknowledged", [True, False])
async def test_what_goes_up_while_it_is_seen_to_keeps_nobody_waiting_in_a_ring(
    service: Harness,
    acknowledged: bool,  # noqa: FBT001
) -> None:
    filed = a_ticket(holder_id=LOGISTICS)
    await service.apply(filed)
    (told,) = await inbox(service, LOGISTICS)
    alert = UUID(told["id"])
    async with service.database.consumers.begin() as tx:
        # What the loop of due moments does: it takes the moment's row, then the alert's.
        await due.cancel(tx, usecases.ESCALATION, alert)
        if acknowledged:
            address = f"/v1/alerts/{alert}/acknowledgement"
            other: Any = asyncio.create_task(service.caller().post(address, json={"state": "seen"}))
        else:
            resolved = a_ticket(ComplaintResolved, complaint=filed.data.complaint_id, sequence=2)
            other = asyncio.create_task(service.apply(resolved))
        await until_waiting(service)
        await usecases.escalate(tx, alert, tx.now + timedelta(days=1))
    answer = await other
    assert answer is None or answer.status_code == 201
    (after,) = await inbox(service, LOGISTICS)
    assert after["state"] == ("seen" if acknowledged else "escalated")
