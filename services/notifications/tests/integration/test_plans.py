"""Lists and claims are read in the order of an index, however long the tables are."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest
import pytest_asyncio

from guanxi.auth import Principal
from guanxi.db import Tx
from guanxi.ports import SystemClock, SystemIds
from notifications.alerts import store as alerts
from notifications.asking import store as asking
from notifications.feeds import store as feeds
from notifications.improvements import store as improvements
from notifications.messages import store as messages

pytestmark = pytest.mark.asyncio
ROWS = 20_000
ONE = UUID("00000000-0000-7000-8000-000000000001")
NUMBERED = "('00000000-0000-7000-8000-' || lpad((n % 3)::text, 12, '0'))::uuid"
MESSAGES = f"""
INSERT INTO message (id, unit_id, intent, intent_key, class, template, channel, recipient, customer_id, facts,
  cause_type, cause_id, cause_event_id, status, send_after)
SELECT uuidv7(), 'dealer-' || n % 100, 'x', 'x:' || n, 'service', 'x', 'email', 'customer', {NUMBERED}, '{{}}', 'x',
  uuidv7(), uuidv7(), CASE WHEN n % 100 = 0 THEN 'failed' ELSE 'sent' END, now()
FROM generate_series(1, {ROWS}) AS n
"""
ALERTS = f"""
INSERT INTO alert (id, unit_id, rule, recipient, employee_id, cause_type, cause_id, cause_sequence, cause_event_id,
  facts, urgent, state, changed_at)
SELECT uuidv7(), 'unit-' || n % 3, 'x', n, CASE WHEN n % 2 = 0 THEN {NUMBERED} END, 'x', uuidv7(), 1, uuidv7(), '{{}}',
  false, 'done', now() - n * interval '1 second'
FROM generate_series(1, {ROWS}) AS n
"""
HOOKS = f"""
INSERT INTO subscription (id, unit_id, types, url, secret, status)
SELECT {NUMBERED}, 'dealer-17', '{{}}', 'https://x', 'x', CASE WHEN n = 2 THEN 'paused' ELSE 'active' END
FROM generate_series(1, 2) AS n
"""
DELIVERIES = f"""
INSERT INTO feed_delivery (id, unit_id, subscription_id, event_id, event_type, status, next_at)
SELECT uuidv7(), 'dealer-17', {NUMBERED}, uuidv7(), 'x', CASE WHEN n % 50 = 0 THEN 'queued' ELSE 'delivered' END, now()
FROM generate_series(1, {ROWS}) AS n
"""


TELLINGS = f"""
INSERT INTO telling (id, unit_id, improvement_id, customer_id, complaint_id, event_id)
SELECT uuidv7(), 'head-office', {NUMBERED}, uuidv7(), uuidv7(), uuidv7() FROM generate_series(1, {ROWS}) AS n
"""
REQUESTS = f"""
INSERT INTO permission_request (id, unit_id, customer_id, purpose, channel, way, state, asked_by)
SELECT uuidv7(), 'dealer-' || n % 100, uuidv7(), 'survey', 'email', 'phone', 'asked', 'x'
FROM generate_series(1, {ROWS}) AS n
"""


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
async def explained(service_database: Any) -> AsyncIterator[Explained]:
    made = await service_database("notifications")
    connection = await asyncpg.connect(made.owner_url)
    for statement in (MESSAGES, ALERTS, HOOKS, DELIVERIES, TELLINGS, REQUESTS, "ANALYZE"):
        await connection.execute(statement)
    yield Explained(connection)
    await connection.close()


OFFICE = Principal("office", "head-office", internal=True, scopes=frozenset())
DEALER = Principal("dealer", "dealer-17", internal=False, scopes=frozenset())


async def test_every_list_is_read_in_the_order_of_an_index(explained: Explained) -> None:
    page: dict[str, Any] = {"after": None, "limit": 20}
    await messages.page(explained, OFFICE, customer_ids=None, status=None, **page)
    await messages.page(explained, OFFICE, customer_ids=None, status="failed", **page)
    await messages.page(explained, DEALER, customer_ids=None, status=None, **page)
    await alerts.page(explained, ONE, "unit-1", state=None, **page)
    await feeds.deliveries(explained, ONE, **page)
    await asking.page(explained, OFFICE, customer_ids=None, state=None, **page)
    await asking.page(explained, DEALER, customer_ids=None, state=None, **page)
    await improvements.page(explained, ONE, None, 20)
    assert len(explained.plans) == 9
    for plan in explained.plans:
        assert "Seq Scan" not in plan, plan
        assert "Sort " not in plan, plan


async def test_what_was_made_lately_is_counted_without_the_rest(explained: Explained) -> None:
    await messages.tally(explained, SystemClock().now() + timedelta(hours=1))
    (plan,) = explained.plans
    assert "pk_message" in plan, plan


async def test_a_look_at_an_inbox_reads_what_changed_and_no_more(explained: Explained) -> None:
    await alerts.changed(explained, ONE, "unit-1", (SystemClock().now() - timedelta(seconds=12), ONE), 500)
    (plan,) = explained.plans
    assert "ix_alert_employee_id_changed_at" in plan, plan
    assert "ix_alert_unit_id_changed_at" in plan, plan


async def test_a_claim_of_deliveries_reads_what_is_due_for_each_subscriber(explained: Explained) -> None:
    await feeds.claim(explained, 16, 2)
    lock, plan = explained.plans
    assert "ix_feed_delivery_subscription_id_next_at" in lock, lock
    assert plan.count("ix_feed_delivery_subscription_id_next_at") == 2, plan
    assert "Seq Scan on feed_delivery" not in lock + plan, lock + plan
