"""Inviting customers, printing cards, and taking in what is written on them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from guanxi import directory, due
from guanxi.auth import Principal
from guanxi.bus import log
from guanxi.db import Pool, Reader, Tx
from guanxi.events import Event, Fact
from guanxi.problems import Conflict, NotFound
from interactions import scope, staff
from interactions.cards import codes, rules, store
from interactions.cards.rules import ASKED, DUE_KIND, Card, Filled, Invitation, PrintRun
from interactions.cards.schemas import NewInvitation
from interactions.cards.store import Filter
from interactions.listening import usecases as listening
from interactions.listening.rules import Opinion
from interactions.moments import not_future
from interactions.questionnaires import usecases as questionnaires
from interactions.questionnaires.rules import Questionnaire


@dataclass(frozen=True, slots=True)
class Open:
    """A card with what it asks."""

    card: Card
    asked: Questionnaire


async def invite(tx: Tx, principal: Principal, body: NewInvitation, key: bytes) -> Invitation:
    """Enter that a customer was handed or is sent a questionnaire; 404, 410, 422."""
    await scope.locked_customer(tx, principal, body.customer_id)
    asked = await questionnaires.wanted(tx, body.questionnaire, None, ASKED)
    if body.handed_by is not None:
        await staff.named(tx, principal, body.handed_by, "handed_by")
    invited_at, invitation_id = not_future(body.invited_at, tx.now, "invited_at"), tx.new_id()
    one = Invitation(
        id=invitation_id,
        customer_id=body.customer_id,
        unit_id=principal.unit,
        recorded_at=tx.now,
        questionnaire=asked.code,
        questionnaire_version=asked.version,
        channel=body.channel,
        handed_by=body.handed_by,
        invited_at=invited_at,
        lapses_at=rules.lapses_at(asked, invited_at),
        code_hash=codes.hash_of(codes.code_of(key, invitation_id)),
    )
    await due.schedule(tx, one.lapses_at, DUE_KIND, one.id)
    await store.write(tx, one)
    await log.record(tx, _draft(tx, one, rules.invited(one), one.invited_at))
    return one


async def print_run(tx: Tx, principal: Principal, code: str, count: int, key: bytes) -> PrintRun:
    """Make cards for nobody in particular; 404, 422 for what is not filled in by customers."""
    scope.only_internal(principal, "questionnaire")
    asked = await questionnaires.find(tx, code)
    if asked.kind not in ASKED:
        raise NotFound("card")
    run = PrintRun(
        id=tx.new_id(),
        unit_id=principal.unit,
        recorded_at=tx.now,
        questionnaire=asked.code,
        questionnaire_version=asked.version,
        count=count,
    )
    await store.print_cards(tx, run, [codes.hash_of(one) for one in codes_of(run, key)])
    return run


def code_of(one: Invitation, key: bytes) -> str:
    """The code of an invitation; 409 where another key made it."""
    code = codes.code_of(key, one.id)
    _refuse_another_key(one.code_hash, code)
    return code


def codes_of(run: PrintRun, key: bytes) -> list[str]:
    """The codes of a run's cards, in their order."""
    return [codes.code_of(key, run.id, n) for n in range(1, run.count + 1)]


async def find_run(reader: Reader, run_id: UUID, code: str, key: bytes) -> tuple[PrintRun, Questionnaire]:
    """A print run of a questionnaire with the version that it prints; 404, 409 where another key made its codes."""
    run = await store.find_run(reader, run_id)
    if run is None or run.questionnaire != code:
        raise NotFound("print run")
    _refuse_another_key(await store.first_hash(reader, run_id), codes.code_of(key, run.id, 1))
    return run, await questionnaires.find(reader, run.questionnaire, run.questionnaire_version)


async def open_card(reader: Reader, code: str) -> Open:
    """What a code stands for; 404."""
    return await _opened(reader, await store.card(reader, codes.hash_of(code)))


async def open_unused(reader: Reader, code: str) -> Open:
    """What a code stands for that nobody has used; 404, 409."""
    opened = await open_card(reader, code)
    rules.refuse_used(opened.card)
    return opened


async def respond(tx: Tx, code: str, filled: Filled) -> Opinion:
    """Take in a card; 404 for no code of ours, 409 for one that was used, 410 to sign for who was erased, 422.

    Unless the invited customer signs, what is written leads nowhere: see `rules.anonymous`.
    """
    opened = await _opened(tx, await store.card(tx, codes.hash_of(code), lock=True))
    card, asked = opened.card, opened.asked
    rules.refuse_used(card)
    rules.check(asked, filled)
    if filled.signed and card.invitation and card.invitation.customer_id:
        await directory.share_lock(tx, card.invitation.customer_id)
        opinion = rules.signed(card, asked, filled, tx.new_id(), tx.now)
    else:
        opinion = rules.anonymous(asked, filled, tx.now)
    # What is scheduled of it stays: to take it away now would tell when it was answered.
    if card.invitation:
        await store.write(tx, rules.answered(card.invitation))
    elif card.printed:
        await store.use_printed(tx, *card.printed)
    await listening.give(tx, opinion)
    return opinion


async def lapse(tx: Tx, invitation_id: UUID) -> None:
    """Tell that an invitation was not answered, unless it was."""
    before = await store.lock(tx, invitation_id)
    after = rules.lapsed(before, tx.now) if before else None
    if after is not None:
        await store.write(tx, after)
        await log.record(tx, _draft(tx, after, rules.gone_by(after), after.lapses_at))


async def find(reader: Reader, principal: Principal, invitation_id: UUID) -> Invitation:
    """One invitation; 404 when the reader may not see it."""
    found = await store.find(reader, principal, invitation_id)
    if found is None:
        raise NotFound("invitation")
    return found


async def page(  # noqa: PLR0913 - one argument for each filter
    pool: Pool,
    principal: Principal,
    after: Sequence[Any] | None,
    limit: int,
    *,
    customer_id: UUID | None = None,
    status: str | None = None,
) -> list[Invitation]:
    """Invitations, newest first."""
    ids = await scope.ids_for(pool, principal, customer_id) if customer_id else None
    async with pool.read() as reader:
        return await store.page(reader, principal, Filter(customer_ids=ids, status=status), after, limit)


async def erase(tx: Tx, customer_ids: Sequence[UUID]) -> int:
    """Nothing personal is kept of an invitation; how many there were."""
    return await store.erase(tx, customer_ids)


def _refuse_another_key(stored: str, code: str) -> None:
    # Cards that are out stay good: only their hashes are needed. What cannot be done is to say their codes again.
    if stored != codes.hash_of(code):
        raise Conflict("codes-lost", "The key has been changed since: these codes cannot be shown again.")


async def _opened(reader: Reader, card: Card | None) -> Open:
    if card is None:
        raise NotFound("card")
    return Open(card, await questionnaires.find(reader, card.questionnaire, card.questionnaire_version))


def _draft(tx: Tx, one: Invitation, fact: Fact, time: datetime) -> Event[Any]:
    return log.draft(tx, fact, aggregate=one.id, sequence=one.version, subject=one.customer_id, time=time)
