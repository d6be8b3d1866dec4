"""One message on its way through intake: what came, what is found out about it, and what its sender is told."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal
from uuid import UUID

from customer_profile.intake import store
from customer_profile.intake.envelope import Arrival, Envelope
from customer_profile.intake.rules import Judged, Thread, Verdict
from customer_profile.sources.rules import Publisher
from guanxi.events.inbound import Inbound
from guanxi.http import FieldError

Door = Literal["kafka", "http", "import"]
Found = Literal["registered", "known", "anonymous"]
Status = Literal["resolved", "passed_anonymous", "rejected", "duplicate"]


@dataclass(frozen=True, slots=True)
class Again:
    """The row of a report that is sent again; it keeps its id and the hash of the body that first came."""

    id: UUID
    reused: bool
    body_hash: bytes


@dataclass(slots=True)
class Case:
    """One message on its way through intake; the steps below fill in what they find out.

    `twin` is the same event earlier in the batch.
    """

    arrival: Arrival
    envelope: Envelope
    judged: Judged
    report_id: UUID
    unit: str
    publisher: Publisher | None
    again: Again | None = None
    reused: bool = False
    twin: Case | None = None
    status: Status | None = None
    errors: list[FieldError] = field(default_factory=list)
    warnings: list[FieldError] = field(default_factory=list)
    verdict: Verdict | None = None
    thread: Thread | None = None
    customer_id: UUID | None = None
    registered: bool = False
    erased: bool = False

    @property
    def open(self) -> bool:
        """Whether nothing has settled it yet."""
        return self.status is None

    @property
    def model(self) -> Inbound:
        """The report; only of a case that is open."""
        assert self.judged.model is not None  # noqa: S101 - an open case has passed the door
        return self.judged.model

    @property
    def time(self) -> datetime:
        """When it happened; only of a case that is open."""
        assert self.envelope.time is not None  # noqa: S101 - an open case has passed the door
        return self.envelope.time

    @property
    def settled(self) -> Status:
        """What became of it; only of a case that every step has seen."""
        assert self.status is not None  # noqa: S101 - every step before has settled or left it to the last
        return self.status

    @property
    def aggregate_id(self) -> UUID:
        """Its matter; a report without a reference is a matter of its own and can never be corrected."""
        return self.thread.id if self.thread else self.report_id

    @property
    def sequence(self) -> int:
        """Its place in its matter."""
        return self.thread.sequence if self.thread else 1

    @property
    def external_customer(self) -> str | None:
        """The sender's name for the customer, where it could be read."""
        return getattr(self.judged.model, "external_customer", None) or self.envelope.text("external_customer")

    @property
    def alias(self) -> tuple[str, str]:
        """By what its source knows the customer: the source, and the name there."""
        return self.arrival.desk, self.external_customer or ""

    @property
    def external_ref(self) -> str | None:
        """The sender's name for what is reported, where it could be read."""
        return (self.judged.model.reference if self.judged.model else None) or self.envelope.text("external_ref")

    @property
    def thread_key(self) -> store.ThreadKey | None:
        """Which thread it belongs to; None for a report without a reference."""
        reference = self.model.reference
        return (self.arrival.desk, self.model.family(), reference) if reference else None

    def refuse(self, *errors: FieldError) -> None:
        """Settle it as rejected."""
        self.status = "rejected"
        self.errors.extend(errors)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one message, for its sender; of one that is `repeated` nothing new was kept."""

    event_id: str
    report_id: UUID | None
    status: Status
    customer: Found | None = None
    errors: tuple[FieldError, ...] = ()
    warnings: tuple[FieldError, ...] = ()
    repeated: bool = False
