"""Queueing, claiming and settling messages; the permission is asked in the transaction that claims the send."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from guanxi import directory
from guanxi.auth import Principal
from guanxi.db import Reader, Tx
from guanxi.problems import NotFound
from notifications.links import Links
from notifications.messages import facts, rules, store
from notifications.messages.mail import Letter, provider_key
from notifications.messages.rules import Message, Send, Suppress, Wanted
from notifications.messages.smtp import Answer
from notifications.messages.store import Outcome
from notifications.messages.words import values_of
from notifications.permissions import Question, Receipt, Verdict
from notifications.permissions import usecases as permissions
from notifications.settings import Settings
from notifications.templates import usecases as templates
from notifications.templates.rules import Template, TemplateRefusedError, best_language, render

_STATUS = {"sent": "sent", "unknown": "unknown", "permanent": "failed", "temporary": "queued"}
_REASONS = {"unknown": "no_answer", "permanent": "refused", "temporary": "retry"}


@dataclass(frozen=True, slots=True)
class _Sending:
    settings: Settings
    links: Links
    words: Mapping[tuple[str, str, str], Template]
    heard: rules.Heard
    members: Mapping[UUID, tuple[UUID, ...]]


@dataclass(frozen=True, slots=True)
class Claimed:
    """A message that this sender, and no other, is to send now."""

    message: Message
    letter: Letter


async def queue(tx: Tx, wanted: Iterable[Wanted]) -> None:
    """Queue messages; one whose intent was queued before is left out."""
    await store.queue(tx, wanted)


async def drop_for_tickets(tx: Tx, ticket_ids: Sequence[UUID]) -> None:
    """Forget what is still waiting about complaints that were never made."""
    await facts.tell(tx, await store.drop_for_tickets(tx, ticket_ids, "superseded"))


async def claim(
    tx: Tx, settings: Settings, links: Links, most: int, permissions_up_to: datetime | None
) -> tuple[int, list[Claimed]]:
    """Take messages whose turn it is: each is suppressed, held, or claimed for sending, by what holds at this time.

    Gives how many were looked at, and those that were claimed. `permissions_up_to` is up to when all permissions have
    surely been read; a mark tells only of what is looked for after it was read.
    """
    due = await store.due(tx, most)
    if not due:
        return 0, []
    heard = rules.Heard((await directory.watermark(tx))[0], permissions_up_to)
    families = await directory.families(tx, (one.customer_id for one in due if one.customer_id))
    members = {one: tuple(family) for family in families.values() for one in family}
    known = await directory.share_locked_at_once(tx, members)
    staff = await directory.employees(tx, [one.employee_id for one in due if one.employee_id])
    units = await directory.lineage(tx, (one.unit_id for one in staff.values())) if staff else {}
    questions = [_question(one, members) for one in due]
    await permissions.hold(tx, questions)
    verdicts = await permissions.judge(tx, questions)
    words = await templates.in_force(tx, [one.template for one in due])
    sending = _Sending(settings, links, words, heard, members)
    await store.lock_families(tx, _told_once(due, families))
    taken = []
    for message, verdict in zip(due, verdicts, strict=True):
        reader = _reader(message, members, known, _present(message, staff, units, tx.now), settings)
        taken.append(await _take(tx, message, reader, verdict, sending))
    await facts.tell(tx, (one for one in taken if isinstance(one, Message)))
    return len(due), [one for one in taken if isinstance(one, Claimed)]


async def settle(tx: Tx, message: Message, answer: Answer) -> None:
    """Note what became of a send, and tell; one that never came to the letter is as if it had not been begun."""
    if answer.outcome == "away":
        await store.release(tx, message.id, "server_away")
        return
    ended = await _settle(tx, message, answer)
    await facts.tell(tx, [ended] if ended else [])


async def lose_interrupted(tx: Tx) -> int:
    """Mark as unknown what a process that died was sending; it is never sent again by itself."""
    lost = await store.lose(tx)
    await facts.tell(tx, lost)
    return len(lost)


async def erase(tx: Tx, customer_ids: Sequence[UUID]) -> int:
    """Blank addresses and what providers said, and stop what still waits, which is told without naming anybody."""
    changed, stopped = await store.erase(tx, customer_ids)
    await facts.tell(tx, stopped)
    return changed


async def page(  # noqa: PLR0913 - one argument for each filter
    reader: Reader,
    principal: Principal,
    *,
    customer_id: UUID | None,
    status: str | None,
    after: Sequence[Any] | None,
    limit: int,
) -> list[Message]:
    """Messages that the caller may see; an internal reader sees those of merged records too."""
    ids = None
    if customer_id is not None:
        ids = await directory.members(reader, customer_id) if principal.internal else [customer_id]
    return await store.page(reader, principal, customer_ids=ids, status=status, after=after, limit=limit)


async def get(reader: Reader, principal: Principal, message_id: UUID) -> tuple[Message, list[store.Attempt]]:
    """One message with its delivery log, or 404."""
    found = await store.one(reader, message_id)
    if found is None or not (principal.internal or found.unit_id == principal.unit):
        raise NotFound("message")
    return found, await store.attempts(reader, message_id)


async def receipt(reader: Reader, message: Message) -> Receipt | None:
    """What the customer said that let a message go; None for one that was not let."""
    if message.permission_event_id is None or message.status == "suppressed":
        return None
    return await permissions.receipt(reader, message.permission_event_id)


async def one(reader: Reader, message_id: UUID) -> Message | None:
    """One message, whoever may see it."""
    return await store.one(reader, message_id)


async def find(reader: Reader, message_id: UUID | None) -> Message:
    """The message that a link speaks for, or 404 for a link that is none of ours."""
    found = await store.one(reader, message_id) if message_id else None
    if found is None or found.recipient != "customer":
        raise NotFound("message")
    return found


async def _take(
    tx: Tx, message: Message, reader: rules.Reader, verdict: Verdict, sending: _Sending
) -> Claimed | Message | None:
    # A message as it is now is one that has come to its end and is to be told of.
    decision = rules.decide(message, reader, verdict, tx.now, sending.settings.quiet, sending.heard)
    if isinstance(decision, Suppress):
        return await _suppress(tx, message, decision)
    if not isinstance(decision, Send):
        await store.hold(tx, message.id, decision.status, decision.until)
        return None
    if await _told_elsewhere(tx, message, sending):
        return await _suppress(tx, message, Suppress("duplicate", decision.permission_event_id))
    return await _claim_one(tx, message, reader, decision, sending)


async def _claim_one(
    tx: Tx, message: Message, reader: rules.Reader, decision: Send, sending: _Sending
) -> Claimed | Message | None:
    language = best_language(reader.language, sending.settings.default_language)
    template = sending.words[message.template, language, message.channel]
    await store.claim(
        tx,
        message.id,
        address=decision.address,
        address_of=decision.address_of,
        permission_event_id=decision.permission_event_id,
        template_id=template.id,
        language=language,
        provider_key=provider_key(message.id, sending.settings.sender),
    )
    claimed = replace(message, attempts=message.attempts + 1, language=language)
    try:
        return Claimed(claimed, _letter(claimed, decision.address, reader, template, sending, tx.now))
    except TemplateRefusedError as error:
        return await _settle(tx, claimed, Answer("permanent", detail=str(error)))


def _letter(  # noqa: PLR0913 - what a letter is made of
    message: Message, address: str, reader: rules.Reader, template: Template, sending: _Sending, now: datetime
) -> Letter:
    to_customer = message.recipient == "customer"
    links = sending.links
    why, stop = (links.why(message.id), links.unsubscribe(message.id)) if to_customer else (None, None)
    filled = render(template, values_of(message, reader, template.language, links), why=why)
    key = provider_key(message.id, sending.settings.sender)
    return Letter(address, filled.subject, filled.text, filled.html, filled.language, key, now, stop)


def _told_once(due: Iterable[Message], families: Mapping[UUID, Sequence[UUID]]) -> set[tuple[str, UUID, UUID]]:
    canonical = {one: top for top, family in families.items() for one in family}
    return {
        (one.intent, one.cause_id, canonical[one.customer_id])
        for one in due
        if one.intent in rules.ONCE and one.customer_id
    }


async def _told_elsewhere(tx: Tx, message: Message, sending: _Sending) -> bool:
    if message.intent not in rules.ONCE or message.customer_id is None:
        return False
    return await store.told_elsewhere(tx, message, sending.members[message.customer_id])


def _reader(
    message: Message,
    members: Mapping[UUID, tuple[UUID, ...]],
    known: Mapping[UUID, directory.DirectoryCustomer],
    employee: directory.Employee | None,
    settings: Settings,
) -> rules.Reader:
    zone = settings.default_time_zone
    if message.recipient == "employee":
        addresses = (employee.email,) if employee and employee.email else ()
        return rules.Reader((employee.name or "") if employee else "", addresses, None, rules.zone_of(None, zone))
    family = members.get(message.customer_id, ()) if message.customer_id else ()
    return rules.reader_of(message.customer_id, family, known, zone)


def _present(
    message: Message,
    staff: Mapping[UUID, directory.Employee],
    units: Mapping[str, directory.Unit],
    now: datetime,
) -> directory.Employee | None:
    found = staff.get(message.employee_id) if message.employee_id else None
    unit = units.get(found.unit_id) if found else None
    return found if found and found.present(now, directory.zone_of(unit.time_zone if unit else "")) else None


def _question(message: Message, members: Mapping[UUID, tuple[UUID, ...]]) -> Question:
    if message.recipient != "customer":
        return Question(message.message_class, message.channel, None, (), None)
    family = members.get(message.customer_id, ()) if message.customer_id else ()
    return Question(message.message_class, message.channel, message.customer_id, family, message.ticket_id)


async def _suppress(tx: Tx, message: Message, decision: Suppress) -> Message:
    await store.suppress(tx, message.id, decision.reason, decision.permission_event_id)
    return replace(message, version=message.version + 1, status="suppressed", reason=decision.reason)


async def _settle(tx: Tx, message: Message, answer: Answer) -> Message | None:
    end = _outcome(message, answer, tx.now)
    version = await store.settle(tx, message.id, end)
    if version is None or end.again_at is not None:
        return None
    return replace(message, version=version, status=end.status, reason=end.reason)


def _outcome(message: Message, answer: Answer, now: datetime) -> Outcome:
    status, reason, again_at = _STATUS[answer.outcome], _REASONS.get(answer.outcome), None
    if answer.outcome == "temporary" and message.attempts >= rules.MOST_ATTEMPTS:
        status, reason = "failed", "gave_up"
    elif answer.outcome == "temporary":
        again_at = now + rules.pause_before(message.attempts)
    return Outcome(answer.outcome, status, reason, answer.code, answer.detail, again_at)


async def tally(reader: Reader, _source: str, since: datetime) -> dict[str, int]:
    """Count the messages made since a moment, by status."""
    return await store.tally(reader, since)
