"""Reading published rules."""

from __future__ import annotations

from guanxi.db import Reader
from guanxi.problems import NotFound
from scoring.scorecards import store
from scoring.scorecards.store import Published


async def every(reader: Reader) -> list[Published]:
    """All versions of all rules."""
    return await store.every(reader)


async def one(reader: Reader, kind: str, version: int) -> Published:
    """One version; 404 when it was never published."""
    found = await store.one(reader, kind, version) if 0 < version < 2**31 else None
    if found is None:
        raise NotFound("scorecard")
    return found
