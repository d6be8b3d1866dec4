"""What a plan item is, until when its day lasts, and what becomes of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from guanxi.directory import DEFAULT_ZONE, Employee, Unit, zone_of
from guanxi.events import Event
from guanxi.events.interactions import ContactPlanned, PlanItemDone, PlanItemMissed
from guanxi.events.relationships import CareTaskOpened
from guanxi.problems import Conflict, Unprocessable
from interactions.record import Kept

DUE_KIND = "plan_item"
Kind = Literal["visit", "call", "meeting", "survey", "care"]
Status = Literal["planned", "done", "missed", "cancelled", "historic"]
CARE_REASON = "care-task"


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """What somebody plans; `field` is where its day stands in the request, for what is wrong with it."""

    customer_id: UUID
    kind: Kind
    due_on: date
    assignee_id: UUID | None
    what: str | None = None
    reason: str | None = None
    cause_id: UUID | None = None
    field: str = "due_on"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanItem(Kept):
    """A plan item as it stands; `closes_at` is when its day is over in its unit's time zone."""

    kind: Kind
    due_on: date
    closes_at: datetime
    assignee_id: UUID | None
    what: str | None
    reason: str | None
    cause_id: UUID | None
    status: Status = "planned"
    done_at: datetime | None = None
    contact_id: UUID | None = None
    missed_at: datetime | None = None

    @property
    def open(self) -> bool:
        """Whether it is still to be done."""
        return self.status == "planned" and self.voided_at is None


def end_of(day: date, zone: ZoneInfo) -> datetime:
    """When a day is over on the clock of this zone; in UTC."""
    return datetime.combine(day + timedelta(days=1), time(), zone).astimezone(UTC)


def new_item(planned: Planned, unit_id: str, zone: ZoneInfo, item_id: UUID, now: datetime) -> PlanItem:
    """The item; 422 for a day that is over."""
    closes_at = end_of(planned.due_on, zone)
    if closes_at <= now:
        raise Unprocessable.field(planned.field, "past", "This day is over: nothing can be planned for it.")
    return _item(planned, unit_id, closes_at, item_id, now)


def care_item(
    item_id: UUID, task: Event[CareTaskOpened], unit: Unit | None, owners: Mapping[UUID, Employee], now: datetime
) -> PlanItem:
    """The item of a care task, for the account owner; for the unit's lead where there is none who has not left.

    One that we learn of late and whose day is over is kept as `historic`.
    """
    assert task.subject  # noqa: S101 - care is for somebody
    zone = zone_of(unit.time_zone) if unit else DEFAULT_ZONE
    owner = owners.get(task.data.owner_id) if task.data.owner_id else None
    gone = task.data.owner_id is None or (owner is not None and not owner.present(now, zone))
    lead = unit.lead_id if unit else None
    planned = Planned(
        customer_id=task.subject,
        kind="care",
        due_on=task.data.due_on,
        assignee_id=lead if gone else task.data.owner_id,
        reason=task.data.cause or CARE_REASON,
        cause_id=task.data.task_id,
    )
    closes_at = end_of(planned.due_on, zone)
    item = _item(planned, task.data.unit, closes_at, item_id, now)
    return replace(item, status="historic") if task.historic and closes_at <= now else item


def done(item: PlanItem, at: datetime, contact_id: UUID | None) -> PlanItem:
    """The item that was done, be it late; 409 when it was done before."""
    if item.status == "done" or item.voided_at is not None:
        raise Conflict("plan-item-done", "This has been done already.")
    return replace(item, status="done", done_at=at, contact_id=contact_id, version=item.version + 1)


def missed(item: PlanItem, now: datetime) -> PlanItem | None:
    """The item whose day went by; None when there is nothing to tell."""
    if not item.open or item.closes_at > now:
        return None
    return replace(item, status="missed", missed_at=item.closes_at, version=item.version + 1)


def moved(item: PlanItem, due_on: date, zone: ZoneInfo) -> PlanItem | None:
    """An item that is still to be done, or was called off, on another day; None when there is nothing to tell."""
    called_off = item.status == "cancelled" and item.voided_at is None
    if not called_off and (not item.open or item.due_on == due_on):
        return None
    closes_at = end_of(due_on, zone)
    return replace(item, status="planned", due_on=due_on, closes_at=closes_at, version=item.version + 1)


def cancelled(item: PlanItem) -> PlanItem | None:
    """The item that need not be done any more; None when there is nothing to tell."""
    return replace(item, status="cancelled", version=item.version + 1) if item.open else None


def fact(item: PlanItem) -> ContactPlanned:
    """The fact that tells how it stands."""
    state = {
        "unit": item.unit_id,
        "plan_item_id": item.id,
        "kind": item.kind,
        "due_on": item.due_on,
        "assignee_id": item.assignee_id,
        "reason": item.reason,
        "cause_id": item.cause_id,
    }
    if item.done_at is not None:
        return PlanItemDone.model_validate({**state, "done_at": item.done_at, "contact_id": item.contact_id})
    if item.missed_at is not None:
        return PlanItemMissed.model_validate({**state, "missed_at": item.missed_at})
    return ContactPlanned.model_validate({**state, "cancelled": item.status == "cancelled"})


def _item(planned: Planned, unit_id: str, closes_at: datetime, item_id: UUID, now: datetime) -> PlanItem:
    return PlanItem(
        id=item_id,
        customer_id=planned.customer_id,
        unit_id=unit_id,
        recorded_at=now,
        kind=planned.kind,
        due_on=planned.due_on,
        closes_at=closes_at,
        assignee_id=planned.assignee_id,
        what=planned.what,
        reason=planned.reason,
        cause_id=planned.cause_id,
    )
