"""What every record of this service has: whose it is, where it came from, which version it is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A row of this service that tells of a customer, or of nobody."""

    id: UUID
    customer_id: UUID | None
    unit_id: str
    recorded_at: datetime
    voided_at: datetime | None = None
    version: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Record(Kept):
    """One that sources may report too; `source` and `external_ref` name the report that it came from."""

    source: str | None = None
    external_ref: str | None = None
