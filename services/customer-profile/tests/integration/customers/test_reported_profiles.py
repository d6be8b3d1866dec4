"""What sources report of their customers, as they report it."""

from __future__ import annotations

import itertools
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import httpx
import orjson
import pytest
import pytest_asyncio

from customer_profile.intake.handlers import on_inbound
from guanxi.events import InboundRecord
from guanxi.events.customers import CustomerUpdated
from guanxi.events.directory import CustomerState
from guanxi.testing import Harness

pytestmark = pytest.mark.asyncio(loop_scope="session")
_NUMBERS = itertools.count(1)
CODE = "91350100M000100Y43"

Send = Callable[..., Awaitable[list[dict[str, Any]]]]
Read = Callable[..., Awaitable[dict[str, Any]]]


def said(
    day: int = 1, *, twin: str = "", source: str = "dealer-17", customer: str = "A-1", **data: Any
) -> dict[str, Any]:
    whole = {"external_customer": customer, **data}
    if twin != "Voided":
        whole = {"kind": "organisation", "name": "山西煤業", **whole}
    return {
        "specversion": "1.0",
        "id": f"p-{next(_NUMBERS)}",
        "source": source,
        "type": f"guanxi.inbound.ProfileReported{twin}.v1",
        "time": f"2026-03-{day:02}T09:30:00+08:00",
        "data": whole,
    }


@pytest_asyncio.fixture(loop_scope="session")
async def send(harness: Harness, office: httpx.AsyncClient) -> Send:
    for name in ("dealer-17", "web-shop"):
        body = {"name": name, "unit_id": "dealer-17", "create_unit": name == "dealer-17"}
        assert (await office.post("/v1/sources", json=body)).status_code == 201
    dealer = harness.caller(unit="dealer-17", scope="reports:publish")

    async def submit(*events: dict[str, Any]) -> list[dict[str, Any]]:
        answer = await dealer.post("/v1/inbound-events", json=list(events))
        assert answer.status_code == 202, answer.text
        results: list[dict[str, Any]] = answer.json()["results"]
        return results

    return submit


@pytest.fixture
def read(office: httpx.AsyncClient) -> Read:
    async def the_one() -> dict[str, Any]:
        (one,) = (await office.get("/v1/customers")).json()["items"]
        found: dict[str, Any] = one
        return found

    return the_one


def points(customer: dict[str, Any]) -> set[tuple[str, str | None]]:
    return {(point["value"], point["source"]) for point in customer["contact_points"]}


async def by_hand(office: httpx.AsyncClient, customer: dict[str, Any], **changes: Any) -> None:
    address = f"/v1/customers/{customer['id']}"
    etag = (await office.get(address)).headers["ETag"]
    answer = await office.patch(address, json=changes, headers={"If-Match": etag})
    assert answer.status_code == 200, answer.text


async def test_a_profile_fills_the_file_and_is_told_once(
    harness: Harness, send: Send, read: Read, office: httpx.AsyncClient
) -> None:
    [result] = await send(
        said(
            phones=["0351-555-0101", "13800131234"],
            emails=["Zhang@Example.COM"],
            legal_representative="張建國",
            social_credit_code=CODE,
            address={"country": "CN", "city": "太原", "line": "迎澤大街 1"},
            preferences={"language": "zh-Hans"},
            birth_date="1990-03-07",
            role="dealer",
        )
    )
    customer = await read()
    assert (result["status"], customer["version"]) == ("received", 2)
    assert [p["value"] for p in customer["contact_points"]] == ["+863515550101", "+8613800131234", "Zhang@example.com"]
    assert (customer["role"], customer["legal_representative"], customer["social_credit_code"]) == (
        "dealer",
        "張建國",
        CODE,
    )
    assert customer["address"]["city"] == "太原"
    assert [e.sequence for e in await harness.published(CustomerState)] == [1, 2]
    assert [e.sequence for e in await harness.published(CustomerUpdated)] == [2]
    (revision,) = (await office.get(f"/v1/customers/{customer['id']}/revisions")).json()["items"]
    assert (revision["source"], revision["actor"]) == ("dealer-17", "source:dealer-17")


async def test_a_profile_on_a_publishers_topic_fills_the_file(harness: Harness, send: Send, read: Read) -> None:
    value = orjson.dumps(said(phones=["13800131234"], industry="coal"))
    async with harness.database.consumers.begin() as tx:
        await on_inbound(tx, [InboundRecord("dealer-17", 0, 0, None, value, (), 0)])
    customer = await read()
    assert (customer["name"], customer["industry"]) == ("山西煤業", "coal")
    assert points(customer) == {("+8613800131234", "dealer-17")}


async def test_the_same_profile_again_changes_nothing(send: Send, read: Read) -> None:
    await send(said(phones=["13800131234"]))
    await send(said(2, phones=["+86 138 0013 1234"]))
    assert (await read())["version"] == 2


async def test_a_late_report_changes_nothing_but_its_correction_does(send: Send, read: Read) -> None:
    await send(said(5, name="新名"))
    await send(said(4, name="舊名"))
    assert (await read())["name"] == "新名"
    await send(said(3, twin="Corrected", name="正名"))
    assert (await read())["name"] == "正名"


async def test_the_higher_revision_wins_whatever_its_time(send: Send, read: Read) -> None:
    await send(said(5, name="一", revision=1))
    await send(said(4, name="二", revision=2), said(6, name="零", revision=1))
    assert (await read())["name"] == "二"
    await send(said(3, name="三", revision=3))
    assert (await read())["name"] == "三"


async def test_of_two_names_of_one_customer_at_one_source_the_later_report_holds(
    send: Send, read: Read, office: httpx.AsyncClient
) -> None:
    await send(said(5, name="新名"))
    alias = {"source": "dealer-17", "external_ref": "A-2"}
    made = await office.post(f"/v1/customers/{(await read())['id']}/aliases", json=alias)
    assert made.status_code == 201
    await send(said(4, customer="A-2", name="舊名"))
    assert (await read())["name"] == "新名"
    await send(said(6, customer="A-2", name="更新"))
    assert (await read())["name"] == "更新"


async def test_a_report_replaces_its_own_phones_and_leaves_those_of_others(
    send: Send, read: Read, office: httpx.AsyncClient
) -> None:
    await send(said(phones=["13800131234"]))
    alias = {"source": "web-shop", "external_ref": "A-1"}
    await office.post(f"/v1/customers/{(await read())['id']}/aliases", json=alias)
    await send(said(source="web-shop", phones=["13900139000"]), said(2, phones=["13700137000"]))
    assert points(await read()) == {("+8613700137000", "dealer-17"), ("+8613900139000", "web-shop")}


async def test_what_a_report_leaves_out_stays(send: Send, read: Read) -> None:
    await send(said(industry="coal", phones=["13800131234"]))
    await send(said(2, size="large"))
    customer = await read()
    assert (customer["industry"], customer["size"], len(customer["contact_points"])) == ("coal", "large", 1)


async def test_what_a_correction_leaves_out_is_taken_back(send: Send, read: Read, office: httpx.AsyncClient) -> None:
    await send(said(industry="coal", size="small", phones=["13800131234"], emails=["z@example.com"], role="dealer"))
    await by_hand(office, await read(), size="large")
    await send(said(2, twin="Corrected", phones=["13700137000"]))
    customer = await read()
    assert (customer["industry"], customer["size"], customer["role"]) == (None, "large", "end_user")
    assert points(customer) == {("+8613700137000", "dealer-17")}


async def test_a_correction_in_the_batch_of_what_it_corrects_takes_it_back_too(send: Send, read: Read) -> None:
    await send(
        said(industry="coal", preferences={"language": "en"}, phones=["13800131234"]),
        said(2, twin="Corrected", name="正名"),
    )
    customer = await read()
    assert (customer["name"], customer["industry"], customer["preferences"]) == ("正名", None, None)
    assert points(customer) == set()


async def test_a_correction_gives_back_what_was_there_before_its_source_spoke(
    send: Send, read: Read, office: httpx.AsyncClient
) -> None:
    body = {"kind": "person", "name": "張建國", "address": {"city": "太原"}, "birth_date": "1990-03-07"}
    body |= {"unit": "dealer-17"}
    one = (await office.post("/v1/customers", json=body)).json()
    await office.post(f"/v1/customers/{one['id']}/aliases", json={"source": "dealer-17", "external_ref": "A-1"})
    await send(said(kind="person", name="張", address={"city": "大同"}, birth_date="1991-01-01"))
    await send(said(2, kind="person", address={"city": "晉中"}))
    await send(said(3, twin="Corrected", kind="person", name="張三"))
    customer = await read()
    assert (customer["name"], customer["address"]["city"]) == ("張三", "太原")
    assert customer["birth_date"] == "1990-03-07"


async def test_a_voided_profile_takes_back_all_that_its_source_said(
    send: Send, read: Read, office: httpx.AsyncClient
) -> None:
    await send(said(industry="coal", phones=["13800131234"], social_credit_code=CODE, role="dealer"))
    alias = {"source": "web-shop", "external_ref": "A-1"}
    await office.post(f"/v1/customers/{(await read())['id']}/aliases", json=alias)
    await send(said(source="web-shop", size="large", phones=["13900139000"]))
    [result] = await send(said(9, twin="Voided", reason="never was"))
    assert (result["status"], result["customer"]) == ("received", "known")
    customer = await read()
    assert points(customer) == {("+8613900139000", "web-shop")}
    assert (customer["name"], customer["kind"], customer["role"]) == (None, "person", "end_user")
    assert (customer["industry"], customer["social_credit_code"], customer["size"]) == (None, None, "large")
    assert (await office.get("/v1/customers", params={"phone": "13800131234"})).json()["items"] == []


async def test_a_void_registers_nobody_nor_does_what_it_has_made_void(send: Send, office: httpx.AsyncClient) -> None:
    order = said(2, twin="Voided") | {"type": "guanxi.inbound.OrderReportedVoided.v1"}
    order["data"] |= {"external_ref": "SO-1"}
    results = await send(said(2, twin="Voided"), order)
    assert [(r["status"], r["customer"]) for r in results] == [("received", "anonymous")] * 2
    [late] = await send(said(1))
    assert [warning["code"] for warning in late["warnings"]] == ["superseded"]
    assert (await office.get("/v1/customers")).json()["items"] == []


async def test_a_credit_code_with_a_wrong_check_digit_is_left_out_with_a_warning(
    harness: Harness, send: Send, read: Read
) -> None:
    [result] = await send(said(social_credit_code=CODE[:-1] + "4", industry="coal"))
    assert [(w["field"], w["code"]) for w in result["warnings"]] == [("data.social_credit_code", "check-digit")]
    customer = await read()
    assert (customer["social_credit_code"], customer["industry"]) == (None, "coal")
    dealer = harness.caller(unit="dealer-17", scope="reports:publish")
    kept = (await dealer.get(f"/v1/inbound-events/{result['report_id']}")).json()
    assert [w["field"] for w in kept["warnings"]] == ["data.social_credit_code"]


async def test_a_batch_of_many_customers_is_told_customer_by_customer(harness: Harness, send: Send) -> None:
    await send(*(said(customer=f"A-{n}", name=f"名{n}", phones=["13800131234"]) for n in range(300)))
    changed = [e for e in await harness.published(CustomerState) if e.sequence == 2]
    assert len({e.data.id for e in changed}) == len(changed) == 300


async def test_two_profiles_of_one_customer_in_a_batch_make_one_change(send: Send, read: Read) -> None:
    await send(said(1, name="一", industry="coal"), said(2, name="二"))
    customer = await read()
    assert (customer["name"], customer["industry"], customer["version"]) == ("二", "coal", 2)


async def test_two_sources_in_a_batch_have_a_revision_each(send: Send, read: Read, office: httpx.AsyncClient) -> None:
    await send(said())
    one = await read()
    await office.post(f"/v1/customers/{one['id']}/aliases", json={"source": "web-shop", "external_ref": "A-1"})
    await send(said(2, industry="coal"), said(2, source="web-shop", size="large"))
    revisions = (await office.get(f"/v1/customers/{one['id']}/revisions")).json()["items"]
    made = {revision["source"]: [change["field"] for change in revision["changes"]] for revision in revisions}
    assert made == {"dealer-17": ["industry"], "web-shop": ["size"]}


async def test_an_erased_customer_is_not_written_again(harness: Harness, send: Send, read: Read) -> None:
    await send(said())
    one = await read()
    await harness.erase(UUID(one["id"]))
    [result] = await send(said(2, phones=["13800131234"]))
    assert [error["code"] for error in result["errors"]] == ["customer-erased"]
    async with harness.database.api.read() as reader:
        row = await reader.fetchrow("SELECT name, version FROM customer")
        assert row is not None
        assert (tuple(row), await reader.fetchval("SELECT count(*) FROM contact_point")) == ((None, 2), 0)
