"""Whom an improvement was told to, over HTTP."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends

from guanxi.http import Paging, Read, read
from notifications.improvements import usecases
from notifications.improvements.rules import Telling
from notifications.improvements.schemas import NotToldView, TellingsView, TellingView

router = APIRouter(tags=["improvements"])

Reading = Annotated[Read, Depends(read("notifications:read"))]


@router.get("/improvements/{improvement_id}/tellings")
async def list_tellings(improvement_id: UUID, call: Reading, page: Paging) -> TellingsView:
    """Whom an improvement was told to, whom not and why, and what they answered when asked whether it is better.

    Only units of the firm may read it.
    """
    async with call.pool.read() as reader:
        shown = await usecases.show(reader, call.principal, improvement_id, after=page.after, limit=page.limit)
    cut = page.cut(shown.page, lambda one: (one.customer_id,))
    found, counted = shown.improvement, shown.counted
    return TellingsView(
        improvement_id=found.id,
        titles=found.titles,
        effective_on=found.effective_on,
        published_at=found.published_at,
        told=counted.told,
        not_told=[NotToldView(reason=reason, customers=n) for reason, n in counted.not_told.items()],
        pending=counted.pending,
        anonymous=found.anonymous,
        asked=counted.asked,
        better=counted.better,
        not_better=counted.not_better,
        finished_at=found.finished_at,
        items=[_view(one, shown.canonical[one.customer_id]) for one in cut.items],
        next=cut.next,
    )


def _view(one: Telling, canonical: UUID) -> TellingView:
    return TellingView(
        customer_id=one.customer_id,
        canonical_id=canonical,
        complaint_id=one.complaint_id,
        outcome=one.outcome,
        reason=one.why_not,
        message_id=one.message_id,
        told_at=one.settled_at if one.outcome == "told" else None,
        ask_at=one.ask_at,
        better=one.better,
        replied_at=one.replied_at,
    )
