"""Reading tickets, and changing one: lock, apply a rule, write, tell."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from complaints.tickets import facts, rules, store
from complaints.tickets.facts import Tell, telling
from complaints.tickets.rules import Outsider, Ticket, Wanted
from guanxi import directory
from guanxi.auth import Principal
from guanxi.bus import log
from guanxi.db import Reader, Tx
from guanxi.events import Event, Fact
from guanxi.events.complaints import ComplaintEscalated
from guanxi.problems import NotFound, Stale

WHAT = "complaint"
_DIGITS = 6


async def read(reader: Reader, principal: Principal | None, complaint_id: UUID, *, voided: bool = False) -> Ticket:
    """One ticket (with `voided` also one that was taken back); 404 when there is none that the reader may see."""
    found = await store.find(reader, principal, complaint_id, voided=voided)
    if found is None:
        raise NotFound(WHAT)
    return found


async def outsider(reader: Reader, principal: Principal) -> Outsider | None:
    """What an external reader may know of our units; None for an internal one, who may know all."""
    if principal.internal:
        return None
    return Outsider(principal.unit, {unit.code: unit.name for unit in await directory.units(reader)})


async def listed(
    reader: Reader, principal: Principal, wanted: Wanted, key: Sequence[Any] | None, limit: int
) -> list[Ticket]:
    """A page of tickets, newest first, and one more when there is a next page."""
    return await store.page(reader, principal, wanted, key, limit)


async def lock(tx: Tx, complaint_id: UUID, principal: Principal | None, expected: int | None = None) -> Ticket:
    """One ticket, locked for a change; 404 when the caller may not see it, 412 when it is at another version."""
    found = (await store.locked(tx, [complaint_id])).get(complaint_id)
    hidden = found is not None and principal is not None and not principal.internal and found.unit_id != principal.unit
    if found is None or found.voided_at is not None or hidden:
        raise NotFound(WHAT)
    if expected is not None and expected != found.version:
        raise Stale(found.version)
    return found


async def lock_many(tx: Tx, ids: Iterable[UUID]) -> dict[UUID, Ticket]:
    """Tickets locked for a change, voided ones too."""
    return await store.locked(tx, ids)


async def held_by(reader: Reader, holders: Sequence[UUID]) -> list[UUID]:
    """Open tickets that these employees hold."""
    return await store.held_by(reader, holders)


async def numbered(tx: Tx, tickets: Sequence[Ticket]) -> list[Ticket]:
    """New tickets, each under a number of its own."""
    numbers = await store.next_numbers(tx, len(tickets))
    return [replace(ticket, number=human_number(n, tx.now)) for ticket, n in zip(tickets, numbers, strict=True)]


async def change(
    tx: Tx, after: Ticket, tell_as: Tell | None, *, time: datetime | None = None, cause: Event[Any] | None = None
) -> Ticket:
    """Write a changed ticket under its next version and tell it (None: there is nothing to tell)."""
    saved = replace(after, version=after.version + 1)
    await store.update(tx, saved)
    if tell_as is not None:
        await log.record(tx, drafted(tx, saved, tell_as(saved), time=time, cause=cause))
    return saved


async def void(tx: Tx, ticket: Ticket, cause: Event[Any] | None) -> Ticket:
    """Take a ticket back for ever."""
    time = cause.time if cause else None
    return await change(tx, replace(ticket, voided_at=tx.now, offered_to=None), facts.voided, time=time, cause=cause)


async def escalate(
    tx: Tx, ticket: Ticket, reason: str, *, time: datetime | None = None, cause: Event[Any] | None = None
) -> Ticket:
    """Raise the ticket's level and tell why."""
    return await change(tx, rules.escalate(ticket), telling(ComplaintEscalated, reason=reason), time=time, cause=cause)


def drafted(
    tx: Tx, ticket: Ticket, fact: Fact, *, time: datetime | None = None, cause: Event[Any] | None = None
) -> Event[Any]:
    """The event of a fact about the ticket, not recorded yet."""
    return log.draft(
        tx, fact, aggregate=ticket.id, sequence=ticket.version, subject=ticket.customer_id, time=time, cause=cause
    )


async def erase(tx: Tx, customer_ids: Sequence[UUID]) -> int:
    """Blank what these customers said; the cases stay."""
    return len(await store.erase(tx, customer_ids))


def human_number(n: int, now: datetime) -> str:
    """`GX-2026-000123`: the year it was taken in and a number that never comes twice in any year."""
    return f"GX-{now:%Y}-{n:0{_DIGITS}}"
