"""What sources report of their customers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from customer_profile.customers import usecases as customers
from customer_profile.customers.rules import Customer
from customer_profile.customers.usecases import ReportedProfile, apply_profiles
from customer_profile.identity.usecases import NewCustomer, resolve_or_register
from guanxi.db import Database
from guanxi.events.inbound.profiles import ProfileReported

pytestmark = pytest.mark.asyncio(loop_scope="session")

DAY_ONE = datetime(2026, 3, 1, tzinfo=UTC)


async def registered(database: Database, *refs: str) -> list[UUID]:
    async with database.consumers.begin() as tx:
        found = await resolve_or_register(tx, [NewCustomer("dealer-17", ref, "taiyuan") for ref in refs])
    return [one for ref in refs if (one := found["dealer-17", ref])]


def said(
    customer_id: UUID,
    at: datetime = DAY_ONE,
    sequence: int = 1,
    *,
    source: str = "dealer-17",
    corrected: bool = False,
    **fields: Any,
) -> ReportedProfile:
    body = {"external_customer": "A-1", "kind": "organisation", "name": "山西煤業", **fields}
    return ReportedProfile(
        customer_id, source, "taiyuan", at, sequence, ProfileReported.model_validate(body), corrected
    )


async def apply(database: Database, *profiles: ReportedProfile) -> Customer:
    async with database.consumers.begin() as tx:
        await apply_profiles(tx, profiles)
    async with database.api.read() as reader:
        return (await customers.load(reader, [profiles[0].customer_id]))[profiles[0].customer_id]


async def count(database: Database, sql: str) -> int:
    async with database.api.read() as reader:
        return int(await reader.fetchval(sql))


async def test_a_profile_fills_the_file_and_is_told_once(database: Database) -> None:
    (one,) = await registered(database, "A-1")
    customer = await apply(
        database,
        said(
            one,
            phones=["0351-555-0101", "13800131234"],
            emails=["Zhang@Example.COM"],
            legal_representative="張建國",
            social_credit_code="91350100M000100Y43",
            address={"country": "CN", "city": "太原", "line": "迎澤大街 1"},
            preferences={"language": "zh-Hans"},
            birth_date="1990-03-07",
            role="dealer",
        ),
    )
    assert customer.version == 2
    assert [p.value for p in customer.contact_points] == ["+863515550101", "+8613800131234", "Zhang@example.com"]
    assert (customer.role, customer.legal_representative, customer.social_credit_code) == (
        "dealer",
        "張建國",
        "91350100M000100Y43",
    )
    assert customer.address is not None
    assert customer.address.city == "太原"
    types = "SELECT count(*) FROM event_log WHERE sequence = 2 AND type LIKE '%{}%'"
    assert await count(database, types.format("CustomerState")) == 1
    assert await count(database, types.format("CustomerUpdated")) == 1
    assert (
        await count(
            database, "SELECT count(*) FROM customer_revision WHERE source = 'dealer-17' AND actor = 'source:dealer-17'"
        )
        == 1
    )


async def test_the_same_profile_again_changes_nothing(database: Database) -> None:
    (one,) = await registered(database, "A-1")
    await apply(database, said(one, phones=["13800131234"]))
    customer = await apply(database, said(one, DAY_ONE + timedelta(days=1), 2, phones=["+86 138 0013 1234"]))
    assert customer.version == 2


async def test_a_late_report_changes_nothing_but_its_correction_does(database: Database) -> None:
    (one,) = await registered(database, "A-1")
    await apply(database, said(one, DAY_ONE, 1, name="新名"))
    assert (await apply(database, said(one, DAY_ONE - timedelta(days=1), 2, name="舊名"))).name == "新名"
    corrected = said(one, DAY_ONE - timedelta(days=1), 3, name="正名", corrected=True)
    assert (await apply(database, corrected)).name == "正名"


async def test_a_report_replaces_its_own_phones_and_leaves_those_of_others(database: Database) -> None:
    (one,) = await registered(database, "A-1")
    await apply(database, said(one, phones=["13800131234"]), said(one, source="web-shop", phones=["13900139000"]))
    customer = await apply(database, said(one, DAY_ONE + timedelta(days=1), 2, phones=["13700137000"]))
    assert {(p.value, p.source) for p in customer.contact_points} == {
        ("+8613700137000", "dealer-17"),
        ("+8613900139000", "web-shop"),
    }


async def test_what_a_report_leaves_out_stays(database: Database) -> None:
    (one,) = await registered(database, "A-1")
    await apply(database, said(one, industry="coal", phones=["13800131234"]))
    customer = await apply(database, said(one, DAY_ONE + timedelta(days=1), 2, size="large"))
    assert (customer.industry, customer.size, len(customer.contact_points)) == ("coal", "large", 1)


async def test_a_credit_code_with_a_wrong_check_digit_is_left_out(database: Database) -> None:
    (one,) = await registered(database, "A-1")
    assert (await apply(database, said(one, social_credit_code="91350100M000100Y44"))).social_credit_code is None


async def test_a_batch_of_many_customers_is_told_customer_by_customer(database: Database) -> None:
    many = await registered(database, *(f"A-{n}" for n in range(300)))
    await apply(database, *(said(one, name=f"名{n}", phones=["13800131234"]) for n, one in enumerate(many)))
    assert await count(database, "SELECT count(*) FROM customer WHERE version = 2") == 300
    assert (
        await count(
            database, "SELECT count(DISTINCT subject) FROM event_log WHERE sequence = 2 AND topic = 'directory'"
        )
        == 300
    )


async def test_two_profiles_of_one_customer_in_a_batch_make_one_change(database: Database) -> None:
    (one,) = await registered(database, "A-1")
    newer, older = (
        said(one, DAY_ONE + timedelta(days=1), 2, name="二"),
        said(one, DAY_ONE, 1, name="一", industry="coal"),
    )
    customer = await apply(database, newer, older)
    assert (customer.name, customer.industry, customer.version) == ("二", "coal", 2)


async def test_an_erased_customer_is_not_written_again(database: Database) -> None:
    (one,) = await registered(database, "A-1")
    async with database.api.begin() as tx:
        await customers.erase(tx, [one])
    customer = await apply(database, said(one, phones=["13800131234"]))
    assert (customer.name, customer.contact_points, customer.version) == (None, (), 2)
