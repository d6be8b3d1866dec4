"""A customer's facts page by page: a page costs what is on it, however many facts there are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from guanxi.auth import Principal, visible
from guanxi.db import Reader, after_key
from scoring.facts import store
from scoring.facts.rules import BEGINNINGS, REPEATED, FactRow
from scoring.facts.tables import fact

_KEYS = ("occurred_at", "aggregate_id", "kind", "sequence")
_MOST_AT_ONCE = 2_000
_COUNTS = "counts"


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which facts a caller asks for."""

    customer_ids: Sequence[UUID]
    kinds: Sequence[str] = ()
    every_version: bool = False


async def page(
    reader: Reader, principal: Principal, wanted: Wanted, after: Sequence[Any] | None, limit: int
) -> list[FactRow]:
    """Facts, newest first, one more than `limit`; `after` is (occurred_at, aggregate_id, kind, sequence).

    Rows are walked in their order, a stretch at a time, and those that count are kept: a planner that took few of them
    to count would look at every fact of the customer for each page.
    """
    found: list[FactRow] = []
    size = limit
    while True:
        rows = await reader.all(_stretch(principal, wanted, after, size))
        found += [store.read(row) for row in rows if row[_COUNTS]]
        if len(found) > limit or len(rows) <= size:
            return found[: limit + 1]
        after = [rows[-1][name] for name in _KEYS]
        size = min(4 * size, _MOST_AT_ONCE)


def _stretch(principal: Principal, wanted: Wanted, after: Sequence[Any] | None, size: int) -> sa.Select[Any]:
    """The next rows and one more, counting or not: the first of each record, walked by its index, and of all these."""
    whose = sa.func.unnest(sa.literal(list(wanted.customer_ids), sa.ARRAY(sa.Uuid))).table_valued("id").render_derived()
    f = fact.c
    own = sa.select(fact).where(f.customer_id == whose.c.id, visible(principal, f.unit_id))
    if wanted.kinds:
        own = own.where(f.kind.in_(wanted.kinds))
    newest = after_key(own, [f[name] for name in _KEYS], after, size, descending=True).lateral("newest")
    counts = sa.true() if wanted.every_version else _counts(newest.c)
    every = sa.select(newest, counts.label(_COUNTS)).select_from(whose.join(newest, sa.true()))
    return after_key(every, [newest.c[name] for name in _KEYS], None, size, descending=True)


def _counts(f: sa.ColumnCollection[str, sa.ColumnElement[Any]]) -> sa.ColumnElement[bool]:
    """What `rules.current` says of a row, in SQL: its page must not need the facts of all pages before."""
    o = fact.alias("other").c
    newer = sa.and_(
        o.aggregate_id == f.aggregate_id,
        o.kind == f.kind,
        o.sequence > f.sequence,
        sa.or_(o.voided, f.kind.not_in(REPEATED)),
    )
    cause = sa.case(
        (f.kind == "return", f.attrs["order_id"].astext), (f.kind != "goodwill", f.attrs["complaint_id"].astext)
    )
    never = sa.and_(o.aggregate_id.in_((f.aggregate_id, sa.cast(cause, sa.Uuid))), o.kind.in_(BEGINNINGS), o.voided)
    return sa.and_(sa.not_(f.voided), ~sa.exists().where(newer), ~sa.exists().where(never))
