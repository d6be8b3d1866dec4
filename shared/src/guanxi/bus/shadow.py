"""Empty copies of a read model's tables, and putting the real ones right by them.

The copies are temporary tables: within one connection they hide the real ones, so the very handlers that fill the read
model fill the copy, and nothing of it outlives the connection.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from guanxi.db import Tx
from guanxi.events import Kept, ReadModel

_COLUMNS = """
SELECT a.attname AS name, i.indrelid IS NOT NULL AS key FROM pg_attribute a
LEFT JOIN pg_index i ON i.indrelid = a.attrelid AND i.indisprimary AND a.attnum = ANY(i.indkey)
WHERE a.attrelid = to_regclass('public.' || $1) AND a.attnum > 0 AND NOT a.attisdropped
  AND a.attidentity = '' AND a.attgenerated = '' ORDER BY a.attnum
"""
# Only rows that differ are touched: an upsert of all would lock and write each of them.
_PUT_RIGHT = """
WITH gone AS (
  DELETE FROM public.{table} o WHERE ({there}) AND NOT EXISTS (SELECT 1 FROM pg_temp.{table} n WHERE {same})
  RETURNING {customer} AS customer_id
), put AS (
  INSERT INTO public.{table} AS o ({columns})
  SELECT {copied} FROM pg_temp.{table} n LEFT JOIN public.{table} o ON {same}
  WHERE ({wanted}) AND ({missing} OR ({kept}) IS DISTINCT FROM ({meant}))
  ON CONFLICT ({key}) DO UPDATE SET {updated}
  RETURNING {customer} AS customer_id, xmax = 0 AS added
)
SELECT 'removed' AS what, count(*) AS n, array_agg(DISTINCT customer_id) AS customers FROM gone
UNION ALL
SELECT CASE WHEN added THEN 'added' ELSE 'changed' END, count(*), array_agg(DISTINCT customer_id) FROM put GROUP BY 1
"""


@dataclass(frozen=True, slots=True)
class Difference:
    """How many rows of a read model were not as the logs say, and whose."""

    added: int = 0
    changed: int = 0
    removed: int = 0
    customers: frozenset[UUID] = frozenset()

    def __add__(self, other: Difference) -> Difference:
        """Both together."""
        return Difference(
            self.added + other.added,
            self.changed + other.changed,
            self.removed + other.removed,
            self.customers | other.customers,
        )


def _names(model: ReadModel) -> list[str]:
    return [*(table.name for table in model.tables), *model.scratch]


async def open_copies(tx: Tx, model: ReadModel) -> None:
    """Make the empty copies; from now on they are what this connection finds under those names."""
    for name in _names(model):
        await tx.execute(f"CREATE TEMPORARY TABLE {name} (LIKE public.{name} INCLUDING ALL)")


async def drop_copies(tx: Tx, model: ReadModel) -> None:
    """Remove them: the names mean the real tables again."""
    for name in _names(model):
        await tx.execute(f"DROP TABLE pg_temp.{name}")


async def put_right(tx: Tx, model: ReadModel) -> Difference:
    """Make the real tables say what the copies say; gives how many rows did not."""
    total = Difference()
    for table in model.tables:
        await tx.execute(f"ANALYZE pg_temp.{table.name}")
        rows = await tx.fetch(await _statement(tx, table))
        found = {row["what"]: row["n"] for row in rows}
        customers = {one for row in rows for one in row["customers"] or () if one is not None}
        total += Difference(**found, customers=frozenset(customers))
    return total


async def _statement(tx: Tx, table: Kept) -> str:
    columns = await tx.fetch(_COLUMNS, table.name)
    key = [row["name"] for row in columns if row["key"]]
    told = [row["name"] for row in columns if not row["key"] and row["name"] not in table.passing]
    return _PUT_RIGHT.format(
        table=table.name,
        there=table.counts.format(row="o", table=f"public.{table.name}"),
        wanted=table.counts.format(row="n", table=f"pg_temp.{table.name}"),
        customer=f"o.{table.customer}" if table.customer else "NULL::uuid",
        key=_list(key),
        columns=_list(row["name"] for row in columns),
        copied=_list((row["name"] for row in columns), "n."),
        same=" AND ".join(f'o."{name}" = n."{name}"' for name in key),
        missing=f'o."{key[0]}" IS NULL',
        kept=_list(told, "o."),
        meant=_list(told, "n."),
        updated=", ".join(f'"{name}" = excluded."{name}"' for name in told),
    )


def _list(names: Iterable[str], prefix: str = "") -> str:
    return ", ".join(f'{prefix}"{name}"' for name in names)
