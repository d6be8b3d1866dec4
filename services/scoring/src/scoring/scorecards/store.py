"""All SQL on published rules."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from guanxi.db import Reader

_COLUMNS = "kind, version, body, status, published_at"
_ALL = f"SELECT {_COLUMNS} FROM scorecard ORDER BY kind, version DESC"
_ONE = f"SELECT {_COLUMNS} FROM scorecard WHERE kind = $1 AND version = $2"


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
