"""State of each customer, whole, on a compacted topic: the copy that every service keeps.

Values are the customer's own, never merged ones. `sequence` of the event is the customer's version; the higher wins.
"""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from guanxi.events._envelope import Fact
from guanxi.events.customers import KINDS, ROLES
from guanxi.events.fields import (
    Code,
    Count,
    Email,
    Language,
    PersonName,
    Phone,
    TimeZone,
    UtcTime,
    Vocabulary,
)

STATUSES = ("active", "merged", "erased")


class CustomerState(Fact, type="guanxi.directory.CustomerState.v1"):
    """All that other services may know of a customer; once erased, nothing personal, and kept for ever."""

    id: UUID
    canonical_id: UUID
    """The id that speaks for the merged component; the customer's own where nothing was merged."""
    status: Annotated[Code, Vocabulary(STATUSES)]
    """`merged` means absorbed by another: `canonical_id` differs from `id`."""
    kind: Annotated[Code, Vocabulary(KINDS)]
    role: Annotated[Code, Vocabulary(ROLES)]
    unit: Code
    """The unit whose record it is."""
    name: PersonName | None = None
    legal_name: PersonName | None = None
    language: Language | None = None
    time_zone: TimeZone | None = None
    region: Code | None = None
    """Of its address: in China `CN-` and the province's number of GB/T 2260 (`CN-14`; 71, 91 and 92 for Taiwan, Hong
    Kong and Macao), elsewhere the country's ISO 3166-1 code; none where the address names neither."""
    owner_id: UUID | None = None
    """The employee who answers for the customer."""
    emails: tuple[Email, ...] = ()
    """Addresses to write to, preferred first."""
    phones: tuple[Phone, ...] = ()
    """Numbers to call or text, E.164 where they could be read so, preferred first."""

    def erased(self) -> CustomerState:
        """The last state: who it was is gone, that it was stays, so that nothing late brings it back."""
        return CustomerState(
            id=self.id,
            canonical_id=self.canonical_id,
            status="erased",
            kind=self.kind,
            role=self.role,
            unit=self.unit,
        )


class Watermark(Fact, type="guanxi.directory.Watermark.v1"):
    """Heartbeat of the owner's relay: all that was committed before this time is on this partition already."""

    partition: Count
    partitions: Count
    """How many partitions the topic has: whoever has a heartbeat of each has read it to its end once."""
    relayed_up_to: UtcTime
