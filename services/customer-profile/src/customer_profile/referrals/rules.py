"""What a referral is, and between whom there is none."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Referral:
    """That one customer brought us another one, until somebody says that it did not."""

    id: UUID
    version: int
    created_at: datetime
    unit_id: str
    referrer_id: UUID
    referred_id: UUID
    referred_on: date
    entered_by: str
    voided_at: datetime | None = None
    voided_by: str | None = None

    @property
    def status(self) -> str:
        """`active` or `voided`."""
        return "voided" if self.voided_at else "active"


def moment_of(on: date, now: datetime) -> datetime:
    """When it happened, as far as a day tells: at noon UTC, which is that day nearly everywhere, and never ahead."""
    return min(datetime.combine(on, time(12), UTC), now)


def brought_before(referred: Collection[UUID], standing: Collection[Referral]) -> bool:
    """Whether somebody has brought this customer already, under any of these records of it."""
    return any(one.referred_id in referred and one.voided_at is None for one in standing)
