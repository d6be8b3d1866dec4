"""All SQL of templates."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import asyncpg

from guanxi.db import Reader, Tx, after_key
from notifications.templates.rules import Template
from notifications.templates.tables import template

_IN_FORCE = """
SELECT DISTINCT ON (code, language, channel) id, code, language, channel, class AS message_class, revision, subject,
       body, max_chars
FROM template WHERE code = ANY($1::text[]) ORDER BY code, language, channel, revision DESC
"""
_ADD = """
INSERT INTO template (id, unit_id, code, language, channel, class, revision, subject, body, max_chars, approved_by,
                      created_at, recorded_at)
SELECT $1, $2, $3, $4, $5, $6,
       coalesce((SELECT max(revision) FROM template WHERE code = $3 AND language = $4 AND channel = $5), 0) + 1,
       $7, $8, $9, $10, $11, $11
RETURNING id, code, language, channel, class AS message_class, revision, subject, body, max_chars
"""


async def in_force(reader: Reader, codes: Sequence[str]) -> dict[tuple[str, str, str], Template]:
    """The newest revision of each, by code, language and channel."""
    rows = await reader.fetch(_IN_FORCE, list(codes))
    return {(row["code"], row["language"], row["channel"]): Template(**dict(row)) for row in rows}


async def add(tx: Tx, draft: Template, *, unit: str, approved_by: str) -> Template:
    """Add the next revision."""
    what = (draft.code, draft.language, draft.channel, draft.message_class)
    row = await tx.fetchrow(
        _ADD, draft.id, unit, *what, draft.subject, draft.body, draft.max_chars, approved_by, tx.now
    )
    assert row is not None  # noqa: S101 - INSERT without a condition always returns its row
    return Template(**dict(row))


async def page(
    reader: Reader, *, code: str | None, language: str | None, after: Sequence[Any] | None, limit: int
) -> list[Template]:
    """Revisions, in the order in which they were added."""
    names = ("id", "code", "language", "channel", "message_class", "revision", "subject", "body", "max_chars")
    statement = template.select().with_only_columns(*(template.c[name].label(name) for name in names))
    if code is not None:
        statement = statement.where(template.c.code == code)
    if language is not None:
        statement = statement.where(template.c.language == language)
    rows = await reader.all(after_key(statement, [template.c.id], after, limit))
    return [_template(row) for row in rows]


async def one(reader: Reader, template_id: UUID) -> Template | None:
    """One revision."""
    row = await reader.fetchrow(
        "SELECT id, code, language, channel, class AS message_class, revision, subject, body, max_chars"
        " FROM template WHERE id = $1",
        template_id,
    )
    return _template(row) if row else None


def _template(row: asyncpg.Record) -> Template:
    return Template(**dict(row))
