"""What a person goes through when a merge is undone: what goes back by itself, and what was meant for whom."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import httpx
import pytest

from customer_profile.identity.usecases import NewCustomer, resolve_or_register
from guanxi.events.interactions import CustomerContacted, OrderPlaced
from guanxi.ports import SystemIds
from guanxi.testing import Harness
from guanxi.testing.builders import an_event

from .test_merges import made, merged, undone

pytestmark = pytest.mark.asyncio(loop_scope="session")
IDS = SystemIds()
NOW = datetime.now(UTC)


async def worksheet(office: httpx.AsyncClient, merge: httpx.Response) -> dict[str, Any]:
    answer = await office.get(f"{merge.headers['Location']}/worksheet")
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


def advice(body: dict[str, Any]) -> dict[tuple[str, str, str], tuple[str, int]]:
    return {(one["kind"], one["what"], one["customer_id"]): (one["advice"], one["count"]) for one in body["items"]}


async def patch(office: httpx.AsyncClient, customer: str, **fields: Any) -> None:
    version = (await office.get(f"/v1/customers/{customer}")).headers["ETag"]
    answer = await office.patch(f"/v1/customers/{customer}", json=fields, headers={"If-Match": version})
    assert answer.status_code == 200, answer.text


def a_contact(customer: str, source: str | None) -> Any:
    state = {"unit": "head-office", "channel": "phone", "direction": "in", "occurred_at": NOW, "source": source}
    fact = CustomerContacted.model_validate({"contact_id": IDS.new(), "kind": "call", **state})
    return an_event(fact, aggregate=fact.contact_id, subject=UUID(customer))


def an_order(customer: str, source: str | None) -> Any:
    order = IDS.new()
    state = {"order_id": order, "unit": "head-office", "placed_at": NOW, "currency": "CNY", "source": source}
    fact = OrderPlaced.model_validate({**state, "total_minor": 100, "goods_minor": 100, "line_count": 1, "lines": []})
    return an_event(fact, aggregate=order, subject=UUID(customer))


async def test_what_people_entered_under_the_id_that_speaks_is_to_be_looked_at_and_nothing_else(
    harness: Harness, office: httpx.AsyncClient
) -> None:
    one, two = await made(office, "山西煤業"), await made(office, "山西煤礦", phone="13900139000")
    await harness.apply(a_contact(one, None))
    merge = await merged(office, one, two)
    await patch(office, one, size="large")
    await patch(office, one, size="small")
    await office.post(f"/v1/customers/{two}/contact-points", json={"kind": "email", "value": "two@example.com"})
    await harness.apply(
        a_contact(one, None), a_contact(one, "dealer-17"), an_order(two, None), an_order(two, "web-shop")
    )
    body = await worksheet(office, merge)
    assert (body["speaks"], body["until"], body["to_look_at"]) == (one, None, 2)
    assert {key: said for key, said in advice(body).items() if key[0] != "rows"} == {
        ("field", "size", one): ("look", 2),
        ("contact_point", "contact_points", two): ("by_itself", 1),
        ("field", "lifecycle", two): ("by_itself", 1),
    }
    by_origin = {(i["what"], i["source"]): i["advice"] for i in body["items"] if i["kind"] == "rows"}
    assert by_origin == {
        ("contacts", None): "look",
        ("contacts", "dealer-17"): "by_itself",
        ("orders", None): "by_itself",
        ("orders", "web-shop"): "by_itself",
    }
    assert body["items"][0]["advice"] == "look"
    assert [item["n"] for item in body["items"]] == list(range(1, len(body["items"]) + 1))


async def test_the_worksheet_stays_as_it_was_when_the_merge_is_undone(
    harness: Harness, office: httpx.AsyncClient
) -> None:
    one, two = await made(office, "山西煤業"), await made(office, "山西煤礦", phone="13900139000")
    merge = await merged(office, one, two)
    await patch(office, one, industry="coal")
    before = await worksheet(office, merge)
    assert (await undone(office, merge)).status_code == 201
    await patch(office, one, size="large")
    await harness.apply(a_contact(one, None))
    after = await worksheet(office, merge)
    assert (after["status"], after["until"] is not None) == ("undone", True)
    assert after["items"] == before["items"]
    again = await merged(office, one, two)
    assert again.status_code == 201
    assert (await worksheet(office, again))["items"] == []


async def test_names_of_sources_and_referrals_are_named_with_their_origin(
    harness: Harness, office: httpx.AsyncClient
) -> None:
    one, two, other = [await made(office, name, phone=f"1380013000{n}") for n, name in enumerate(("一", "二", "三"))]
    merge = await merged(office, one, two)
    await office.post("/v1/sources", json={"name": "web-shop", "unit_id": "head-office"})
    for whose, ref in ((one, "W-1"), (two, "W-2"), (two, "W-3")):
        named = await office.post(f"/v1/customers/{whose}/aliases", json={"source": "web-shop", "external_ref": ref})
        assert named.status_code == 201, named.text
    await office.post(f"/v1/customers/{one}/referrals", json={"referred_id": other})
    body = await worksheet(office, merge)
    assert advice(body) == {
        ("alias", "name", one): ("look", 1),
        ("alias", "name", two): ("by_itself", 2),
        ("referral", "referral", one): ("look", 1),
    }
    assert "W-1" not in str(body)


async def test_a_worksheet_holds_no_values_and_no_external_unit_reads_it(
    harness: Harness, office: httpx.AsyncClient
) -> None:
    one, two = await made(office, "山西煤業"), await made(office, "山西煤礦", phone="13900139000")
    merge = await merged(office, one, two)
    await patch(office, one, legal_representative="張建國")
    assert "張建國" not in str(await worksheet(office, merge))
    dealer = harness.caller(unit="dealer-17")
    assert (await dealer.get(f"{merge.headers['Location']}/worksheet")).status_code == 403
    assert (await office.get(f"/v1/merges/{IDS.new()}/worksheet")).status_code == 404


async def test_what_a_source_reports_goes_back_by_itself(harness: Harness, office: httpx.AsyncClient) -> None:
    async with harness.database.consumers.begin() as tx:
        key = NewCustomer("dealer-17", "A-1", "dealer-17", name="山西煤礦")
        found = await resolve_or_register(tx, [key])
    reported, one = str(found[key.key]), await made(office, "山西煤業")
    merge = await merged(office, reported, one)
    assert advice(await worksheet(office, merge)) == {}
    await patch(office, reported, size="large")
    body = await worksheet(office, merge)
    assert advice(body) == {("field", "size", reported): ("look", 1)}
    assert body["items"][0]["where"] == f"/v1/customers/{reported}"
