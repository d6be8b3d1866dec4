"""The register's statements."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from guanxi.db import Tx

_ENTER = """
INSERT INTO reported AS r (id, revision) SELECT * FROM unnest($1::uuid[], $2::bigint[]) AS x(id, revision) ORDER BY id
ON CONFLICT (id) DO UPDATE SET revision = excluded.revision WHERE r.revision < excluded.revision
RETURNING id, voided_at
"""
# A void leaves the revision alone: content that comes after it is still the newest there is, and is filled in.
_VOID = """
INSERT INTO reported AS r (id, revision, voided_at)
SELECT id, -1, at FROM unnest($1::uuid[], $2::timestamptz[]) AS x(id, at) ORDER BY id
ON CONFLICT (id) DO UPDATE SET voided_at = excluded.voided_at WHERE r.voided_at IS NULL
RETURNING id
"""


async def enter(tx: Tx, revisions: Mapping[UUID, int]) -> dict[UUID, datetime | None]:
    """Those reports whose revision is newer than what was known, each with when it was voided."""
    rows = await tx.fetch(_ENTER, list(revisions), list(revisions.values()))
    return {row["id"]: row["voided_at"] for row in rows}


async def void(tx: Tx, at: Mapping[UUID, datetime]) -> Sequence[UUID]:
    """Those reports that had not been voided yet."""
    return [row["id"] for row in await tx.fetch(_VOID, list(at), list(at.values()))]
