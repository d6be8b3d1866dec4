"""All SQL on the quality indicators."""

from __future__ import annotations

from collections.abc import Sequence

from guanxi.db import Reader, Tx
from guanxi.events import Event
from guanxi.events.reviews import QualityIndicatorsSet
from interactions.indicators.rules import Indicator, IndicatorSet

_KEEP = """
INSERT INTO indicator_set AS s (id, version, created_at, recorded_at, unit_id, number, indicators, set_at)
SELECT (n->>'id')::uuid, (n->>'version')::bigint, $2, $2, 'head-office', (n->>'number')::bigint, n->'indicators',
  (n->>'set_at')::timestamptz
FROM jsonb_array_elements($1::jsonb) AS x(n) ORDER BY 1
ON CONFLICT (id) DO UPDATE
SET version = excluded.version, recorded_at = excluded.recorded_at, number = excluded.number,
    indicators = excluded.indicators, set_at = excluded.set_at
WHERE s.version < excluded.version
"""
_IN_FORCE = "SELECT number, indicators, set_at FROM indicator_set ORDER BY number DESC LIMIT 1"


async def keep(tx: Tx, events: Sequence[Event[QualityIndicatorsSet]]) -> None:
    """Keep these versions; of one there is one event at most."""
    rows = [
        {
            "id": str(event.aggregateid),
            "version": event.sequence,
            "number": event.data.number,
            "indicators": [one.model_dump(mode="json") for one in event.data.indicators],
            "set_at": event.data.set_at.isoformat(),
        }
        for event in events
    ]
    await tx.execute(_KEEP, rows, tx.now)


async def in_force(reader: Reader) -> IndicatorSet | None:
    """The version of the highest number."""
    row = await reader.fetchrow(_IN_FORCE)
    return IndicatorSet(row["number"], tuple(map(_indicator, row["indicators"])), row["set_at"]) if row else None


def _indicator(kept: dict[str, object]) -> Indicator:
    return Indicator(**{name: kept[name] for name in Indicator.__slots__})  # type: ignore[arg-type]
