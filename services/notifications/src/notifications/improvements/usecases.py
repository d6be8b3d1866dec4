"""Telling complainants what was changed, asking them later, and saying when all of them have heard."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from guanxi import directory, due
from guanxi.auth import Principal
from guanxi.bus import log
from guanxi.db import Reader, Tx
from guanxi.events import Event
from guanxi.events.improvements import ComplaintImproved, ImprovementPublished
from guanxi.events.notifications import ImprovementTold, NotTold
from guanxi.problems import NotFound
from notifications import bell
from notifications.improvements import rules, store
from notifications.improvements.rules import Improvement, Tally, Telling
from notifications.messages import usecases as messages
from notifications.messages.rules import GATHER, IMPROVEMENT_DUE, Message

ASKING = "improvement-asking"
ASK_AFTER = timedelta(days=30)
"""How long after they were told customers are asked whether it is better: time enough to have seen it."""


@dataclass(frozen=True, slots=True)
class Shown:
    """An improvement, what came of its tellings, and a page of them with the ids that stand for the customers."""

    improvement: Improvement
    counted: Tally
    page: list[Telling]
    canonical: dict[UUID, UUID]


async def publish(tx: Tx, events: Sequence[Event[ImprovementPublished]]) -> None:
    """Keep what was changed, and look whether all have been told already, as when it concerns nobody."""
    await _look_again(tx, events)
    await store.publish(tx, events)


async def tell(tx: Tx, events: Sequence[Event[ComplaintImproved]]) -> None:
    """Queue a message to each record of a customer that an improvement concerns, once.

    Records of one customer, joined before or after, are told once all the same: see `messages.rules.ONCE`.
    """
    await _look_again(tx, events)
    await store.concern(tx, events)
    await messages.queue(tx, filter(None, (rules.wanted_of(event, tx.now) for event in events)))
    tx.after_commit(bell.MESSAGES.ring)


async def look(tx: Tx, improvement_id: UUID, _at: datetime) -> None:
    """Say what came of it once all have an outcome, and anew when that changes; set when to ask those who were told.

    Where fewer have come than complained it looks again after a quiet time: see `rules.awaited_until`.
    """
    found = await store.lock(tx, improvement_id)
    if found is None:
        return  # it looks again when the improvement itself is read
    await _ask_later(tx, improvement_id)
    counted = rules.tally(await store.counted(tx, improvement_id))
    said: dict[str, Any] = {"told": counted.told, "not_told": counted.not_told}
    if said == found.said or counted.pending:
        return
    until = rules.awaited_until(found, counted)
    if until is not None and until > tx.now:
        await due.schedule(tx, until, IMPROVEMENT_DUE, improvement_id)
        return
    number = await store.say(tx, improvement_id, said)
    fact = ImprovementTold(
        improvement_id=improvement_id,
        told=counted.told,
        not_told=tuple(NotTold(reason=reason, customers=n) for reason, n in counted.not_told.items()),
        finished_at=tx.now,
    )
    await log.record(tx, log.draft(tx, fact, aggregate=improvement_id, sequence=number, subject=None))


async def ask(tx: Tx, telling_id: UUID, _at: datetime) -> None:
    """Ask one who was told whether it is better now; the permission for it is asked when the message's turn comes."""
    told = await store.telling(tx, telling_id)
    improvement = await store.one(tx, told.improvement_id) if told else None
    if told is None or improvement is None:
        return
    await messages.queue(tx, [rules.asking(told, improvement)])
    tx.after_commit(bell.MESSAGES.ring)


async def reply(tx: Tx, asked: Message, *, better: bool) -> None:
    """Take the answer to the message that asked."""
    if asked.customer_id is not None:
        await store.reply(tx, asked.cause_id, asked.customer_id, better=better)


async def replied(reader: Reader, asked: Message) -> bool | None:
    """What was answered to the message that asked, if anything."""
    if asked.customer_id is None:
        return None
    found = await store.telling(reader, rules.telling_id(asked.cause_id, asked.customer_id))
    return found.better if found else None


async def show(
    reader: Reader, principal: Principal, improvement_id: UUID, *, after: Sequence[Any] | None, limit: int
) -> Shown:
    """What came of an improvement's tellings; 404 for what was never published, and for other units than the firm's."""
    found = await store.one(reader, improvement_id) if principal.internal else None
    if found is None:
        raise NotFound("improvement")
    counted = rules.tally(await store.counted(reader, improvement_id))
    page = await store.page(reader, improvement_id, after[0] if after else None, limit)
    canonical = await directory.canonical_ids(reader, (one.customer_id for one in page))
    return Shown(found, counted, page, canonical)


async def _look_again(tx: Tx, events: Sequence[Event[ImprovementPublished] | Event[ComplaintImproved]]) -> None:
    # The moment's row before all others, as the loop of due moments takes them: so nobody waits in a ring.
    at = tx.now + GATHER
    await due.schedule_all(tx, IMPROVEMENT_DUE, {event.data.improvement_id: at for event in events})


async def _ask_later(tx: Tx, improvement_id: UUID) -> None:
    moments = await store.ask_later(tx, improvement_id, ASK_AFTER)
    if moments:
        await due.schedule_all(tx, ASKING, moments)
