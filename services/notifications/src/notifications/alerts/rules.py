"""Whom a fact concerns, who stands in for a leaver, and when silence becomes somebody else's business."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from guanxi.directory import Employee, Unit, zone_of
from guanxi.events.scores import SegmentChanged

HEAD_OFFICE = "head-office"


@dataclass(frozen=True, slots=True)
class Rule:
    """Which fact tells whom; `escalate_after` in working minutes of the unit that was told."""

    id: UUID
    version: int
    code: str
    fact: str
    recipients: tuple[str, ...]
    mode: str
    tiers: tuple[str, ...]
    urgent: bool
    escalate_after: int | None
    enabled: bool


@dataclass(frozen=True, slots=True)
class Cause:
    """A fact that may concern somebody, in the words that rules need."""

    event_id: UUID
    type: str
    id: UUID
    sequence: int
    customer_id: UUID | None
    facts: dict[str, str]
    unit: str | None = None
    holder_unit: str | None = None
    holder_id: UUID | None = None
    to_unit: str | None = None
    to_holder_id: UUID | None = None
    fulfilling_unit: str | None = None
    promiser_id: UUID | None = None
    assignee_unit: str | None = None
    assignee_id: UUID | None = None
    """Who has to do something; none: the lead of `assignee_unit`."""
    raiser_id: UUID | None = None
    leaver_id: UUID | None = None
    successor_id: UUID | None = None
    fallen_from: str | None = None
    silent: bool = False
    """True when it is the usual course of things, which nobody has to act upon."""

    @property
    def people(self) -> set[UUID | None]:
        """Everybody it names."""
        return {
            *(self.holder_id, self.to_holder_id, self.promiser_id),
            *(self.assignee_id, self.raiser_id, self.leaver_id, self.successor_id),
        }


@dataclass(frozen=True, slots=True)
class Recipient:
    """An employee, or a whole unit where it has nobody to name."""

    unit: str
    employee_id: UUID | None = None

    @property
    def key(self) -> str:
        """What tells two recipients apart."""
        return str(self.employee_id) if self.employee_id else f"unit:{self.unit}"


@dataclass(frozen=True, slots=True)
class Staff:
    """Units and employees as known at this moment."""

    units: Mapping[str, Unit]
    employees: Mapping[UUID, Employee]
    now: datetime

    def present(self, employee_id: UUID | None) -> Employee | None:
        """The employee, unless unknown or gone."""
        found = self.employees.get(employee_id) if employee_id else None
        unit = self.units.get(found.unit_id) if found else None
        return found if found and found.present(self.now, zone_of(unit.time_zone if unit else "")) else None

    def lead(self, unit: str | None) -> Recipient | None:
        """The lead of just this unit."""
        found = self.units.get(unit) if unit else None
        lead = self.present(found.lead_id) if found else None
        return Recipient(lead.unit_id, lead.id) if lead else None

    def answerable(self, unit: str | None, without: UUID | None = None) -> Recipient | None:
        """The lead of the unit, else of the unit above, and so on up to head office; `without` one of them."""
        seen: set[str] = set()
        while unit and unit not in seen:
            seen.add(unit)
            found = self.lead(unit)
            if found and found.employee_id != without:
                return found
            above = self.units.get(unit)
            unit = above.parent if above else None
        found = self.lead(HEAD_OFFICE)
        return found if found and found.employee_id != without else None

    def internal_leads(self) -> list[Recipient]:
        """The lead of each unit of the firm, and all of a unit that has none."""
        ours = [one.code for one in self.units.values() if one.internal]
        return [self.lead(code) or Recipient(code) for code in ours]

    def person(self, employee_id: UUID | None) -> Recipient | None:
        """The employee, or who answers for the unit of one who has left."""
        known = self.employees.get(employee_id) if employee_id else None
        if known is None:
            return None
        return Recipient(known.unit_id, known.id) if self.present(known.id) else self.answerable(known.unit_id)


@dataclass(frozen=True, slots=True)
class Matter:
    """A cause, and who owns the customer it is about."""

    cause: Cause
    owner_id: UUID | None
    customer_unit: str | None


Role = Callable[[Matter, Staff], Recipient | None]

ROLES: dict[str, Role] = {
    "owner": lambda matter, staff: staff.person(matter.owner_id),
    "holder": lambda matter, staff: staff.person(matter.cause.holder_id) or staff.answerable(matter.cause.holder_unit),
    "holder_lead": lambda matter, staff: staff.answerable(matter.cause.holder_unit),
    "to_holder": lambda matter, staff: (
        staff.person(matter.cause.to_holder_id) or staff.answerable(matter.cause.to_unit)
    ),
    "promiser": lambda matter, staff: staff.person(matter.cause.promiser_id),
    "fulfilling_lead": lambda matter, staff: staff.lead(matter.cause.fulfilling_unit),
    "assignee": lambda matter, staff: (
        staff.person(matter.cause.assignee_id) or staff.answerable(matter.cause.assignee_unit)
    ),
    "assignee_lead": lambda matter, staff: staff.answerable(matter.cause.assignee_unit),
    "raiser": lambda matter, staff: staff.person(matter.cause.raiser_id),
    "leaver": lambda matter, staff: staff.person(matter.cause.leaver_id),
    "successor": lambda matter, staff: staff.person(matter.cause.successor_id) or staff.answerable(matter.cause.unit),
    "customer_lead": lambda matter, staff: staff.answerable(matter.customer_unit),
    "head_office": lambda _, staff: staff.lead(HEAD_OFFICE),
}
"""What a rule may name as a recipient."""
GROUPS: dict[str, Callable[[Staff], list[Recipient]]] = {"internal_leads": Staff.internal_leads}
"""What it may name that is several."""


def about_tiers(fact: str) -> bool:
    """Whether the fact tells of a move between tiers."""
    return fact == SegmentChanged.TYPE


def concerns(rule: Rule, cause: Cause) -> bool:
    """Whether the rule is about this cause; a move between tiers concerns it only when it is a fall from one of its."""
    if not rule.enabled or rule.fact != cause.type or cause.silent:
        return False
    return not about_tiers(cause.type) or cause.fallen_from in rule.tiers


def outlives(cause: Cause, settled: int) -> bool:
    """Whether a cause comes after what settled it; one that does not tell its place (0) always does."""
    return cause.sequence == 0 or cause.sequence > settled


def recipients(rule: Rule, matter: Matter, staff: Staff) -> list[Recipient]:
    """Who is told, each once. When nobody is found, who answers for the customer's unit is, else all of head office."""
    found = [one for name in rule.recipients for one in _named(name, matter, staff)]
    if rule.mode == "first":
        found = found[:1]
    if not found:
        found = [staff.answerable(matter.customer_unit or matter.cause.unit) or Recipient(HEAD_OFFICE)]
    return list({one.key: one for one in found}.values())


def superior(told: Recipient, staff: Staff) -> Recipient | None:
    """Who hears of it when the one who was told does not answer; None above the last."""
    found = staff.answerable(told.unit, without=told.employee_id)
    return found if found and found.key != told.key else None


def _named(name: str, matter: Matter, staff: Staff) -> list[Recipient]:
    if name in GROUPS:
        return GROUPS[name](staff)
    one = ROLES[name](matter, staff)
    return [one] if one else []
