"""Resolving a source's name for a customer, or registering it."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from uuid import UUID

import pytest

from customer_profile.customers import usecases as customers
from customer_profile.identity.usecases import NewCustomer, resolve_or_register
from guanxi.db import Database

pytestmark = pytest.mark.asyncio(loop_scope="session")

LONG_AGO = datetime(2016, 3, 31, 1, 30, tzinfo=UTC)


def contact(ref: str, source: str = "dealer-17", **more: object) -> NewCustomer:
    return NewCustomer(source, ref, "taiyuan", **more)  # type: ignore[arg-type]


async def resolve(database: Database, *keys: NewCustomer) -> dict[tuple[str, str], UUID | None]:
    async with database.consumers.begin() as tx:
        return await resolve_or_register(tx, keys)


async def told(database: Database, customer_id: UUID) -> list[tuple[str, int]]:
    async with database.api.read() as reader:
        rows = await reader.fetch(
            "SELECT l.type, l.sequence FROM event_log l JOIN outbox USING (event_id) WHERE l.subject = $1 ORDER BY seq",
            customer_id,
        )
    return [(row["type"], row["sequence"]) for row in rows]


async def test_an_unknown_name_registers_a_customer_and_tells_everybody(database: Database) -> None:
    found = await resolve(database, contact("A-1", kind="organisation", name="山西煤業", at=LONG_AGO))
    customer_id = found["dealer-17", "A-1"]
    assert customer_id is not None
    async with database.api.read() as reader:
        customer = (await customers.load(reader, [customer_id]))[customer_id]
    assert (customer.name, customer.kind, customer.lifecycle, customer.unit_id) == (
        "山西煤業",
        "organisation",
        "prospect",
        "taiyuan",
    )
    assert (customer.created_at, customer.version, customer.canonical_id) == (LONG_AGO, 1, customer_id)
    assert await told(database, customer_id) == [
        ("guanxi.customers.CustomerRegistered.v1", 1),
        ("guanxi.directory.CustomerState.v1", 1),
    ]


async def test_a_known_name_gives_the_same_customer_and_tells_nothing_new(database: Database) -> None:
    first = await resolve(database, contact("A-1"), contact("A-1"), contact("A-2"))
    again = await resolve(database, contact("A-2"), contact("A-1", name="another name"))
    assert first == again
    assert len(set(first.values())) == 2
    customer_id = first["dealer-17", "A-1"]
    assert customer_id is not None
    assert len(await told(database, customer_id)) == 2


async def test_two_sources_may_use_the_same_name_for_different_customers(database: Database) -> None:
    found = await resolve(database, contact("A-1"), contact("A-1", source="web-shop"))
    assert len(set(found.values())) == 2


async def test_of_sixteen_parallel_first_contacts_one_makes_the_customer(database: Database) -> None:
    refs = [f"R-{n}" for n in range(20)]
    shuffled = [refs[n:] + refs[:n] for n in range(16)]
    found = await asyncio.gather(*(resolve(database, *map(contact, some)) for some in shuffled))
    assert all(one == found[0] for one in found)
    async with database.api.read() as reader:
        assert await reader.fetchval("SELECT count(*) FROM customer") == 20
        assert await reader.fetchval("SELECT count(*) FROM event_log WHERE topic = 'customers'") == 20


async def test_a_transaction_that_fails_leaves_no_alias_behind(database: Database) -> None:
    async def fail() -> None:
        async with database.consumers.begin() as tx:
            await resolve_or_register(tx, [contact("A-1")])
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fail()
    found = await resolve(database, contact("A-1"))
    async with database.api.read() as reader:
        assert await reader.fetchval("SELECT id FROM customer") == found["dealer-17", "A-1"]


async def test_the_name_of_an_erased_customer_is_known_and_gives_nobody(database: Database) -> None:
    customer_id = (await resolve(database, contact("A-1")))["dealer-17", "A-1"]
    assert customer_id is not None
    async with database.api.begin() as tx:
        await customers.erase(tx, [customer_id])
    assert await resolve(database, contact("A-1")) == {("dealer-17", "A-1"): None}
