"""Needs, care tasks, hand-overs, plans and reviews: told to who can act and to nobody else, and over when they are."""

from __future__ import annotations

import itertools
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio

from guanxi.events import Event, Fact
from guanxi.events.interactions import (
    ContactPlanned,
    HandoverPlanned,
    NeedAnswered,
    NeedOverdue,
    NeedRaised,
    NeedReopened,
    NeedVoided,
    PlanItemDone,
    PlanItemMissed,
)
from guanxi.events.relationships import CareTaskOpened, RelationshipAtRisk
from guanxi.events.reviews import ReviewStepDone, ReviewStepOverdue, ReviewStepStarted
from guanxi.testing.builders import an_event
from guanxi.testing.harness import Harness

from ..conftest import OpenHarness
from ..people import new_id
from .test_alerts import DESK, DIRECTOR, LOGISTICS, OWNER, a_client, inbox, rules_in, staff

pytestmark = pytest.mark.asyncio
NOW = datetime.now(UTC)
TODAY = date.today()  # noqa: DTZ011


@pytest_asyncio.fixture(loop_scope="session")
async def service(open_service: OpenHarness) -> Harness:
    service = await open_service()
    await staff(service)
    return service


def about(fact: type[Fact], aggregate: UUID, customer: UUID | None, sequence: int, **values: Any) -> Event[Any]:
    return an_event(fact.model_validate(values), aggregate=aggregate, subject=customer, sequence=sequence)


def a_need(kind: type[Fact], need: UUID, customer: UUID, sequence: int, **values: Any) -> Event[Any]:
    state = {"unit": "sales", "need_id": need, "pressing": True, "assignee_id": LOGISTICS, "raised_by": OWNER}
    state |= {"assignee_unit": "logistics", "raised_at": NOW, "due_at": NOW + timedelta(days=1), "status": "assigned"}
    if kind is NeedAnswered:
        state |= {"answered_by": LOGISTICS, "answered_at": NOW}
    if kind is NeedOverdue:
        state |= {"overdue_at": NOW}
    if kind is NeedVoided:
        state = {"unit": "sales", "need_id": need}
    return about(kind, need, customer, sequence, **{**state, **values})


async def still_open(service: Harness, *employees: UUID) -> list[str]:
    return sorted([one["rule"] for who in employees for one in await inbox(service, who, state="raised")])


async def test_a_pressing_need_goes_to_who_has_to_answer_with_its_due_time(service: Harness) -> None:
    customer, need = await a_client(service), new_id()
    raised = a_need(NeedRaised, need, customer, 1)
    await service.apply(raised, a_need(NeedRaised, new_id(), customer, 1, pressing=False))
    (told,) = await inbox(service, LOGISTICS)
    assert (told["rule"], told["cause_id"]) == ("need-raised", str(need))
    assert told["facts"]["due_at"] == raised.data.due_at.isoformat()
    assert await still_open(service, OWNER, DESK, DIRECTOR) == []


async def test_without_a_name_the_lead_of_the_unit_has_to_answer_and_hears_of_what_is_overdue(
    service: Harness,
) -> None:
    customer, need = await a_client(service), new_id()
    await service.apply(a_need(NeedRaised, need, customer, 1, assignee_id=None, assignee_unit="complaint-desk"))
    await service.apply(a_need(NeedOverdue, need, customer, 2, assignee_unit="complaint-desk"))
    assert await rules_in(service, DESK) == ["need-overdue", "need-raised"]


async def test_who_raised_a_need_hears_the_answer_and_nobody_is_pressed_any_more(service: Harness) -> None:
    for order in itertools.permutations(range(3)):
        customer, need = await a_client(service), new_id()
        facts = [
            a_need(NeedRaised, need, customer, 1),
            a_need(NeedOverdue, need, customer, 2),
            a_need(NeedAnswered, need, customer, 3, status="answered"),
        ]
        for n in order:
            await service.apply(facts[n])
    assert await still_open(service, LOGISTICS) == []
    assert await still_open(service, OWNER) == ["need-answered"] * 6


async def test_who_answers_what_they_raised_themselves_is_told_nothing(service: Harness) -> None:
    customer = await a_client(service)
    await service.apply(a_need(NeedAnswered, new_id(), customer, 2, answered_by=OWNER))
    await service.apply(a_need(NeedAnswered, new_id(), customer, 2, raised_by=None))
    assert await still_open(service, OWNER, LOGISTICS, DIRECTOR) == []


async def test_a_need_that_comes_up_again_goes_back_and_one_that_never_was_to_nobody(service: Harness) -> None:
    customer, need = await a_client(service), new_id()
    await service.apply(a_need(NeedAnswered, need, customer, 2), a_need(NeedReopened, need, customer, 3))
    assert await still_open(service, OWNER) == []
    assert await still_open(service, LOGISTICS) == ["need-reopened"]
    await service.apply(a_need(NeedVoided, need, customer, 4))
    assert await still_open(service, LOGISTICS) == []


def a_care_task(customer: UUID, task: UUID, owner: UUID | None = OWNER) -> Event[Any]:
    values = {"task_id": task, "owner_id": owner, "unit": "sales", "due_on": TODAY, "opened_at": NOW}
    return about(CareTaskOpened, task, customer, 1, **values)


def a_plan(fact: type[Fact], customer: UUID, item: UUID, sequence: int, **values: Any) -> Event[Any]:
    state = {"unit": "sales", "plan_item_id": item, "kind": "care", "due_on": TODAY, "assignee_id": OWNER}
    ends = {PlanItemDone: {"done_at": NOW}, PlanItemMissed: {"missed_at": NOW}}
    return about(fact, item, customer, sequence, **{**state, **ends.get(fact, {}), **values})


@pytest.mark.parametrize("called_off", [False, True])
async def test_the_account_owner_hears_once_of_a_care_task_and_the_visit_planned_for_it(
    service: Harness, *, called_off: bool
) -> None:
    for turned in (False, True):
        customer, task, item = await a_client(service), new_id(), new_id()
        facts = [a_care_task(customer, task), a_plan(ContactPlanned, customer, item, 1, cause_id=task)]
        for fact in reversed(facts) if turned else facts:
            await service.apply(fact)
        over = {"cancelled": True} if called_off else {}
        done = a_plan(ContactPlanned if called_off else PlanItemDone, customer, item, 2, cause_id=task, **over)
        assert await still_open(service, OWNER) == ["care-task-opened"]
        await service.apply(done)
        assert await still_open(service, OWNER) == []
        await service.apply(*facts)
        assert await still_open(service, OWNER) == []


async def test_a_visit_for_a_hand_over_ends_nothing_that_its_plan_may_still_say(service: Harness) -> None:
    customer, over, item = await a_client(service), new_id(), new_id()
    await service.apply(a_handover(customer, over, 1, LOGISTICS))
    await service.apply(a_plan(PlanItemDone, customer, item, 2, kind="visit", cause_id=over))
    await service.apply(a_handover(customer, over, 2, LOGISTICS))
    assert await still_open(service, OWNER, LOGISTICS) == ["handover-planned"] * 2


async def test_care_that_is_planned_no_longer_needs_nobody_until_it_is_planned_again(service: Harness) -> None:
    customer, item = await a_client(service), new_id()
    planned, cancelled = (a_plan(ContactPlanned, customer, item, n, cancelled=n > 1) for n in (1, 2))
    await service.apply(planned)
    assert await still_open(service, OWNER) == ["care-planned"]
    await service.apply(cancelled)
    await service.apply(planned, cancelled)
    assert await still_open(service, OWNER) == []
    await service.apply(a_plan(ContactPlanned, customer, item, 3))
    assert await still_open(service, OWNER) == ["care-planned"]


async def test_a_care_task_without_owner_goes_to_the_lead_above(service: Harness) -> None:
    await service.apply(a_care_task(await a_client(service), new_id(), owner=None))
    assert await rules_in(service, DIRECTOR) == ["care-task-opened"]


async def test_care_that_a_person_planned_is_told_to_who_is_to_see_to_it_and_a_visit_is_not(service: Harness) -> None:
    customer, item = await a_client(service), new_id()
    await service.apply(a_plan(ContactPlanned, customer, item, 1))
    await service.apply(a_plan(ContactPlanned, customer, new_id(), 1, kind="visit"))
    assert await rules_in(service, OWNER) == ["care-planned"]
    await service.apply(a_plan(PlanItemMissed, customer, item, 2))
    assert await still_open(service, OWNER) == ["plan-item-missed"]
    await service.apply(a_plan(PlanItemDone, customer, item, 3))
    assert await still_open(service, OWNER) == []


def a_risk(customer: UUID, sequence: int, risk: str, before: str = "watch") -> Event[Any]:
    values = {"risk": risk, "previous_risk": before, "as_of": TODAY, "version": "radar-1"}
    return about(RelationshipAtRisk, customer, customer, sequence, **values)


async def test_only_a_customer_who_is_lost_is_told_to_the_lead_until_it_comes_back(service: Harness) -> None:
    for turned in (False, True):
        customer = await a_client(service, unit="logistics")
        facts = [
            a_risk(customer, 1, "at_risk"),
            a_risk(customer, 2, "lost", "at_risk"),
            a_risk(customer, 3, "lost", "lost"),
        ]
        for fact in reversed(facts) if turned else facts:
            await service.apply(fact)
        assert await still_open(service, LOGISTICS) == ["relationship-lost"]
        await service.apply(a_risk(customer, 4, "recovered", "lost"))
        assert await still_open(service, LOGISTICS, OWNER) == []


def a_handover(customer: UUID, over: UUID, sequence: int, to: UUID | None, status: str = "planned") -> Event[Any]:
    values = {"handover_id": over, "from_id": OWNER, "to_id": to, "status": status, "reason": "leaving"}
    return about(HandoverPlanned, over, customer, sequence, unit="complaint-desk", **values)


async def test_both_employees_hear_of_a_hand_over_and_the_lead_where_nobody_was_named(service: Harness) -> None:
    for order in itertools.permutations(range(2)):
        customer, over = await a_client(service), new_id()
        facts = [a_handover(customer, over, 1, None), a_handover(customer, over, 2, LOGISTICS)]
        for n in order:
            await service.apply(facts[n])
            if n == 0 and order[0] == 0:
                assert await still_open(service, DESK) == ["handover-planned"]
        assert await still_open(service, OWNER, LOGISTICS) == ["handover-planned"] * 2
        assert await still_open(service, DESK) == []
        await service.apply(a_handover(customer, over, 3, LOGISTICS, "done"))
        assert await still_open(service, OWNER, LOGISTICS, DESK) == []


def a_step(kind: type[Fact], step: UUID, sequence: int, state: str) -> Event[Any]:
    values: dict[str, Any] = {"cycle_id": new_id(), "cycle": 1, "n": 5, "code": "improvement", "owner_id": LOGISTICS}
    values |= {"unit": "head-office", "due_on": TODAY, "state": state}
    if kind is ReviewStepDone:
        values |= {"done_at": NOW}
    return about(kind, step, None, sequence, **values)


async def test_the_owner_of_a_step_of_the_review_hears_of_it_until_it_is_done(service: Harness) -> None:
    for order in itertools.permutations(range(2)):
        step = new_id()
        facts = [a_step(ReviewStepStarted, step, 1, "active"), a_step(ReviewStepOverdue, step, 2, "overdue")]
        for n in order:
            await service.apply(facts[n])
        assert await still_open(service, LOGISTICS) == ["review-step-overdue"]
        await service.apply(a_step(ReviewStepDone, step, 3, "done"))
        assert await still_open(service, LOGISTICS, DIRECTOR) == []
