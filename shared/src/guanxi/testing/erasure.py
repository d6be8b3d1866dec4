"""The planted-value scan: a value in every place for personal data, an erasure, a look at the whole database.

A column that somebody forgot to tag is not planted, so tests also bring values in through the doors and scan for those.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from guanxi.db import Reader, Tx, personal_columns

_FIRST_DAY = date(1871, 1, 1)
_COLUMNS = """
SELECT c.table_name, c.column_name, c.udt_name FROM information_schema.columns c
JOIN information_schema.tables t USING (table_schema, table_name)
WHERE c.table_schema = 'public' AND t.table_type = 'BASE TABLE'
  AND c.udt_name IN ('text', 'varchar', 'json', 'jsonb', '_text', 'date', 'bytea')
ORDER BY 1, 2
"""


@dataclass(frozen=True, slots=True)
class Hit:
    """A value that is still there."""

    table: str
    column: str
    value: str
    rows: int


async def plant(tx: Tx, metadata: sa.MetaData, *, skip: Collection[str] = ()) -> list[str]:
    """Write a value of its own into every tagged column of every row; gives the values.

    `skip` names tables whose personal data is not the customers'. Raises `AssertionError` for a tagged table without
    rows: what is not planted is not tested.
    """
    values: list[str] = []
    for n, (table, column, _) in enumerate(personal_columns(metadata)):
        if table in skip:
            continue
        target = metadata.tables[table].c[column]
        text, value = _planted(target, n)
        done = await tx.run(sa.update(metadata.tables[table]).values({column: value}).returning(sa.literal(1)))
        if not done:
            message = f"{table} has no row to plant {column} in: let the test make one"
            raise AssertionError(message)
        values.append(text)
    return values


async def scan(reader: Reader, values: Iterable[str]) -> list[Hit]:
    """Where any of these values still is, in any column of any table that can hold text."""
    wanted = list(values)
    hits: list[Hit] = []
    for row in await reader.fetch(_COLUMNS):
        table, column = row["table_name"], row["column_name"]
        found = f"position(convert_to(v, 'UTF8') in \"{column}\") > 0"
        if row["udt_name"] != "bytea":
            found = f'position(v in "{column}"::text) > 0'
        counted = await reader.fetch(
            f'SELECT v, count(*) AS rows FROM "{table}", unnest($1::text[]) AS v WHERE {found} GROUP BY v', wanted
        )
        hits += [Hit(table, column, one["v"], one["rows"]) for one in counted]
    return hits


def _planted(column: sa.Column[Any], n: int) -> tuple[str, Any]:
    text = f"planted-{n:03}-{column.table.name}-{column.name}"
    if isinstance(column.type, sa.Date):
        day = _FIRST_DAY + timedelta(days=n)
        return day.isoformat(), day
    if isinstance(column.type, ARRAY):
        return text, [text]
    if isinstance(column.type, JSONB):
        return text, {"planted": text}
    return (text, text.encode()) if isinstance(column.type, sa.LargeBinary) else (text, text)
