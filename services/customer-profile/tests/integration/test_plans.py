"""What is looked up at every batch and every page goes by an index, however much has come in before."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import asyncpg
import pytest
import pytest_asyncio

from customer_profile.customers import listing
from customer_profile.identity import store as identity
from customer_profile.intake import desk_store, store
from guanxi.auth import Principal
from guanxi.db import Tx
from guanxi.ports import SystemClock, SystemIds
from guanxi_local.pytest_plugin import ServiceDatabase

pytestmark = pytest.mark.asyncio(loop_scope="session")

REPORTS = """
INSERT INTO inbound_report (id, unit_id, source, event_id, reused, body_hash, status, received_by)
SELECT uuidv7(), 'dealer-' || n % 3, 'dealer-' || n % 3, 'e-' || n, n % 100 = 99, sha256(n::text::bytea),
  CASE WHEN n % 500 = 0 THEN 'rejected' ELSE 'resolved' END, 'kafka'
FROM generate_series(1, 20000) AS n
"""
THREADS = """
INSERT INTO report_aggregate (id, unit_id, source, family, external_ref, sequence, time, twin, party, customer_id,
  data_hash)
SELECT uuidv7(), 'dealer-1', 'dealer-1', 'order', 'o-' || n, 1, now(), 'original', 'c-' || n,
  CASE WHEN n % 2 = 0 THEN uuidv7() END, ''
FROM generate_series(1, 20000) AS n
"""


class Explained(Tx):
    """Explains what it is asked instead of doing it; gives no rows. `fill` puts rows in for the planner to weigh."""

    def __init__(self, connection: asyncpg.Connection) -> None:
        super().__init__(connection, SystemClock().now(), SystemIds())
        self.plans: list[str] = []

    async def fill(self, *statements: str) -> None:
        """Run these, then take the statistics that the planner goes by."""
        for statement in (*statements, "ANALYZE"):
            await self._connection.execute(statement)

    async def fetch(self, sql: str, *args: Any) -> list[asyncpg.Record]:
        rows = await self._connection.fetch(f"EXPLAIN {sql}", *args)
        self.plans.append("\n".join(row[0] for row in rows))
        return []

    async def fetchrow(self, sql: str, *args: Any) -> None:
        await self.fetch(sql, *args)

    async def fetchval(self, sql: str, *args: Any) -> Any:
        return await self.fetch(sql, *args) and None


@pytest_asyncio.fixture(loop_scope="session")
async def explained(service_database: ServiceDatabase) -> AsyncIterator[Explained]:
    made = await service_database("customer-profile")
    connection = await asyncpg.connect(made.owner_url)
    yield Explained(connection)
    await connection.close()


CUSTOMERS = """
INSERT INTO customer (id, unit_id, canonical_id, kind, role, lifecycle, stage, industry, verified_at)
SELECT id, 'dealer-' || n % 3, id, CASE WHEN n % 500 = 0 THEN 'person' ELSE 'organisation' END,
  CASE WHEN n % 500 = 1 THEN 'supplier' ELSE 'end_user' END, CASE WHEN n % 500 = 2 THEN 'former' ELSE 'active' END,
  CASE WHEN n % 500 = 3 THEN 'relationship' ELSE 'interact' END, CASE WHEN n % 500 = 4 THEN 'coal' ELSE 'steel' END,
  now()
FROM (SELECT n, uuidv7() AS id FROM generate_series(1, 20000) AS n) AS made
"""
HEAD_OFFICE = Principal("office", "head-office", internal=True, scopes=frozenset())
DEALER = Principal("dealer", "dealer-1", internal=False, scopes=frozenset())


@pytest.mark.parametrize("principal", [HEAD_OFFICE, DEALER])
@pytest.mark.parametrize("source", [None, "dealer-1"])
@pytest.mark.parametrize("status", [None, "rejected", "resolved"])
async def test_a_page_of_the_desk_is_read_in_the_order_of_an_index(
    explained: Explained, principal: Principal, source: str | None, status: str | None
) -> None:
    await explained.fill(REPORTS)
    await desk_store.page(explained, principal, source, status, None, 20)
    (plan,) = explained.plans
    assert "Seq Scan" not in plan, plan
    assert "Sort" not in plan, plan


@pytest.mark.parametrize(
    "rare",
    [
        {"kind": "person"},
        {"role": "supplier"},
        {"lifecycle": "former"},
        {"stage": "relationship"},
        {"industry": "coal"},
    ],
)
async def test_each_filter_of_the_customer_list_has_an_index(explained: Explained, rare: dict[str, Any]) -> None:
    await explained.fill(CUSTOMERS)
    wanted = listing.Filter(**rare)
    await listing.page(explained, wanted, HEAD_OFFICE, None, 20)
    with contextlib.suppress(TypeError):  # no rows, no count
        await listing.count(explained, wanted, HEAD_OFFICE)
    (name,) = rare
    for plan in explained.plans:
        assert f"ix_customer_{name}" in plan, plan
    assert len(explained.plans) == 2


NAMES = "UPDATE customer SET grams = '{st,ta,ah,hl}' WHERE get_byte(uuid_send(id), 15) < 32"


@pytest.mark.parametrize("principal", [HEAD_OFFICE, DEALER])
async def test_a_name_that_few_hold_is_found_by_the_index_of_names(explained: Explained, principal: Principal) -> None:
    await explained.fill(CUSTOMERS, NAMES)
    await listing.page(explained, listing.Filter(name="Stahl"), principal, None, 20)
    index, page = explained.plans
    assert "ix_customer_grams" in index, index
    assert "Seq Scan on customer" not in page, page


@pytest.mark.parametrize("principal", [HEAD_OFFICE, DEALER])
async def test_a_name_that_many_hold_is_sought_from_the_newest_on(
    explained: Explained, principal: Principal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("customer_profile.customers.listing._MANY", -1)
    await explained.fill(CUSTOMERS, NAMES)
    await listing.page(explained, listing.Filter(name="Stahl"), principal, None, 20)
    _, page = explained.plans
    assert "ix_customer_grams" not in page, page
    assert "Index Scan Backward using" in page, page
    assert "Seq Scan on customer" not in page, page


async def test_who_looked_at_a_customer_is_found_by_an_index(explained: Explained) -> None:
    await explained.fill(
        "INSERT INTO audit (principal, unit, action, resource, details) SELECT 'a', 'b', 'c', 'd',"
        " jsonb_build_object('customers', jsonb_build_array(n)) FROM generate_series(1, 20000) AS n"
    )
    await explained.fetch("SELECT * FROM audit WHERE customer_id = $1 OR details->'customers' ? $1::text", UUID(int=1))
    (plan,) = explained.plans
    assert "ix_audit_customers" in plan, plan


async def test_an_erasure_finds_reports_by_their_names(explained: Explained) -> None:
    await explained.fill(REPORTS, THREADS)
    await desk_store.erase(explained, [explained.new_id()], [("dealer-1", "C-1")])
    (plan,) = explained.plans
    assert "Seq Scan on inbound_report" not in plan.replace("inbound_report_revision", ""), plan
    for index in ("customer", "subject", "named"):
        assert f"ix_inbound_report_{index}" in plan, plan
    for index in ("customer", "nobodys"):
        assert f"ix_report_aggregate_{index}" in plan, plan


MERGES = """
INSERT INTO merge (id, unit_id, survivor_id, absorbed_id, status, reason, merged_by)
SELECT uuidv7(), 'head-office', uuidv7(), uuidv7(), 'active', 'same-phone', 'li.ming' FROM generate_series(1, 20000)
"""


@pytest.mark.parametrize("first", [True, False])
async def test_merges_are_listed_in_the_order_of_an_index(explained: Explained, *, first: bool) -> None:
    await explained.fill(MERGES)
    before = None if first else explained.new_id()
    await identity.listed(explained, None, before, 20)
    await identity.listed(explained, UUID(int=7), before, 20)
    every, of_one = explained.plans
    assert "pk_merge" in every, every
    assert "ix_merge_survivor_id" in of_one, of_one
    assert "ix_merge_absorbed_id" in of_one, of_one
    assert "Seq Scan" not in every + of_one


async def test_what_came_before_is_found_without_reading_all_that_its_publisher_sent(explained: Explained) -> None:
    await explained.fill(REPORTS)
    await store.known_events(explained, [("dealer-1", f"e-{n}") for n in range(500)])
    (plan,) = explained.plans
    assert "Seq Scan" not in plan, plan
    assert "ix_inbound_report_event" in plan, plan
    assert "ix_inbound_report_reused" in plan, plan
