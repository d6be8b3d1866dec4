"""Erasure: what was made of a person goes, the firm's sums stay."""

from __future__ import annotations

from uuid import UUID

import httpx
import pytest

from guanxi.bus import shadow
from guanxi.events.interactions import CustomerContacted
from guanxi.ports import SystemIds
from guanxi.testing import Harness, a_customer, an_event
from scoring.scores import usecases as scores
from scoring.topology import TOPOLOGY

from .conftest import MakeCustomer, a_broken_promise, a_contact, an_order, settle

pytestmark = pytest.mark.asyncio
IDS = SystemIds()


async def _everywhere(service: Harness, value: UUID) -> dict[str, int]:
    """How many rows of each table hold the value, in any column."""
    async with service.database.api.read() as reader:
        return {
            name: count
            for name in service.service.metadata.tables
            if (count := await reader.fetchval(f"SELECT count(*) FROM {name} t WHERE t::text LIKE $1", f"%{value}%"))
        }


async def _marked(service: Harness, one: UUID) -> None:
    """Have a customer scored, as a fact does that was entered beside the erasure."""
    async with service.database.consumers.begin() as tx:
        await scores.mark_now(tx, [one])


async def test_an_erased_customer_leaves_only_the_skeleton_of_its_facts(
    service: Harness, customer: MakeCustomer, staff: httpx.AsyncClient
) -> None:
    stays, goes = await customer(), await customer()
    contact = IDS.new()
    talked = CustomerContacted.model_validate(
        {"contact_id": contact, "unit": "head-office", "channel": "phone", "direction": "in", "kind": "call"}
        | {"occurred_at": "2026-03-31T01:30:00Z"}
    )
    await service.apply(
        an_order(goes, 42_000_000),
        an_order(stays, 50_000_000),
        a_broken_promise(goes, contact_id=contact, promiser_id=IDS.new()),
        an_event(talked, aggregate=contact, subject=goes),
    )
    await service.apply(a_customer(goes, sequence=2, canonical_id=stays, status="merged"))
    await settle(service)
    assert {"score_series", "score", "member"} <= set(await _everywhere(service, goes))
    assert await service.erase(goes) > 0
    assert set(await _everywhere(service, goes)) == {"fact"}
    async with service.database.api.read() as reader:
        rows = await reader.fetch("SELECT kind, amount_minor, attrs FROM fact WHERE customer_id = $1", goes)
    assert {row["kind"] for row in rows} == {"order", "promise.broken", "contact"}
    assert 42_000_000 in {row["amount_minor"] for row in rows}
    assert not {"contact_id", "promiser_id", "channel"} & {name for row in rows for name in row["attrs"]}


async def test_a_rebuild_brings_nothing_back_of_who_was_erased(service: Harness, customer: MakeCustomer) -> None:
    one = await customer()
    order, broken = an_order(one, 42_000_000), a_broken_promise(one, contact_id=IDS.new(), promiser_id=IDS.new())
    await service.apply(order, broken)
    assert await service.erase(one) > 0
    await service.apply(a_customer(one, sequence=2, status="erased", name=None))
    (consumer,) = [each for each in TOPOLOGY.consumers if each.name == "facts"]
    model = consumer.read_model
    assert model is not None
    assert model.cleanse is not None
    async with service.database.consumers.begin() as tx:
        await shadow.open_copies(tx, model)
        for event in (order, broken):
            await model.instead[type(event.data)](tx, [event])
        await model.cleanse(tx)
        found = await shadow.put_right(tx, model)
        await shadow.drop_copies(tx, model)
    assert (found.added, found.changed, found.removed) == (0, 0, 0)


async def test_an_erased_customer_is_never_scored_again(
    service: Harness, customer: MakeCustomer, staff: httpx.AsyncClient
) -> None:
    one = await customer()
    await service.apply(an_order(one, 42_000_000))
    await settle(service)
    await service.apply(a_customer(one, sequence=2, status="erased", name=None))
    await service.erase(one)
    await service.apply(an_order(one, 50_000_000))
    await settle(service)
    assert set(await _everywhere(service, one)) == {"fact"}
    assert (await staff.get(f"/v1/customers/{one}/scores")).status_code == 410


async def test_of_a_late_fact_only_the_skeleton_is_entered(service: Harness, customer: MakeCustomer) -> None:
    goes, stays = await customer(), await customer()
    await service.apply(a_customer(goes, sequence=2, status="erased", name=None))
    await service.erase(goes)
    await service.apply(a_broken_promise(goes, contact_id=IDS.new(), promiser_id=IDS.new()), a_contact(goes))
    await service.apply(a_contact(stays))
    async with service.database.api.read() as reader:
        rows = await reader.fetch("SELECT customer_id, attrs FROM fact")
        marked = await reader.fetchval("SELECT array_agg(customer_id) FROM dirty")
    kept = {name for row in rows if row["customer_id"] == goes for name in row["attrs"]}
    assert kept == {"direction", "count", "rival_named"}
    assert "channel" in {name for row in rows if row["customer_id"] == stays for name in row["attrs"]}
    assert marked == [stays]


async def test_a_late_fact_of_an_erased_absorbed_member_spoils_no_batch(
    service: Harness, customer: MakeCustomer, staff: httpx.AsyncClient
) -> None:
    speaks, goes = await customer(), await customer()
    await service.apply(an_order(speaks, 42_000_000), an_order(goes, 50_000_000))
    await service.apply(a_customer(goes, sequence=2, canonical_id=speaks, status="merged"))
    await settle(service)
    await service.apply(a_customer(goes, sequence=3, canonical_id=speaks, status="erased", name=None))
    await service.erase(goes)
    await settle(service)
    await _marked(service, goes)
    await settle(service)
    ranked = (await staff.get("/v1/rankings")).json()["items"]
    assert [one["customer_id"] for one in ranked] == [str(speaks)]


async def test_a_late_fact_of_an_erased_member_brings_no_absorbed_speaker_back(
    service: Harness, customer: MakeCustomer, staff: httpx.AsyncClient
) -> None:
    stays, speaks, goes = await customer(), await customer(), await customer()
    await service.apply(*(an_order(one, 42_000_000) for one in (stays, speaks, goes)))
    await service.apply(a_customer(goes, sequence=2, canonical_id=speaks, status="merged"))
    await service.apply(a_customer(goes, sequence=3, canonical_id=speaks, status="erased", name=None))
    await service.apply(a_customer(speaks, sequence=2, canonical_id=stays, status="merged"))
    await service.erase(goes)
    await settle(service)
    await _marked(service, goes)
    await settle(service)
    ranked = (await staff.get("/v1/rankings")).json()["items"]
    assert [one["customer_id"] for one in ranked] == [str(stays)]
