"""Visits and calls as they are planned and reported, and a customer's way from one employee to the next."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from guanxi.events.fields import Code, Count, IsoDate, UtcTime, Vocabulary
from guanxi.events.interactions._base import Recorded

PLAN_KINDS = ("visit", "call", "meeting", "survey", "care")
HANDOVER_STATES = ("planned", "joint_visit", "done")


class VisitReported(Recorded, type="guanxi.interactions.VisitReported.v1"):
    """An employee's day on the road; no subject, aggregate is the report. Each visit in it is a contact of its own."""

    report_id: UUID
    employee_id: UUID
    on: IsoDate
    """The day, in the time zone of the employee's unit."""
    visits: Count
    customers: Count
    minutes: Count
    """Time with customers, in minutes."""
    cue_count: Count = 0
    promise_count: Count = 0
    need_count: Count = 0


class ContactPlanned(Recorded, type="guanxi.interactions.ContactPlanned.v1"):
    """Somebody is to see or call the customer; aggregate is the plan item."""

    plan_item_id: UUID
    kind: Annotated[Code, Vocabulary(PLAN_KINDS)]
    due_on: IsoDate
    assignee_id: UUID | None = None
    """None: the lead of the unit."""
    reason: Code | None = None
    cause_id: UUID | None = None
    """Aggregate id of what asked for it: a care task, a hand-over."""
    cancelled: bool = False
    """Whether it need not be done any more; told anew without it, it is planned again."""


class PlanItemDone(ContactPlanned, type="guanxi.interactions.PlanItemDone.v1"):
    """The customer was seen or called."""

    done_at: UtcTime
    contact_id: UUID | None = None


class PlanItemMissed(ContactPlanned, type="guanxi.interactions.PlanItemMissed.v1"):
    """The day went by without it."""

    missed_at: UtcTime


class HandoverPlanned(Recorded, type="guanxi.interactions.HandoverPlanned.v1"):
    """A customer goes from one employee to another; aggregate is the hand-over, whole state at each step of it."""

    handover_id: UUID
    from_id: UUID
    to_id: UUID | None = None
    """None: nobody has been named yet, the unit's lead has to."""
    status: Annotated[Code, Vocabulary(HANDOVER_STATES)]
    reason: Code
    """`leaving`, or what a person gave."""
    single_tie: bool = False
    """Whether nobody else of ours was known to the customer."""
    leaves_on: IsoDate | None = None
    joint_visit_on: IsoDate | None = None
    """The day on which both are to see the customer, or did."""
