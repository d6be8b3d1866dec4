"""Where a caller stands: is its unit internal, which employee is it. Read from the directory, kept for 5 s."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from guanxi.db import Pool

CACHE_SECONDS = 5.0
_REMEMBERED = 4096
_STANDING = """
SELECT coalesce((SELECT internal FROM directory_unit WHERE code = $1), false) AS internal,
  (SELECT id FROM directory_employee WHERE subject = $2 ORDER BY left_on IS NOT NULL, sequence DESC LIMIT 1)
    AS employee_id
"""


@dataclass(frozen=True, slots=True)
class Standing:
    """What the service's own tables say of a caller."""

    internal: bool
    employee_id: UUID | None


class UnitLookup(Protocol):
    """Finds a caller's standing."""

    async def standing(self, unit: str, subject: str) -> Standing:
        """The standing of `subject` acting for `unit`; a unit nobody knows is external."""
        ...


class TableLookup:
    """Reads units by `code` and employees by `subject` in the directory's tables, which every service has."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def standing(self, unit: str, subject: str) -> Standing:
        """One round trip."""
        async with self._pool.read() as reader:
            row = await reader.fetchrow(_STANDING, unit, subject)
        return (
            Standing(bool(row["internal"]), row["employee_id"]) if row else Standing(internal=False, employee_id=None)
        )


class CachedLookup:
    """Remembers each answer for five seconds."""

    def __init__(self, lookup: UnitLookup, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._lookup = lookup
        self._monotonic = monotonic
        self._known: OrderedDict[tuple[str, str], tuple[float, Standing]] = OrderedDict()

    async def standing(self, unit: str, subject: str) -> Standing:
        """The standing as it was at most five seconds ago."""
        now = self._monotonic()
        known = self._known.get((unit, subject))
        if known is not None and now - known[0] < CACHE_SECONDS:
            return known[1]
        found = await self._lookup.standing(unit, subject)
        self._known[unit, subject] = (now, found)
        self._known.move_to_end((unit, subject))
        if len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)
        return found
