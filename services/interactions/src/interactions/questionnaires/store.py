"""Statements of questionnaires."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import asyncpg
import sqlalchemy as sa

from guanxi.db import Reader, Tx, after_key, as_row
from interactions import rows
from interactions.questionnaires.rules import Question, Questionnaire
from interactions.questionnaires.tables import questionnaire

_Q = questionnaire.c
_COLUMNS = rows.columns(questionnaire, Questionnaire)
_INTO = ", ".join(rows.names(Questionnaire))
_INSERT = f"""
INSERT INTO questionnaire ({_INTO}) SELECT {_INTO} FROM jsonb_populate_record(NULL::questionnaire, $1::jsonb)
ON CONFLICT (code, version) DO NOTHING RETURNING id
"""


async def insert(tx: Tx, one: Questionnaire) -> bool:
    """Enter a version; False when there is one of this number."""
    return await tx.fetchval(_INSERT, as_row(one)) is not None


async def find(reader: Reader, code: str, version: int | None = None) -> Questionnaire | None:
    """A version, the newest where none is named."""
    select = sa.select(*_COLUMNS).where(_Q.code == code)
    if version is not None:
        select = select.where(_Q.version == version)
    row = await reader.one(select.order_by(_Q.version.desc()).limit(1))
    return _read(row) if row else None


async def newest_of(reader: Reader, kind: str) -> Questionnaire | None:
    """The version made last of all questionnaires of a kind."""
    select = sa.select(*_COLUMNS).where(_Q.kind == kind).order_by(_Q.recorded_at.desc(), _Q.id.desc()).limit(1)
    row = await reader.one(select)
    return _read(row) if row else None


async def newest_by_code(reader: Reader, codes: Collection[str]) -> list[Questionnaire]:
    """The newest version of each of these codes that there is."""
    return [_read(row) for row in await reader.all(_newest().where(_Q.code.in_(list(codes))))]


async def page(reader: Reader, kind: str | None, after: Sequence[Any] | None, limit: int) -> list[Questionnaire]:
    """The newest version of each, by code, one more than `limit`."""
    select = _newest().where(_Q.kind == kind) if kind else _newest()
    return [_read(row) for row in await reader.all(after_key(select, (_Q.code,), after, limit))]


def _newest() -> sa.Select[Any]:
    newest = sa.select(_Q.code, sa.func.max(_Q.version).label("version")).group_by(_Q.code).subquery()
    both = sa.and_(newest.c.code == _Q.code, newest.c.version == _Q.version)
    return sa.select(*_COLUMNS).join_from(questionnaire, newest, both)


def _read(row: asyncpg.Record) -> Questionnaire:
    values = dict(row)
    return rows.read(Questionnaire, {**values, "questions": tuple(Question(**one) for one in values["questions"])})
