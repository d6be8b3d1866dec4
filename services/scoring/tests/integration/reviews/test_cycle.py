"""A review cycle from end to end on recorded facts."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from guanxi.db import Reader
from guanxi.events import Event
from guanxi.events.improvements import ImprovementPublished
from guanxi.events.interactions import InterviewCompleted, NeedAnswered, NeedRaised
from guanxi.events.notifications import ImprovementTold
from guanxi.events.reviews import (
    QualityIndicatorsSet,
    ReviewCycleClosed,
    ReviewStepDone,
    ReviewStepOverdue,
    ReviewStepStarted,
)
from guanxi.testing import Harness, an_event
from scoring.opinions import store
from scoring.opinions import usecases as opinions
from scoring.opinions.store import Graded
from scoring.reviews import usecases

from ..conftest import MakeCustomer, an_order, settle

pytestmark = pytest.mark.asyncio
DAY = 86_400
INDICATORS = [
    {"code": "delivery", "weight_bp": 6000, "target": 4, "facet": "service"},
    {"code": "defects", "weight_bp": 4000, "target": 4, "facet": "quality"},
]


def _interview(subject: UUID, cycle: str, obtained: int) -> Event[InterviewCompleted]:
    at = datetime.now(UTC) - timedelta(hours=1)
    grades = [{"indicator": "delivery", "expected": 5, "obtained": obtained, "importance": 5}]
    fact = InterviewCompleted.model_validate(
        {"interview_id": uuid4(), "unit": "head-office", "guide": "kqi", "guide_version": 1, "cycle_id": cycle}
        | {"held_at": at, "grades": grades, "questions": 4, "answered": 4, "need_count": 1}
    )
    return an_event(fact, aggregate=fact.interview_id, subject=subject, time=at)


def _need(subject: UUID, interview: UUID, need: UUID, *, answered: bool) -> Event[Any]:
    at = datetime.now(UTC) - timedelta(minutes=30)
    said: dict[str, Any] = {"need_id": need, "interview_id": interview, "unit": "head-office", "pressing": True}
    said |= {"assignee_unit": "logistics", "raised_at": at, "indicator": "delivery"}
    fact = (
        NeedAnswered.model_validate(said | {"status": "answered", "answered_at": at, "in_time": True})
        if answered
        else NeedRaised.model_validate(said | {"status": "assigned"})
    )
    return an_event(fact, aggregate=need, sequence=2 if answered else 1, subject=subject, time=at)


def _improved(cycle: str, improvement: UUID) -> Event[ImprovementPublished]:
    now = datetime.now(UTC)
    fact = ImprovementPublished.model_validate(
        {"improvement_id": improvement, "source": "review", "cycle_id": cycle, "indicator": "delivery"}
        | {"titles": [{"language": "en", "words": "Buffer stock"}], "effective_on": now.date(), "published_at": now}
    )
    return an_event(fact, aggregate=improvement, subject=None)


async def _do(staff: httpx.AsyncClient, cycle: str, n: int, **body: Any) -> httpx.Response:
    return await staff.post(f"/v1/review-cycles/{cycle}/steps/{n}", json=body)


async def _designate(service: Harness, one: UUID) -> None:
    lead, boss = service.caller(subject="lead"), service.caller(subject="boss")
    made = (await lead.post("/v1/key-customers/designations", json={"customer_id": str(one), "reason": "x"})).json()
    path = f"/v1/key-customers/designations/{made['id']}/decision"
    assert (await boss.post(path, json={"decision": "approved"})).status_code == 201


async def test_a_cycle_runs_end_to_end_on_what_was_recorded_and_the_next_begins(
    service: Harness, customer: MakeCustomer, staff: httpx.AsyncClient
) -> None:
    one = await customer()
    await service.apply(an_order(one, 20_000_000, days_ago=30))
    made = await staff.post("/v1/review-cycles", json={})
    assert made.status_code == 201
    cycle = made.json()["id"]
    assert (made.json()["status"], made.json()["steps"][0]["state"]) == ("running", "active")
    assert (await _do(staff, cycle, 2)).json()["code"] == "step-waiting"
    assert (await _do(staff, cycle, 1)).json()["code"] == "evidence-missing"
    await _designate(service, one)
    assert (await _do(staff, cycle, 1)).status_code == 201
    assert (await _do(staff, cycle, 2)).json()["code"] == "evidence-missing"
    first = await staff.post("/v1/quality-indicators", json={"indicators": INDICATORS})
    assert (first.status_code, first.json()["number"]) == (201, 1)
    assert (await _do(staff, cycle, 2)).status_code == 201
    held, need, improvement = _interview(one, cycle, 2), uuid4(), uuid4()
    assert (await _do(staff, cycle, 3)).json()["code"] == "evidence-missing"
    await service.apply(held, _need(one, held.aggregateid, need, answered=False))
    assert (await _do(staff, cycle, 3)).status_code == 201
    assert (await _do(staff, cycle, 4)).json()["code"] == "evidence-missing"
    await service.apply(_need(one, held.aggregateid, need, answered=True))
    assert (await _do(staff, cycle, 4)).status_code == 201
    assert (await _do(staff, cycle, 5)).json()["code"] == "evidence-missing"
    await service.apply(_improved(cycle, improvement))
    assert (await _do(staff, cycle, 5)).status_code == 201
    await service.apply(an_order(one, 30_000_000, days_ago=0), _interview(one, cycle, 5))
    assert (await _do(staff, cycle, 6)).status_code == 422
    assert (await _do(staff, cycle, 6, outcome="met")).status_code == 201
    assert (await _do(staff, cycle, 7, outcome="revised")).json()["code"] == "evidence-missing"
    revised = await staff.post("/v1/quality-indicators", json={"indicators": INDICATORS, "cycle_id": cycle})
    assert revised.json()["number"] == 2
    assert (await _do(staff, cycle, 7, outcome="revised")).status_code == 201
    step = (await staff.get(f"/v1/review-cycles/{cycle}/steps/8")).json()
    assert (step["state"], step["evidence"]) == ("active", 0)
    assert step["missing"]
    told = ImprovementTold(improvement_id=improvement, told=3, finished_at=datetime.now(UTC))
    await service.apply(an_event(told, aggregate=improvement, subject=None))
    assert (await _do(staff, cycle, 8)).status_code == 201
    closed = (await staff.get(f"/v1/review-cycles/{cycle}")).json()
    assert closed["status"] == "closed"
    assert {one["state"] for one in closed["steps"]} == {"done"}
    following = (await staff.get(f"/v1/review-cycles/{closed['next_cycle_id']}")).json()
    assert (following["number"], following["status"], following["steps"][0]["state"]) == (2, "running", "active")
    assert [e.data.n for e in await service.published(ReviewStepDone)] == list(range(1, 9))
    assert [(e.data.cycle, e.data.n) for e in await service.published(ReviewStepStarted)] == [
        *((1, n) for n in range(1, 9)),
        (2, 1),
    ]
    [over] = await service.published(ReviewCycleClosed)
    assert str(over.data.next_cycle_id) == following["id"]
    assert [e.data.number for e in await service.published(QualityIndicatorsSet)] == [1, 2]


async def test_the_report_links_what_was_heard_and_improved_to_revenue_cost_and_retention(
    service: Harness, customer: MakeCustomer, staff: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = await customer()
    cycle = (await staff.post("/v1/review-cycles", json={})).json()["id"]
    await staff.post("/v1/quality-indicators", json={"indicators": INDICATORS})
    held, need, improvement = _interview(one, cycle, 2), uuid4(), uuid4()
    await service.apply(an_order(one, 20_000_000, days_ago=30), held, _need(one, held.aggregateid, need, answered=True))
    early = (await staff.get(f"/v1/review-cycles/{cycle}/report")).json()
    assert (early["improved_at"], early["indicators"][0]["after"]) == (None, None)
    await service.apply(_improved(cycle, improvement))
    again = InterviewCompleted.model_validate(held.data.model_dump() | {"held_at": datetime.now(UTC)})
    later = again.model_copy(update={"interview_id": uuid4(), "cycle_id": None})
    better = InterviewCompleted.model_validate(
        later.model_dump() | {"grades": [{"indicator": "delivery", "expected": 5, "obtained": 5}]}
    )
    service.clock.move(2 * DAY)
    after = datetime.now(UTC) + timedelta(days=1)
    await service.apply(
        an_event(better.model_copy(update={"held_at": after}), aggregate=better.interview_id, subject=one, time=after),
        an_order(one, 30_000_000, days_ago=-1),
    )
    looked: list[datetime] = []

    async def by_code(reader: Reader, start: datetime, end: datetime) -> list[Graded]:
        looked.append(start)
        return await store.by_code(reader, start, end)

    monkeypatch.setattr(opinions, "by_code", by_code)
    report = (await staff.get(f"/v1/review-cycles/{cycle}/report")).json()
    assert len(looked) == 2, "one look at the firm before and one after, however many indicators there are"
    delivery = report["indicators"][0]
    assert (delivery["before"]["obtained_hundredths"], delivery["after"]["obtained_hundredths"]) == (200, 500)
    assert (report["interviews"], report["pressing_needs"], report["answered_in_time"]) == (1, 1, 1)
    assert [one["improvement_id"] for one in report["improvements"]] == [str(improvement)]
    assert (report["before"]["revenue_minor"], report["after"]["revenue_minor"]) == (20_000_000, 30_000_000)
    assert (report["retained"], report["retention_bp"]) == (1, 10_000)


async def test_a_step_whose_day_went_by_is_overdue_once_and_can_still_be_done(
    service: Harness, customer: MakeCustomer, staff: httpx.AsyncClient
) -> None:
    one = await customer()
    await _designate(service, one)
    cycle = (await staff.post("/v1/review-cycles", json={})).json()["id"]
    service.clock.move(9 * DAY)
    await service.work_off_due()
    await service.work_off_due()
    [late] = await service.published(ReviewStepOverdue)
    assert (late.data.n, late.data.state) == (1, "overdue")
    assert (await staff.get(f"/v1/review-cycles/{cycle}/steps/1")).json()["state"] == "overdue"
    assert (await _do(staff, cycle, 1)).status_code == 201
    service.clock.move(3 * DAY)
    await service.work_off_due()
    assert len(await service.published(ReviewStepOverdue)) == 1


async def test_a_step_is_done_while_it_falls_due_and_neither_waits_for_the_other_for_ever(
    service: Harness, customer: MakeCustomer, staff: httpx.AsyncClient
) -> None:
    await _designate(service, await customer())
    cycle = (await staff.post("/v1/review-cycles", json={})).json()
    step = UUID(cycle["steps"][0]["id"])
    async with service.database.consumers.begin() as tx:
        assert await tx.fetch("DELETE FROM due WHERE id = $1 RETURNING id", step)
        doing = asyncio.create_task(_do(staff, cycle["id"], 1))
        async with asyncio.timeout(10):
            while not await tx.fetchval("SELECT count(*) FROM pg_locks WHERE NOT granted"):  # noqa: ASYNC110 - a lock
                await asyncio.sleep(0.01)
        await usecases.on_step_due(tx, step, service.clock.now())
    assert (await doing).status_code == 201
    assert [event.data.n for event in await service.published(ReviewStepOverdue)] == [1]


async def test_a_second_cycle_waits_for_the_first_and_a_later_one_for_its_day(
    service: Harness, staff: httpx.AsyncClient
) -> None:
    day = (service.clock.now() + timedelta(days=10)).date().isoformat()
    later = (await staff.post("/v1/review-cycles", json={"starts_on": day})).json()
    assert (later["number"], later["status"]) == (1, "planned")
    service.clock.move(11 * DAY)
    await service.work_off_due()
    assert (await staff.get(f"/v1/review-cycles/{later['id']}")).json()["status"] == "running"
    second = (await staff.post("/v1/review-cycles", json={})).json()
    assert (second["number"], second["status"]) == (2, "planned")
    listed = (await staff.get("/v1/review-cycles")).json()["items"]
    assert [one["number"] for one in listed] == [2, 1]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"starts_on": "9999-12-31"}, "starts_on"),
        ({"starts_on": "0001-01-01"}, "starts_on"),
        ({"unit": "nowhere"}, "unit"),
        ({"steps": [{"code": "telling", "due_on": "9999-12-31"}]}, "steps[0].due_on"),
        ({"steps": [{"code": "telling", "owner_id": str(uuid4())}]}, "steps[0].owner_id"),
        ({"steps": [{"code": "nothing"}]}, "steps[0].code"),
    ],
)
async def test_a_plan_that_cannot_be_is_refused_with_its_field(
    staff: httpx.AsyncClient, body: dict[str, Any], field: str
) -> None:
    answer = await staff.post("/v1/review-cycles", json=body)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)


async def test_a_repeat_does_nothing_twice(service: Harness, staff: httpx.AsyncClient) -> None:
    key = {"Idempotency-Key": str(uuid4())}
    made = [await staff.post("/v1/review-cycles", json={}, headers=key) for _ in range(2)]
    assert made[0].json() == made[1].json()
    assert len((await staff.get("/v1/review-cycles")).json()["items"]) == 1


@pytest.mark.parametrize(
    ("indicators", "field"),
    [
        ([INDICATORS[0]], "indicators"),
        ([INDICATORS[0], INDICATORS[0] | {"weight_bp": 4000}], "indicators[0].code"),
        ([INDICATORS[0], INDICATORS[1] | {"facet": "weather"}], "indicators[1].facet"),
    ],
)
async def test_indicators_that_are_not_whole_are_refused_with_the_field(
    staff: httpx.AsyncClient, indicators: list[Any], field: str
) -> None:
    answer = await staff.post("/v1/quality-indicators", json={"indicators": indicators})
    assert answer.status_code == 422
    assert field in {error["field"] for error in answer.json()["errors"]}


async def test_the_facet_of_an_indicator_is_that_of_the_version_in_force(
    service: Harness, customer: MakeCustomer, staff: httpx.AsyncClient
) -> None:
    one = await customer()
    moved = [INDICATORS[0] | {"facet": "staff"}, INDICATORS[1]]
    await staff.post("/v1/quality-indicators", json={"indicators": moved})
    cycle = (await staff.post("/v1/review-cycles", json={})).json()["id"]
    await service.apply(_interview(one, cycle, 2))
    await settle(service)
    kinds = {item["kind"] for item in (await staff.get(f"/v1/customers/{one}/scores")).json()["items"]}
    assert "satisfaction.staff" in kinds
    assert "satisfaction.service" not in kinds


async def test_an_external_unit_finds_no_review(service: Harness, staff: httpx.AsyncClient) -> None:
    cycle = (await staff.post("/v1/review-cycles", json={})).json()["id"]
    dealer = service.caller(unit="dealer-17", scope="scores:read scores:write", subject="dealer")
    for path in ("review-cycles", f"review-cycles/{cycle}", f"review-cycles/{cycle}/steps", "quality-indicators"):
        assert (await dealer.get(f"/v1/{path}")).status_code == 404
    assert (await dealer.get(f"/v1/review-cycles/{cycle}/report")).status_code == 404
    for path in ("review-cycles", f"review-cycles/{cycle}/steps/1"):
        assert (await dealer.post(f"/v1/{path}", json={})).status_code == 404
    assert (await dealer.post("/v1/quality-indicators", json={"indicators": INDICATORS})).status_code == 404
