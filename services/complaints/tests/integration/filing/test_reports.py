from __future__ import annotations

from datetime import datetime, timedelta
from itertools import permutations
from typing import Any
from uuid import UUID

import pytest

from guanxi.events import Event
from guanxi.events.complaints import ComplaintFiled, ComplaintFiledCorrected, ComplaintFiledVoided, DeadlineMissed
from guanxi.events.organisation import Calendar, WeeklyWindow
from guanxi.events.reports import ComplaintReported, ComplaintReportedCorrected, ComplaintReportedVoided
from guanxi.events.scores import SegmentChanged
from guanxi.ports import SystemIds
from guanxi.testing import Harness, a_customer, a_unit, an_event

pytestmark = pytest.mark.asyncio
_IDS = SystemIds()


def reported(aggregate: UUID | None = None, **values: Any) -> Event[ComplaintReported]:
    subject, late = values.pop("subject", None), values.pop("late", timedelta(0))
    body = {"source": "dealer-17", "unit": "dealer-17", "channel": "phone", "external_ref": "C-1", **values}
    fact = ComplaintReported.model_validate({"text": "bent", **body})
    return an_event(fact, aggregate=aggregate, subject=subject, late=late)


def corrected(aggregate: UUID, sequence: int, **values: Any) -> Event[ComplaintReportedCorrected]:
    body = {"source": "dealer-17", "unit": "dealer-17", "channel": "phone", "external_ref": "C-1", **values}
    return an_event(ComplaintReportedCorrected.model_validate(body), aggregate=aggregate, sequence=sequence)


def voided(aggregate: UUID, sequence: int) -> Event[ComplaintReportedVoided]:
    body = {"source": "dealer-17", "unit": "dealer-17", "external_ref": "C-1"}
    return an_event(ComplaintReportedVoided.model_validate(body), aggregate=aggregate, sequence=sequence)


async def shown(service: Harness, complaint_id: UUID) -> dict[str, Any]:
    answer = await service.caller().get(f"/v1/complaints/{complaint_id}")
    return {**answer.json(), "http": answer.status_code}


async def test_a_report_becomes_a_ticket_under_its_own_id(service: Harness) -> None:
    customer = a_customer()
    await service.know(customer)
    report = reported(subject=customer.data.id, cause="quality", sku="TOWER-9")
    await service.apply(report)
    ticket = await shown(service, report.aggregateid)
    assert ticket["customer_id"] == str(customer.data.id)
    assert (ticket["unit"], ticket["source"], ticket["external_ref"]) == ("dealer-17", "dealer-17", "C-1")
    assert ticket["holder_unit"] == "complaint-desk"
    (filed,) = await service.published(ComplaintFiled)
    assert filed.causationid == str(report.id)
    assert filed.time == report.time


async def test_a_report_without_a_customer_is_anonymous(service: Harness) -> None:
    report = reported()
    await service.apply(report)
    assert (await shown(service, report.aggregateid))["customer_id"] is None


async def test_a_report_about_a_customer_whose_news_is_on_its_way_is_taken(service: Harness) -> None:
    report = reported(subject=_IDS.new())
    await service.apply(report)
    assert (await shown(service, report.aggregateid))["http"] == 200


async def test_the_same_report_twice_is_one_ticket(service: Harness) -> None:
    report = reported()
    await service.apply(report, report)
    await service.apply(report)
    again = report.model_copy(update={"id": _IDS.new()})
    await service.apply(again)
    assert len(await service.published(ComplaintFiled)) == 1


async def test_a_batch_is_filed_as_one(service: Harness) -> None:
    reports = [reported(cause="price") for _ in range(40)]
    await service.apply(*reports)
    filed = await service.published(ComplaintFiled)
    assert {event.aggregateid for event in filed} == {report.aggregateid for report in reports}
    assert len({event.data.number for event in filed}) == 40


async def test_a_correction_changes_what_was_said_and_not_the_course(service: Harness) -> None:
    report = reported(cause="price")
    await service.apply(report)
    before = await shown(service, report.aggregateid)
    await service.apply(corrected(report.aggregateid, 2, cause="quality", text="skewed"))
    after = await shown(service, report.aggregateid)
    assert (after["cause"], after["text"]) == ("quality", "skewed")
    assert (after["number"], after["promised_at"]) == (before["number"], before["promised_at"])
    (event,) = await service.published(ComplaintFiledCorrected)
    assert event.sequence == 2


@pytest.mark.parametrize("order", list(permutations(range(3))))
async def test_whatever_the_order_the_highest_sequence_wins(service: Harness, order: tuple[int, ...]) -> None:
    aggregate = _IDS.new()
    events = [
        reported(aggregate, cause="price"),
        corrected(aggregate, 2, cause="image"),
        corrected(aggregate, 3, cause="neglect"),
    ]
    for position in order:
        await service.apply(events[position])
    assert (await shown(service, aggregate))["cause"] == "neglect"
    assert len(await service.published(ComplaintFiled)) == 1


@pytest.mark.parametrize("order", list(permutations(range(3))))
async def test_a_voided_report_is_final_whatever_the_order(service: Harness, order: tuple[int, ...]) -> None:
    aggregate = _IDS.new()
    events = [reported(aggregate), corrected(aggregate, 2, text="skewed"), voided(aggregate, 3)]
    for position in order:
        await service.apply(events[position])
    assert (await shown(service, aggregate))["http"] == 404
    filed, gone = await service.published(ComplaintFiled), await service.published(ComplaintFiledVoided)
    assert len(filed) == len(gone)
    service.clock.move(seconds=30 * 24 * 3600)
    await service.work_off_due()
    assert await service.published(DeadlineMissed) == []


async def test_an_old_report_is_routed_but_nothing_is_promised_or_scheduled(service: Harness) -> None:
    report = reported(late=timedelta(days=700))
    await service.apply(report)
    ticket = await shown(service, report.aggregateid)
    assert ticket["holder_unit"] == "complaint-desk"
    assert ticket["promised_at"] is None
    assert {due["status"] for due in ticket["deadlines"]} == {"historic"}
    service.clock.move(seconds=30 * 24 * 3600)
    assert await service.work_off_due() == 0
    (filed,) = await service.published(ComplaintFiled)
    assert filed.historic
    assert filed.data.promised_at is None


async def test_a_day_on_its_way_costs_the_customer_nothing_of_the_promise(service: Harness) -> None:
    vip = a_customer()
    always = Calendar(weekly=tuple(WeeklyWindow(weekday=day, opens=0, closes=1440) for day in range(1, 8)))
    await service.know(vip, a_unit("complaint-desk", sequence=2, parent="head-office", calendar=always))
    tier = {"segment": "value", "tier": "top", "as_of": "2026-11-20", "direction": "up"}
    await service.apply(an_event(SegmentChanged.model_validate(tier), subject=vip.data.id))
    report = reported(subject=vip.data.id, late=timedelta(hours=20))
    await service.apply(report)
    ticket = await shown(service, report.aggregateid)
    assert {due["kind"]: due["status"] for due in ticket["deadlines"]} == dict.fromkeys(
        ("acknowledge", "answer", "resolve"), "open"
    )
    assert datetime.fromisoformat(ticket["promised_at"]) == report.time + timedelta(hours=8)
    await service.work_off_due()
    missed = await service.published(DeadlineMissed)
    assert [event.data.kind for event in missed] == ["acknowledge", "answer"]
    assert not any(event.historic for event in missed)
    assert (await shown(service, report.aggregateid))["escalation_level"] == 2


async def test_what_an_erased_customer_said_is_not_kept(service: Harness) -> None:
    customer = a_customer(status="erased")
    await service.know(customer)
    report = reported(subject=customer.data.id, reply_to={"channel": "phone", "address": "13800131234"})
    await service.apply(report)
    ticket = await shown(service, report.aggregateid)
    assert (ticket["text"], ticket["reply_to"], ticket["external_ref"]) == (None, None, None)
