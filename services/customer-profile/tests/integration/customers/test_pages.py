"""A page of customers, which is made from rows, is the same JSON as its models would make."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from customer_profile.customers import listing, store
from customer_profile.customers.answers import Count, CustomerPage, PageRow, customer_read, page_json
from customer_profile.customers.rules import ContactPoint, Customer
from customer_profile.customers.saving import Actor, Registration, register_all
from guanxi.auth import has_personal, make_principal, masked
from guanxi.db import Database
from guanxi.events.inbound.profiles import Address, Preferences
from guanxi.ports import SystemIds

pytestmark = pytest.mark.asyncio(loop_scope="session")

IDS = SystemIds()
MOMENT = datetime(2026, 3, 31, 9, 30, 1, 123000, UTC)
KINDS = ("phone", "fax", "email", "wechat")
VALUES = ("+8613800131234", "12", "zhang@example.com", "zhang-of-taiyuan")
FULL = Customer(
    id=IDS.new(),
    version=7,
    edition=5,
    created_at=datetime(1998, 3, 31, tzinfo=UTC),
    recorded_at=MOMENT,
    edited_at=MOMENT - timedelta(days=1),
    unit_id="dealer-17",
    canonical_id=IDS.new(),
    kind="person",
    role="end_user",
    lifecycle="active",
    stage="interact",
    verified_at=MOMENT.astimezone(timezone(timedelta(hours=8))),
    name='張建國 "quoted"',
    legal_name="山西煤產品總公司",
    legal_representative="張",
    contact_person="李明",
    address=Address(country="CN", province="山西", city="太原", district="迎澤", line="迎澤大街 1", postcode="030001"),
    social_credit_code="91350100M000100Y43",
    id_number="140105199001011234",
    birth_date=date(1990, 3, 7),
    industry="coal",
    size="large",
    preferences=Preferences(channel="phone", language="zh-Hans", hours="after six"),
    time_zone="Asia/Shanghai",
    acquisition_source="web-shop",
    owner_id=IDS.new(),
    verified_by=IDS.new(),
    contact_points=tuple(
        ContactPoint(IDS.new(), kind, value, preferred=kind == "fax", hours="nine to five", source="web-shop")
        for kind, value in zip(KINDS, VALUES, strict=True)
    ),
)
EMPTY = Customer(
    id=FULL.canonical_id,
    version=1,
    edition=1,
    created_at=MOMENT,
    recorded_at=MOMENT,
    edited_at=MOMENT,
    unit_id="head-office",
    canonical_id=FULL.canonical_id,
    kind="organisation",
    role="dealer",
    lifecycle="prospect",
    stage="interact",
    verified_at=MOMENT,
)


OTHER = IDS.new()
CUSTOMERS = (
    FULL,
    EMPTY,
    replace(EMPTY, id=OTHER, canonical_id=OTHER, unit_id="dealer-17", address=Address(city="太原"), name="李"),
)


@pytest.mark.parametrize("scopes", [["customers:read"], ["customers:read", "pii:read"]])
@pytest.mark.parametrize("internal", [True, False])
@pytest.mark.parametrize("count", [None, Count(value=10_000, more=True)])
async def test_a_page_is_the_json_of_its_models(
    database: Database, scopes: list[str], count: Count | None, *, internal: bool
) -> None:
    who = make_principal("tester", "head-office" if internal else "dealer-17", scopes, internal=internal)
    async with database.api.begin() as tx:
        await register_all(tx, [Registration(one, Actor.of(who)) for one in CUSTOMERS])
    async with database.api.read() as reader:
        rows = await listing.page(reader, listing.Filter(absorbed=True), who, None, 50)
        families = [await store.load_one(reader, row["id"]) for row in rows]
    assert {row["id"] for row in rows} == {one.id for one in CUSTOMERS if internal or one.unit_id == "dealer-17"}
    models = [customer_read(*one, internal=internal) for one in families if one]
    shown = [PageRow(dict(row)) for row in rows]
    page = masked(CustomerPage(items=models, next="abc", count=count), who)
    assert [row.personal for row in shown] == [has_personal(model) for model in models]
    assert True in [row.personal for row in shown]
    assert False in [row.personal for row in shown]
    found = json.loads(page_json(shown, "abc", count, whole=who.may("pii:read")))
    assert found == json.loads(page.model_dump_json())


async def test_every_field_is_filled() -> None:
    empty = {field.name for field in fields(Customer) if not getattr(FULL, field.name)}
    assert empty == {"erased_at"}
