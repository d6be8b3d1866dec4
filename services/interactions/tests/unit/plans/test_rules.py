"""Until when a plan item's day lasts, and what becomes of it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from guanxi.directory import Employee, Unit
from guanxi.events.interactions import ContactPlanned, PlanItemDone, PlanItemMissed
from guanxi.events.relationships import CareTaskOpened
from guanxi.problems import Conflict, Unprocessable
from guanxi.testing import an_event
from interactions.plans import rules
from interactions.plans.rules import PlanItem, Planned

SHANGHAI = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
CUSTOMER, OWNER, LEAD = UUID(int=1), UUID(int=2), UUID(int=3)
DESK = Unit("desk", "Desk", "department", True, None, "Asia/Shanghai", LEAD, {})


def item(**values: Any) -> PlanItem:
    planned = Planned(
        **{"customer_id": CUSTOMER, "kind": "visit", "due_on": NOW.date(), "assignee_id": OWNER, **values}
    )
    return rules.new_item(planned, "desk", SHANGHAI, UUID(int=9), NOW)


def care(late: timedelta = timedelta(0), owners: dict[UUID, Employee] | None = None, **values: Any) -> PlanItem:
    task = {"task_id": UUID(int=7), "unit": "desk", "due_on": NOW.date(), "opened_at": NOW - late, "owner_id": OWNER}
    event = an_event(CareTaskOpened.model_validate(task | values), subject=CUSTOMER, recorded=NOW, late=late)
    return rules.care_item(UUID(int=9), event, DESK, owners or {}, NOW)


def test_a_day_is_over_at_midnight_on_the_units_clock() -> None:
    assert item().closes_at == datetime(2026, 3, 2, 16, 0, tzinfo=UTC)
    berlin = ZoneInfo("Europe/Berlin")
    day, next_day = rules.end_of(date(2026, 3, 28), berlin), rules.end_of(date(2026, 3, 29), berlin)
    assert next_day - day == timedelta(hours=23), "the clock goes forward"


def test_nothing_is_planned_for_a_day_that_is_over() -> None:
    with pytest.raises(Unprocessable) as refused:
        item(due_on=NOW.date() - timedelta(days=1), field="next.on")
    assert [error.field for error in refused.value.errors] == ["next.on"]


def test_what_is_not_done_is_missed_once_and_may_be_done_late() -> None:
    planned = item()
    assert isinstance(rules.fact(planned), ContactPlanned)
    assert rules.missed(planned, planned.closes_at - timedelta(seconds=1)) is None
    missed = rules.missed(planned, planned.closes_at)
    assert missed is not None
    assert (missed.status, missed.missed_at, missed.version) == ("missed", planned.closes_at, 2)
    assert isinstance(rules.fact(missed), PlanItemMissed)
    assert rules.missed(missed, planned.closes_at) is None
    done = rules.done(missed, NOW, UUID(int=5))
    fact = rules.fact(done)
    assert isinstance(fact, PlanItemDone)
    assert (fact.done_at, fact.contact_id, done.version) == (NOW, UUID(int=5), 3)
    with pytest.raises(Conflict):
        rules.done(done, NOW, None)
    assert rules.missed(rules.done(planned, NOW, None), planned.closes_at) is None


def test_another_day_moves_the_end() -> None:
    moved = rules.moved(item(), NOW.date() + timedelta(days=1), SHANGHAI)
    assert moved is not None
    assert (moved.closes_at, moved.version) == (datetime(2026, 3, 3, 16, 0, tzinfo=UTC), 2)
    assert rules.moved(item(), NOW.date(), SHANGHAI) is None, "it is planned for that day"
    assert rules.moved(rules.done(item(), NOW, None), NOW.date() + timedelta(days=1), SHANGHAI) is None


def test_what_is_called_off_is_not_missed_and_may_be_planned_again_or_done() -> None:
    planned = item()
    off = rules.cancelled(planned)
    assert off is not None
    assert (off.status, off.open, off.version) == ("cancelled", False, 2)
    assert rules.fact(off).cancelled
    assert not rules.fact(planned).cancelled
    assert rules.missed(off, off.closes_at) is None
    assert rules.cancelled(off) is None
    again = rules.moved(off, off.due_on, SHANGHAI)
    assert again is not None
    assert (again.status, again.version, rules.fact(again).cancelled) == ("planned", 3, False)
    assert isinstance(rules.fact(rules.done(off, NOW, None)), PlanItemDone)


def test_what_is_over_is_not_called_off() -> None:
    missed = rules.missed(item(), item().closes_at)
    assert missed is not None
    assert rules.cancelled(missed) is None
    assert rules.cancelled(rules.done(item(), NOW, None)) is None


def test_care_falls_to_the_owner_and_else_to_the_lead() -> None:
    gone = Employee(OWNER, None, "李明", "desk", "staff", None, NOW.date())
    there = Employee(OWNER, None, "李明", "desk", "staff", None, NOW.date() + timedelta(days=1))
    assert care().assignee_id == OWNER
    assert care(owners={OWNER: there}).assignee_id == OWNER
    assert care(owners={OWNER: gone}).assignee_id == LEAD
    assert care(owner_id=None).assignee_id == LEAD
    assert (care().kind, care().cause_id, care().reason) == ("care", UUID(int=7), "care-task")
    assert care(cause="competitive").reason == "competitive"


def test_care_of_long_ago_is_history() -> None:
    month = timedelta(days=30)
    old = care(late=month, due_on=(NOW - month).date())
    assert (old.status, old.open) == ("historic", False)
    assert care(late=month).status == "planned", "its day is still to come"
    assert care(late=timedelta(hours=40), due_on=(NOW - timedelta(days=1)).date()).status == "planned"
