"""The sender's desk: what came in, what was refused and why, mending it and sending it again."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import orjson

from customer_profile.identity import usecases as identity
from customer_profile.intake import desk_store, erased, masking, usecases
from customer_profile.intake.case import Again, Door
from customer_profile.intake.desk_store import ReportRow
from customer_profile.intake.envelope import Arrival, read
from customer_profile.intake.schemas import Figures, InboundReport, InboundReportDetail, Mending
from customer_profile.sources import usecases as sources
from guanxi.auth import PII_READ, AuditEntry, Principal, audit
from guanxi.db import Reader, Tx
from guanxi.http import Conflict, NotFound, Read, Stale

_TAKEN_OVER = ("type", "time", "subject", "traceparent", "correlationid")


async def page(  # noqa: PLR0913 - the filters of the list
    reader: Reader,
    principal: Principal,
    source: str | None,
    status: str | None,
    after: Sequence[Any] | None,
    limit: int,
) -> list[InboundReport]:
    """Reports newest first, one more than `limit` when there are more."""
    rows = await desk_store.page(reader, principal, source, status, after, limit)
    return [InboundReport.model_validate(row, from_attributes=True) for row in rows]


async def find(reader: Reader, report_id: UUID, principal: Principal) -> InboundReport:
    """One report without its body; 404 for another unit's."""
    return InboundReport.model_validate(await _row(reader, report_id, principal), from_attributes=True)


async def show(call: Read, report_id: UUID) -> InboundReportDetail:
    """One report with its body: masked, or whole and on record."""
    whole = call.principal.may(PII_READ)
    async with call.pool.begin() as tx:
        row = await _row(tx, report_id, call.principal)
        if whole:
            await _note(tx, "GET", row, call.principal)
    return _detail(row, whole=whole)


async def mend(tx: Tx, report_id: UUID, mending: Mending, version: int, principal: Principal) -> InboundReportDetail:
    """Replace a rejected report's data and keep what it was; 412 when it has changed, 409 when it is not rejected."""
    row = await _rejected(tx, report_id, principal)
    if row.version != version:
        raise Stale(row.version)
    event = _mended(row, mending)
    envelope = read(Arrival(row.source, orjson.dumps(event), row.event_id))
    await erased.refuse(tx, row.source, envelope, subjects=principal.internal)
    await desk_store.keep_revision(tx, row, principal.subject)
    await desk_store.mend(tx, row.id, event, envelope)
    mended, whole = await _row(tx, report_id, principal), principal.may(PII_READ)
    if whole:
        await _note(tx, "PUT", mended, principal)
    return _detail(mended, whole=whole)


async def resubmit(tx: Tx, report_id: UUID, principal: Principal) -> InboundReport:
    """Send a rejected report through intake again, under its own row; 409 when it is not rejected."""
    row = await _rejected(tx, report_id, principal)
    raw = row.raw if row.body is None else orjson.dumps(row.body)
    again = Again(row.id, row.reused, row.body_hash)
    await usecases.take_in(tx, [Arrival(row.source, raw, row.event_id)], _door(row), again)
    return await find(tx, report_id, principal)


async def figures(reader: Reader, name: str, principal: Principal) -> Figures:
    """What became of one publisher's events; 404 for another unit's publisher."""
    publisher = (await sources.named(reader, [name])).get(name)
    if publisher is None or not (principal.internal or publisher.unit == principal.unit):
        raise NotFound("source")
    return await desk_store.figures(reader, name)


async def erase(tx: Tx, customer_ids: Sequence[UUID]) -> int:
    """Drop the bodies and names of what was reported about these customers, refused reports of theirs included.

    Runs before the customers are locked, in the order of a batch: one under way is waited for, a later one finds them
    erased.
    """
    await sources.hold_all(tx)
    return await desk_store.erase(tx, customer_ids, await identity.names_of(tx, customer_ids))


async def _note(tx: Tx, method: str, row: ReportRow, principal: Principal) -> None:
    """Put on record that a caller saw a report whole."""
    action = f"{method} /v1/inbound-events/{{report_id}}"
    await audit(tx, principal, AuditEntry(action, "inbound-report", row.id, row.customer_id, unmasked=True))


async def _row(reader: Reader, report_id: UUID, principal: Principal) -> ReportRow:
    row = await desk_store.find(reader, report_id, principal)
    if row is None:
        raise NotFound("inbound event")
    return row


async def _rejected(tx: Tx, report_id: UUID, principal: Principal) -> ReportRow:
    seen = await _row(tx, report_id, principal)
    # The source before the report, as every batch does.
    await sources.lock(tx, [seen.source])
    row = await desk_store.lock(tx, report_id)
    if row is None or row.status != "rejected":
        raise Conflict("not-rejected", "Only a rejected report can be mended or sent again.")
    return row


def _mended(row: ReportRow, mending: Mending) -> dict[str, Any]:
    """The event as it is to be: only what an event needs is taken over, and `subject: null` takes the customer out."""
    known = {"type": row.type, "time": row.time.isoformat() if row.time else None}
    before = row.body if isinstance(row.body, dict) else known
    event = {name: before[name] for name in _TAKEN_OVER if before.get(name) is not None}
    event |= mending.model_dump(mode="json", include={"type", "time", "subject"}, exclude_none=True)
    if "subject" in mending.model_fields_set and mending.subject is None:
        event.pop("subject", None)
    return event | {"specversion": "1.0", "id": row.event_id, "source": row.source, "data": mending.data}


def _detail(row: ReportRow, *, whole: bool) -> InboundReportDetail:
    body = row.body if whole or row.body is None else masking.masked(row.body)
    raw = b64encode(row.raw).decode() if whole and row.raw is not None else None
    fields = InboundReport.model_validate(row, from_attributes=True).model_dump()
    return InboundReportDetail(**fields, body=body, raw=raw)


def _door(row: ReportRow) -> Door:
    return "kafka" if row.received_by == "kafka" else "import" if row.received_by == "import" else "http"
