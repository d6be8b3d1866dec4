"""All SQL on who is worth most."""

from __future__ import annotations

from dataclasses import dataclass

from guanxi.db import Reader
from scoring.scores.rules import Place, Valued

_RANKING = """
SELECT customer_id, value, band, as_of FROM score_series
WHERE kind = $1 AND ended_at IS NULL AND value IS NOT NULL
ORDER BY value DESC, customer_id DESC LIMIT $2 + 1
"""
_RANKING_ON = """
SELECT customer_id, value, band, as_of FROM score_series
WHERE kind = $1 AND ended_at IS NULL AND (value, customer_id) < ($3, $4)
ORDER BY value DESC, customer_id DESC LIMIT $2 + 1
"""
# Shares are of the profit that was made: losses stand apart, so that no share passes 100 %.
_PARETO = """
WITH p AS (
  SELECT (inputs->>'profit_minor')::bigint AS profit, row_number() OVER w AS place, count(*) OVER () AS customers
  FROM score_series
  WHERE kind = $1 AND ended_at IS NULL AND inputs ? 'profit_minor'
  WINDOW w AS (ORDER BY (inputs->>'profit_minor')::bigint DESC, customer_id)
)
SELECT count(*) AS customers, count(*) FILTER (WHERE profit > 0) AS profitable,
       count(*) FILTER (WHERE profit < 0) AS losing,
       coalesce(sum(greatest(profit, 0)), 0)::bigint AS profit_minor,
       coalesce(sum(least(profit, 0)), 0)::bigint AS loss_minor,
       count(*) FILTER (WHERE place * 100 <= customers * $2 OR place = 1) AS leading,
       coalesce(sum(greatest(profit, 0)) FILTER (WHERE place * 100 <= customers * $2 OR place = 1), 0)::bigint
         AS leading_profit_minor,
       (SELECT count(*) FROM score_series WHERE kind = $1 AND ended_at IS NULL AND band = $3) AS unrated
FROM p
"""


@dataclass(frozen=True, slots=True)
class Pareto:
    """How much of the profit the leading customers bring, in minor units of the firm's currency."""

    customers: int
    profitable: int
    losing: int
    unrated: int
    profit_minor: int
    loss_minor: int
    leading: int
    leading_profit_minor: int


async def ranking(reader: Reader, kind: str, after: Place | None, limit: int) -> list[Valued]:
    """Customers by value, best first, after a place, one more than `limit`."""
    if after is None:
        rows = await reader.fetch(_RANKING, kind, limit)
    else:
        rows = await reader.fetch(_RANKING_ON, kind, limit, after.value, after.customer_id)
    return [Valued(**dict(row)) for row in rows]


async def pareto(reader: Reader, kind: str, percent: int, unrated: str) -> Pareto:
    """The share of the leading `percent` of customers."""
    row = await reader.fetchrow(_PARETO, kind, percent, unrated)
    assert row is not None  # noqa: S101 - an aggregate always has its row
    return Pareto(**dict(row))
