"""A firm after years: 1,000,000 customers and 10,000,000 interactions, written once and kept in the user's cache.

Rows are copies of rows that the services have written themselves, so they are right whatever columns come next year;
only ids, customers and moments differ. They are made in the database: ten million rows need not go through Python.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import asyncpg

from benchmarks.filling import fill
from benchmarks.stage import Stage

CUSTOMERS, INTERACTIONS = 1_000_000, 10_000_000
_PIECE = 500_000
_WHEN = f"(now() - interval '3 years' + interval '3 years' * (n.n::float8 / {INTERACTIONS}))"
# A UUIDv7 of the number and of its day (RFC 9562): a contact has the same in every database.
_ID = f"""(lpad(to_hex((extract(epoch FROM date_trunc('day', {_WHEN})) * 1000)::bigint), 12, '0') || '7' ||
  substr(md5(n.n::text), 1, 3) || '8' || substr(md5(n.n::text), 4, 15))::uuid"""
_NUMBERED = """
CREATE TEMPORARY TABLE numbered AS SELECT row_number() OVER (ORDER BY id) AS n, id FROM directory_customer;
ALTER TABLE numbered ADD PRIMARY KEY (n);
ANALYZE numbered
"""
_COLUMNS = """
SELECT attname FROM pg_attribute WHERE attrelid = $1::text::regclass AND attnum > 0 AND NOT attisdropped
AND attidentity = '' AND attgenerated = '' ORDER BY attnum
"""
_INDEXES = """
SELECT i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid) FROM pg_index i
WHERE i.indrelid = $1::text::regclass AND NOT i.indisunique
"""
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Table:
    """A table that gets many rows: copies of the one that `model` finds, but for what `own` says.

    There `n.n` is the row's number and `k.id` its customer.
    """

    service: str
    name: str
    model: str
    many: int
    own: Mapping[str, str]


_OWN = {"customer_id": "k.id", "recorded_at": _WHEN}
TABLES = (
    Table("interactions", "contact", "voided_at IS NULL", INTERACTIONS, {"id": _ID, "occurred_at": _WHEN, **_OWN}),
    Table("interactions", "timeline_entry", "kind = 'contact'", INTERACTIONS, {"id": _ID, "at": _WHEN, **_OWN}),
    Table("scoring", "fact", "kind = 'contact'", INTERACTIONS, {"aggregate_id": _ID, "occurred_at": _WHEN, **_OWN}),
    Table("scoring", "score_series", "kind = 'value.existing'", CUSTOMERS, {"id": "uuidv7()", "customer_id": "k.id"}),
)
"""What grows with the years. Not `event_log`: it holds what its retention leaves."""


def grow(stage: Stage, say: Say) -> None:
    """Bring a platform whose services are quiet to this size; what is there already is left as it is."""
    say(f"{CUSTOMERS:,} customers")
    fill(stage, CUSTOMERS)
    for table in TABLES:
        asyncio.run(_multiply(stage.platform.postgres_url(table.service), table, say))


async def _multiply(url: str, table: Table, say: Say) -> None:
    connection = await asyncpg.connect(url, command_timeout=3600)
    try:
        if await connection.fetchval(f"SELECT count(*) FROM {table.name}") >= table.many:
            return
        await connection.execute("SET maintenance_work_mem = '1GB'; SET synchronous_commit = off")
        await connection.execute(_NUMBERED)
        indexes = await connection.fetch(_INDEXES, table.name)
        # Over sorted rows an index is made in a fraction of the time that so many single entries take.
        async with connection.transaction():
            for name, _ in indexes:
                await connection.execute(f"DROP INDEX {name}")
            await _insert(connection, table, say)
            for name, definition in indexes:
                say(f"{table.name}: {name}")
                await connection.execute(definition)
        await connection.execute(f"VACUUM ANALYZE {table.name}")
    finally:
        await connection.close()


async def _insert(connection: asyncpg.Connection, table: Table, say: Say) -> None:
    columns = [row[0] for row in await connection.fetch(_COLUMNS, table.name)]
    into, values = ", ".join(columns), ", ".join(table.own.get(one, f"m.{one}") for one in columns)
    statement = f"""
INSERT INTO {table.name} ({into}) SELECT {values} FROM (SELECT * FROM {table.name} WHERE {table.model} LIMIT 1) m
CROSS JOIN generate_series($1::bigint, $2::bigint) n(n)
JOIN numbered k ON k.n = 1 + (n.n * 48271) % (SELECT count(*) FROM numbered) ON CONFLICT DO NOTHING
"""
    for start in range(0, table.many, _PIECE):
        await connection.execute(statement, start, start + _PIECE - 1)
        say(f"{table.name}: {start + _PIECE:,} of {table.many:,} rows")
