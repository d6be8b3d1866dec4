from __future__ import annotations

import runpy
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest

from complaints.app import SERVICE
from guanxi.db import personal_columns
from guanxi.events.complaints import ComplaintReopened
from guanxi.testing import a_customer

if TYPE_CHECKING:
    from services.complaints.tests.integration.conftest import Firm

pytestmark = pytest.mark.asyncio


async def said_everything(firm: Firm, plant: str) -> dict[str, Any]:
    """A complaint with something personal in every place that can hold it."""
    customer = a_customer()
    await firm.harness.know(customer)
    filed = await firm.filed(
        customer_id=str(customer.data.id),
        unit="finance",
        external_ref=f"ref {plant}",
        text=f"text {plant}",
        wish=f"wish {plant}",
        reply_to={"channel": "email", "address": f"{plant}@example.com"},
    )
    await firm.step("finance", filed, "handovers", to_unit="logistics", reason=f"note {plant}")
    await firm.step("logistics", filed, "acceptance")
    await firm.step("logistics", filed, "waiting")
    await firm.step("logistics", filed, "customer-replies", text=f"reply {plant}")
    await firm.step("logistics", filed, "answers", text=f"answer {plant}")
    await firm.step("logistics", filed, "reopening", reason=f"comment {plant}")
    wish = {"customer_id": filed["customer_id"], "kind": "refund", "cost_minor": 1, "currency": "CNY"}
    asked = await firm.harness.caller().post("/v1/goodwill-requests", json={**wish, "note": f"wish {plant}"})
    assert asked.status_code == 201, asked.text
    return filed


async def planted(firm: Firm, plant: str) -> set[tuple[str, str]]:
    """The tagged columns in which the plant is found."""
    found = set()
    async with firm.harness.database.api.read() as reader:
        for table, column, _ in personal_columns(SERVICE.metadata):
            if await reader.fetchval(f"SELECT count(*) FROM {table} WHERE {column}::text LIKE $1", f"%{plant}%"):
                found.add((table, column))
    return found


async def test_erasure_blanks_every_tagged_column_and_keeps_the_case(firm: Firm) -> None:
    filed = await said_everything(firm, "plant-a")
    other = await said_everything(firm, "plant-b")
    tagged = {(table, column) for table, column, _ in personal_columns(SERVICE.metadata)}
    assert await planted(firm, "plant-a") == tagged
    assert await firm.harness.erase(UUID(filed["customer_id"])) > 0
    assert await planted(firm, "plant-a") == set()
    assert await planted(firm, "plant-b") == tagged
    shown = await firm.shown(filed)
    assert (shown["number"], shown["holder_unit"], shown["reopen_count"]) == (filed["number"], "logistics", 1)
    assert len(shown["custody"]) == 2
    assert (await firm.shown(other))["text"] == "text plant-b"


async def test_no_table_holds_a_word_any_more(firm: Firm) -> None:
    filed = await said_everything(firm, "plant-c")
    await firm.harness.erase(UUID(filed["customer_id"]))
    async with firm.harness.database.api.read() as reader:
        tables = await reader.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        for name in (row["tablename"] for row in tables):
            count = await reader.fetchval(f'SELECT count(*) FROM "{name}" AS t WHERE t::text LIKE $1', "%plant-c%")
            assert count == 0, name


async def test_what_is_said_after_the_erasure_is_not_kept(firm: Firm) -> None:
    filed = await said_everything(firm, "plant-d")
    await firm.harness.erase(UUID(filed["customer_id"]))
    await firm.step("logistics", filed, "answers", text="answer plant-e")
    await firm.step("logistics", filed, "reopening", reason="comment plant-e")
    await firm.step("logistics", filed, "customer-replies", text="reply plant-e")
    await firm.step("logistics", filed, "handovers", to_unit="sales", reason="note plant-e")
    assert await planted(firm, "plant-e") == set()
    assert all(event.data.reply_to is None for event in await firm.harness.published(ComplaintReopened))
    assert (await firm.shown(filed))["reopen_count"] == 2


async def test_what_was_erased_before_loses_what_its_source_called_it(firm: Firm) -> None:
    filed, other = await said_everything(firm, "plant-f"), await said_everything(firm, "plant-g")
    references = runpy.run_path(str(SERVICE.migrations / "versions" / "0005_references.py"))
    told = "SELECT count(*) FROM event_log WHERE subject = $1 AND body::text LIKE '%ref plant%'"
    async with firm.harness.database.api.begin() as tx:
        await tx.execute("UPDATE complaint SET erased_at = now() WHERE id = $1", filed["id"])
        await tx.execute("UPDATE directory_customer SET status = 'erased' WHERE id = $1", filed["customer_id"])
        for statement in references["STATEMENTS"]:
            await tx.execute(statement)
        assert await tx.fetchval(told, filed["customer_id"]) == 0
        assert await tx.fetchval(told, other["customer_id"]) > 0
    assert [(await firm.shown(one))["external_ref"] for one in (filed, other)] == [None, "ref plant-g"]
