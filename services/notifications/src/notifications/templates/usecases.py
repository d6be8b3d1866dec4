"""Adding and finding templates."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from guanxi.auth import Principal
from guanxi.db import Reader, Tx
from guanxi.problems import NotFound, Unprocessable
from notifications.templates import rules, store
from notifications.templates.rules import Template, TemplateRefusedError
from notifications.templates.schemas import TemplatePost

CLASSES = {"alert": "staff", "promise-reminder": "staff", "improvement-survey": "survey"}
"""Class of the messages that use a template; those that are not named here are `service`."""


async def add(tx: Tx, body: TemplatePost, principal: Principal) -> Template:
    """Add the next revision, in force from now on; raises 422 for one that cannot be used."""
    try:
        rules.check(body.code, body.subject, body.body, body.max_chars)
    except TemplateRefusedError as error:
        raise Unprocessable.field("body", "template", str(error)) from error
    # Two at once would take the same number.
    await tx.execute("SELECT pg_advisory_xact_lock(hashtext('notifications.template'))")
    draft = Template(
        id=tx.new_id(),
        message_class=CLASSES.get(body.code, "service"),
        revision=0,
        **body.model_dump(),
    )
    return await store.add(tx, draft, unit=principal.unit, approved_by=principal.subject)


async def in_force(reader: Reader, codes: Sequence[str]) -> dict[tuple[str, str, str], Template]:
    """What is in force of these codes, by code, language and channel."""
    return await store.in_force(reader, codes)


async def get(reader: Reader, template_id: UUID) -> Template:
    """One revision, or 404."""
    found = await store.one(reader, template_id)
    if found is None:
        raise NotFound("template")
    return found


async def page(
    reader: Reader, *, code: str | None, language: str | None, after: Sequence[Any] | None, limit: int
) -> list[Template]:
    """Revisions of one code or language, or all."""
    return await store.page(reader, code=code, language=language, after=after, limit=limit)
