"""The staff inbox over HTTP."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import StreamingResponse

from guanxi.http import Forbidden, Page, Paging, Read, Write, if_match, last_event_id, read, sse, streaming, write
from notifications.alerts import stream, usecases
from notifications.alerts.schemas import AcknowledgementPost, AlertRulePut, AlertRuleView, AlertView, State

router = APIRouter(tags=["alerts"])

Reading = Annotated[Read, Depends(read("notifications:read"))]
Writing = Annotated[Write, Depends(write("notifications:write"))]
Acknowledging = Annotated[Write, Depends(write("notifications:read"))]
Updating = Annotated[Write, Depends(write("notifications:write", idempotent=False))]


@router.get("/inbox")
async def get_inbox(
    call: Reading,
    page: Paging,
    state: Annotated[State | None, Query()] = None,
    employee_id: Annotated[UUID | None, Query(description="Another employee's, for administrators.")] = None,
) -> Page[AlertView]:
    """Your alerts, newest first, and those that stand there for all of your unit."""
    async with call.pool.read() as reader:
        rows = await usecases.inbox(
            reader, call.principal, employee_id=employee_id, state=state, after=page.after, limit=page.limit
        )
    return page.cut([AlertView.model_validate(row, from_attributes=True) for row in rows], lambda row: (row.id,))


@router.get("/inbox/stream", response_class=StreamingResponse)
@streaming
async def stream_inbox(request: Request, call: Reading) -> StreamingResponse:
    """Your inbox as server-sent events: each new or changed alert as `event: alert`.

    `Last-Event-ID` resumes without a gap; around it an alert may come twice, with the same id and version.
    """
    employee_id, unit = usecases.whose_inbox(call.principal, None)
    return sse(stream.changes(call.pool, employee_id, unit or call.principal.unit, last_event_id(request)))


@router.get("/alerts/{alert_id}")
async def get_alert(alert_id: UUID, call: Reading) -> AlertView:
    """One alert of yours."""
    async with call.pool.read() as reader:
        return AlertView.model_validate(await usecases.get(reader, call.principal, alert_id), from_attributes=True)


@router.post("/alerts/{alert_id}/acknowledgement", status_code=201)
async def post_acknowledgement(alert_id: UUID, body: AcknowledgementPost, call: Acknowledging) -> AlertView:
    """Say that you are on it (`seen`) or that nothing is left to do (`done`). Either keeps it from going up."""
    async with call.once() as once:
        if once.replay:
            found = await usecases.get(once.tx, call.principal, once.replay)
        else:
            found = await usecases.acknowledge(once.tx, alert_id, body, call.principal)
            once.created(
                found.id, f"/v1/alerts/{found.id}", found.version, customer_id=found.customer_id, state=found.state
            )
    return AlertView.model_validate(found, from_attributes=True)


@router.get("/alert-rules")
async def list_alert_rules(call: Reading) -> list[AlertRuleView]:
    """Which facts tell whom."""
    async with call.pool.read() as reader:
        return [AlertRuleView.model_validate(one, from_attributes=True) for one in await usecases.list_rules(reader)]


@router.put("/alert-rules/{code}")
async def put_alert_rule(
    code: str, body: AlertRulePut, call: Updating, version: Annotated[int, Depends(if_match)]
) -> AlertRuleView:
    """Change whom a fact tells. Only units of the firm may; alerts raised before stay as they are."""
    if not call.principal.internal:
        raise Forbidden
    async with call.change() as change:
        rule = await usecases.put_rule(change.tx, code, body, version)
        change.done(rule.id, rule.version, code=code)
    return AlertRuleView.model_validate(rule, from_attributes=True)
