"""All SQL of aliases and merges."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from uuid import UUID

from guanxi.db import Reader, Tx

from customer_profile.identity.rules import ref_hash

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
ON CONFLICT (source, ref_hash) DO NOTHING RETURNING customer_id
"""


async def look_up(reader: Reader, keys: Sequence[Key]) -> dict[Key, UUID | None]:
    """The customers behind these aliases; None stands for an erased one, an unknown alias is left out."""
    rows = await reader.fetch(_LOOK_UP, [key[0] for key in keys], [ref_hash(key[1]) for key in keys])
    return {keys[r["n"] - 1]: None if r["erased"] else r["customer_id"] for r in rows}


async def claim(tx: Tx, aliases: Iterable[tuple[Key, str, UUID]]) -> set[UUID]:
    """Enter aliases (key, unit, customer); gives the customers whose alias nobody else had entered.

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
    return {row["customer_id"] for row in await tx.fetch(_CLAIM, *columns, tx.now)}
