"""How strongly an employee is tied to a customer, whom their leaving exposes, and the way of a hand-over."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Literal
from uuid import UUID

from guanxi.events import HISTORIC_AFTER
from guanxi.events.interactions import HandoverPlanned
from guanxi.problems import Conflict, Unprocessable
from interactions.handovers.formula import Formula
from interactions.record import Kept

DUE_KIND = "leaver"
Status = Literal["planned", "joint_visit", "done"]
LEAVING = "leaving"
"""The reason of hand-overs that an employee's leaving brings about."""
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """What one employee did with one customer, all its members together, within the formula's window."""

    customer_id: UUID
    employee_id: UUID
    contacts: int
    interviews: int
    promises_kept: int
    last_contact_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Bonds:
    """Everybody who did something with one customer, and who answers for it."""

    customer_id: UUID
    members: tuple[UUID, ...]
    owners: frozenset[UUID]
    tallies: tuple[Tally, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Exposure:
    """A customer tied to an employee, as far as the employee's leaving would concern it."""

    customer_id: UUID
    members: tuple[UUID, ...]
    strength: int
    contacts: int
    interviews: int
    promises_kept: int
    last_contact_at: datetime | None
    others: int
    """How many other employees, who stay, are tied to it."""
    single_tie: bool
    owner: bool

    @property
    def to_hand_over(self) -> bool:
        """Whether the customer must not be left as it is: nobody answers for it, or nobody knows it."""
        return self.owner or self.single_tie


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaver:
    """An employee who leaves, or has just left."""

    id: UUID
    unit_id: str
    leaves_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Handover(Kept):
    """A hand-over as it stands."""

    from_id: UUID
    to_id: UUID | None
    status: Status
    reason: str
    single_tie: bool
    leaves_on: date | None
    joint_visit_on: date | None
    plan_item_id: UUID | None = None
    contact_id: UUID | None = None
    done_at: datetime | None = None


def strength(tally: Tally, formula: Formula) -> int:
    """The declared sum of points, at most the declared most."""
    points = (
        formula.contact * tally.contacts
        + formula.interview * tally.interviews
        + formula.promise_kept * tally.promises_kept
    )
    return min(points, formula.most)


def exposure(bonds: Bonds, employee_id: UUID, staying: Collection[UUID], formula: Formula) -> Exposure:
    """What an employee is to a customer, beside those who stay."""
    nothing = Tally(
        customer_id=bonds.customer_id,
        employee_id=employee_id,
        contacts=0,
        interviews=0,
        promises_kept=0,
        last_contact_at=None,
    )
    own = next((one for one in bonds.tallies if one.employee_id == employee_id), nothing)
    ties = {one.employee_id for one in bonds.tallies if one.contacts >= formula.contacts_of_a_tie}
    others = {one for one in ties if one != employee_id and one in staying}
    return Exposure(
        customer_id=bonds.customer_id,
        members=bonds.members,
        strength=strength(own, formula),
        contacts=own.contacts,
        interviews=own.interviews,
        promises_kept=own.promises_kept,
        last_contact_at=own.last_contact_at,
        others=len(others),
        single_tie=employee_id in ties and not others,
        owner=employee_id in bonds.owners,
    )


def joint_visit_day(leaves_on: date, today: date, days_before: int, works: Callable[[date], bool]) -> date | None:
    """The day on which both are to see the customer: a working day, `days_before` the leaving day or as near as can be.

    From tomorrow to the day before the leaving day; today where there is no other left, none where not even that.
    """
    first, last = today + _DAY, leaves_on - _DAY
    if last < first:
        return today if last == today else None
    wanted = min(max(leaves_on - days_before * _DAY, first), last)
    days = [first + n * _DAY for n in range((last - first).days + 1)]
    working = [day for day in days if works(day)]
    # The nearest to the day wanted; of two, the earlier, so that there is time for another.
    return min(working or [wanted], key=lambda day: (abs(day - wanted), day))


def news(left_on: date | None, day_begins: Callable[[date], datetime], now: datetime) -> bool:
    """Whether somebody leaves, or left so lately that it still matters to anybody."""
    return left_on is not None and now - day_begins(left_on) <= HISTORIC_AFTER


def next_look(left_on: date, today: date, day_begins: Callable[[date], datetime]) -> datetime | None:
    """When to look again who has come to depend on a leaver: each midnight up to that of the leaving day."""
    return day_begins(today + _DAY) if today < left_on else None


def of_leaver(who: Leaver, exposed: Exposure, visit_on: date | None, handover_id: UUID, now: datetime) -> Handover:
    """The hand-over of a customer whom a leaving exposes; who takes over is for the unit's lead to say."""
    return Handover(
        id=handover_id,
        customer_id=exposed.customer_id,
        unit_id=who.unit_id,
        recorded_at=now,
        from_id=who.id,
        to_id=None,
        status="planned",
        reason=LEAVING,
        single_tie=exposed.single_tie,
        leaves_on=who.leaves_on,
        joint_visit_on=visit_on,
    )


def uncovered(
    exposed: Sequence[Exposure], handovers: Sequence[Handover], canonical: Mapping[UUID, UUID]
) -> list[Exposure]:
    """Those who are to be handed over and neither are on their way nor have gone it, under whatever id."""
    covered = {canonical.get(one.customer_id, one.customer_id) for one in handovers if one.customer_id}
    return [one for one in exposed if one.to_hand_over and one.customer_id not in covered]


def refuse_visited(one: Handover) -> None:
    """Raise 409 for a hand-over whose joint visit took place, or that is done."""
    if one.status != "planned":
        raise Conflict("handover-" + one.status.replace("_", "-"), f"This hand-over is {one.status} already.")


def visited(one: Handover, to_id: UUID, on: date, contact_id: UUID) -> Handover:
    """The hand-over on which both have seen the customer; 409 when they had, or when it is done."""
    refuse_visited(one)
    return replace(
        one, status="joint_visit", to_id=to_id, joint_visit_on=on, contact_id=contact_id, version=one.version + 1
    )


def completed(one: Handover, to_id: UUID | None, now: datetime, without: str | None) -> Handover:
    """The hand-over that is done; 409 when it was, 422 where nobody takes over or says why there was no visit."""
    if one.status == "done":
        raise Conflict("handover-done", "This hand-over is done already.")
    if one.status == "planned" and without is None:
        detail = "Both have not seen the customer together: say why it is done without that."
        raise Unprocessable.field("without_joint_visit", "missing", detail)
    if to_id is None:
        raise Unprocessable.field("to_employee", "missing", "Say who takes over.")
    return replace(one, status="done", to_id=to_id, done_at=now, version=one.version + 1)


def redated(one: Handover, leaves_on: date, joint_visit_on: date | None) -> Handover:
    """The hand-over of somebody who leaves on another day."""
    return replace(one, leaves_on=leaves_on, joint_visit_on=joint_visit_on, version=one.version + 1)


def fact(one: Handover) -> HandoverPlanned:
    """The fact that tells how it stands."""
    return HandoverPlanned(
        unit=one.unit_id,
        handover_id=one.id,
        from_id=one.from_id,
        to_id=one.to_id,
        status=one.status,
        reason=one.reason,
        single_tie=one.single_tie,
        leaves_on=one.leaves_on,
        joint_visit_on=one.joint_visit_on,
    )
