"""What may be sent to whom: unknown means no, and of merged records any denial or withdrawal wins."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from guanxi.events import Event, reports
from guanxi.events.complaints import ComplaintFiledVoided, Ticket
from guanxi.ports import derived_id

PURPOSES = ("service", "transactional", "marketing", "survey", "personal")
REFUSALS = frozenset({"denied", "withdrawn"})
GRANTED, DENIED, ASKED, UNKNOWN = "granted", "denied", "asked", "unknown"
_SILENT = frozenset({UNKNOWN, ASKED})
"""A question is no word of the customer's: it takes nothing away and gives nothing."""
FOR_EVER = 2**62
"""No revision is as high: a voided profile grants nothing, a voided complaint gives no leave."""
ABOUT_TICKETS = "service"
"""The one purpose for which an address given for a complaint is leave."""


@dataclass(frozen=True, slots=True)
class Statement:
    """One thing that a customer said, as it goes into the ledger; `ticket_id` limits it to one complaint."""

    id: UUID
    customer_id: UUID | None
    purpose: str
    channel: str
    state: str
    said_at: datetime
    evidence: str | None
    actor: str
    unit: str
    source: str | None = None
    ticket_id: UUID | None = None
    report_id: UUID | None = None
    report_sequence: int | None = None

    @property
    def permission_id(self) -> UUID | None:
        """The permission that it is about; none for a statement about one complaint."""
        if self.customer_id is None or self.ticket_id is not None:
            return None
        return permission_id(self.customer_id, self.purpose, self.channel)

    @property
    def counts(self) -> bool:
        """A grant without evidence is noted and changes nothing."""
        return self.state != GRANTED or bool(self.evidence)


@dataclass(frozen=True, slots=True)
class TicketLeave:
    """The address given for one complaint, which is leave for `service` on it and for nothing else."""

    ticket_id: UUID
    customer_id: UUID | None
    unit: str
    sequence: int
    said_at: datetime
    channel: str | None = None
    address: str | None = None
    void: bool = False

    @property
    def standing(self) -> Standing | None:
        """The leave as a word of the customer; None without an address."""
        if self.address is None:
            return None
        return Standing(self.ticket_id, self.customer_id, GRANTED, self.said_at, self.address)


@dataclass(frozen=True, slots=True)
class Standing:
    """The last that was said, by one customer or for one ticket, of the purpose and channel in question."""

    event_id: UUID | None
    customer_id: UUID | None
    state: str
    said_at: datetime
    address: str | None = None


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the customer said that let a message go: purpose, channel, when, and how we know."""

    purpose: str
    channel: str
    state: str
    said_at: datetime
    evidence: str | None
    source: str | None
    ticket: bool
    """Whether it is the address given for one complaint, which is leave for that complaint only."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a message may go; `event_id` names what allowed or refused it, none when nothing was ever said."""

    allowed: bool
    refused: bool = False
    event_id: UUID | None = None
    address: str | None = None
    """The address given for the complaint in question, which comes before the customer's own."""
    void: bool = False
    """True when nobody complained: nothing may be sent about it."""


def permission_id(customer_id: UUID, purpose: str, channel: str) -> UUID:
    """The id of the one permission of a customer for a purpose and channel."""
    return derived_id(customer_id, f"permission/{purpose}/{channel}")


def reported(event: Event[reports.ProfileReported]) -> list[Statement]:
    """The statements in a reported profile; what is dated later than we learned of it counts from then on only."""
    if event.subject is None:
        return []
    return [
        Statement(
            id=derived_id(event.id, f"permission/{n}"),
            customer_id=event.subject,
            purpose=said.purpose,
            channel=said.channel,
            state=said.state,
            said_at=min(said.at or event.time, event.recordedtime),
            evidence=said.evidence,
            actor=f"report:{event.data.source}",
            unit=event.data.unit,
            source=event.data.source,
            report_id=event.aggregateid,
            report_sequence=event.sequence,
        )
        for n, said in enumerate(event.data.permissions)
    ]


def leave_of(event: Event[Ticket]) -> TicketLeave:
    """The address that a complaint has by this fact, which may be none; what lies ahead counts from when we knew."""
    reply = event.data.reply_to
    return TicketLeave(
        ticket_id=event.data.complaint_id,
        customer_id=event.subject,
        unit=event.data.unit,
        sequence=event.sequence,
        said_at=min(event.data.filed_at, event.recordedtime),
        channel=reply.channel if reply else None,
        address=reply.address if reply else None,
    )


def void_of(event: Event[ComplaintFiledVoided]) -> TicketLeave:
    """Nobody complained: there is no address any more, whatever comes later."""
    data = event.data
    return TicketLeave(data.complaint_id, event.subject, data.unit, FOR_EVER, event.recordedtime, void=True)


def judge(customer_id: UUID | None, said: Sequence[Standing], for_ticket: Sequence[Standing] = ()) -> Verdict:
    """Tell whether we may write, given what each member said in general and what was said for the ticket.

    The newest word of the customer counts, an address given for the ticket being one; on a tie the stricter one. A
    refusal by another record of the same customer always wins; a grant by one helps where the customer said nothing.
    """
    own = [one for one in said if one.customer_id == customer_id and one.state not in _SILENT]
    others = [one for one in said if one.customer_id != customer_id]
    refusal = next((one for one in others if one.state in REFUSALS), None)
    if refusal is not None:
        return Verdict(allowed=False, refused=True, event_id=refusal.event_id)
    last = _newest([*own, *for_ticket]) or _newest(one for one in others if one.state == GRANTED)
    if last is None:
        return Verdict(allowed=False)
    if last.state != GRANTED:
        return Verdict(allowed=False, refused=last.state in REFUSALS, event_id=last.event_id)
    given = _newest(for_ticket)
    address = given.address if given and given.state == GRANTED else None
    return Verdict(allowed=True, event_id=last.event_id, address=address)


def _newest(said: Iterable[Standing]) -> Standing | None:
    return max(said, key=lambda one: (one.said_at, _strictness(one.state)), default=None)


def _strictness(state: str) -> int:
    return 2 if state in REFUSALS else int(state != GRANTED)
