"""Templates over HTTP."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query

from guanxi.http import Forbidden, Page, Paging, Read, Write, read, write
from notifications.templates import usecases
from notifications.templates.schemas import TemplatePost, TemplateView

router = APIRouter(tags=["templates"])

Reading = Annotated[Read, Depends(read("notifications:read"))]
Writing = Annotated[Write, Depends(write("notifications:write"))]


@router.get("/templates")
async def list_templates(
    call: Reading,
    page: Paging,
    code: Annotated[str | None, Query(max_length=64)] = None,
    language: Annotated[str | None, Query(max_length=35)] = None,
) -> Page[TemplateView]:
    """Every revision of the messages' words, oldest first; of each code and language the last one is in force."""
    async with call.pool.read() as reader:
        rows = await usecases.page(reader, code=code, language=language, after=page.after, limit=page.limit)
    return page.cut([TemplateView.model_validate(row, from_attributes=True) for row in rows], lambda row: (row.id,))


@router.get("/templates/{template_id}")
async def get_template(template_id: UUID, call: Reading) -> TemplateView:
    """One revision."""
    async with call.pool.read() as reader:
        return TemplateView.model_validate(await usecases.get(reader, template_id), from_attributes=True)


@router.post("/templates", status_code=201)
async def post_template(body: TemplatePost, call: Writing) -> TemplateView:
    """Add a revision; messages sent from now on use it. Only units of the firm may."""
    if not call.principal.internal:
        raise Forbidden
    async with call.once() as once:
        if once.replay:
            return TemplateView.model_validate(await usecases.get(once.tx, once.replay), from_attributes=True)
        row = await usecases.add(once.tx, body, call.principal)
        once.created(row.id, f"/v1/templates/{row.id}", code=row.code, revision=row.revision)
    return TemplateView.model_validate(row, from_attributes=True)
