"""All SQL of units and employees."""

from __future__ import annotations

from collections.abc import Iterable

from guanxi.db import Reader

_REGIONS = "SELECT code, region FROM unit WHERE code = ANY($1::text[])"


async def regions(reader: Reader, codes: Iterable[str]) -> dict[str, str]:
    """The region (ISO 3166-1) in which each of these units reads telephone numbers."""
    return {row["code"]: row["region"] for row in await reader.fetch(_REGIONS, list(set(codes)))}
