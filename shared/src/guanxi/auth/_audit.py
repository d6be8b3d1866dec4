"""The audit trail: a plain row for each change and each look at unmasked personal data, sealed into a chain later.

Rows are append-only: the runtime role has neither UPDATE nor DELETE on the two tables. Sealing runs a minute behind, so
no request waits for the chain; a changed, removed or slipped-in row breaks the seal over its range.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from guanxi.auth._principal import Principal
from guanxi.db import Reader, Stamp, Tx
from guanxi.telemetry import current_trace_id

SEAL_BEHIND = timedelta(minutes=1)
SEAL_ROWS = 10_000

AUDIT_COLUMNS = "id, at, principal, unit, action, resource, resource_id, customer_id, unmasked, trace_id, details"
_INSERT = f"INSERT INTO audit ({AUDIT_COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"

# Text that depends on no session setting: what is hashed today must be what is hashed in ten years.
_ROW = """jsonb_build_array(id, to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US'), principal, unit, action,
 resource, resource_id, customer_id, unmasked, trace_id, details)::text"""

_SEAL = f"""
WITH last AS (SELECT n, last_id, hash FROM audit_seal ORDER BY n DESC LIMIT 1),
batch AS (
  SELECT id, {_ROW} AS line FROM audit
  WHERE id > coalesce((SELECT last_id FROM last), '00000000-0000-0000-0000-000000000000') AND id < uuidv7_floor($1)
  ORDER BY id LIMIT $2)
INSERT INTO audit_seal (n, first_id, last_id, rows, hash, previous)
SELECT coalesce((SELECT n FROM last), 0) + 1, (array_agg(id ORDER BY id))[1], (array_agg(id ORDER BY id DESC))[1],
  count(*),
  sha256(coalesce((SELECT hash FROM last), '') || convert_to(string_agg(line, E'\\n' ORDER BY id), 'UTF8')),
  coalesce((SELECT hash FROM last), '')
FROM batch HAVING count(*) > 0 RETURNING rows
"""

_VERIFY = f"""
WITH chain AS (
  SELECT s.*, lag(hash, 1, '') OVER w AS before, lag(n, 1, 0) OVER w AS n_before,
    lag(last_id, 1, '00000000-0000-0000-0000-000000000000') OVER w AS after_id
  FROM audit_seal s WINDOW w AS (ORDER BY n))
SELECT n FROM chain c WHERE previous <> before OR n <> n_before + 1 OR hash IS DISTINCT FROM (
  SELECT sha256(c.before || convert_to(string_agg({_ROW}, E'\\n' ORDER BY id), 'UTF8'))
  FROM audit WHERE id > c.after_id AND id <= c.last_id)
ORDER BY n
"""


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One thing somebody did or saw. `details` holds codes and ids, never personal data."""

    action: str
    resource: str
    resource_id: UUID | None = None
    customer_id: UUID | None = None
    unmasked: bool = False
    details: Mapping[str, Any] | None = None


def audit_args(tx: Stamp, principal: Principal, entry: AuditEntry) -> tuple[Any, ...]:
    """The values of `AUDIT_COLUMNS` in order, for a statement that writes the row together with its effect."""
    return (
        tx.new_id(),
        tx.now,
        principal.subject,
        principal.unit,
        entry.action,
        entry.resource,
        entry.resource_id,
        entry.customer_id,
        entry.unmasked,
        current_trace_id(),
        None if entry.details is None else dict(entry.details),
    )


async def audit(tx: Tx, principal: Principal, entry: AuditEntry) -> None:
    """Write one row in the transaction of what it tells."""
    await tx.execute(_INSERT, *audit_args(tx, principal, entry))


async def seal(tx: Tx) -> int:
    """Seal the next rows older than a minute, at most 10,000; gives their number. Run it until it gives 0."""
    await tx.execute("SELECT pg_advisory_xact_lock(hashtext('guanxi.audit.seal'))")
    return int(await tx.fetchval(_SEAL, tx.now - SEAL_BEHIND, SEAL_ROWS) or 0)


async def verify(reader: Reader) -> list[int]:
    """The numbers of the seals that no longer fit their rows; an empty list is a whole chain."""
    return [row["n"] for row in await reader.fetch(_VERIFY)]
