"""All SQL of the sender's desk."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
import sqlalchemy as sa

from customer_profile.intake.envelope import Envelope
from customer_profile.intake.schemas import Figures
from customer_profile.intake.tables import inbound_report
from guanxi.auth import Principal, visible
from guanxi.db import Reader, Tx, after_key


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedReport:
    """One report as the desk's list shows it, without its body."""

    id: UUID
    version: int
    recorded_at: datetime
    unit_id: str
    source: str
    event_id: str
    type: str | None
    family: str | None
    external_customer: str | None
    external_ref: str | None
    time: datetime | None
    revision: int
    status: str
    errors: list[dict[str, str]]
    warnings: list[dict[str, str]]
    customer_id: UUID | None
    aggregate_id: UUID | None
    sequence: int | None
    received_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportRow(ListedReport):
    """One report whole."""

    reused: bool
    body: Any
    raw: bytes | None
    body_hash: bytes


_LISTED = [inbound_report.c[one.name] for one in fields(ListedReport)]
_COLUMNS = [inbound_report.c[one.name] for one in fields(ReportRow)]
_KEEP_REVISION = """
INSERT INTO inbound_report_revision (id, unit_id, recorded_at, report_id, revision, body, raw, errors, actor)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
"""
_MEND = """
UPDATE inbound_report SET version = version + 1, revision = revision + 1, recorded_at = $2, body = $3, raw = NULL,
  type = coalesce($4, type), time = coalesce($5, time), subject = $6,
  external_customer = coalesce($7, external_customer), external_ref = coalesce($8, external_ref)
WHERE id = $1
"""
_FIGURES = """
SELECT count(*) AS events, count(*) FILTER (WHERE status = 'resolved') AS resolved,
  count(*) FILTER (WHERE status = 'passed_anonymous') AS passed_anonymous,
  count(*) FILTER (WHERE status = 'rejected') AS rejected, count(*) FILTER (WHERE registered) AS registered,
  count(*) FILTER (WHERE status <> 'rejected' AND aggregate_id IS NULL) AS superseded
FROM inbound_report WHERE source = $1
"""
_BY_FAMILY = """
SELECT family, count(*) AS n FROM inbound_report WHERE source = $1 AND aggregate_id IS NOT NULL GROUP BY 1 ORDER BY 1
"""
_BY_REASON = """
SELECT errors->0->>'code' AS code, count(*) AS n FROM inbound_report WHERE source = $1 AND status = 'rejected'
GROUP BY 1 ORDER BY 1
"""
# A refused report has no customer yet: it is the customer's whom it names, by our id or by its sender's name. Nor has a
# thread that began with a void.
_ERASE = """
WITH named AS (
  SELECT r.id FROM unnest($2::text[], $3::text[]) AS n(source, external_customer)
  JOIN inbound_report r USING (source, external_customer) WHERE r.customer_id IS NULL
), gone AS (
  UPDATE inbound_report r
  SET body = NULL, raw = NULL, external_customer = NULL, external_ref = NULL, version = version + 1
  WHERE r.id IN (
    SELECT id FROM inbound_report WHERE customer_id = ANY($1::uuid[])
    UNION SELECT id FROM inbound_report WHERE subject = ANY($1::uuid[]) AND customer_id IS NULL
    UNION SELECT id FROM named)
  RETURNING id
), revisions AS (
  UPDATE inbound_report_revision SET body = NULL, raw = NULL WHERE report_id IN (SELECT id FROM gone)
), threads AS (
  UPDATE report_aggregate SET party = NULL, external_ref = 'erased:' || id, version = version + 1
  WHERE id IN (
    SELECT id FROM report_aggregate WHERE customer_id = ANY($1::uuid[])
    UNION SELECT a.id FROM unnest($2::text[], $3::text[]) AS n(source, party)
    JOIN report_aggregate a USING (source, party) WHERE a.customer_id IS NULL)
)
SELECT count(*) FROM gone
"""


async def page(  # noqa: PLR0913 - the filters of the list
    reader: Reader,
    principal: Principal,
    source: str | None,
    status: str | None,
    after: Sequence[Any] | None,
    limit: int,
) -> list[ListedReport]:
    """Reports newest first."""
    query = sa.select(*_LISTED).where(_mine(principal))
    if source is not None:
        query = query.where(inbound_report.c.source == source)
    if status is not None:
        # Written out, because an index of the rejected ones fits no parameter.
        query = query.where(inbound_report.c.status == sa.literal(status, sa.Text, literal_execute=True))
    rows = await reader.all(after_key(query, [inbound_report.c.id], after, limit, descending=True))
    return [ListedReport(**dict(row)) for row in rows]


async def find(reader: Reader, report_id: UUID, principal: Principal) -> ReportRow | None:
    """One report that the caller may see."""
    row = await reader.one(sa.select(*_COLUMNS).where(inbound_report.c.id == report_id, _mine(principal)))
    return _row(row) if row else None


async def lock(tx: Tx, report_id: UUID) -> ReportRow | None:
    """One report, locked."""
    row = await tx.one(sa.select(*_COLUMNS).where(inbound_report.c.id == report_id).with_for_update())
    return _row(row) if row else None


async def keep_revision(tx: Tx, row: ReportRow, actor: str) -> None:
    """Keep what a report was before it is mended."""
    await tx.execute(
        _KEEP_REVISION, tx.new_id(), row.unit_id, tx.now, row.id, row.revision, row.body, row.raw, row.errors, actor
    )


async def mend(tx: Tx, report_id: UUID, body: Mapping[str, Any], read: Envelope) -> None:
    """Put a new body in the place of the old one, with what could be read of it."""
    names = read.text("external_customer"), read.text("external_ref")
    await tx.execute(_MEND, report_id, tx.now, dict(body), read.type, read.time, read.subject, *names)


async def figures(reader: Reader, source: str) -> Figures:
    """Counts of one publisher."""
    sums = await reader.fetchrow(_FIGURES, source)
    assert sums is not None  # noqa: S101 - an aggregate always has a row
    duplicates = await reader.fetchval("SELECT duplicates FROM source WHERE name = $1", source)
    return Figures(
        source=source,
        **dict(sums),
        duplicates=duplicates or 0,
        passed_on={row["family"]: row["n"] for row in await reader.fetch(_BY_FAMILY, source)},
        rejected_by_reason={row["code"]: row["n"] for row in await reader.fetch(_BY_REASON, source)},
    )


async def erase(tx: Tx, customer_ids: Sequence[UUID], names: Sequence[tuple[str, str]]) -> int:
    """Blank what is kept of these customers, and under these sources' names for them."""
    sources, refs = [source for source, _ in names], [ref for _, ref in names]
    return int(await tx.fetchval(_ERASE, list(customer_ids), sources, refs) or 0)


def _mine(principal: Principal) -> sa.ColumnElement[bool]:
    clause = visible(principal, inbound_report.c.unit_id)
    return clause if principal.source is None else sa.and_(clause, inbound_report.c.source == principal.source)


def _row(row: asyncpg.Record) -> ReportRow:
    return ReportRow(**dict(row))
