"""A baseline taken from the service itself: all rows that one of its transactions wrote, as one statement for pgbench.

So the baseline writes row for row what the service writes, whatever the service writes next year. Ids and keys are new
in each transaction, moments are now; all else stands as it was written.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import asyncpg

from benchmarks.baseline import Bench, pgbench
from benchmarks.stage import Stage
from guanxi.ports import id_time

_CLOCKS_S = 1.0
_TABLES = """
SELECT c.relname, a.attname, format_type(a.atttypid, NULL) AS type, a.attidentity <> '' AS own
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND NOT c.relispartition
ORDER BY c.relname, a.attnum
"""


@dataclass(frozen=True, slots=True)
class Column:
    """A column that is written; its values are those of `given` in each transaction, or the same in all."""

    name: str
    expression: str


@dataclass(frozen=True, slots=True)
class Recorded:
    """The statement, and how many rows it writes into which table."""

    service: str
    statement: str
    rows: Mapping[str, int]


def record(stage: Stage, service: str, table: str, made: str, picked: tuple[str, str] | None = None) -> Recorded:
    """What the transaction wrote that made the row `made` of `table`.

    With `picked` an id that was there before (a customer's) is replaced by an expression that picks another each time.
    """
    return asyncio.run(_record(stage.platform.postgres_url(service), service, table, made, picked))


def plain(stage: Stage, recorded: Recorded, clients: int, seconds: float, setup: str = "") -> tuple[Bench, int]:
    """Run the statement by pgbench, and take away what it made; gives in how many tables that was not as many."""
    url = stage.platform.postgres_url(recorded.service)
    before = asyncio.run(_xid(url))
    script = f"{setup}{recorded.statement};\n"
    bench = pgbench(
        stage, stage.platform.postgres_url(recorded.service, owner=False), script, clients=clients, seconds=seconds
    )
    superuser = f"{stage.platform.postgres_url().rpartition('/')[0]}/{url.rpartition('/')[2]}"
    found = asyncio.run(_swept(superuser, list(recorded.rows), before))
    return bench, sum(found[name] != count * bench.transactions for name, count in recorded.rows.items())


def moment(stage: Stage, service: str) -> int:
    """The database's newest transaction: what is written from now on is newer."""
    return asyncio.run(_xid(stage.platform.postgres_url(service)))


def sweep(stage: Stage, service: str, after: int) -> None:
    """Take away whatever was written after a moment, so that a platform is as small again as it was."""
    url = stage.platform.postgres_url(service)
    superuser = f"{stage.platform.postgres_url().rpartition('/')[0]}/{url.rpartition('/')[2]}"
    tables = sorted({str(row[0]) for row in stage.sql(service, _TABLES)})
    asyncio.run(_swept(superuser, tables, after))


async def _record(url: str, service: str, table: str, made: str, picked: tuple[str, str] | None) -> Recorded:
    connection = await asyncpg.connect(url)
    try:
        columns: dict[str, list[tuple[str, str, bool]]] = {}
        for row in await connection.fetch(_TABLES):
            columns.setdefault(row["relname"], []).append((row["attname"], row["type"], row["own"]))
        xid = await connection.fetchval(f"SELECT xmin::text FROM {table} WHERE id = $1", UUID(made))
        found = {
            name: [
                json.loads(row[0])
                for row in await connection.fetch(f"SELECT to_jsonb(t)::text FROM {name} t WHERE xmin::text = $1", xid)
            ]
            for name in columns
        }
    finally:
        await connection.close()
    rows = {name: some for name, some in found.items() if some}
    return Recorded(service, _statement(rows, columns, made, picked), {name: len(some) for name, some in rows.items()})


def _statement(
    rows: Mapping[str, Sequence[Mapping[str, Any]]],
    columns: Mapping[str, Sequence[tuple[str, str, bool]]],
    made: str,
    picked: tuple[str, str] | None,
) -> str:
    began = id_time(UUID(made))
    assert began is not None
    fresh: dict[str, str] = {}
    parts: list[str] = []
    for name, some in rows.items():
        for number, row in enumerate(some):
            values = [
                (column, _expression(column, kind, row[column], fresh, began.timestamp(), picked))
                for column, kind, own in columns[name]
                if not own and column in row
            ]
            into, given = ", ".join(f'"{c}"' for c, _ in values), ", ".join(v for _, v in values)
            parts.append(f"w_{name}_{number} AS (INSERT INTO {name} ({into}) SELECT {given} FROM given g)")
    ids = [f"uuidv7() AS {variable}" for variable in fresh.values()]
    extra = [f"{picked[1]} AS picked"] if picked else []
    given = ", ".join(["clock_timestamp() AS at", "gen_random_uuid()::text AS key", *extra, *ids])
    return f"WITH given AS MATERIALIZED (SELECT {given}), {', '.join(parts)} SELECT 1"


def _expression(  # noqa: PLR0911, PLR0913 - a table of kinds
    column: str, kind: str, value: Any, fresh: dict[str, str], began: float, picked: tuple[str, str] | None
) -> str:
    if value is None:
        return f"NULL::{kind}"
    if column in {"key", "number"} and kind == "text":
        return "g.key"
    if kind == "timestamp with time zone":
        return "g.at"
    if kind == "uuid":
        if picked and value == picked[0]:
            return "g.picked"
        made = id_time(UUID(value))
        if made is not None and made.timestamp() >= began - _CLOCKS_S:
            return f"g.{fresh.setdefault(value, f'v{len(fresh)}')}"
    if kind == "jsonb":
        return _text(json.dumps(value, ensure_ascii=False)) + "::jsonb"
    if isinstance(value, list):
        return f"ARRAY(SELECT jsonb_array_elements_text({_text(json.dumps(value))}::jsonb))::{kind}"
    return f"{_text(str(value))}::{kind}"


def _text(value: str) -> str:
    # Hexadecimal where pgbench would take a colon for a variable.
    if ":" in value or "'" in value or "\\" in value:
        return f"convert_from(decode('{value.encode().hex()}', 'hex'), 'UTF8')"
    return f"'{value}'"


async def _xid(url: str) -> int:
    connection = await asyncpg.connect(url)
    try:
        return int(await connection.fetchval("SELECT pg_current_xact_id()::text"))
    finally:
        await connection.close()


async def _swept(url: str, tables: Sequence[str], after: int) -> dict[str, int]:
    connection = await asyncpg.connect(url, command_timeout=300)
    try:
        # Its own rows only: nothing else writes while services are quiet. References are not looked at on the way out.
        await connection.execute("SET session_replication_role = replica")
        counts = {}
        for name in tables:
            tag = await connection.execute(f"DELETE FROM {name} WHERE xmin::text::bigint > {after}")
            counts[name] = int(tag.rpartition(" ")[2])
        await connection.execute(f"VACUUM {', '.join(tables)}")
        return counts
    finally:
        await connection.close()
