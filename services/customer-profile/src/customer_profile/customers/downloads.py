"""The route of the customer list as a file."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query
from fastapi.responses import StreamingResponse

from customer_profile.customers import export, sheet
from customer_profile.customers.asked import Wanted
from guanxi.http import Read, read, streaming
from guanxi.web import LIMITED

router = APIRouter(tags=["customers"])

Reading = Annotated[Read, Depends(read("customers:read"))]
Form = Annotated[Literal["csv", "xlsx"] | None, Query(description="Goes before `Accept`; CSV without either.")]
_FILE = {"schema": {"type": "string", "format": "binary"}}
_ANSWER: dict[str, Any] = {
    "content": {export.TYPE: _FILE, export.SHEET_TYPE: _FILE},
    "headers": {"X-Total-Count": {"description": "How many customers.", "schema": {"type": "integer"}}},
}


@router.get("/customers/export", response_class=StreamingResponse, responses={200: _ANSWER, **LIMITED})
@streaming
async def export_customers(call: Reading, wanted: Wanted, format: Form = None) -> StreamingResponse:  # noqa: A002 - a query
    """Export customers as CSV in UTF-8 or as an XLSX sheet, with the filters of the list.

    `X-Total-Count` tells how many they were when it began. No cell is a formula; what the caller may not see in a list
    is masked. Who exported whom is on record.
    """
    if (format or export.preferred(call.request.headers.get("accept", ""))) == "xlsx":
        rows, content = await sheet.exported(call.pool, wanted, call.principal)
        return _file(content, rows, export.SHEET_TYPE, "xlsx")
    lines = export.exported(call.pool, wanted, call.principal)
    rows = await export.total(call.pool, wanted, call.principal)
    return _file(lines, rows, f"{export.TYPE}; charset=utf-8", "csv")


def _file(
    content: AsyncIterator[bytes] | AsyncIterator[str], rows: int, media_type: str, suffix: str
) -> StreamingResponse:
    headers = {"Content-Disposition": f'attachment; filename="customers.{suffix}"', "X-Total-Count": str(rows)}
    return StreamingResponse(content, media_type=media_type, headers=headers)
