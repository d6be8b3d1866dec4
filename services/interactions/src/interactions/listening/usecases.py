"""Taking in opinions and mentions, and reading them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar
from uuid import UUID

from guanxi.auth import Principal
from guanxi.bus import log
from guanxi.db import Pool, Reader, Tx
from guanxi.events import Event, Fact
from guanxi.events.interactions import (
    MentionObserved,
    MentionObservedCorrected,
    OpinionGiven,
    OpinionGivenCorrected,
)
from guanxi.events.reports import MentionReported, OpinionReported
from guanxi.problems import NotFound
from interactions import scope
from interactions.listening import rules, store
from interactions.listening.rules import Mention, Opinion
from interactions.questionnaires import usecases as questionnaires
from interactions.reports import usecases as reports
from interactions.timeline import usecases as timeline

R = TypeVar("R", Opinion, Mention)


async def take_in_opinions(tx: Tx, events: Sequence[Event[OpinionReported]]) -> None:
    """Enter reported opinions."""
    admitted = await reports.admit(tx, events)
    asked = await questionnaires.newest_by_code(tx, {one.event.data.questionnaire for one in admitted})
    opinions = [rules.opinion_from(one, asked.get(one.event.data.questionnaire), tx.now) for one in admitted]
    written = await store.write(tx, opinions)
    await _tell(tx, written, {one.event.aggregateid: one.event for one in admitted})


async def give(tx: Tx, opinion: Opinion) -> None:
    """Enter an opinion that came by one of our own cards; the lock of a customer who signed is held."""
    await _tell(tx, await store.write(tx, [opinion]), {})


async def take_in_mentions(tx: Tx, events: Sequence[Event[MentionReported]]) -> None:
    """Enter reported mentions."""
    admitted = await reports.admit(tx, events)
    written = await store.write(tx, [rules.mention_from(one, tx.now) for one in admitted])
    await _tell(tx, written, {one.event.aggregateid: one.event for one in admitted})


async def take_back(tx: Tx, kind: type[R], events: Sequence[Event[Any]]) -> None:
    """Void what nobody said."""
    causes = await reports.void(tx, events)
    voided = await store.void(tx, kind, list(causes), tx.now)
    await timeline.void(tx, [one.id for one in voided])
    await log.record(tx, *(_draft(tx, one, rules.voided(one), causes) for one in voided))


async def find(reader: Reader, principal: Principal, kind: type[R], record_id: UUID) -> R:
    """One opinion or mention; 404 when the reader may not see it."""
    found = await store.find(reader, principal, kind, record_id)
    if found is None:
        raise NotFound(kind.__name__.lower())
    return found


async def page(  # noqa: PLR0913 - one argument for each filter
    pool: Pool,
    principal: Principal,
    kind: type[R],
    after: Sequence[Any] | None,
    limit: int,
    *,
    customer_id: UUID | None = None,
    code: str | None = None,
) -> list[R]:
    """Opinions or mentions, newest first."""
    ids = await scope.ids_for(pool, principal, customer_id) if customer_id else None
    async with pool.read() as reader:
        return await store.page(reader, principal, kind, ids, code, after, limit)


async def erase(tx: Tx, customer_ids: Sequence[UUID]) -> int:
    """Blank what these customers wrote; how many rows."""
    return await store.erase(tx, customer_ids)


async def _tell(tx: Tx, written: Sequence[Opinion | Mention], causes: Mapping[UUID, Event[Any]]) -> None:
    live = [one for one in written if one.voided_at is None]
    await timeline.write(tx, [entry for one in live if (entry := rules.entry(one))])
    await log.record(tx, *(_draft(tx, one, _fact(one), causes) for one in live))


def _fact(one: Opinion | Mention) -> Fact:
    if isinstance(one, Opinion):
        return rules.given(one, OpinionGiven if one.version == 1 else OpinionGivenCorrected)
    return rules.observed(one, MentionObserved if one.version == 1 else MentionObservedCorrected)


def _draft(tx: Tx, one: Opinion | Mention, fact: Fact, causes: Mapping[UUID, Event[Any]]) -> Event[Any]:
    return log.draft(
        tx,
        fact,
        aggregate=one.id,
        sequence=one.version,
        subject=one.customer_id,
        time=rules.moment(one),
        cause=causes.get(one.id),
    )
