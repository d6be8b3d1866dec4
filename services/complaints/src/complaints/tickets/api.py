"""Reading complaints."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query

from complaints.answers import usecases as answers
from complaints.custody import usecases as custody
from complaints.deadlines import usecases as deadlines
from complaints.fields import Body, Cause, Code, Level, UtcTime
from complaints.problems import usecases as problems
from complaints.tickets import schemas, usecases
from complaints.tickets.rules import Wanted
from complaints.tickets.schemas import ComplaintItem, ComplaintRead, StatusName
from guanxi import directory
from guanxi.db import Reader as DbReader
from guanxi.http import Page, Paging, Read, read, set_etag

router = APIRouter(tags=["complaints"])
Reader = Annotated[Read, Depends(read("complaints:read"))]


class Filters(Body):
    """Which complaints to list; all that are given must fit."""

    status: list[StatusName] | None = None
    holder_unit: Code | None = None
    holder: UUID | None = None
    """The employee who holds it."""
    customer_id: UUID | None = None
    """With all records that were merged with this customer, for internal readers."""
    cause: Cause | None = None
    level: Level | None = None
    escalated: bool | None = None
    overdue: bool | None = None
    """Promised before now, not answered, and not waiting for the customer."""
    since: UtcTime | None = None
    limit: int | None = None
    cursor: str | None = None


@router.get("/complaints")
async def list_complaints(call: Reader, page: Paging, filters: Annotated[Filters, Query()]) -> Page[ComplaintItem]:
    """Complaints, newest first. Readers of an external unit see those of their own unit."""
    async with call.pool.read() as reader:
        wanted = await _wanted(call, reader, filters)
        rows = await usecases.listed(reader, call.principal, wanted, page.after, page.limit)
        outsider = await usecases.outsider(reader, call.principal)
    return page.cut([schemas.item(row, outsider) for row in rows], lambda row: (row.filed_at, row.id))


@router.get("/complaints/{complaint_id}")
async def get_complaint(complaint_id: UUID, call: Reader) -> ComplaintRead:
    """One complaint with its custody, answers, replies, verdicts, deadlines and the uniform solution, if there is one.

    An external reader sees our units by their names, and nothing of what was said among ourselves.
    """
    async with call.pool.read() as reader:
        ticket = await usecases.read(reader, call.principal, complaint_id)
        said = await answers.of_complaint(reader, complaint_id)
        periods = await custody.of_complaint(reader, complaint_id)
        due = await deadlines.of_complaint(reader, complaint_id)
        outsider = await usecases.outsider(reader, call.principal)
        solution = None if outsider else await problems.solution(reader, ticket.cause, ticket.sku)
    shown = schemas.whole(ticket, outsider).model_copy(
        update={
            "custody": [schemas.PeriodRead.model_validate(period) for period in periods],
            "deadlines": [schemas.DeadlineRead.model_validate(deadline) for deadline in due],
            "answers": [schemas.AnswerRead.model_validate(answer) for answer in said.answers],
            "replies": [schemas.ReplyRead.model_validate(reply) for reply in said.replies],
            "verdicts": [schemas.VerdictRead.model_validate(verdict) for verdict in said.verdicts],
            "solution": schemas.UniformSolution.model_validate(solution) if solution else None,
        }
    )
    if outsider is not None:
        shown = schemas.without_our_own(shown, outsider)
    set_etag(call.response, ticket.version)
    return await call.show(shown, "complaint", ticket.id, ticket.customer_id)


async def _wanted(call: Read, reader: DbReader, filters: Filters) -> Wanted:
    customers = None
    if filters.customer_id is not None:
        internal = call.principal.internal
        customers = await directory.members(reader, filters.customer_id) if internal else [filters.customer_id]
    return Wanted(
        now=call.pool.clock.now(),
        customers=customers,
        holder_id=filters.holder,
        **filters.model_dump(include={"status", "holder_unit", "cause", "level", "escalated", "overdue", "since"}),
    )
