"""Which facts are somebody's business, and whom they name."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any
from uuid import uuid4

import pytest

from guanxi.events import Fact
from guanxi.events.improvements import ImprovementPublished
from guanxi.events.interactions import (
    ContactPlanned,
    HandoverPlanned,
    NeedAnswered,
    NeedOverdue,
    NeedRaised,
    NeedReopened,
    PlanItemDone,
    PlanItemMissed,
)
from guanxi.events.relationships import CareTaskOpened, RelationshipAtRisk
from guanxi.events.reviews import ReviewStepStarted
from guanxi.testing.builders import an_event
from notifications.alerts.causes import cause_of
from notifications.alerts.rules import Cause, concerns, recipients

from .test_rules import BOSS, HOLDER, LEAD, OWNER, matter, rule, staff

NOW = datetime(2026, 3, 31, 4, tzinfo=UTC)
DAY = date(2026, 3, 31)
NEED = {
    "unit": "shop",
    "need_id": uuid4(),
    "pressing": True,
    "assignee_unit": "sales",
    "raised_at": NOW,
    "status": "assigned",
    "assignee_id": HOLDER,
    "raised_by": OWNER,
    "due_at": NOW,
    "indicator": "delivery",
}
ANSWERED = {**NEED, "answered_by": HOLDER, "answered_at": NOW, "status": "answered"}
PLAN = {"unit": "shop", "plan_item_id": uuid4(), "kind": "care", "due_on": DAY, "assignee_id": OWNER}
RISK = {"risk": "lost", "previous_risk": "at_risk", "as_of": DAY, "version": "radar-1"}
OVER = {"unit": "shop", "handover_id": uuid4(), "from_id": OWNER, "to_id": HOLDER, "status": "planned", "reason": "x"}


def cause(kind: type[Fact], values: dict[str, Any]) -> Cause:
    return cause_of(an_event(kind.model_validate(values), subject=uuid4()))


def told(one: Cause, *names: str) -> list[Any]:
    return [who.employee_id for who in recipients(rule(*names), replace(matter(), cause=one), staff())]


@pytest.mark.parametrize(
    ("kind", "values", "silent"),
    [
        (NeedRaised, NEED, False),
        (NeedRaised, {**NEED, "pressing": False}, True),
        (NeedReopened, {**NEED, "pressing": False}, False),
        (NeedOverdue, {**NEED, "overdue_at": NOW}, False),
        (NeedAnswered, ANSWERED, False),
        (NeedAnswered, {**ANSWERED, "answered_by": OWNER}, True),
        (NeedAnswered, {**ANSWERED, "raised_by": None}, True),
        (ContactPlanned, PLAN, False),
        (ContactPlanned, {**PLAN, "cause_id": uuid4()}, True),
        (ContactPlanned, {**PLAN, "kind": "visit"}, True),
        (ContactPlanned, {**PLAN, "cancelled": True}, True),
        (PlanItemMissed, {**PLAN, "kind": "visit", "missed_at": NOW}, False),
        (PlanItemDone, {**PLAN, "kind": "visit", "done_at": NOW}, True),
        (RelationshipAtRisk, RISK, False),
        (RelationshipAtRisk, {**RISK, "risk": "at_risk"}, True),
        (RelationshipAtRisk, {**RISK, "previous_risk": "lost"}, True),
        (RelationshipAtRisk, {**RISK, "risk": "something-new"}, True),
        (HandoverPlanned, OVER, False),
        (HandoverPlanned, {**OVER, "status": "joint_visit"}, True),
    ],
)
def test_only_what_somebody_has_to_act_upon_is_told(kind: type[Fact], values: dict[str, Any], silent: bool) -> None:  # noqa: FBT001
    found = cause(kind, values)
    assert found.silent == silent
    assert concerns(replace(rule("owner"), fact=kind.TYPE), found) != silent


def test_a_need_names_who_answers_its_lead_and_who_raised_it() -> None:
    found = cause(NeedAnswered, ANSWERED)
    assert [told(found, one) for one in ("assignee", "assignee_lead", "raiser")] == [[HOLDER], [LEAD], [OWNER]]
    assert told(replace(found, assignee_id=None), "assignee") == [LEAD]
    assert found.facts == {"due_at": NOW.isoformat(), "indicator": "delivery"}


def test_a_hand_over_names_both_and_the_lead_where_nobody_follows() -> None:
    assert told(cause(HandoverPlanned, OVER), "leaver", "successor") == [OWNER, HOLDER]
    assert told(cause(HandoverPlanned, {**OVER, "to_id": None}), "leaver", "successor") == [OWNER, LEAD]


def test_a_care_task_and_a_step_name_their_owner_or_the_lead() -> None:
    task = {"task_id": uuid4(), "owner_id": OWNER, "unit": "sales", "due_on": DAY, "opened_at": NOW}
    step = {"cycle_id": uuid4(), "cycle": 2, "n": 5, "code": "improvement", "owner_id": OWNER, "unit": "sales"}
    step |= {"due_on": DAY, "state": "active"}
    for kind, values in ((CareTaskOpened, task), (ReviewStepStarted, step)):
        assert told(cause(kind, values), "assignee") == [OWNER]
        assert told(cause(kind, {**values, "owner_id": None}), "assignee") == [LEAD]


def test_a_lost_customer_is_for_the_lead_of_its_unit() -> None:
    assert told(cause(RelationshipAtRisk, RISK), "customer_lead") == [LEAD]


def test_an_improvement_is_for_the_lead_of_each_unit_of_the_firm_or_for_all_of_it() -> None:
    published = {
        "improvement_id": uuid4(),
        "source": "problem",
        "effective_on": DAY,
        "published_at": NOW,
        "titles": [{"language": "en", "words": "Stands in stock"}],
    }
    found = cause(ImprovementPublished, published)
    everybody = recipients(rule("internal_leads"), replace(matter(), cause=found), staff())
    assert {(one.unit, one.employee_id) for one in everybody} == {
        ("head-office", BOSS),
        ("sales", LEAD),
        ("shop", None),
    }
    assert found.facts == {"title": "Stands in stock", "effective_on": "2026-03-31"}
