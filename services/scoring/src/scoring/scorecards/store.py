"""All SQL on published rules."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from guanxi.db import Reader, Tx

_COLUMNS = "kind, version, body, status, published_at"
_ALL = f"SELECT {_COLUMNS} FROM scorecard ORDER BY kind, version DESC"
_BODIES = "SELECT body FROM scorecard WHERE kind = $1 ORDER BY version DESC"
_ONE = f"SELECT {_COLUMNS} FROM scorecard WHERE kind = $1 AND version = $2"
# One look for all kinds, at a table of a few dozen rows; bodies are kept out of line and not touched.
_NEWEST = """
SELECT DISTINCT ON (kind) kind, version, published_at FROM scorecard
WHERE kind = ANY($1::text[]) AND status = 'published' ORDER BY kind, version DESC
"""
_PUBLISH = """
INSERT INTO scorecard (kind, version, body, status, published_at) VALUES ($1, $2, $3, 'published', $4)
ON CONFLICT DO NOTHING RETURNING version
"""


Stamp = tuple[str, int, datetime]
"""Kind, version and moment of a publication: in two databases the same version may say different things."""


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


async def bodies(reader: Reader, kind: str) -> list[Any]:
    """What all versions of a kind say, newest first."""
    return [row["body"] for row in await reader.fetch(_BODIES, kind)]


async def one(reader: Reader, kind: str, version: int) -> Published | None:
    """One version."""
    row = await reader.fetchrow(_ONE, kind, version)
    return Published(**dict(row)) if row else None


async def newest(reader: Reader, kinds: Sequence[str]) -> tuple[Stamp, ...]:
    """The version in force of each of these kinds, and when it was published, in the order of their names."""
    return tuple((row["kind"], row["version"], row["published_at"]) for row in await reader.fetch(_NEWEST, kinds))


async def publish(tx: Tx, kind: str, version: int, body: Any) -> bool:
    """Put a version in force; False when its number is taken."""
    return await tx.fetchval(_PUBLISH, kind, version, body, tx.now) is not None
