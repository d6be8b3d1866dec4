"""Which facts want a message, and what becomes of a message when its turn comes."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from guanxi import directory
from guanxi.events import Event
from guanxi.events.complaints import ComplaintAnswered, ComplaintFiled, Ticket
from notifications.lateness import too_late
from notifications.permissions import Verdict

PATIENCE = timedelta(seconds=3)
"""So long a message waits at least for news of its customer or of a permission, which come by other topics."""
_SHORTEST_WAIT, _LONGEST_WAIT = timedelta(seconds=1), timedelta(seconds=60)
STALE_AFTER = timedelta(hours=48)
"""A message that could not leave for so long is of no use any more."""
MOST_ATTEMPTS = 8
LOST_AFTER = timedelta(minutes=5)
"""A send that was claimed so long ago belongs to a process that died; whether it went out nobody can tell."""
ONCE = frozenset({"improvement-told", "improvement-survey"})
"""Intents that reach a customer once for their cause, under whichever of the records that were joined."""
IMPROVEMENT_DUE, REQUEST_DUE = "improvement-telling", "permission-request"
GATHER = timedelta(seconds=1)
"""So long after the last outcome all outcomes of an improvement are looked at, together."""
_ANY_HOUR = frozenset({"transactional", "staff"})
_FIRST_PAUSE, _LONGEST_PAUSE = 5.0, 3600.0
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_ADDRESS = re.compile(rf"(?=[^@]{{1,64}}@){_ATOM}(\.{_ATOM})*@{_LABEL}(\.{_LABEL})+")
_LONGEST_ADDRESS = 254


@dataclass(frozen=True, slots=True)
class Wanted:
    """A message that a fact asks for; `key` is the same for everything that asks for the same message."""

    intent: str
    key: str
    message_class: str
    channel: str
    recipient: str
    unit: str
    customer_id: UUID | None
    employee_id: UUID | None
    ticket_id: UUID | None
    facts: dict[str, str]
    cause_type: str
    cause_id: UUID
    cause_event_id: UUID


@dataclass(frozen=True, slots=True)
class Message:
    """One message as it is stored."""

    id: UUID
    version: int
    unit_id: str
    created_at: datetime
    intent: str
    message_class: str
    template: str
    channel: str
    recipient: str
    customer_id: UUID | None
    employee_id: UUID | None
    ticket_id: UUID | None
    facts: dict[str, str]
    cause_type: str
    cause_id: UUID
    status: str
    reason: str | None
    send_after: datetime
    attempts: int
    permission_event_id: UUID | None
    template_id: UUID | None
    language: str | None
    address: str | None
    provider_key: str | None
    settled_at: datetime | None


@dataclass(frozen=True, slots=True)
class Reader:
    """Whom a message is for, as known at this moment."""

    name: str
    addresses: tuple[str, ...]
    language: str | None
    zone: ZoneInfo
    erased: bool = False
    whose: Mapping[str, UUID] = field(default_factory=dict)
    """The customer whose record an address comes from."""


@dataclass(frozen=True, slots=True)
class Heard:
    """Up to when all news has surely arrived here, of customers and of permissions; None while nobody can tell."""

    customers: datetime | None = None
    permissions: datetime | None = None


NOTHING_HEARD = Heard()


@dataclass(frozen=True, slots=True)
class Send:
    """It goes now, to this address, by this permission."""

    address: str
    permission_event_id: UUID | None
    address_of: UUID | None = None
    """The customer whose address it is."""


@dataclass(frozen=True, slots=True)
class Hold:
    """It waits until a moment: for the end of quiet hours (`held`), or for news (`queued`)."""

    until: datetime
    status: str


@dataclass(frozen=True, slots=True)
class Suppress:
    """It does not go at all."""

    reason: str
    permission_event_id: UUID | None = None


Decision = Send | Hold | Suppress


def wanted_of(event: Event[Any], now: datetime) -> Wanted | None:
    """The message to the complainant that a fact about a complaint asks for; None when there is nobody to write to."""
    ticket = event.data
    if not isinstance(ticket, Ticket) or too_late(event, now):
        return None
    if event.subject is None and (ticket.reply_to is None or ticket.reply_to.channel != "email"):
        return None
    intent, key = _intent(ticket)
    promised = ticket.promised_at.isoformat() if ticket.promised_at and isinstance(ticket, ComplaintFiled) else ""
    return Wanted(
        intent=intent,
        key=f"{intent}:{key}",
        message_class="service",
        channel="email",
        recipient="customer",
        unit=ticket.unit,
        customer_id=event.subject,
        employee_id=None,
        ticket_id=ticket.complaint_id,
        facts={"number": ticket.number, "promised_at": promised},
        cause_type=event.type,
        cause_id=event.aggregateid,
        cause_event_id=event.id,
    )


def decide(  # noqa: PLR0913 - one argument for each thing that is known
    message: Message,
    reader: Reader,
    verdict: Verdict,
    now: datetime,
    quiet: tuple[time, time] | None,
    heard: Heard = NOTHING_HEARD,
) -> Decision:
    """What becomes of a message whose turn has come."""
    barred = _barred(message, reader, verdict, now, heard)
    if barred is not None:
        return barred
    address = usable_address((*filter(None, [verdict.address]), *reader.addresses))
    if address is None:
        return _patiently(message, now, heard.customers, Suppress("no_address", verdict.event_id))
    until = quiet_until(now, reader.zone, None if message.message_class in _ANY_HOUR else quiet)
    whose = reader.whose.get(address, message.customer_id)
    return Hold(until, "held") if until else Send(address, verdict.event_id, whose)


def _barred(message: Message, reader: Reader, verdict: Verdict, now: datetime, heard: Heard) -> Decision | None:
    if now - message.created_at > STALE_AFTER:
        return Suppress("historic")
    if reader.erased:
        return Suppress("erased")
    if verdict.void:
        return Suppress("superseded")
    if message.recipient != "customer" or verdict.allowed:
        return None
    refusal = Suppress("no_permission", verdict.event_id)
    return refusal if verdict.refused else _patiently(message, now, heard.permissions, refusal)


def _patiently(message: Message, now: datetime, heard_up_to: datetime | None, end: Suppress) -> Decision:
    """The end, once all that was committed before the message was queued has arrived; until then it waits."""
    age = now - message.created_at
    if message.customer_id is None and message.recipient == "customer":
        return end
    if age >= PATIENCE and heard_up_to is not None and heard_up_to >= message.created_at:
        return end
    wait = min(max(age / 4, _SHORTEST_WAIT), _LONGEST_WAIT)
    return Hold(max(message.created_at + PATIENCE, now + wait), "queued")


def awaited(message: Message) -> tuple[str, UUID, timedelta] | None:
    """The due work that looks at the outcome of a message, what it is about, and in how long; None for no such work."""
    match message.intent:
        case "improvement-told":
            return IMPROVEMENT_DUE, message.cause_id, GATHER
        case "permission-request":
            return REQUEST_DUE, message.id, timedelta(0)
    return None


def usable_address(addresses: tuple[str, ...]) -> str | None:
    """The first that can be written on an envelope as it is: plain ASCII, a dot-atom (RFC 5322) at a host name."""
    return next((one for one in addresses if len(one) <= _LONGEST_ADDRESS and _ADDRESS.fullmatch(one)), None)


def quiet_until(now: datetime, zone: ZoneInfo, quiet: tuple[time, time] | None) -> datetime | None:
    """When the quiet hours that `now` lies in end by the reader's clock; None outside of them."""
    if quiet is None or quiet[0] == quiet[1]:
        return None
    since, until = quiet
    local = now.astimezone(zone)
    clock = local.time()
    inside = since <= clock < until if since < until else clock >= since or clock < until
    if not inside:
        return None
    day = local.date() if clock < until else local.date() + timedelta(days=1)
    # The hour that a clock shows twice: in its second round the end lies in the second round too.
    return datetime.combine(day, until, zone).replace(fold=local.fold).astimezone(now.tzinfo)


def pause_before(attempt: int, jitter: float | None = None) -> timedelta:
    """How long to wait after the `attempt`-th failure: 5 s, 10 s, 20 s, ... at most an hour, by half more or less."""
    share = random.uniform(0.5, 1.5) if jitter is None else jitter  # noqa: S311 - jitter
    return timedelta(seconds=min(_FIRST_PAUSE * 2 ** (attempt - 1), _LONGEST_PAUSE) * share)


def zone_of(name: str | None, default: str) -> ZoneInfo:
    """A time zone by its name, or the default where nobody knows the name."""
    try:
        return ZoneInfo(name or default)
    except (KeyError, ValueError, OSError):
        return ZoneInfo(default)


def reader_of(
    customer_id: UUID | None, members: tuple[UUID, ...], known: Mapping[UUID, directory.DirectoryCustomer], zone: str
) -> Reader:
    """The customer that a message is for: own values first, then those of the other records of the same customer."""
    if customer_id is None:
        return Reader("", (), None, zone_of(None, zone))
    own = known.get(customer_id)
    if own is None:
        return Reader("", (), None, zone_of(None, zone))
    others = [known[one] for one in members if one in known and one != customer_id and not known[one].erased]
    whose: dict[str, UUID] = {}
    for one in (own, *others):
        for mail in one.emails:
            whose.setdefault(mail, one.id)
    zone_info = zone_of(own.time_zone, zone)
    return Reader(own.name or "", tuple(whose), own.language, zone_info, erased=own.erased, whose=whose)


def _intent(ticket: Ticket) -> tuple[str, UUID]:
    if isinstance(ticket, ComplaintFiled):
        return "complaint-receipt", ticket.complaint_id
    if isinstance(ticket, ComplaintAnswered):
        return "complaint-answer", ticket.answer_id
    return "complaint-thanks", ticket.complaint_id
