"""Handing a ticket on and taking it up. Its holder keeps it until the unit that was asked accepts."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from complaints.custody import rules as custody
from complaints.custody import store
from complaints.custody.rules import Period
from complaints.custody.store import WrongDoor
from complaints.deadlines import rules as deadline_rules
from complaints.deadlines import usecases as deadlines
from complaints.routing import usecases as routing
from complaints.routing.lessons import Lesson
from complaints.routing.lessons import lessons as decide
from complaints.tickets import rules
from complaints.tickets import usecases as tickets
from complaints.tickets.facts import Tell, telling
from complaints.tickets.rules import Ticket
from guanxi import directory
from guanxi.auth import Principal
from guanxi.db import Reader, Tx
from guanxi.events.complaints import ComplaintHandedOver
from guanxi.problems import Conflict, Forbidden

_TAKEN_UP, _HOLDER_LEFT, _REOPENED = "taken_up", "holder_left", "reopened"


async def hand_over(  # noqa: PLR0913 - who hands what to whom, and why
    tx: Tx, ticket: Ticket, to_unit: str, note: str, *, wrong_door: bool, principal: Principal
) -> Ticket:
    """Ask another unit to take the ticket; `wrong_door` says that its present unit was the wrong one for the cause."""
    await routing.check_holder(tx, "to_unit", to_unit, ticket.unit_id)
    ticket = await deadlines.miss(tx, ticket)
    offered = rules.offer(ticket, to_unit)
    periods = await store.of_complaint(tx, ticket.id)
    await store.settle(tx, ticket.id, "asked")
    asked = replace(
        custody.held(
            offered, len(periods) + 1, "wrong_door" if wrong_door else "handed_on", id=tx.new_id(), now=tx.now
        ),
        from_unit=ticket.holder_unit,
        to_unit=to_unit,
        note=None if ticket.erased_at else note,
        wrong_door=wrong_door,
        status="asked",
        asked_by=principal.subject,
        began_at=None,
    )
    await store.insert(tx, [asked])
    told = telling(ComplaintHandedOver, **custody.moved(offered, asked), accepted=False)
    saved = await tickets.change(tx, offered, told)
    return await _watch(tx, saved, periods, asked.n) if wrong_door else saved


async def accept(tx: Tx, ticket: Ticket, principal: Principal, n: int | None = None) -> Ticket:
    """Take the ticket up: the hand-over that waits, else the ticket as it lies with its unit."""
    periods = await store.of_complaint(tx, ticket.id)
    waiting = custody.awaited(periods)
    if n is not None and (waiting is None or waiting.n != n):
        raise Conflict("nothing-to-accept", "That hand-over does not wait to be accepted.")
    unit = ticket.offered_to or ticket.holder_unit
    if principal.unit != unit and not principal.may("admin"):
        raise Forbidden("Only the unit that is asked can accept.", "not-yours-to-accept")
    ticket = await deadlines.miss(tx, ticket)
    taken = rules.accept(ticket, await _acceptor(tx, principal, unit), tx.now)
    await deadlines.meet(tx, ticket, deadline_rules.ACKNOWLEDGE, deadline_rules.CUSTODY)
    if waiting is not None:
        return await _move(tx, ticket, taken, periods, waiting)
    return await tickets.change(tx, taken, _told(ticket, taken, _TAKEN_UP))


async def withdraw_offer(tx: Tx, ticket: Ticket) -> None:
    """Take back an offer, because the holder has done the work."""
    if ticket.offered_to is not None:
        await store.settle(tx, ticket.id, "asked")


async def end(tx: Tx, ticket: Ticket) -> None:
    """Nobody holds a closed ticket."""
    await store.settle(tx, ticket.id, "held", "asked")


async def begin_again(tx: Tx, ticket: Ticket) -> Ticket:
    """Give a reopened ticket back to the unit that held it last, or to who stands in for that unit now."""
    periods = await store.of_complaint(tx, ticket.id)
    if custody.present(periods) is not None:
        return ticket
    route = await routing.stand_in(tx, ticket, _REOPENED)
    gone = await routing.gone(tx, {ticket.holder_id} if ticket.holder_id else (), tx.now)
    stays = route.unit == ticket.holder_unit and ticket.holder_id not in {None, *gone}
    back = rules.fall_to(ticket, route.unit, ticket.holder_id if stays else route.lead_id)
    period = custody.held(back, len(periods) + 1, _REOPENED, id=tx.new_id(), now=tx.now, from_unit=ticket.holder_unit)
    await store.insert(tx, [period])
    return back


async def fall(tx: Tx, ticket: Ticket, leavers: Collection[UUID]) -> None:
    """Give a ticket whose holder has left to the lead who takes over; `leavers` are all who have left just now."""
    route = await routing.successor(tx, ticket, _HOLDER_LEFT, leavers)
    if ticket.offered_to == route.unit:
        # It comes into the hands that were asked to take it: they are not the wrong ones.
        ticket = await deadlines.miss(tx, ticket)
        await deadlines.meet(tx, ticket, deadline_rules.CUSTODY)
    fallen = rules.fall_to(ticket, route.unit, route.lead_id)
    if route.unit != ticket.holder_unit:
        n = len(await store.of_complaint(tx, ticket.id)) + 1
        await store.settle(tx, ticket.id, "held", *() if fallen.offered_to else ("asked",))
        period = custody.held(fallen, n, _HOLDER_LEFT, id=tx.new_id(), now=tx.now, from_unit=ticket.holder_unit)
        await store.insert(tx, [period])
    await tickets.change(tx, fallen, _told(ticket, fallen, _HOLDER_LEFT))


async def of_complaint(reader: Reader, complaint_id: UUID) -> list[Period]:
    """All periods of a ticket, in order."""
    return await store.of_complaint(reader, complaint_id)


async def wrong_doors(reader: Reader, since: datetime | None) -> list[WrongDoor]:
    """How often complaints of each cause came to a unit that was wrong for them."""
    return await store.wrong_doors(reader, since)


async def lessons(reader: Reader, since: datetime | None) -> list[Lesson]:
    """Which routing rules the wrong doors speak for."""
    return decide(await store.endings(reader, since), await routing.listed(reader))


async def erase(tx: Tx, customer_ids: Sequence[UUID]) -> int:
    """Blank what was said when complaints of these customers were handed on."""
    return await store.erase(tx, customer_ids)


async def _move(tx: Tx, before: Ticket, taken: Ticket, periods: Sequence[Period], waiting: Period) -> Ticket:
    spent = await _minutes_held(tx, before, periods) if waiting.wrong_door else 0
    await store.move(tx, before.id)
    moved = replace(taken, wrong_minutes=before.wrong_minutes + spent)
    told = telling(ComplaintHandedOver, **custody.moved(before, waiting), to_holder_id=taken.holder_id)
    saved = await tickets.change(tx, moved, told)
    limit = (await deadlines.standards(tx)).handover_limit
    return await tickets.escalate(tx, saved, "handovers") if rules.handed_on_too_often(saved, limit) else saved


async def _acceptor(tx: Tx, principal: Principal, unit: str) -> UUID | None:
    if principal.unit == unit and principal.employee_id is not None:
        return principal.employee_id
    found = await directory.unit(tx, unit)
    lead_id = found.lead_id if found else None
    return None if lead_id is None or await routing.gone(tx, [lead_id], tx.now) else lead_id


def _told(before: Ticket, after: Ticket, reason: str) -> Tell:
    return telling(
        ComplaintHandedOver,
        from_unit=before.holder_unit,
        to_unit=after.holder_unit,
        from_holder_id=before.holder_id,
        to_holder_id=after.holder_id,
        reason=reason,
    )


async def _watch(tx: Tx, ticket: Ticket, periods: Sequence[Period], n: int) -> Ticket:
    limit = (await deadlines.standards(tx)).wrong_hands_minutes
    spent = ticket.wrong_minutes + await _minutes_held(tx, ticket, periods)
    return await deadlines.watch_wrong_hands(tx, ticket, n, limit - spent)


async def _minutes_held(tx: Tx, ticket: Ticket, periods: Sequence[Period]) -> int:
    held = custody.present(periods)
    clock = await deadlines.hours(tx, ticket.holder_unit)
    return clock.minutes(held.began_at, tx.now) if held and held.began_at else 0
