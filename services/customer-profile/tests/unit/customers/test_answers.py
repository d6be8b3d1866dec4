"""A page of customers is the same JSON as its models would make."""

from __future__ import annotations

from dataclasses import fields
from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from customer_profile.customers.answers import Count, CustomerPage, PageRow, customer_read, page_json
from customer_profile.customers.rules import ContactPoint, Customer
from guanxi.auth import has_personal, make_principal, masked
from guanxi.events.inbound.profiles import Address, Preferences
from guanxi.ports import SystemIds

IDS = SystemIds()
MOMENT = datetime(2026, 3, 31, 9, 30, 1, 123000, UTC)
KINDS = ("phone", "fax", "email", "wechat")
VALUES = ("+8613800131234", "12", "zhang@example.com", "zhang-of-taiyuan")
FULL = Customer(
    id=IDS.new(),
    version=7,
    created_at=datetime(1998, 3, 31, tzinfo=UTC),
    recorded_at=MOMENT,
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
ALONE = IDS.new()
EMPTY = Customer(
    id=ALONE,
    version=1,
    created_at=MOMENT,
    recorded_at=MOMENT,
    unit_id="head-office",
    canonical_id=ALONE,
    kind="organisation",
    role="dealer",
    lifecycle="prospect",
    stage="interact",
    verified_at=MOMENT,
)


@pytest.mark.parametrize("scopes", [["customers:read"], ["customers:read", "pii:read"]])
@pytest.mark.parametrize("internal", [True, False])
@pytest.mark.parametrize("count", [None, Count(value=10_000, more=True)])
def test_a_page_is_the_json_of_its_models(scopes: list[str], count: Count | None, *, internal: bool) -> None:
    who = make_principal("tester", "head-office" if internal else "dealer-17", scopes, internal=internal)
    families = [(FULL, (FULL.canonical_id, FULL.id)), (EMPTY, (EMPTY.id,))]
    models = [customer_read(one, members, internal=internal) for one, members in families]
    rows = [PageRow(one, members, internal=internal) for one, members in families]
    page = masked(CustomerPage(items=models, next="abc", count=count), who)
    assert page_json(rows, "abc", count, whole=who.may("pii:read")) == page.model_dump_json().encode()
    assert [row.personal for row in rows] == [has_personal(model) for model in models] == [True, False]


def test_every_field_is_filled() -> None:
    empty = {field.name for field in fields(Customer) if not getattr(FULL, field.name)}
    assert empty == {"erased_at"}
