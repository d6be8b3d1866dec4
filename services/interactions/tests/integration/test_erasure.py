"""After an erasure no word of the person is left in any table."""

from __future__ import annotations

import asyncio
import runpy
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
import sqlalchemy as sa

from guanxi.db import personal_columns
from guanxi.events import reports
from guanxi.testing import Harness, a_customer, an_event
from interactions.app import SERVICE

pytestmark = pytest.mark.asyncio
PLANTED = "planted-7f3a"
WAITING = """
SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'
"""


def planted(n: int) -> str:
    return f"{PLANTED}-{n}"


def reported(subject: UUID) -> list[Any]:
    """One report of each family with every personal field filled."""
    origin = {"external_customer": "c-1", "external_ref": planted(30), "source": "erp", "unit": "head-office"}
    following = {**origin, "external_order": planted(31)}
    now = datetime.now(UTC)
    lines = [{"sku": "tower", "quantity": 1, "amount_minor": 1}]
    facts = (
        reports.ContactReported.model_validate(
            {
                **origin,
                "channel": "visit",
                "direction": "in",
                "employee": planted(1),
                "contact_person": planted(2),
                "subject": planted(3),
                "content": planted(4),
                "cues": [planted(5)],
                "rival_named": planted(6),
                "promises": [{"what": planted(7), "due_at": now + timedelta(days=1), "promiser": planted(8)}],
            }
        ),
        reports.OrderReported.model_validate(
            {
                **origin,
                "placed_at": now,
                "currency": "CNY",
                "lines": lines,
                "purpose": planted(16),
            }
        ),
        reports.ReturnReported.model_validate(
            {**following, "returned_at": now, "currency": "CNY", "lines": lines, "reason": planted(9)}
        ),
        reports.DeliveryReported.model_validate({**following, "delivered_at": now}),
        reports.PaymentReported.model_validate({**following, "amount_minor": 1, "currency": "CNY"}),
        reports.ServiceReported.model_validate(
            {**origin, "kind": "repair", "performed_at": now, "note": planted(10), "serial": planted(17)}
        ),
        reports.OpinionReported.model_validate(
            {**origin, "questionnaire": "card", "grades": [{"item": "a", "obtained": 1}], "free_text": planted(11)}
        ),
        reports.MentionReported.model_validate(
            {**origin, "platform": "weibo", "handle": planted(12), "text": planted(13), "url": planted(14)}
        ),
    )
    return [an_event(fact, subject=subject) for fact in facts]


async def entered(staff: httpx.AsyncClient, customer_id: UUID) -> None:
    """What comes by HTTP alone, with every personal field filled."""
    asked = {"item": "a", "text": {"en": "Plans?"}, "asks": "words"}
    guide = {"code": "kqi", "kind": "interview", "title": {"en": "Guide"}, "questions": [asked]}
    assert (await staff.post("/v1/questionnaires", json=guide)).status_code == 201
    about = {"customer_id": str(customer_id)}
    interview = {
        **about,
        "questionnaire": "kqi",
        "contact_person": planted(50),
        "answers": [{"item": "a", "words": planted(51)}],
        "note": planted(52),
        "opportunities": [{"what": planted(53)}],
        "needs": [{"what": planted(54)}],
    }
    held = await staff.post("/v1/interviews", json=interview)
    assert held.status_code == 201, held.text
    (need,) = held.json()["needs"]
    await staff.post(f"/v1/needs/{need['id']}/answer", json={"words": planted(55)})
    item = {**about, "kind": "visit", "due_on": "2190-01-01", "what": planted(56)}
    assert (await staff.post("/v1/plan-items", json=item)).status_code == 201


async def places(service: Harness) -> list[str]:
    """Tables in which a planted value stands anywhere, in whatever column."""
    statement = "SELECT EXISTS (SELECT FROM {table} t WHERE t::text LIKE '%{planted}%')"
    async with service.database.api.read() as reader:
        tables = sorted(SERVICE.metadata.tables)
        return [one for one in tables if await reader.fetchval(statement.format(table=one, planted=PLANTED))]


async def in_log(service: Harness) -> int:
    """How many events told of what was planted."""
    async with service.database.api.read() as reader:
        found: int = await reader.fetchval(f"SELECT count(*) FROM event_log WHERE body::text LIKE '%{PLANTED}%'")
    return found


async def test_every_personal_column_is_blanked(service: Harness, staff: httpx.AsyncClient, customer: Any) -> None:
    customer_id, other = await customer(), await customer()
    await service.apply(*reported(customer_id))
    promises = (await staff.get("/v1/promises")).json()["items"]
    body = {"outcome": "kept", "note": planted(15)}
    await staff.post(f"/v1/promises/{promises[0]['id']}/outcome", json=body)
    await entered(staff, customer_id)
    planted_in = await places(service)
    assert planted_in == sorted({table for table, _, _ in personal_columns(SERVICE.metadata)})
    await service.erase(other)
    assert await places(service) == planted_in
    assert await in_log(service) == 10
    await service.erase(customer_id)
    assert await places(service) == []
    assert await in_log(service) == 0
    assert await service.erase(customer_id) == 0


async def test_each_tagged_column_was_planted(service: Harness, staff: httpx.AsyncClient, customer: Any) -> None:
    customer_id = await customer()
    await service.apply(*reported(customer_id))
    (promise,) = (await staff.get("/v1/promises")).json()["items"]
    await staff.post(f"/v1/promises/{promise['id']}/outcome", json={"outcome": "kept", "note": planted(15)})
    await entered(staff, customer_id)
    async with service.database.api.read() as reader:
        for name, column, _ in personal_columns(SERVICE.metadata):
            table: sa.Table = SERVICE.metadata.tables[name]
            found = await reader.fetchval(f"SELECT string_agg({table.c[column].name}::text, ' ') FROM {name}")
            assert found, f"{name}.{column}"
            assert PLANTED in found, f"{name}.{column}"


async def test_nothing_personal_is_written_for_an_erased_customer(
    service: Harness, staff: httpx.AsyncClient, customer: Any
) -> None:
    customer_id = await customer()
    await service.apply(*reported(customer_id))
    (contact,) = (await staff.get("/v1/interactions")).json()["items"]
    (promise,) = (await staff.get("/v1/promises")).json()["items"]
    await service.know(a_customer(customer_id, sequence=2, status="erased", name=None, emails=[], phones=[]))
    await service.erase(customer_id)
    tag = {"If-Match": f'"{contact["version"] + 1}"'}
    late = await staff.patch(f"/v1/interactions/{contact['id']}", json={"content": planted(20)}, headers=tag)
    assert late.status_code == 410
    body = {"outcome": "kept", "note": planted(21)}
    assert (await staff.post(f"/v1/promises/{promise['id']}/outcome", json=body)).status_code == 410
    await service.apply(*reported(customer_id))
    assert await places(service) == []


async def test_an_erasure_that_waits_for_a_return_has_not_locked_its_order(service: Harness, customer: Any) -> None:
    customer_id = await customer()
    await service.apply(*reported(customer_id))
    async with service.database.consumers.begin() as tx:
        # As whoever voids it does: the row first, then its order.
        await tx.execute("SELECT 1 FROM goods_return WHERE customer_id = $1 FOR UPDATE", customer_id)
        erasing = asyncio.create_task(service.erase(customer_id))
        async with service.database.api.read() as reader:
            while not await reader.fetchval(WAITING):
                assert not erasing.done()
        await tx.execute("SELECT 1 FROM sales_order WHERE customer_id = $1 FOR UPDATE NOWAIT", customer_id)
    await erasing
    assert await places(service) == []


async def test_what_was_erased_before_loses_what_its_source_called_it(service: Harness, customer: Any) -> None:
    customer_id, other = await customer(), await customer()
    await service.apply(*reported(customer_id))
    refs = {"external_customer": "c-2", "external_ref": "kept", "external_order": "kept"}
    paid = {"source": "erp", "unit": "head-office", "amount_minor": 1, "currency": "CNY"}
    kept = an_event(reports.PaymentReported.model_validate(refs | paid), subject=other)
    await service.apply(kept)
    references = runpy.run_path(str(SERVICE.migrations / "versions" / "0006_references.py"))
    named = """SELECT count(*) FROM {table} t WHERE customer_id = $1 AND to_jsonb(t)::text ~ '"external_[a-z]+": "'"""
    told = """SELECT count(*) FROM event_log WHERE subject = $1 AND body::text LIKE '%"external_%'"""
    tables = sorted({table for table, _, kind in personal_columns(SERVICE.metadata) if kind == "reference"})
    async with service.database.api.begin() as tx:
        for table in set(tables) - {"delivery", "payment"}:
            await tx.execute(f"UPDATE {table} SET erased_at = now()")
        await tx.execute("UPDATE directory_customer SET status = 'erased' WHERE id = $1", customer_id)
        assert [await tx.fetchval(named.format(table=table), customer_id) for table in tables] == [1] * len(tables)
        for statement in references["STATEMENTS"]:
            await tx.execute(statement)
        assert [await tx.fetchval(named.format(table=table), customer_id) for table in tables] == [0] * len(tables)
        assert await tx.fetchval(named.format(table="payment"), other) == 1
        assert (await tx.fetchval(told, customer_id), await tx.fetchval(told, other)) == (0, 1)
