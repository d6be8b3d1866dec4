"""One timeline for each customer."""

from __future__ import annotations

import itertools
import random
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from guanxi.events import Event, complaints, notifications
from guanxi.ports import SystemIds
from guanxi.testing import Harness, an_event

pytestmark = pytest.mark.asyncio
IDS = SystemIds()
MOMENT = datetime.now(UTC) - timedelta(hours=5)
WAY: tuple[tuple[Any, str, dict[str, Any]], ...] = (
    (complaints.ComplaintFiled, "received", {}),
    (
        complaints.ComplaintHandedOver,
        "assigned",
        {"from_unit": "finance", "to_unit": "logistics", "reason": "not-ours"},
    ),
    (complaints.ComplaintWaiting, "waiting_for_customer", {}),
    (complaints.ComplaintResumed, "in_progress", {}),
    (complaints.ComplaintAnswered, "answered", {"answer_id": IDS.new()}),
    (complaints.ComplaintResolved, "resolved", {"in_time": True}),
    (complaints.ComplaintClosed, "closed", {"solved": True}),
)


def ticket(step: int, subject: UUID, complaint_id: UUID) -> Event[Any]:
    kind, status, more = WAY[step]
    data = {
        "complaint_id": complaint_id,
        "number": "C-1",
        "unit": "head-office",
        "channel": "phone",
        "cause": "quality",
        "severity": "normal",
        "status": status,
        "holder_unit": "logistics",
        "service_level": "standard",
        "filed_at": MOMENT,
    }
    fact = kind.model_validate({**data, **more})
    return an_event(fact, aggregate=complaint_id, sequence=step + 1, subject=subject, time=MOMENT)


def message(subject: UUID, recipient: str = "customer") -> Event[Any]:
    data = {
        "message_id": IDS.new(),
        "intent": "receipt",
        "message_class": "service",
        "template": "receipt",
        "channel": "email",
        "recipient": recipient,
        "unit": "head-office",
        "sent_at": datetime.now(UTC),
    }
    fact = notifications.NotificationSent.model_validate(data)
    return an_event(fact, aggregate=fact.message_id, subject=subject)


async def shown(client: httpx.AsyncClient, customer_id: UUID, **params: Any) -> list[dict[str, Any]]:
    answer = await client.get(f"/v1/customers/{customer_id}/timeline", params=params)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def test_complaints_and_messages_stand_beside_contacts(
    service: Harness, staff: httpx.AsyncClient, customer: Any
) -> None:
    customer_id, complaint_id = await customer(), IDS.new()
    contact = {"customer_id": str(customer_id), "channel": "phone", "direction": "in"}
    await staff.post("/v1/interactions", json={**contact, "occurred_at": (MOMENT - timedelta(hours=1)).isoformat()})
    await service.apply(*(ticket(step, customer_id, complaint_id) for step in range(5)), message(customer_id))
    entries = await shown(staff, customer_id)
    assert [one["kind"] for one in entries] == ["message", "complaint", "contact"]
    assert entries[1]["summary"] | {} == {
        **dict.fromkeys(entries[1]["summary"]),
        "status": "answered",
        "channel": "phone",
        "code": "quality",
        "number": "C-1",
    }
    assert [one["kind"] for one in await shown(staff, customer_id, kind=["contact", "message"])] == [
        "message",
        "contact",
    ]


async def test_what_our_own_staff_were_told_is_not_the_customers(
    service: Harness, staff: httpx.AsyncClient, customer: Any
) -> None:
    customer_id = await customer()
    await service.apply(message(customer_id, "employee"))
    assert await shown(staff, customer_id) == []


@pytest.mark.parametrize("seed", range(5))
async def test_a_complaint_ends_as_its_last_fact_says_in_any_order(
    service: Harness, staff: httpx.AsyncClient, customer: Any, seed: int
) -> None:
    customer_id, complaint_id = await customer(), IDS.new()
    events = [ticket(step, customer_id, complaint_id) for step in range(len(WAY))] * 2
    random.Random(seed).shuffle(events)
    for event in events:
        await service.apply(event)
    (entry,) = await shown(staff, customer_id)
    assert (entry["summary"]["status"], entry["id"]) == ("closed", str(complaint_id))


async def test_a_voided_complaint_stays_hidden_whatever_comes_late(
    service: Harness, staff: httpx.AsyncClient, customer: Any
) -> None:
    kept = set()
    for order in itertools.permutations(range(3)):
        customer_id, complaint_id = await customer(), IDS.new()
        fact = complaints.ComplaintFiledVoided(complaint_id=complaint_id, number="C-1", unit="head-office")
        grave = an_event(
            fact, aggregate=complaint_id, sequence=3, subject=customer_id, time=MOMENT + timedelta(hours=1)
        )
        events = [ticket(0, customer_id, complaint_id), ticket(1, customer_id, complaint_id), grave]
        for n in order:
            await service.apply(events[n])
        assert await shown(staff, customer_id) == []
        async with service.database.api.read() as reader:
            kept.add(tuple(await reader.fetchrow(_KEPT, complaint_id) or ()))
    assert len(kept) == 1, "what is hidden depends on what came first"


_KEPT = "SELECT at, unit_id, sequence, summary::text, voided FROM timeline_entry WHERE id = $1"


async def test_pages_go_on_where_the_last_one_ended(staff: httpx.AsyncClient, customer: Any) -> None:
    customer_id = await customer()
    moment = MOMENT.isoformat()
    for _ in range(7):
        body = {"customer_id": str(customer_id), "channel": "phone", "direction": "in", "occurred_at": moment}
        await staff.post("/v1/interactions", json=body)
    seen: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = (await staff.get(f"/v1/customers/{customer_id}/timeline", params={"limit": 3, **cursor})).json()
        seen += [one["id"] for one in page["items"]]
        if not page["next"]:
            break
        cursor = {"cursor": page["next"]}
    assert len(seen) == len(set(seen)) == 7
    assert (await staff.get(f"/v1/customers/{customer_id}/timeline?cursor=x")).status_code == 422
