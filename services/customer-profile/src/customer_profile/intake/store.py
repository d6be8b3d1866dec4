"""All SQL of intake: a batch of any size takes the same few statements."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from customer_profile.intake.rules import Thread
from guanxi.db import Reader, Tx
from guanxi.http import FieldError

# One branch for each of the two partial indexes: without a condition on `reused` neither of them could be used.
_KNOWN = """
SELECT w.source, w.event_id, r.id, r.body_hash, r.status, r.errors
FROM (SELECT DISTINCT * FROM unnest($1::text[], $2::text[]) AS x(source, event_id)) w
CROSS JOIN LATERAL (
  SELECT id, body_hash, status, errors FROM inbound_report
  WHERE source = w.source AND event_id = w.event_id AND NOT reused
  UNION ALL
  SELECT id, body_hash, status, errors FROM inbound_report
  WHERE source = w.source AND event_id = w.event_id AND reused
) r
"""
_THREADS = """
SELECT a.* FROM report_aggregate a
JOIN (SELECT DISTINCT * FROM unnest($1::text[], $2::text[], $3::text[]) AS x(source, family, external_ref)) w
  USING (source, family, external_ref)
ORDER BY a.id FOR UPDATE OF a
"""
_KEEP_REPORTS = """
INSERT INTO inbound_report AS r (id, unit_id, created_at, recorded_at, source, event_id, reused, type, family,
  external_customer, external_ref, body, raw, body_hash, time, status, errors, warnings, customer_id, registered,
  aggregate_id, sequence, received_by, subject)
SELECT x.id, x.unit_id, $2, $2, x.source, x.event_id, x.reused, x.type, x.family, x.external_customer, x.external_ref,
  x.body, decode(x.raw, 'base64'), decode(x.body_hash, 'hex'), x.time, x.status, x.errors, x.warnings, x.customer_id,
  x.registered, x.aggregate_id, x.sequence, x.received_by, x.subject
FROM jsonb_to_recordset($1::jsonb) AS x(id uuid, unit_id text, source text, event_id text, reused boolean, type text,
  family text, external_customer text, external_ref text, body jsonb, raw text, body_hash text, time timestamptz,
  status text, errors jsonb, warnings jsonb, customer_id uuid, registered boolean, aggregate_id uuid, sequence bigint,
  received_by text, subject uuid)
ON CONFLICT (id) DO UPDATE SET version = r.version + 1, recorded_at = excluded.recorded_at, type = excluded.type,
  family = excluded.family, external_customer = excluded.external_customer, external_ref = excluded.external_ref,
  body = excluded.body, raw = excluded.raw, time = excluded.time, status = excluded.status, errors = excluded.errors,
  warnings = excluded.warnings, customer_id = excluded.customer_id, registered = excluded.registered,
  aggregate_id = excluded.aggregate_id, sequence = excluded.sequence, subject = excluded.subject,
  revision = r.revision + 1
"""
_KEEP_THREADS = """
INSERT INTO report_aggregate AS a (id, unit_id, created_at, recorded_at, source, family, external_ref, sequence,
  revision, time, twin, party, customer_id, data_hash, original_hash)
SELECT x.id, x.unit_id, $2, $2, x.source, x.family, x.external_ref, x.sequence, x.revision, x.time, x.twin, x.party,
  x.customer_id, decode(x.data_hash, 'hex'), decode(x.original_hash, 'hex')
FROM jsonb_to_recordset($1::jsonb) AS x(id uuid, unit_id text, source text, family text, external_ref text,
  sequence bigint, revision bigint, time timestamptz, twin text, party text, customer_id uuid, data_hash text,
  original_hash text)
ORDER BY x.id
ON CONFLICT (id) DO UPDATE SET version = a.version + 1, recorded_at = excluded.recorded_at,
  sequence = excluded.sequence, revision = excluded.revision, time = excluded.time, twin = excluded.twin,
  party = excluded.party, customer_id = excluded.customer_id, data_hash = excluded.data_hash,
  original_hash = excluded.original_hash
"""

ThreadKey = tuple[str, str, str]
"""Source, family, external reference."""


@dataclass(frozen=True, slots=True)
class KeptReport:
    """A report as it is to be kept."""

    id: UUID
    unit: str
    source: str
    event_id: str
    reused: bool
    type: str | None
    family: str | None
    external_customer: str | None
    external_ref: str | None
    body: Mapping[str, Any] | None
    raw: bytes | None
    body_hash: bytes
    time: datetime | None
    status: str
    errors: Sequence[FieldError]
    warnings: Sequence[FieldError]
    customer_id: UUID | None
    registered: bool
    aggregate_id: UUID | None
    sequence: int | None
    received_by: str
    subject: UUID | None


@dataclass(frozen=True, slots=True)
class Known:
    """A report that has come before: its row, and what its sender was told of it."""

    report_id: UUID
    rejected: bool
    errors: tuple[FieldError, ...]


async def known_events(tx: Tx, keys: Iterable[tuple[str, str]]) -> dict[tuple[str, str], dict[bytes, Known]]:
    """Which of these (source, event id) have come before: the reports under each id, by the hash of their bodies."""
    wanted = sorted(set(keys))
    if not wanted:
        return {}
    rows = await tx.fetch(_KNOWN, [source for source, _ in wanted], [event_id for _, event_id in wanted])
    found: dict[tuple[str, str], dict[bytes, Known]] = {}
    for row in rows:
        known = Known(row["id"], row["status"] == "rejected", tuple(FieldError(**e) for e in row["errors"]))
        found.setdefault((row["source"], row["event_id"]), {})[row["body_hash"]] = known
    return found


async def opened_by(tx: Tx, customer_ids: Sequence[UUID]) -> set[tuple[UUID, str]]:
    """Those of these customers whose record a report opened, and whose report it was."""
    rows = await tx.fetch(
        "SELECT customer_id, source FROM inbound_report WHERE customer_id = ANY($1::uuid[]) AND registered",
        list(customer_ids),
    )
    return {(row["customer_id"], row["source"]) for row in rows}


async def threads(tx: Tx, keys: Iterable[ThreadKey]) -> dict[ThreadKey, Thread]:
    """The threads of these references, locked."""
    wanted = sorted(set(keys))
    if not wanted:
        return {}
    rows = await tx.fetch(_THREADS, *(list(column) for column in zip(*wanted, strict=True)))
    return {(row["source"], row["family"], row["external_ref"]): _thread(row) for row in rows}


async def keep_reports(tx: Tx, reports: Sequence[KeptReport]) -> None:
    """Insert reports; one whose id is there already is a resubmission, and its row is renewed."""
    if reports:
        await tx.execute(_KEEP_REPORTS, [_report_row(report) for report in reports], tx.now)


async def keep_threads(tx: Tx, kept: Mapping[ThreadKey, tuple[str, Thread]]) -> None:
    """Insert or renew threads; values are (unit, thread)."""
    if kept:
        rows = [_thread_row(key, unit, thread) for key, (unit, thread) in kept.items()]
        await tx.execute(_KEEP_THREADS, rows, tx.now)


async def keep_batch(tx: Tx, batch_id: UUID, unit: str, results: Sequence[Mapping[str, Any]]) -> None:
    """Keep what a batch is answered."""
    await tx.execute(
        "INSERT INTO inbound_batch (id, unit_id, recorded_at, results) VALUES ($1, $2, $3, $4)",
        *(batch_id, unit, tx.now, list(results)),
    )


async def batch(reader: Reader, batch_id: UUID, unit: str | None) -> list[dict[str, Any]] | None:
    """What a batch was answered; None when it is gone or another unit's."""
    found: list[dict[str, Any]] | None = await reader.fetchval(
        "SELECT results FROM inbound_batch WHERE id = $1 AND ($2::text IS NULL OR unit_id = $2)", batch_id, unit
    )
    return found


async def drop_batches(tx: Tx, before: datetime) -> None:
    """Forget answers whose keys are forgotten."""
    await tx.execute("DELETE FROM inbound_batch WHERE recorded_at < $1", before)


def field_errors(errors: Iterable[FieldError]) -> list[dict[str, str]]:
    """Errors as they are kept."""
    return [{"field": e.field, "code": e.code, "detail": e.detail} for e in errors]


def _thread(row: asyncpg.Record) -> Thread:
    return Thread(
        id=row["id"],
        sequence=row["sequence"],
        twin=row["twin"],
        time=row["time"],
        data_hash=row["data_hash"],
        revision=row["revision"],
        party=row["party"],
        customer_id=row["customer_id"],
        original_hash=row["original_hash"],
    )


def _thread_row(key: ThreadKey, unit: str, thread: Thread) -> dict[str, Any]:
    source, family, external_ref = key
    return {
        "id": thread.id,
        "unit_id": unit,
        "source": source,
        "family": family,
        "external_ref": external_ref,
        "sequence": thread.sequence,
        "revision": thread.revision,
        "time": thread.time,
        "twin": thread.twin,
        "party": thread.party,
        "customer_id": thread.customer_id,
        "data_hash": thread.data_hash.hex(),
        "original_hash": thread.original_hash.hex() if thread.original_hash else None,
    }


def _report_row(report: KeptReport) -> dict[str, Any]:
    fields = {name: getattr(report, name) for name in KeptReport.__slots__}
    return fields | {
        "unit_id": report.unit,
        "raw": None if report.raw is None else b64encode(report.raw).decode(),
        "body_hash": report.body_hash.hex(),
        "errors": field_errors(report.errors),
        "warnings": field_errors(report.warnings),
    }
