"""Routes of inbound reports: the HTTP way in and the sender's desk."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query

from customer_profile.intake import batches, desk
from customer_profile.intake.schemas import (
    BATCH_BODY,
    BatchResult,
    CheckResult,
    DoorName,
    Figures,
    InboundReport,
    InboundReportDetail,
    Mending,
    ReportStatus,
)
from customer_profile.sources.schemas import SourceName
from guanxi.http import Page, Paging, Read, Write, body_limit, if_match, read, set_etag, write

router = APIRouter(tags=["inbound events"])

Reading = Annotated[Read, Depends(read("reports:publish"))]
Writing = Annotated[Write, Depends(write("reports:publish"))]
Changing = Annotated[Write, Depends(write("reports:publish", idempotent=False))]


@router.post("/inbound-events", status_code=202, openapi_extra={"requestBody": BATCH_BODY})
@body_limit(batches.MAX_BODY, check_json=False)
async def submit_events(
    call: Writing, via: Annotated[DoorName, Query(pattern="^(http|import)$")] = "http"
) -> BatchResult:
    """Report up to 500 events, 4 MiB in all, 256 KiB and 2,000 lines an event, as a JSON array of CloudEvents.

    Each event gets a result: `received`, `duplicate`, or `rejected` with its faults by field. A bad event never
    disturbs its neighbours; only a body that is no JSON array is refused whole. Only publishers of the token's unit
    are taken. What was rejected lies at `/v1/inbound-events` and can be mended and resubmitted there.
    """
    async with call.once() as once:
        if once.replay:
            return await batches.find(once.tx, once.replay, call.principal)
        door: Literal["http", "import"] = "import" if via == "import" else "http"
        batch_id = once.tx.new_id()
        answer = await batches.submit(once.tx, await call.request.body(), call.principal, door, batch_id)
        once.accepted(batch_id, f"/v1/inbound-batches/{batch_id}")
    return answer


@router.get("/inbound-batches/{batch_id}")
async def read_batch(batch_id: UUID, call: Reading) -> BatchResult:
    """Read again what a batch was answered, for a day."""
    async with call.pool.read() as reader:
        return await batches.find(reader, batch_id, call.principal)


@router.post("/inbound-events/check", openapi_extra={"requestBody": BATCH_BODY})
@body_limit(batches.MAX_BODY, check_json=False)
async def check_events(call: Reading) -> CheckResult:
    """Check events before going live: the faults that intake would find, and nothing is stored.

    What depends on other events (a reused id, a reference reported before) shows only when they are sent.
    """
    async with call.pool.read() as reader:
        body = await call.request.body()
        return CheckResult(results=await batches.check(reader, body, call.principal, call.pool.clock.now()))


@router.get("/inbound-events", response_model=Page[InboundReport])
async def list_reports(
    call: Reading,
    paging: Paging,
    source: Annotated[SourceName | None, Query()] = None,
    status: Annotated[ReportStatus | None, Query()] = None,
) -> Page[Any]:
    """List what came in, newest first: the desk of the sender. An external unit sees its own."""
    async with call.pool.read() as reader:
        rows = await desk.page(reader, call.principal, source, status, paging.after, paging.limit)
    return paging.cut(rows, lambda row: (row.id,))


@router.get("/inbound-events/{report_id}")
async def read_report(report_id: UUID, call: Reading) -> InboundReportDetail:
    """Read one report with its body and, when it was rejected, every fault by field."""
    found = await desk.show(call, report_id)
    set_etag(call.response, found.version)
    return found


@router.put("/inbound-events/{report_id}")
@body_limit(batches.MAX_MENDING)
async def mend_report(
    report_id: UUID, mending: Mending, call: Changing, version: Annotated[int, Depends(if_match)]
) -> InboundReportDetail:
    """Mend a rejected report's data. What it was before is kept; it stays rejected until it is resubmitted."""
    async with call.change() as change:
        mended = await desk.mend(change.tx, report_id, mending, version, call.principal)
        change.done(mended.id, mended.version)
    return mended


@router.post("/inbound-events/{report_id}/resubmission", status_code=202)
async def resubmit_report(report_id: UUID, call: Writing) -> InboundReport:
    """Send a rejected report through intake again, as it was mended; 409 when it is not rejected."""
    async with call.once() as once:
        if once.replay:
            return await desk.find(once.tx, once.replay, call.principal)
        report = await desk.resubmit(once.tx, report_id, call.principal)
        once.accepted(report.id, f"/v1/inbound-events/{report.id}", report.version)
    return report


@router.get("/sources/{name}/figures")
async def read_figures(name: SourceName, call: Reading) -> Figures:
    """Count what came in from one publisher and what became of it: the sums add up to `events`."""
    async with call.pool.read() as reader:
        return await desk.figures(reader, name, call.principal)
