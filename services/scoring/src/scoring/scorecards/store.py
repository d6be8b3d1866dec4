"""All SQL on published rules."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from guanxi.db import Reader, Tx

_COLUMNS = "kind, version, body, status, published_at"
_ALL = f"SELECT {_COLUMNS} FROM scorecard ORDER BY kind, version DESC"
_ONE = f"SELECT {_COLUMNS} FROM scorecard WHERE kind = $1 AND version = $2"
_NEWEST = """
SELECT version, published_at FROM scorecard WHERE kind = $1 AND status = 'published' ORDER BY version DESC LIMIT 1
"""
_PUBLISH = """
INSERT INTO scorecard (kind, version, body, status, published_at) VALUES ($1, $2, $3, 'published', $4)
ON CONFLICT DO NOTHING RETURNING version
"""


@dataclass(frozen=True, slots=True)
class Published:
    """One version of one file, as it was published; `body` is the file."""

    kind: str
    version: int
    body: Any
    status: str
    published_at: datetime


async def every(reader: Reader) -> list[Published]:
    """All versions, newest first within a kind."""
    return [Published(**dict(row)) for row in await reader.fetch(_ALL)]


async def one(reader: Reader, kind: str, version: int) -> Published | None:
    """One version."""
    row = await reader.fetchrow(_ONE, kind, version)
    return Published(**dict(row)) if row else None


async def newest(reader: Reader, kind: str) -> tuple[int, datetime]:
    """The version in force of a kind that has one from the first migration on, and when it was published."""
    row = await reader.fetchrow(_NEWEST, kind)
    assert row is not None  # noqa: S101 - migrations publish the first
    return row["version"], row["published_at"]


async def publish(tx: Tx, kind: str, version: int, body: Any) -> bool:
    """Put a version in force; False when its number is taken."""
    return await tx.fetchval(_PUBLISH, kind, version, body, tx.now) is not None
