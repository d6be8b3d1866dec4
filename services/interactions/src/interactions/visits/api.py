"""Daily visit reports over HTTP."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends

from guanxi.http import Page, Paging, Read, Write, read, set_etag, write
from interactions import scope
from interactions.contacts.schemas import InteractionRow
from interactions.visits import usecases
from interactions.visits.schemas import NewVisitReport, VisitLineRead, VisitReportRead, VisitReportRow
from interactions.visits.usecases import Told

router = APIRouter(tags=["visits"])
CanRead = Annotated[Read, Depends(read("interactions:read"))]
CanWrite = Annotated[Write, Depends(write("interactions:write"))]


@router.post("/visit-reports", status_code=201)
async def report_day(body: NewVisitReport, call: CanWrite) -> VisitReportRead:
    """Hand in an employee's day on the road, once a day (409 `visit-report-exists` after that).

    Each visit becomes a contact of kind `visit` with its cues and promises, and its next step a plan item: all of them
    or, where one is wrong, none. What turns out to be wrong later is corrected at the contact. Internal units only.
    """
    scope.only_internal(call.principal, "visit report")
    await usecases.known_customers(call.pool, call.principal, body)
    async with call.once() as once:
        if once.replay:
            return _shown(await usecases.tell(once.tx, call.principal, once.replay))
        told = await usecases.report(once.tx, call.principal, body)
        once.created(told.report.id, f"/v1/visit-reports/{told.report.id}", told.report.version)
    return _shown(told)


@router.get("/visit-reports", response_model=Page[VisitReportRow])
async def list_visit_reports(call: CanRead, paging: Paging, employee: UUID | None = None) -> object:
    """Days on the road, the last handed in first."""
    found = await usecases.page(call.pool, call.principal, employee, paging.after, paging.limit)
    return paging.cut(found, lambda one: (one.recorded_at, one.id))


@router.get("/visit-reports/{visit_report_id}")
async def read_visit_report(visit_report_id: UUID, call: CanRead) -> VisitReportRead:
    """One day on the road with its visits, each as its contact stands now."""
    async with call.pool.read() as reader:
        told = await usecases.tell(reader, call.principal, visit_report_id)
    set_etag(call.response, told.report.version)
    return _shown(told)


def _shown(told: Told) -> VisitReportRead:
    lines = [
        VisitLineRead(
            n=one.n,
            role=one.role,
            contact=InteractionRow.model_validate(told.contacts[one.contact_id]),
            plan_item_id=one.plan_item_id,
            next_item_id=one.next_item_id,
        )
        for one in told.lines
    ]
    return VisitReportRead.model_construct(**dict(VisitReportRow.model_validate(told.report)), lines=lines)
