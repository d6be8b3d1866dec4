"""All SQL of what was changed in customers, and of which source's profile was the last."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

import asyncpg

from customer_profile.customers.profiles import Said
from customer_profile.customers.rules import (
    MERGED,
    Customer,
    FieldChange,
    Revision,
    as_json,
)
from guanxi.db import Reader, Tx

_REVISIONS = """
INSERT INTO customer_revision (customer_id, version, edition, recorded_at, unit_id, actor, employee_id, source, diff)
SELECT customer_id, version, edition, recorded_at, unit_id, actor, employee_id, source, diff
FROM jsonb_populate_recordset(NULL::customer_revision, $1::jsonb)
"""
_REVISION_FIELDS = ("version", "edition", "recorded_at", "actor", "employee_id", "source", "diff")
_READ = "version, coalesce(edition, version) AS edition, recorded_at, actor, employee_id, source, diff"
_REVISION = f"SELECT {_READ} FROM customer_revision WHERE customer_id = $1"
_HISTORY = f"""{_REVISION} AND ($2::timestamptz IS NULL OR recorded_at <= $2)
  AND ($3::bigint IS NULL OR CASE WHEN $5 THEN version ELSE coalesce(edition, version) END < $3)
  AND ($5 OR diff - '{MERGED}' <> '{{}}')
ORDER BY version DESC LIMIT $4"""
_HISTORIES = f"""SELECT customer_id, {_READ} FROM customer_revision
WHERE customer_id = ANY($1::uuid[]) ORDER BY version DESC"""
_SINCE = f"{_REVISION} AND recorded_at > $2 ORDER BY version DESC"
_BLANK_REVISIONS = "UPDATE customer_revision SET diff = NULL WHERE customer_id = ANY($1::uuid[]) AND diff IS NOT NULL"
_SAID = "SELECT * FROM source_profile WHERE customer_id = ANY($1::uuid[])"
_SAY = """
INSERT INTO source_profile (customer_id, source, said_at, said_sequence, thread_id)
SELECT * FROM unnest($1::uuid[], $2::text[], $3::timestamptz[], $4::bigint[], $5::uuid[])
ON CONFLICT (customer_id, source) DO UPDATE
SET said_at = excluded.said_at, said_sequence = excluded.said_sequence, thread_id = excluded.thread_id
"""


async def add_revisions(
    tx: Tx,
    rows: Sequence[tuple[Customer, Sequence[FieldChange]]],
    *,
    actor: str,
    employee_id: UUID | None,
    source: str | None,
) -> None:
    """Keep who changed what."""
    written = [
        {
            "customer_id": str(customer.id),
            "version": customer.version,
            "edition": customer.edition,
            "recorded_at": customer.recorded_at,
            "unit_id": customer.unit_id,
            "actor": actor,
            "employee_id": as_json(employee_id),
            "source": source,
            "diff": {change.field: [change.old, change.new] for change in diff},
        }
        for customer, diff in rows
    ]
    await tx.execute(_REVISIONS, written)


async def revisions(  # noqa: PLR0913 - the parts of a query
    reader: Reader, customer_id: UUID, as_of: datetime | None, before: int | None, limit: int, *, merges: bool
) -> list[Revision]:
    """Changes of one record, newest first, and one more than `limit`; only those known at `as_of`.

    Without `merges` those are left out that tell of nothing else.
    """
    rows = await reader.fetch(_HISTORY, customer_id, as_of, before, limit + 1, merges)
    return [_revision(row) for row in rows]


async def revisions_after(reader: Reader, customer_id: UUID, as_of: datetime) -> list[Revision]:
    """Changes made after `as_of`, newest first."""
    return [_revision(row) for row in await reader.fetch(_SINCE, customer_id, as_of)]


async def blank_revisions(tx: Tx, ids: Sequence[UUID]) -> None:
    """Forget what was changed; that there was a change stays."""
    await tx.execute(_BLANK_REVISIONS, list(ids))


async def last_said(tx: Tx, ids: Iterable[UUID]) -> dict[tuple[UUID, str], Said]:
    """Per customer and source the last profile that was applied."""
    rows = await tx.fetch(_SAID, list(set(ids)))
    return {(r["customer_id"], r["source"]): Said(r["said_at"], r["said_sequence"], r["thread_id"]) for r in rows}


async def say(tx: Tx, said: Mapping[tuple[UUID, str], Said]) -> None:
    """Note them."""
    rows = [(customer_id, source, one.at, one.sequence, one.thread) for (customer_id, source), one in said.items()]
    await tx.execute(_SAY, *(list(column) for column in zip(*rows, strict=True)))


async def histories(tx: Tx, ids: Sequence[UUID]) -> dict[UUID, list[Revision]]:
    """Every change of each of these, newest first."""
    found: dict[UUID, list[Revision]] = {id_: [] for id_ in ids}
    for row in await tx.fetch(_HISTORIES, list(ids)) if ids else ():
        found[row["customer_id"]].append(_revision(row))
    return found


def _revision(row: asyncpg.Record) -> Revision:
    values = {name: row[name] for name in _REVISION_FIELDS}
    diff = tuple(FieldChange(field, old, new) for field, (old, new) in (values.pop("diff") or {}).items())
    return Revision(**values, diff=diff)
