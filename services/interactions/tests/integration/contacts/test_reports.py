"""Contacts that arrive as reports, in any order and any number of times."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from guanxi.events import Event
from guanxi.events.inbound import ReportedPromise
from guanxi.events.interactions import (
    CustomerContacted,
    CustomerContactedCorrected,
    CustomerContactedVoided,
    PromiseBroken,
    PromiseMade,
    PromiseMadeCorrected,
    PromiseMadeVoided,
)
from guanxi.events.reports import ContactReported, ContactReportedCorrected, ContactReportedVoided
from guanxi.ports import SystemIds
from guanxi.testing import Harness, an_employee, an_event

pytestmark = pytest.mark.asyncio
IDS = SystemIds()


def in_hours(count: float) -> datetime:
    return datetime.now(UTC) + timedelta(hours=count)


def reported(kind: type[ContactReported], subject: UUID, **values: Any) -> Event[Any]:
    envelope = {key: values.pop(key) for key in ("aggregate", "sequence", "late", "time") if key in values}
    data = {
        "external_customer": "c-1",
        "channel": "phone",
        "direction": "in",
        "source": "dealer-17",
        "unit": "dealer-17",
    }
    return an_event(kind.model_validate({**data, **values}), subject=subject, **envelope)


def voided(subject: UUID, aggregate: UUID, sequence: int) -> Event[Any]:
    fact = ContactReportedVoided(external_ref="r-1", source="dealer-17", unit="dealer-17")
    return an_event(fact, subject=subject, aggregate=aggregate, sequence=sequence)


async def test_a_reported_contact_is_read_and_told_on(
    service: Harness, staff: httpx.AsyncClient, dealer: httpx.AsyncClient, customer: Any
) -> None:
    customer_id = await customer(unit="dealer-17")
    seller = an_employee(unit="dealer-17", name="李明")
    await service.know(seller)
    promise = ReportedPromise(what="stands by Friday", due_at=in_hours(50))
    event = reported(ContactReported, customer_id, employee="李明", content="words", cues=["sigh"], promises=[promise])
    await service.apply(event)
    read = (await staff.get(f"/v1/interactions/{event.aggregateid}")).json()
    assert (read["source"], read["employee"], read["content"]) == ("dealer-17", "李明", "words")
    assert read["employee_id"] == str(seller.aggregateid)
    assert [one["what"] for one in read["promises"]] == ["stands by Friday"]
    assert [one["id"] for one in (await dealer.get("/v1/interactions")).json()["items"]] == [str(event.aggregateid)]
    (contacted,), (made,) = await service.published(CustomerContacted), await service.published(PromiseMade)
    assert (contacted.causationid, contacted.time) == (str(event.id), event.time)
    assert (made.data.promiser_id, made.data.fulfilling_unit) == (seller.aggregateid, "dealer-17")


async def test_two_employees_of_one_name_are_nobody(service: Harness, staff: httpx.AsyncClient, customer: Any) -> None:
    customer_id = await customer()
    await service.know(an_employee(name="王芳"), an_employee(name="王芳"))
    event = reported(ContactReported, customer_id, employee="王芳")
    await service.apply(event)
    read = (await staff.get(f"/v1/interactions/{event.aggregateid}")).json()
    assert (read["employee"], read["employee_id"]) == ("王芳", None)


async def test_a_correction_brings_the_promises_into_line(
    service: Harness, staff: httpx.AsyncClient, customer: Any
) -> None:
    customer_id = await customer()
    due = in_hours(10)
    first = reported(
        ContactReported, customer_id, promises=[{"what": w, "due_at": due.isoformat()} for w in ("a", "b", "c")]
    )
    await service.apply(first)
    second = reported(
        ContactReportedCorrected,
        customer_id,
        aggregate=first.aggregateid,
        sequence=2,
        external_ref="r-1",
        time=first.time,
        promises=[{"what": "a", "due_at": due.isoformat()}, {"what": "B", "due_at": due.isoformat()}],
    )
    await service.apply(second)
    read = (await staff.get(f"/v1/interactions/{first.aggregateid}")).json()
    assert [one["what"] for one in read["promises"]] == ["a", "B"]
    assert [len(await service.published(kind)) for kind in (PromiseMade, PromiseMadeCorrected, PromiseMadeVoided)] == [
        3,
        1,
        1,
    ]
    (event,) = await service.published(CustomerContactedCorrected)
    assert event.sequence == 2
    third = reported(
        ContactReportedCorrected,
        customer_id,
        aggregate=first.aggregateid,
        sequence=3,
        external_ref="r-1",
        time=first.time,
        promises=[{"what": w, "due_at": due.isoformat()} for w in ("a", "B", "c")],
    )
    await service.apply(third)
    read = (await staff.get(f"/v1/interactions/{first.aggregateid}")).json()
    assert [one["what"] for one in read["promises"]] == ["a", "B", "c"]
    assert len({event.aggregateid for event in await service.published(PromiseMade)}) == 4


async def test_a_promise_broken_by_its_old_moment_is_open_again_when_the_moment_was_wrong(
    service: Harness, staff: httpx.AsyncClient, customer: Any
) -> None:
    customer_id = await customer()
    first = reported(ContactReported, customer_id, promises=[{"what": "a", "due_at": in_hours(1).isoformat()}])
    await service.apply(first)
    service.clock.move(2 * 3600)
    assert await service.work_off_due() == 2
    assert len(await service.published(PromiseBroken)) == 1
    corrected = reported(
        ContactReportedCorrected,
        customer_id,
        aggregate=first.aggregateid,
        sequence=2,
        external_ref="r-1",
        time=first.time,
        promises=[{"what": "a", "due_at": in_hours(5).isoformat()}],
    )
    await service.apply(corrected)
    (promise,) = (await staff.get(f"/v1/interactions/{first.aggregateid}")).json()["promises"]
    assert (promise["status"], promise["settled_at"]) == ("open", None)
    told: list[Event[Any]] = await service.published()
    assert [event.sequence for event in told if event.aggregateid == UUID(promise["id"])] == [1, 2, 3, 4]
    service.clock.move(4 * 3600)
    assert await service.work_off_due() == 2
    assert len(await service.published(PromiseBroken)) == 2


async def test_history_is_kept_and_schedules_nothing(service: Harness, staff: httpx.AsyncClient, customer: Any) -> None:
    customer_id = await customer()
    past, ahead = in_hours(-60), in_hours(60)
    event = reported(
        ContactReported,
        customer_id,
        late=timedelta(days=365),
        promises=[{"what": "past", "due_at": past.isoformat()}, {"what": "ahead", "due_at": ahead.isoformat()}],
    )
    await service.apply(event)
    assert await service.work_off_due() == 0
    read = (await staff.get(f"/v1/interactions/{event.aggregateid}")).json()
    assert [one["status"] for one in read["promises"]] == ["historic", "open"]
    told: list[Event[Any]] = await service.published()
    assert all(event.historic for event in told)
    settled = await staff.post(f"/v1/promises/{read['promises'][0]['id']}/outcome", json={"outcome": "kept"})
    assert (settled.status_code, settled.json()["code"]) == (409, "promise-settled")


async def test_an_erased_customers_report_leaves_nothing(service: Harness, customer: Any) -> None:
    customer_id = await customer(status="erased", name=None)
    await service.apply(reported(ContactReported, customer_id, content="words"))
    assert await service.published() == []
    async with service.database.api.read() as reader:
        assert await reader.fetchval("SELECT count(*) FROM contact") == 0


async def test_what_we_voided_ourselves_no_revision_revives(
    service: Harness, staff: httpx.AsyncClient, customer: Any
) -> None:
    customer_id = await customer()
    first = reported(ContactReported, customer_id)
    await service.apply(first)
    assert (await staff.post(f"/v1/interactions/{first.aggregateid}/voiding", json={})).status_code == 201
    await service.apply(
        reported(ContactReportedCorrected, customer_id, aggregate=first.aggregateid, sequence=2, external_ref="r-1")
    )
    assert (await staff.get(f"/v1/interactions/{first.aggregateid}")).json()["voided_at"]
    assert len(await service.published(CustomerContactedCorrected)) == 0


async def state(service: Harness) -> list[Any]:
    """What readers see, without counters of how it came about."""
    async with service.database.api.read() as reader:
        contacts = await reader.fetch(
            "SELECT id, customer_id, channel, content, promise_count, voided_at IS NULL FROM contact ORDER BY id"
        )
        promises = await reader.fetch(
            "SELECT contact_id, slot, what, due_at, status FROM promise WHERE voided_at IS NULL ORDER BY 1, 2"
        )
        timeline = await reader.fetch(
            "SELECT customer_id, kind, summary FROM timeline_entry WHERE NOT voided ORDER BY 1, 2, at, 3"
        )
    return [[tuple(row.values()) for row in rows] for rows in (contacts, promises, timeline)]


async def last_facts(service: Harness) -> Any:
    """What the newest fact of each contact and promise tells; a promise's id depends on how it came about."""
    last: dict[UUID, Event[Any]] = {}
    told_of: list[Event[Any]] = await service.published()
    for event in told_of:
        assert event.aggregateid not in last or last[event.aggregateid].sequence < event.sequence
        last[event.aggregateid] = event
    live = [event for event in last.values() if not type(event.data).__name__.endswith("Voided")]
    told = [(event.subject, event.data.model_dump(exclude={"promise_id"})) for event in live]
    return sorted(told, key=repr)


@pytest.mark.parametrize("seed", range(6))
async def test_any_order_and_any_repetition_ends_in_the_same_state(service: Harness, customer: Any, seed: int) -> None:
    chance = random.Random(seed)
    customers = [await customer() for _ in range(3)]
    events: list[Event[Any]] = []
    for n in range(12):
        subject, aggregate, time = customers[n % 3], IDS.new(), in_hours(-1)
        for sequence in range(1, chance.randint(1, 4) + 1):
            kind = ContactReported if sequence == 1 else ContactReportedCorrected
            values: dict[str, Any] = {"content": f"{n}.{sequence}", "external_ref": f"r-{n}"}
            values["promises"] = [
                {"what": f"p{slot}.{chance.randint(0, 1)}", "due_at": in_hours(slot + 1).replace(minute=0).isoformat()}
                for slot in range(chance.randint(0, 3))
            ]
            events.append(reported(kind, subject, aggregate=aggregate, sequence=sequence, time=time, **values))
        if n % 4 == 0:
            events.append(voided(subject, aggregate, 9))
    await service.apply(*events)
    expected, told = await state(service), await last_facts(service)
    async with service.database.api.begin() as tx:
        for table in ("contact", "promise", "timeline_entry", "reported", "inbox", "due", "outbox", "event_log"):
            await tx.execute(f"DELETE FROM {table}")
    shuffled = [*events, *chance.sample(events, len(events) // 2)]
    chance.shuffle(shuffled)
    while shuffled:
        size = chance.randint(1, 7)
        await service.apply(*shuffled[:size])
        shuffled = shuffled[size:]
    assert await state(service) == expected
    assert await last_facts(service) == told
    assert (len(expected[0]), len(told) > 9) == (12, True)


async def test_what_was_voided_before_it_came_is_never_announced(
    service: Harness, staff: httpx.AsyncClient, customer: Any
) -> None:
    customer_id = await customer()
    event = reported(ContactReported, customer_id, promises=[{"what": "a", "due_at": in_hours(1).isoformat()}])
    await service.apply(voided(customer_id, event.aggregateid, 2))
    await service.apply(event)
    assert await service.published(CustomerContacted, CustomerContactedVoided, PromiseMade) == []
    assert (await staff.get(f"/v1/interactions/{event.aggregateid}")).json()["voided_at"]
    assert (await staff.get("/v1/interactions")).json()["items"] == []
