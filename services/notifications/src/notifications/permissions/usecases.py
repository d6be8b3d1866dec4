"""Noting what customers say, telling what may be sent, forgetting the evidence of the erased."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from guanxi import directory
from guanxi.auth import Principal
from guanxi.bus import log
from guanxi.db import Reader, Tx
from guanxi.events import Event, reports
from guanxi.events.complaints import ComplaintFiledVoided, Ticket
from guanxi.events.notifications import ConsentChanged
from guanxi.problems import Unprocessable
from notifications.permissions import rules, store
from notifications.permissions.rules import Receipt, Standing, Statement, TicketLeave, Verdict
from notifications.permissions.schemas import PermissionStatement


@dataclass(frozen=True, slots=True)
class Question:
    """Whether a message of this purpose may go over this channel to this customer, or about this ticket."""

    purpose: str
    channel: str
    customer_id: UUID | None
    members: tuple[UUID, ...]
    ticket_id: UUID | None


async def state(
    tx: Tx, customer: directory.DirectoryCustomer, said: Sequence[PermissionStatement], principal: Principal
) -> None:
    """Enter what a customer said to one of ours; raises 422 for a time that has not come yet."""
    statements = []
    for n, one in enumerate(said):
        if one.at is not None and one.at > tx.now:
            raise Unprocessable.field(f"permissions[{n}].at", "future", "must not lie in the future")
        statements.append(_stated(tx, customer, one, principal))
    await _take_in(tx, statements, {})


async def take_in_reports(tx: Tx, events: Sequence[Event[reports.ProfileReported]]) -> None:
    """Enter what reported profiles say. Whatever the order in which they come, the newest statement holds."""
    statements = [said for event in events for said in rules.reported(event)]
    causes = {said.permission_id: event for event in events for said in rules.reported(event)}
    await _take_in(tx, await _of_the_living(tx, statements), causes)


async def correct_reports(tx: Tx, events: Sequence[Event[Any]], floors: Mapping[UUID, int]) -> None:
    """Take back grants of earlier revisions of these reports. Refusals stay: nobody is written to by mistake."""
    await store.raise_floors(tx, floors, {event.aggregateid: event.data.unit for event in events})
    known = await store.lock_reported(tx, floors)
    of_report = {event.aggregateid: event for event in events}
    causes: dict[UUID | None, Event[Any]] = {
        one: max((of_report[report] for report in reports), key=lambda event: event.time)
        for one, reports in known.items()
    }
    await _publish(tx, await store.fold(tx, list(known)), causes)


async def note_tickets(tx: Tx, events: Sequence[Event[Ticket]]) -> None:
    """Keep the address given for each complaint, as leave to write about it only; a fact without one takes it back."""
    await _keep(tx, [rules.leave_of(event) for event in events])


async def void_tickets(tx: Tx, events: Sequence[Event[ComplaintFiledVoided]]) -> None:
    """Nobody complained: no address, and nothing to be sent about it, whatever else comes and when."""
    await _keep(tx, [rules.void_of(event) for event in events])


async def enter(tx: Tx, said: Sequence[Statement]) -> None:
    """Enter what came by a link, or that a customer was asked; what it is about is held by `hold` before."""
    await _take_in(tx, said, {})


async def hold(tx: Tx, questions: Sequence[Question], *, to_change: bool = False) -> None:
    """Keep the answers to these questions from changing until the transaction ends; `to_change` keeps others out."""
    asked = [(member, one.purpose, one.channel) for one in questions for member in one.members]
    await store.hold(tx, asked, (one.ticket_id for one in questions if one.ticket_id), to_change=to_change)


async def judge(reader: Reader, questions: Sequence[Question]) -> list[Verdict]:
    """Answer each question by the ledger as it is now. Who acts on an answer calls `hold` before."""
    said = await store.standings(reader, (member for asked in questions for member in asked.members))
    ticket_ids = {asked.ticket_id for asked in questions if asked.ticket_id}
    leaves = {one.ticket_id: one for one in await store.ticket_leaves(reader, ticket_ids)}
    withdrawn = await store.ticket_withdrawals(reader, ticket_ids)
    return [_answer(asked, said, leaves, withdrawn) for asked in questions]


async def effective(reader: Reader, customer_ids: Sequence[UUID]) -> list[store.Held]:
    """For each purpose and channel the one record that decides over these members."""
    groups: dict[tuple[str, str], list[store.Held]] = {}
    for one in await store.held(reader, customer_ids):
        groups.setdefault((one.purpose, one.channel), []).append(one)
    return [max(group, key=_weight) for group in groups.values()]


async def receipt(reader: Reader, event_id: UUID) -> Receipt | None:
    """What the customer said that the ledger holds under this id."""
    return await store.receipt(reader, event_id)


async def erase(tx: Tx, customer_ids: Sequence[UUID]) -> int:
    """Blank evidence and addresses; that something was allowed or refused stays, without a person to it."""
    return await store.blank(tx, customer_ids)


def _weight(one: store.Held) -> tuple[int, datetime]:
    if one.state in rules.REFUSALS:
        return 2, one.said_at
    return int(one.state == rules.GRANTED), one.said_at


def _answer(
    asked: Question,
    said: Iterable[store.Said],
    leaves: Mapping[UUID, TicketLeave],
    withdrawn: Iterable[store.Said],
) -> Verdict:
    def about(all_said: Iterable[store.Said], ids: Iterable[UUID | None]) -> list[Standing]:
        wanted = set(ids)
        return [
            one.standing
            for one in all_said
            if one.about in wanted and (one.purpose, one.channel) == (asked.purpose, asked.channel)
        ]

    leave = leaves.get(asked.ticket_id) if asked.ticket_id else None
    for_ticket = about(withdrawn, [asked.ticket_id])
    if leave and leave.standing and (rules.ABOUT_TICKETS, leave.channel) == (asked.purpose, asked.channel):
        for_ticket.append(leave.standing)
    verdict = rules.judge(asked.customer_id, about(said, asked.members), for_ticket)
    return replace(verdict, allowed=False, address=None, void=True) if leave and leave.void else verdict


def _stated(
    tx: Tx, customer: directory.DirectoryCustomer, said: PermissionStatement, principal: Principal
) -> Statement:
    return Statement(
        id=tx.new_id(),
        customer_id=customer.id,
        purpose=said.purpose,
        channel=said.channel,
        state=said.state,
        said_at=said.at or tx.now,
        evidence=said.evidence,
        actor=principal.subject,
        unit=customer.unit_id or principal.unit,
    )


async def _keep(tx: Tx, leaves: Sequence[TicketLeave]) -> None:
    found = await directory.share_locked_many(tx, (one.customer_id for one in leaves if one.customer_id is not None))
    erased = {one.id for one in found.values() if one.erased}
    await store.set_tickets(tx, [replace(one, address=None) if one.customer_id in erased else one for one in leaves])


async def _of_the_living(tx: Tx, statements: Sequence[Statement]) -> list[Statement]:
    found = await directory.share_locked_many(tx, (s.customer_id for s in statements if s.customer_id is not None))
    erased = {one.id for one in found.values() if one.erased}
    return [said for said in statements if said.customer_id not in erased]


async def _take_in(tx: Tx, statements: Sequence[Statement], causes: Mapping[UUID | None, Event[Any]]) -> None:
    if statements:
        locked = await store.lock(tx, statements)
        await store.enter(tx, statements)
        await _publish(tx, await store.fold(tx, locked), causes)


async def _publish(tx: Tx, changed: Sequence[store.Changed], causes: Mapping[UUID | None, Event[Any]]) -> None:
    drafts = []
    for one in changed:
        cause = causes.get(one.id)
        fact = ConsentChanged(
            permission_id=one.id,
            purpose=one.purpose,
            channel=one.channel,
            state=one.state,
            previous_state=one.previous,
            unit=one.unit_id,
            source=cause.data.source if cause else None,
            at=one.said_at,
        )
        subject, at = one.customer_id, cause.time if cause else None
        drafts.append(
            log.draft(tx, fact, aggregate=one.id, sequence=one.version, subject=subject, time=at, cause=cause)
        )
    await log.record(tx, *drafts)
