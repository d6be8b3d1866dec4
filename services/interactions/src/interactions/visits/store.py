"""Statements of daily visit reports."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from guanxi.db import Reader, Tx, after_key, as_row
from interactions import rows
from interactions.visits.rules import VisitLine, VisitReport
from interactions.visits.tables import visit_line, visit_report

_R, _L = visit_report.c, visit_line.c
_SELECT = sa.select(*rows.columns(visit_report, VisitReport))


def _insert(table: sa.Table, kind: type[VisitReport | VisitLine]) -> str:
    into = ", ".join(rows.names(kind))
    return (
        f"INSERT INTO {table.name} ({into}) SELECT {into} FROM jsonb_populate_recordset(NULL::{table.name}, $1::jsonb)"
    )


_REPORT = f"{_insert(visit_report, VisitReport)} ON CONFLICT (employee_id, day) DO NOTHING RETURNING id"
_LINES = _insert(visit_line, VisitLine)


async def insert(tx: Tx, report: VisitReport) -> bool:
    """Enter a report; False when there is one of this employee and day."""
    return await tx.fetchval(_REPORT, [as_row(report)]) is not None


async def insert_lines(tx: Tx, lines: Sequence[VisitLine]) -> None:
    """Enter its visits."""
    await tx.execute(_LINES, [as_row(one) for one in lines])


async def find(reader: Reader, report_id: UUID) -> VisitReport | None:
    """One report."""
    row = await reader.one(_SELECT.where(_R.id == report_id))
    return rows.read(VisitReport, row) if row else None


async def lines_of(reader: Reader, report_id: UUID) -> list[VisitLine]:
    """The visits of a report, in its order."""
    select = sa.select(*rows.columns(visit_line, VisitLine)).where(_L.report_id == report_id).order_by(_L.n)
    return [rows.read(VisitLine, row) for row in await reader.all(select)]


async def page(reader: Reader, employee_id: UUID | None, after: Sequence[Any] | None, limit: int) -> list[VisitReport]:
    """Reports, the newest first, one more than `limit`."""
    select = _SELECT.where(_R.employee_id == employee_id) if employee_id else _SELECT
    found = await reader.all(after_key(select, (_R.recorded_at, _R.id), after, limit, descending=True))
    return [rows.read(VisitReport, row) for row in found]
