"""Scores over HTTP. All of these are for internal readers; to an external unit every customer is 404 here."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query

from guanxi.events.fields import UtcTime
from guanxi.http import NotFound, Page, Paging, Read, Unprocessable, plain, read
from guanxi.service import settings_of
from scoring.scorecards import files
from scoring.scores import reading
from scoring.scores.reading import LEADING_PERCENT, Whole
from scoring.scores.rules import Place
from scoring.scores.schemas import (
    ExplanationRead,
    ParetoRead,
    RankedRead,
    ScoreRead,
    ScoresRead,
    explanation_read,
    score_read,
)
from scoring.settings import Settings

router = APIRouter(tags=["scores"])
Reader = Annotated[Read, Depends(read("scores:read"))]
Config = Annotated[Settings, Depends(settings_of)]
AsOf = Annotated[date | None, Query(description="A day in the firm's time zone; today, if not given.")]
KnownAt = Annotated[UtcTime | None, Query(description="Only what had been learned by then counts.")]
Kind = Annotated[str, Query(description="`value.existing`, `value.influence`, `trust`, `satisfaction`, ...")]


@router.get("/customers/{customer_id}/scores")
@plain
async def get_scores(
    customer_id: UUID, call: Reader, config: Config, as_of: AsOf = None, known_at: KnownAt = None
) -> ScoresRead:
    """What the relationship is worth and how it stands, over all records merged into the customer.

    Asked about a record that was merged into another, it answers with the other's scores and `Content-Location`. With
    `as_of` or `known_at` the scores are computed anew from the facts of then, by the rules in force and over the
    members of today: the same question has the same answer on any day until either changes. `history` keeps what was
    said at the time, and by which version.
    """
    customer, found = await reading.present(call.pool, call.principal, customer_id)
    _elsewhere(call, customer, customer_id, "scores")
    at = reading.moment(call.pool.clock.now(), config.zone, as_of, known_at)
    if as_of or known_at or not found:
        found = await reading.computed(call.pool, customer, at)
    items = [score_read(one, reading.card_of(one.score.kind)) for one in found]
    return ScoresRead(customer_id=customer.id, members=list(customer.members), items=items)


@router.get("/customers/{customer_id}/scores/history")
async def get_history(customer_id: UUID, kind: Kind, call: Reader, paging: Paging) -> Page[ScoreRead]:
    """The scores of one kind on the days when something about them changed, newest first.

    Each holds from its day until the next one's.
    """
    card = reading.card_of(kind)
    customer = await _customer(call, customer_id, "scores/history")
    before = date.fromisoformat(str(paging.after[0])) if paging.after else None
    found = await reading.history(call.pool, customer, kind, before, paging.limit)
    return paging.cut([score_read(one, card) for one in found], lambda one: (one.as_of.isoformat(),))


@router.get("/customers/{customer_id}/scores/{kind}/explanation")
async def explain_score(  # noqa: PLR0913 - one parameter for each of the question's parts
    customer_id: UUID, kind: str, call: Reader, config: Config, as_of: AsOf = None, known_at: KnownAt = None
) -> ExplanationRead:
    """Why: each point with the fact that gave it, and the least change that would move the band or tier."""
    return await _explained(call, config, customer_id, kind, f"scores/{kind}/explanation", as_of, known_at)


@router.get("/customers/{customer_id}/trust")
async def get_trust(
    customer_id: UUID, call: Reader, config: Config, as_of: AsOf = None, known_at: KnownAt = None
) -> ExplanationRead:
    """Trust with its evidence: promises, complaints, deadlines, payments, and whether they would buy again."""
    return await _explained(call, config, customer_id, files.TRUST, "trust", as_of, known_at)


@router.get("/rankings", response_model=Page[RankedRead], responses={404: {}})
async def get_ranking(call: Reader, paging: Paging, kind: Kind = files.VALUE) -> object:
    """Customers by score, best first; those without a value (unrated) have no place."""
    _internal(call)
    after = _place(paging.after)
    found = await reading.ranking(call.pool, kind, after, paging.limit)
    return paging.cut(found, lambda one: (one.rank, one.number, one.customer_id, one.value))


@router.get("/reports/pareto")
async def get_pareto(call: Reader) -> ParetoRead:
    """The share of the last year's profit that the leading fifth of customers brings."""
    _internal(call)
    async with call.pool.read() as reader:
        found = await reading.pareto(reader)
    share = found.leading_profit_minor * 10_000 // found.profit_minor if found.profit_minor else None
    values = {name: getattr(found, name) for name in found.__slots__}
    return ParetoRead(
        **values, currency=files.value_card().rates.currency, leading_percent=LEADING_PERCENT, leading_share_bp=share
    )


async def _explained(  # noqa: PLR0913 - one parameter for each of the question's parts
    call: Read, config: Settings, customer_id: UUID, kind: str, path: str, as_of: date | None, known_at: Any
) -> ExplanationRead:
    card = reading.card_of(kind)
    customer = await _customer(call, customer_id, path)
    now = call.pool.clock.now()
    found = await reading.explained(call.pool, customer, card, reading.moment(now, config.zone, as_of, known_at))
    return explanation_read(found, card, customer.id, now)


async def _customer(call: Read, customer_id: UUID, path: str) -> Whole:
    customer = await reading.whole(call.pool, call.principal, customer_id)
    _elsewhere(call, customer, customer_id, path)
    return customer


def _elsewhere(call: Read, customer: Whole, customer_id: UUID, path: str) -> None:
    if customer.id != customer_id:
        call.response.headers["Content-Location"] = f"/v1/customers/{customer.id}/{path}"


def _internal(call: Read) -> None:
    if not call.principal.internal:
        raise NotFound


def _place(key: Any) -> Place | None:
    if key is None:
        return None
    match key:
        case (int() as rank, int() as number, UUID() as customer_id, int() as value):
            return Place(rank, number, customer_id, value)
    raise Unprocessable.field("cursor", "cursor", "This is no cursor of this list. Start again without one.")
