"""All SQL of aliases and merges."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from customer_profile.identity.rules import Alias, Edge, Merge, ref_hash
from guanxi.db import Reader, Tx

Key = tuple[str, str]
"""A source, and its name for the customer."""

_LOOK_UP = """
SELECT k.n, a.customer_id, c.erased_at IS NOT NULL AS erased
FROM unnest($1::text[], $2::bytea[]) WITH ORDINALITY AS k(source, ref_hash, n)
JOIN alias a USING (source, ref_hash) LEFT JOIN customer c ON c.id = a.customer_id
"""
_CLAIM = """
INSERT INTO alias (id, unit_id, customer_id, source, external_ref, ref_hash, created_at, recorded_at)
SELECT id, unit_id, customer_id, source, external_ref, ref_hash, $7, $7
FROM unnest($1::uuid[], $2::text[], $3::uuid[], $4::text[], $5::text[], $6::bytea[])
     AS k(id, unit_id, customer_id, source, external_ref, ref_hash)
ON CONFLICT (source, ref_hash) DO NOTHING RETURNING alias.id, alias.customer_id, alias.source, alias.external_ref,
  alias.created_at
"""
_ALIAS = "SELECT id, customer_id, source, external_ref, created_at FROM alias"
_ALIASES = f"{_ALIAS} WHERE customer_id = $1 ORDER BY id LIMIT 200"
_NAMES = "SELECT source, external_ref FROM alias WHERE customer_id = ANY($1::uuid[]) AND external_ref IS NOT NULL"
_ERASE_ALIASES = "UPDATE alias SET external_ref = NULL WHERE customer_id = ANY($1::uuid[]) AND external_ref IS NOT NULL"
_ERASE_IMAGES = """
UPDATE merge SET before_image = NULL
WHERE (survivor_id = ANY($1::uuid[]) OR absorbed_id = ANY($1::uuid[])) AND before_image IS NOT NULL
"""
_ONE_AT_A_TIME = "SELECT pg_advisory_xact_lock(hashtext('customer-profile.merge'))"
_EDGES = """
WITH RECURSIVE joined AS (
  SELECT unnest($1::uuid[]) AS id
  UNION
  SELECT beside.id FROM joined j CROSS JOIN LATERAL (
    SELECT absorbed_id AS id FROM merge WHERE status = 'active' AND survivor_id = j.id
    UNION ALL
    SELECT survivor_id FROM merge WHERE status = 'active' AND absorbed_id = j.id
  ) beside
)
SELECT survivor_id, absorbed_id FROM merge WHERE status = 'active' AND survivor_id IN (SELECT id FROM joined)
"""
_MERGE = """id, version, created_at, unit_id, survivor_id, absorbed_id, status, reason, merged_by, undone_at, undone_by,
  undone_reason"""
_FIND = f"SELECT {_MERGE} FROM merge WHERE id = $1"
_ADD = """
INSERT INTO merge
  (id, unit_id, survivor_id, absorbed_id, status, reason, merged_by, before_image, created_at, recorded_at)
VALUES ($1, $2, $3, $4, 'active', $5, $6, $7, $8, $8)
"""
_UNDO = """
UPDATE merge SET status = 'undone', version = $2, undone_at = $3, undone_by = $4, undone_reason = $5, recorded_at = $3
WHERE id = $1
"""
_LIST = f"SELECT {_MERGE} FROM merge WHERE id < $1 ORDER BY id DESC LIMIT $2"
_LIST_OF = f"""
(SELECT {_MERGE} FROM merge WHERE survivor_id = $3 AND id < $1 ORDER BY id DESC LIMIT $2)
UNION ALL
(SELECT {_MERGE} FROM merge WHERE absorbed_id = $3 AND id < $1 ORDER BY id DESC LIMIT $2)
ORDER BY id DESC LIMIT $2
"""
_OF_RECORDS = f"""
SELECT {_MERGE} FROM merge WHERE status = $2 AND survivor_id = ANY($1::uuid[])
UNION
SELECT {_MERGE} FROM merge WHERE status = $2 AND absorbed_id = ANY($1::uuid[])
"""
_AFTER_ALL = UUID(int=2**128 - 1)


async def one_at_a_time(tx: Tx) -> None:
    """Let no other transaction change merges meanwhile: two of them could join what neither of them sees joined."""
    await tx.execute(_ONE_AT_A_TIME)


async def edges(reader: Reader, members: Collection[UUID]) -> list[Edge[UUID]]:
    """The merges that stand and join these records to each other or to more, however far.

    Over erased records too, which keep the speaker of their last day and so count among no one's members.
    """
    return [Edge(row["survivor_id"], row["absorbed_id"]) for row in await reader.fetch(_EDGES, list(members))]


async def find(reader: Reader, merge_id: UUID, *, lock: bool = False) -> Merge | None:
    """One merge."""
    row = await reader.fetchrow(f"{_FIND} FOR UPDATE" if lock else _FIND, merge_id)
    return Merge(**dict(row)) if row else None


async def listed(reader: Reader, customer_id: UUID | None, before: UUID | None, limit: int) -> list[Merge]:
    """Merges, the newest first, and one more than `limit`."""
    place = (before or _AFTER_ALL, limit + 1)
    rows = await (reader.fetch(_LIST_OF, *place, customer_id) if customer_id else reader.fetch(_LIST, *place))
    return [Merge(**dict(row)) for row in rows]


async def of_records(reader: Reader, customer_ids: Iterable[UUID], status: str) -> list[Merge]:
    """Merges of one status with one of these records in them."""
    return [Merge(**dict(row)) for row in await reader.fetch(_OF_RECORDS, list(set(customer_ids)), status)]


async def add(tx: Tx, made: Merge, before_image: Mapping[str, Any]) -> None:
    """Keep a merge and what the two records held before it."""
    own = (made.id, made.unit_id, made.survivor_id, made.absorbed_id, made.reason, made.merged_by)
    await tx.execute(_ADD, *own, dict(before_image), made.created_at)


async def undo(tx: Tx, undone: Merge) -> None:
    """Write that a merge was undone."""
    await tx.execute(_UNDO, undone.id, undone.version, undone.undone_at, undone.undone_by, undone.undone_reason)


async def aliases(reader: Reader, customer_id: UUID) -> list[Alias]:
    """The names of exactly this record, at most 200."""
    return [Alias(**dict(row)) for row in await reader.fetch(_ALIASES, customer_id)]


async def alias(reader: Reader, alias_id: UUID) -> Alias | None:
    """One name."""
    row = await reader.fetchrow(f"{_ALIAS} WHERE id = $1", alias_id)
    return Alias(**dict(row)) if row else None


async def names_of(reader: Reader, customer_ids: Sequence[UUID]) -> list[Key]:
    """The aliases of these customers."""
    return [(row["source"], row["external_ref"]) for row in await reader.fetch(_NAMES, list(customer_ids))]


async def erase(tx: Tx, customer_ids: Sequence[UUID]) -> int:
    """Blank names and before-images; the names' hashes stay. Gives how many rows changed."""
    done = [await tx.execute(sql, list(customer_ids)) for sql in (_ERASE_ALIASES, _ERASE_IMAGES)]
    return sum(int(tag.split()[-1]) for tag in done)


async def look_up(reader: Reader, keys: Sequence[Key]) -> dict[Key, UUID | None]:
    """The customers behind these aliases; None stands for an erased one, an unknown alias is left out."""
    rows = await reader.fetch(_LOOK_UP, [key[0] for key in keys], [ref_hash(key[1]) for key in keys])
    return {keys[r["n"] - 1]: None if r["erased"] else r["customer_id"] for r in rows}


async def claim(tx: Tx, aliases: Iterable[tuple[Key, str, UUID]]) -> list[Alias]:
    """Enter aliases (key, unit, customer); gives those that nobody else had entered.

    Waits for a transaction that is entering the same one. Sorted, so that two batches never wait in a circle.
    """
    rows = sorted(aliases)
    columns = (
        [tx.new_id() for _ in rows],
        [unit for _, unit, _ in rows],
        [customer for _, _, customer in rows],
        [key[0] for key, _, _ in rows],
        [key[1] for key, _, _ in rows],
        [ref_hash(key[1]) for key, _, _ in rows],
    )
    return [Alias(**dict(row)) for row in await tx.fetch(_CLAIM, *columns, tx.now)]
