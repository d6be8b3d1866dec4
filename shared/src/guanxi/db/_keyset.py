"""Keyset pages: the next page starts after the last key, so a deep page costs what the first one costs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa


def after_key(
    statement: sa.Select[Any],
    columns: Sequence[sa.ColumnElement[Any]],
    key: Sequence[Any] | None,
    limit: int,
    *,
    descending: bool = False,
) -> sa.Select[Any]:
    """The page of at most `limit` rows (and one more, which tells that there is a next page) after `key`.

    `columns` order the rows and must be unique together; `key` holds their values in the last row of the page before.
    """
    if key is not None:
        row, values = (
            sa.tuple_(*columns),
            sa.tuple_(*(sa.literal(v, c.type) for c, v in zip(columns, key, strict=True))),
        )
        statement = statement.where(row < values if descending else row > values)
    order = [column.desc() if descending else column.asc() for column in columns]
    return statement.order_by(*order).limit(limit + 1)
