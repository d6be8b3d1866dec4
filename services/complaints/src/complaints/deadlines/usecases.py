"""Setting, meeting, pausing and missing deadlines; each ticket has one due row, for the next of its deadlines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from complaints.deadlines import rules, store
from complaints.deadlines.rules import Deadline, Standards
from complaints.tickets import usecases as tickets
from complaints.tickets.rules import DUE, Status, Ticket
from guanxi import directory, due
from guanxi.bus import log
from guanxi.db import Reader, Tx
from guanxi.directory import Unit, WorkingHours
from guanxi.events import Event, Fact
from guanxi.events.complaints import DeadlineMissed, DeadlineMissedVoided
from guanxi.problems import Stale

_REASONS = {rules.CUSTODY: "wrong_hands"}


async def standards(reader: Reader) -> Standards:
    """The service standards in force."""
    return await store.standards(reader)


async def set_standards(tx: Tx, made: Standards, *, unit: str, decided_by: str) -> UUID:
    """Put a set in force under its number, which must be the next one. Tickets keep what they were promised."""
    present = await store.standards(tx)
    set_id = tx.new_id()
    fits = made.number == present.number + 1
    if not fits or not await store.new_standards(tx, set_id, made, unit=unit, decided_by=decided_by):
        raise Stale(present.number)
    return set_id


async def hours(reader: Reader, unit: str) -> WorkingHours:
    """When a unit works."""
    return directory.hours_of(await directory.unit(reader, unit))


def promise(
    tx: Tx, tickets_: Sequence[Ticket], standards_: Standards, units: Mapping[str, Unit]
) -> tuple[list[Ticket], list[Deadline]]:
    """The deadlines of new tickets by the calendar of the holder's unit, and the tickets with the promised time."""
    # Complaints that are filed together mostly fall due together: walking the calendar was an eighth of the service's
    # CPU for each.
    clocks = {code: directory.hours_of(units.get(code)) for code in {one.holder_unit for one in tickets_}}

    @cache
    def due_times(unit: str, level: str, start: datetime) -> dict[str, datetime]:
        return rules.due_times(standards_, level, clocks[unit], start)

    promised, deadlines = [], []
    for ticket in tickets_:
        times = due_times(ticket.holder_unit, ticket.service_level, ticket.filed_at)
        made = _set(tx, ticket, standards_, times)
        promised.append(replace(ticket, promised_at=_promised_at(made)))
        deadlines += made
    return promised, deadlines


async def watch(tx: Tx, deadlines: Sequence[Deadline]) -> None:
    """Have the next of each ticket's new deadlines called."""
    moments: dict[UUID, datetime] = {}
    for deadline in deadlines:
        if deadline.running:
            moments[deadline.complaint_id] = min(deadline.due_at, moments.get(deadline.complaint_id, deadline.due_at))
    if moments:
        await due.schedule_all(tx, DUE, moments)


async def promise_again(tx: Tx, ticket: Ticket) -> Ticket:
    """New deadlines for answering and resolving a reopened ticket, from now on; those of earlier rounds are off."""
    found = await store.standards(tx)
    await store.void(tx, ticket.id)
    clock = await hours(tx, ticket.holder_unit)
    times = rules.due_times(found, ticket.service_level, clock, tx.now)
    made = _set(tx, ticket, found, times, (rules.ANSWER, rules.RESOLVE))
    await store.insert(tx, made)
    await _schedule(tx, ticket.id)
    return replace(ticket, promised_at=_promised_at(made))


async def meet(tx: Tx, ticket: Ticket, *kinds: str) -> dict[str, bool]:
    """Note that these steps are done; by kind whether in time, leaving out kinds that no deadline ran for.

    Call `miss` first: what was due before now is missed, not met. What was missed in an earlier round stays undone.
    """
    found = await store.of_complaint(tx, ticket.id)
    latest = {d.kind: d.round for d in sorted(found, key=lambda d: d.round)}
    live = [d for d in found if d.kind in kinds and d.round == latest[d.kind] and d.status in {"open", "missed"}]
    met = [
        replace(d, version=d.version + 1, met_at=tx.now, status="met" if d.status == "open" else d.status)
        for d in live
        if d.met_at is None
    ]
    await store.update(tx, met)
    await _schedule(tx, ticket.id)
    return {d.kind: d.status == "met" for d in met}


async def pause(tx: Tx, ticket: Ticket) -> None:
    """Stop the clocks: it is the customer's turn."""
    clock = await hours(tx, ticket.holder_unit)
    running = [d for d in await store.of_complaint(tx, ticket.id) if d.running]
    await store.update(tx, [replace(rules.paused(d, clock, tx.now), version=d.version + 1) for d in running])
    await _schedule(tx, ticket.id)


async def resume(tx: Tx, ticket: Ticket) -> Ticket:
    """Let the clocks go on; the ticket with its new promised time."""
    clock = await hours(tx, ticket.holder_unit)
    stopped = [d for d in await store.of_complaint(tx, ticket.id) if d.status == "open" and d.paused_at is not None]
    resumed = [replace(rules.resumed(d, clock, tx.now), version=d.version + 1) for d in stopped]
    await store.update(tx, resumed)
    await _schedule(tx, ticket.id)
    return replace(ticket, promised_at=_promised_at(resumed) or ticket.promised_at)


async def miss(tx: Tx, ticket: Ticket) -> Ticket:
    """Let what is overdue be missed, tell it and raise the ticket's level once for each; the ticket after that."""
    overdue = [d for d in await store.of_complaint(tx, ticket.id) if d.running and d.due_at <= tx.now]
    for deadline in overdue:
        ticket = await _missed(tx, ticket, deadline)
    return ticket


async def watch_wrong_hands(tx: Tx, ticket: Ticket, n: int, minutes_left: int) -> Ticket:
    """Have the ticket escalate when so much working time passes before the `n`-th period begins; at once for none.

    While it is the customer's turn that clock stands still, as all do.
    """
    clock, standards_ = await hours(tx, ticket.holder_unit), await store.standards(tx)
    before = await store.of_complaint(tx, ticket.id)
    # One clock at a time, and one escalation in all: a second offer does not begin it anew.
    if any(d.kind == rules.CUSTODY and d.status in {"open", "missed"} for d in before):
        return ticket
    due_at = clock.after(tx.now, max(minutes_left, 0))
    deadline = _deadline(tx, ticket, rules.CUSTODY, due_at, standards_.number, round_=n)
    if ticket.status is Status.WAITING and minutes_left > 0:
        deadline = rules.paused(deadline, clock, tx.now)
    await store.insert(tx, [deadline])
    if minutes_left <= 0:
        ticket = await _missed(tx, ticket, deadline)
    await _schedule(tx, ticket.id)
    return ticket


async def on_due(tx: Tx, complaint_id: UUID, _: datetime) -> None:
    """Called when the next deadline of a ticket goes by."""
    found = (await tickets.lock_many(tx, [complaint_id])).get(complaint_id)
    if found is None or found.voided_at is not None:
        return
    await miss(tx, found)
    await _schedule(tx, complaint_id)


async def take_back(tx: Tx, ticket: Ticket, cause: Event[Any] | None) -> None:
    """Let go of every deadline of a ticket that should never have been; those that were missed were not."""
    missed = [d for d in await store.of_complaint(tx, ticket.id) if d.status == "missed"]
    voided = [replace(d, version=d.version + 1, status="void") for d in missed]
    await store.update(tx, voided)
    await store.void(tx, ticket.id)
    await due.cancel(tx, DUE, ticket.id)
    time = cause.time if cause else None
    await log.record(tx, *(_drafted(tx, ticket, d, _voided(ticket, d), time, cause) for d in voided))


async def of_complaint(reader: Reader, complaint_id: UUID) -> list[Deadline]:
    """All of a ticket's deadlines, by when they are due."""
    return await store.of_complaint(reader, complaint_id)


async def _missed(tx: Tx, ticket: Ticket, deadline: Deadline) -> Ticket:
    missed = replace(deadline, version=deadline.version + 1, status="missed", missed_at=deadline.due_at)
    await store.update(tx, [missed])
    escalated = await tickets.escalate(tx, ticket, _REASONS.get(deadline.kind, "deadline"), time=deadline.due_at)
    await log.record(tx, _drafted(tx, escalated, missed, _fact(escalated, missed), missed.due_at))
    return escalated


async def _schedule(tx: Tx, complaint_id: UUID) -> None:
    at = store.next_due(await store.of_complaint(tx, complaint_id))
    if at is None:
        await due.cancel(tx, DUE, complaint_id)
    else:
        await due.schedule(tx, at, DUE, complaint_id)


def _set(
    tx: Tx, ticket: Ticket, standards_: Standards, times: Mapping[str, datetime], steps: Sequence[str] = rules.STEPS
) -> list[Deadline]:
    number, round_ = standards_.number, ticket.reopen_count
    return [_deadline(tx, ticket, step, times[step], number, round_=round_) for step in steps]


def _deadline(  # noqa: PLR0913 - the columns that differ
    tx: Tx, ticket: Ticket, kind: str, due_at: datetime, set_number: int, *, round_: int
) -> Deadline:
    # Only what was complained of more than 48 hours before we learned of it schedules nothing.
    historic = ticket.historic and round_ == 0 and kind != rules.CUSTODY
    return Deadline(
        id=tx.new_id(),
        created_at=tx.now,
        recorded_at=tx.now,
        unit_id=ticket.unit_id,
        complaint_id=ticket.id,
        kind=kind,
        round=round_,
        set_number=set_number,
        due_at=due_at,
        status="historic" if historic else "open",
    )


def _voided(ticket: Ticket, deadline: Deadline) -> DeadlineMissedVoided:
    return DeadlineMissedVoided(
        deadline_id=deadline.id,
        complaint_id=ticket.id,
        number=ticket.number,
        unit=ticket.unit_id,
        kind=deadline.kind,
    )


def _drafted(  # noqa: PLR0913 - what is told of which deadline, when and why
    tx: Tx, ticket: Ticket, deadline: Deadline, fact: Fact, time: datetime | None, cause: Event[Any] | None = None
) -> Event[Any]:
    id_, subject = deadline.id, ticket.customer_id
    return log.draft(tx, fact, aggregate=id_, sequence=deadline.version, subject=subject, time=time, cause=cause)


def _promised_at(deadlines: Sequence[Deadline]) -> datetime | None:
    return next((d.due_at for d in deadlines if d.kind == rules.ANSWER and d.status == "open"), None)


def _fact(ticket: Ticket, deadline: Deadline) -> DeadlineMissed:
    return DeadlineMissed.model_validate(
        {
            "deadline_id": deadline.id,
            "complaint_id": ticket.id,
            "number": ticket.number,
            "unit": ticket.unit_id,
            "kind": deadline.kind,
            "due_at": deadline.due_at,
            "cause": ticket.cause,
            "severity": ticket.severity,
            "status": ticket.status,
            "holder_unit": ticket.holder_unit,
            "holder_id": ticket.holder_id,
            "service_level": ticket.service_level,
            "escalation_level": ticket.escalation_level,
            "complaint_sequence": ticket.version,
        }
    )
