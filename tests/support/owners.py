"""Whose each row is: nothing is ever re-keyed (ADR 0004), so a row keeps its `customer_id` as long as it is there."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from guanxi_local.testplatform import TestPlatform
from support.changes import Changes
from support.databases import SERVICES, rows

_OF_THE_BUS = ["audit", "idempotency_key", "dirty"]
_NOBODYS_AT_FIRST = {("customer-profile", "report_aggregate")}
"""A void that comes before what it voids names nobody; the original names its customer."""
_KEYED = """
SELECT c.table_name, string_agg(k.column_name, ', ' ORDER BY k.ordinal_position)
FROM information_schema.columns c
JOIN information_schema.tables t USING (table_schema, table_name)
JOIN information_schema.table_constraints p USING (table_schema, table_name)
JOIN information_schema.key_column_usage k USING (table_schema, table_name, constraint_name)
WHERE c.table_schema = 'public' AND c.column_name = 'customer_id' AND t.table_type = 'BASE TABLE'
  AND p.constraint_type = 'PRIMARY KEY' AND c.table_name <> ALL($1::text[])
GROUP BY 1 HAVING NOT bool_or(k.column_name = 'customer_id')
"""


@dataclass
class Owners:
    """What was seen of who owns which row."""

    seen: dict[tuple[Any, ...], Any] = field(default_factory=dict)
    keyed: dict[str, dict[str, str]] = field(default_factory=dict)
    """By service its tables of customers' rows, with their keys."""
    changes: Changes = field(default_factory=Changes)
    looks: int = 0
    moved: list[str] = field(default_factory=list)

    async def look(self, platform: TestPlatform) -> None:
        """Look once at every row of a customer in every service that was written since the last look."""
        for service in SERVICES:
            if service not in self.keyed:
                self.keyed[service] = dict(await rows(platform, service, _KEYED, _OF_THE_BUS))
            keyed = self.keyed[service]
            asked = [f'SELECT {key}, customer_id FROM "{table}" WHERE {{fresh}}' for table, key in keyed.items()]
            for table, found in zip(keyed, await self.changes.look(platform, service, asked), strict=True):
                for *name, customer in found:
                    self._compare((service, table, *name), customer)
        self.looks += 1

    def _compare(self, row: tuple[Any, ...], customer: Any) -> None:
        before = self.seen.setdefault(row, customer)
        if before is None and row[:2] in _NOBODYS_AT_FIRST:
            self.seen[row] = customer
        elif before != customer:
            self.moved.append(f"{row}: {before} -> {customer}")

    @property
    def tables(self) -> set[tuple[str, str]]:
        """Where any row was seen."""
        return {(service, table) for service, table, *_ in self.seen}


@asynccontextmanager
async def keeping_owners(platform: TestPlatform, every: float = 1.0) -> AsyncIterator[Owners]:
    """Watch while the block lasts that no row passes from one customer to another."""
    owners, ending = Owners(), asyncio.Event()

    async def go_on() -> None:
        while not ending.is_set():
            await owners.look(platform)
            await asyncio.sleep(every)

    async with asyncio.TaskGroup() as group:
        group.create_task(go_on())
        try:
            yield owners
        finally:
            ending.set()
    await owners.look(platform)
    assert owners.looks > 2, "nobody looked"
    assert not owners.moved, f"{len(owners.moved)} rows have changed hands: {owners.moved[:5]}"
