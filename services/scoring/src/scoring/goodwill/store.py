"""All SQL on goodwill."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from guanxi.db import Reader

_WHO = """
SELECT DISTINCT customer_id FROM fact
WHERE kind = 'goodwill' AND occurred_at >= $1 AND occurred_at < $2 AND NOT voided AND customer_id IS NOT NULL
"""


async def customers(reader: Reader, start: datetime, end: datetime) -> list[UUID]:
    """The records to whom goodwill was given from a moment up to but without another."""
    return [row["customer_id"] for row in await reader.fetch(_WHO, start, end)]
