"""What every service knows of customers, units and employees: a copy of the state that customer-profile publishes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class DirectoryCustomer:
    """A customer's own values, never merged ones; `canonical_id` names the record that stands for the person."""

    id: UUID
    sequence: int
    canonical_id: UUID
    status: str
    kind: str | None
    role: str | None
    name: str | None
    unit_id: str | None
    language: str | None
    time_zone: str | None
    owner_id: UUID | None
    emails: tuple[str, ...]
    phones: tuple[str, ...]

    @property
    def erased(self) -> bool:
        """True when the person asked to be forgotten: no more is recorded under this id."""
        return self.status == "erased"


@dataclass(frozen=True, slots=True)
class Unit:
    """A department, dealer, branch or desk; `calendar` as in `UnitState` (weekly minutes and dated exceptions)."""

    code: str
    name: str
    kind: str
    internal: bool
    parent: str | None
    time_zone: str
    lead_id: UUID | None
    calendar: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Employee:
    """A person of the firm or of a dealer; `subject` is the `sub` of their tokens."""

    id: UUID
    subject: str | None
    name: str | None
    unit_id: str
    level: str | None
    email: str | None
    left_on: date | None

    def present(self, at: datetime, zone: ZoneInfo) -> bool:
        """Whether they have not left at this moment: the day of leaving begins by the clock in their unit's `zone`."""
        return self.left_on is None or at.astimezone(zone).date() < self.left_on
