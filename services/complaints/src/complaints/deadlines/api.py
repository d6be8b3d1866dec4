"""The service standards."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends

from complaints.deadlines import schemas, usecases
from complaints.deadlines.schemas import StandardsBody, StandardsRead
from guanxi.http import Forbidden, Read, Write, if_match, read, set_etag, write

router = APIRouter(tags=["deadlines"])
Changer = Annotated[Write, Depends(write("complaints:write", idempotent=False))]


@router.get("/service-standards")
async def get_standards(call: Annotated[Read, Depends(read("complaints:read"))]) -> StandardsRead:
    """The standards in force, in minutes of the holder's working time."""
    async with call.pool.read() as reader:
        found = await usecases.standards(reader)
    set_etag(call.response, found.number)
    return schemas.shown(found)


@router.put("/service-standards")
async def set_standards(body: StandardsBody, call: Changer, number: Annotated[int, Depends(if_match)]) -> StandardsRead:
    """Put a new set in force; complaints filed before keep the times they were promised."""
    if not call.principal.internal:
        raise Forbidden
    made = schemas.standards_of(body, number + 1)
    async with call.change() as change:
        by = call.principal
        set_id = await usecases.set_standards(change.tx, made, unit=by.unit, decided_by=by.subject)
        change.done(set_id, made.number)
    return schemas.shown(made)
