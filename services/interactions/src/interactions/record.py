"""What every record of this service has: whose it is, where it came from, which version it is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A row of this service; `source` and `external_ref` name the report that it came from."""

    id: UUID
    customer_id: UUID | None
    unit_id: str
    source: str | None = None
    external_ref: str | None = None
    recorded_at: datetime
    voided_at: datetime | None = None
    version: int = 1
