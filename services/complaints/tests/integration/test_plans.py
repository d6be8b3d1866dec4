"""Each filter of the list of complaints goes by an index, however many there are."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import asyncpg
import pytest
import pytest_asyncio

from complaints.tickets import store
from complaints.tickets.rules import Wanted
from guanxi.auth import Principal
from guanxi.db import Tx
from guanxi.ports import SystemClock, SystemIds
from guanxi_local.pytest_plugin import ServiceDatabase

pytestmark = pytest.mark.asyncio(loop_scope="session")

# Of 20,000 complaints one in fifty is not closed; few of these are escalated, all that are not answered are overdue.
COMPLAINTS = """
INSERT INTO complaint (id, unit_id, number, channel, cause, severity, status, holder_unit, service_level, historic,
  filed_at, promised_at, reopen_count, handovers, wrong_minutes, escalation_level)
SELECT uuidv7(), 'head-office', 'N-' || n, 'phone', CASE WHEN n % 50 = 0 THEN 'image' ELSE 'price' END, 'normal',
  CASE n % 100 WHEN 0 THEN 'assigned' WHEN 1 THEN 'answered' ELSE 'closed' END, 'unit-' || n % 10,
  CASE WHEN n % 50 = 1 THEN 'vip' ELSE 'ordinary' END, false, now() - n * interval '1 hour',
  now() - n * interval '1 hour' + interval '2 days', 0, 0, 0, CASE WHEN n % 1000 = 0 THEN 1 ELSE 0 END
FROM generate_series(1, 20000) AS n
"""
HEAD_OFFICE = Principal("office", "head-office", internal=True, scopes=frozenset())


class Explained(Tx):
    """Explains what it is asked instead of doing it; gives no rows."""

    def __init__(self, connection: asyncpg.Connection) -> None:
        super().__init__(connection, SystemClock().now(), SystemIds())
        self.plans: list[str] = []

    async def fetch(self, sql: str, *args: Any) -> list[asyncpg.Record]:
        rows = await self._connection.fetch(f"EXPLAIN {sql}", *args)
        self.plans.append("\n".join(row[0] for row in rows))
        return []


@pytest_asyncio.fixture(loop_scope="session")
async def explained(service_database: ServiceDatabase) -> AsyncIterator[Explained]:
    made = await service_database("complaints")
    connection = await asyncpg.connect(made.owner_url)
    for statement in (COMPLAINTS, "ANALYZE complaint"):
        await connection.execute(statement)
    yield Explained(connection)
    await connection.close()


@pytest.mark.parametrize(
    ("filters", "index"),
    [
        ({"status": ["answered"]}, "ix_complaint_status"),
        ({"cause": "image"}, "ix_complaint_cause"),
        ({"level": "vip"}, "ix_complaint_level"),
        ({"escalated": True}, "ix_complaint_escalated"),
        ({"overdue": True}, "ix_complaint_promised"),
        ({"holder_unit": "unit-7"}, "ix_complaint_holder_unit"),
    ],
)
async def test_a_filter_finds_its_complaints_by_an_index(
    explained: Explained, filters: dict[str, Any], index: str
) -> None:
    wanted = Wanted(now=explained.now - timedelta(days=1), **filters)
    await store.page(explained, HEAD_OFFICE, wanted, None, 20)
    (plan,) = explained.plans
    assert index in plan, plan
    assert "Seq Scan" not in plan, plan
