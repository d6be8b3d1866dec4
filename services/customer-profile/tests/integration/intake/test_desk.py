from __future__ import annotations

import asyncio
import itertools
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import orjson
import pytest

from customer_profile.intake.envelope import Arrival
from customer_profile.intake.tables import inbound_report
from customer_profile.intake.usecases import take_in
from guanxi.events import reports
from guanxi.ports import SystemIds
from guanxi.testing import Harness
from guanxi.testing.erasure import plant, scan

pytestmark = pytest.mark.asyncio(loop_scope="session")
Send = Callable[..., Awaitable[list[dict[str, Any]]]]
_NUMBERS = itertools.count(1)


def profile(**changes: Any) -> dict[str, Any]:
    data = {"external_customer": "C-1", "kind": "person", "name": "張建國", "phones": ["13800131234"], **changes}
    return {
        "specversion": "1.0",
        "id": f"p-{next(_NUMBERS)}",
        "source": "dealer-17",
        "type": "guanxi.inbound.ProfileReported.v1",
        "time": "2026-03-31T09:30:00+08:00",
        "data": data,
    }


async def refused(send: Send, **changes: Any) -> tuple[str, dict[str, Any]]:
    event = profile(kind="somebody", **changes)
    [result] = await send(event)
    assert result["status"] == "rejected"
    return f"/v1/inbound-events/{result['report_id']}", event


async def mend(caller: httpx.AsyncClient, address: str, data: dict[str, Any]) -> httpx.Response:
    etag = (await caller.get(address)).headers["ETag"]
    return await caller.put(address, json={"data": data}, headers={"If-Match": etag})


async def test_a_refused_event_is_mended_and_sent_again(
    harness: Harness, dealer: httpx.AsyncClient, send: Send
) -> None:
    address, event = await refused(send)
    assert [error["field"] for error in (await dealer.get(address)).json()["errors"]] == ["data.kind"]
    mended = await mend(dealer, address, {**event["data"], "kind": "person"})
    assert mended.status_code == 200, mended.text
    assert (mended.json()["status"], mended.json()["revision"]) == ("rejected", 2)
    again = await dealer.post(f"{address}/resubmission")
    assert again.status_code == 202, again.text
    assert (again.json()["status"], again.json()["revision"], again.json()["errors"]) == ("resolved", 3, [])
    [made] = await harness.published(reports.ProfileReported)
    assert str(made.subject) == again.json()["customer_id"]
    assert made.causationid == event["id"]
    [repeat] = await send(event)
    assert repeat["status"] == "duplicate"


async def test_what_a_report_was_before_it_was_mended_is_kept(
    harness: Harness, dealer: httpx.AsyncClient, send: Send
) -> None:
    address, event = await refused(send)
    await mend(dealer, address, {**event["data"], "kind": "nobody"})
    await mend(dealer, address, {**event["data"], "kind": "person"})
    async with harness.database.api.read() as reader:
        rows = await reader.fetch(
            "SELECT revision, body->'data'->>'kind' AS kind, actor FROM inbound_report_revision ORDER BY 1"
        )
    assert [tuple(row) for row in rows] == [(1, "somebody", "dealer-17-system"), (2, "nobody", "dealer-17-system")]


async def test_a_report_mended_badly_stays_refused_with_its_new_faults(dealer: httpx.AsyncClient, send: Send) -> None:
    address, event = await refused(send)
    await mend(dealer, address, {**event["data"], "kind": "person", "name": 7})
    again = await dealer.post(f"{address}/resubmission")
    assert (again.json()["status"], [error["field"] for error in again.json()["errors"]]) == ("rejected", ["data.name"])


async def test_what_was_no_json_can_be_mended_into_an_event(dealer: httpx.AsyncClient) -> None:
    sent = await dealer.post("/v1/inbound-events", content=b'[{"id": "odd", "data": {"a": 1, "a": 2}}]')
    address = f"/v1/inbound-events/{sent.json()['results'][0]['report_id']}"
    etag = (await dealer.get(address)).headers["ETag"]
    whole = {"type": "guanxi.inbound.ProfileReported.v1", "time": "2026-03-31T09:30:00+08:00"}
    body = {"data": profile()["data"], **whole}
    assert (await dealer.put(address, json=body, headers={"If-Match": etag})).status_code == 200
    again = await dealer.post(f"{address}/resubmission")
    assert (again.json()["status"], again.json()["event_id"]) == ("resolved", "odd")


async def test_mending_takes_a_forbidden_customer_and_stray_attributes_out(
    dealer: httpx.AsyncClient, send: Send
) -> None:
    stray = {"subject": str(SystemIds().new()), "datacontenttype": "text/xml", "data_base64": "e30=", "mood": "bad"}
    [result] = await send(profile() | stray)
    assert {e["field"] for e in result["errors"]} == {"subject", "datacontenttype", "data_base64"}
    address = f"/v1/inbound-events/{result['report_id']}"
    etag = (await dealer.get(address)).headers["ETag"]
    kept = await dealer.put(address, json={"data": profile()["data"]}, headers={"If-Match": etag})
    assert kept.json()["body"].keys() == {"specversion", "id", "source", "type", "time", "subject", "data"}
    body = {"data": profile()["data"], "subject": None}
    assert (await dealer.put(address, json=body, headers={"If-Match": kept.headers["ETag"]})).status_code == 200
    assert (await dealer.post(f"{address}/resubmission")).json()["status"] == "resolved"


async def test_an_event_as_large_as_one_may_be_can_be_mended(dealer: httpx.AsyncClient, send: Send) -> None:
    lines = [{"sku": f"MODEL-{n:020}", "quantity": 1, "amount_minor": 1, "name": "n" * 60} for n in range(1900)]
    data = {"external_customer": "C-1", "external_ref": "S-1", "placed_at": "2026-03-31T09:30:00Z", "currency": "CNY"}
    event = profile() | {"type": "guanxi.inbound.OrderReported.v1"}
    [result] = await send(event | {"data": data | {"lines": lines, "currency": "RMB"}})
    assert [error["field"] for error in result["errors"]] == ["data.currency"]
    address = f"/v1/inbound-events/{result['report_id']}"
    assert (await mend(dealer, address, data | {"lines": lines})).status_code == 200
    assert (await dealer.post(f"{address}/resubmission")).json()["status"] == "resolved"


async def test_only_a_refused_report_can_be_sent_again(dealer: httpx.AsyncClient, send: Send) -> None:
    [taken] = await send(profile())
    address = f"/v1/inbound-events/{taken['report_id']}"
    assert (await dealer.post(f"{address}/resubmission")).json()["code"] == "not-rejected"
    assert (await mend(dealer, address, {})).status_code == 409


async def test_mending_needs_the_version_that_was_read(dealer: httpx.AsyncClient, send: Send) -> None:
    address, event = await refused(send)
    assert (await dealer.put(address, json={"data": {}})).status_code == 428
    assert (await mend(dealer, address, event["data"])).status_code == 200
    stale = await dealer.put(address, json={"data": {}}, headers={"If-Match": '"1"'})
    assert stale.status_code == 412


async def test_another_units_report_is_as_good_as_missing(
    harness: Harness, dealer: httpx.AsyncClient, send: Send
) -> None:
    address, _ = await refused(send)
    other = harness.caller(unit="dealer-18", scope="reports:publish")
    etag = (await dealer.get(address)).headers["ETag"]
    assert (await other.get(address)).status_code == 404
    assert (await other.put(address, json={"data": {}}, headers={"If-Match": etag})).status_code == 404
    assert (await other.post(f"{address}/resubmission")).status_code == 404
    assert (await other.get("/v1/inbound-events")).json()["items"] == []
    assert (await other.get("/v1/sources/dealer-17/figures")).status_code == 404
    assert (await other.get("/v1/inbound-events", params={"source": "dealer-17"})).json()["items"] == []


async def test_the_desk_lists_newest_first_page_by_page(dealer: httpx.AsyncClient, send: Send) -> None:
    await send(*(profile(external_customer=f"C-{n}", kind="person" if n % 2 else "x") for n in range(6)))
    first = (await dealer.get("/v1/inbound-events", params={"status": "rejected", "limit": 2})).json()
    rest = (await dealer.get("/v1/inbound-events", params={"status": "rejected", "cursor": first["next"]})).json()
    found = [item["external_customer"] for item in first["items"] + rest["items"]]
    assert (found, rest["next"]) == (["C-4", "C-2", "C-0"], None)


async def test_personal_fields_are_masked_for_readers_without_the_right(
    harness: Harness, dealer: httpx.AsyncClient, send: Send
) -> None:
    address, _ = await refused(send, emails=["zhang@example.com"], mobile="13800131234")
    seen = (await dealer.get(address)).json()["body"]["data"]
    assert (seen["phones"], seen["emails"], seen["mobile"]) == (["138****1234"], ["z***@example.com"], "***")
    whole = harness.caller(unit="dealer-17", scope="reports:publish pii:read")
    assert (await whole.get(address)).json()["body"]["data"]["phones"] == ["13800131234"]
    async with harness.database.api.read() as reader:
        assert await reader.fetchval("SELECT count(*) FROM audit WHERE unmasked AND resource = 'inbound-report'") == 1


async def test_attributes_that_no_event_has_are_hidden(dealer: httpx.AsyncClient, send: Send) -> None:
    [result] = await send(profile(kind="x") | {"caller": "13800131234", "correlationid": "c-1", "time": {"at": "home"}})
    body = (await dealer.get(f"/v1/inbound-events/{result['report_id']}")).json()["body"]
    assert (body["caller"], body["correlationid"], body["time"]) == ("***", "c-1", "***")
    assert body["data"]["kind"] == "x"


async def test_who_sees_what_was_mended_whole_is_on_record(
    harness: Harness, dealer: httpx.AsyncClient, send: Send
) -> None:
    address, event = await refused(send)
    etag = (await dealer.get(address)).headers["ETag"]
    whole = harness.caller(unit="dealer-17", scope="reports:publish pii:read")
    data = {**event["data"], "phones": ["13800131234"]}
    mended = await whole.put(address, json={"data": data}, headers={"If-Match": etag})
    assert mended.json()["body"]["data"]["phones"] == ["13800131234"]
    async with harness.database.api.read() as reader:
        kept = await reader.fetch("SELECT action FROM audit WHERE unmasked AND resource = 'inbound-report'")
    assert [row["action"] for row in kept] == ["PUT /v1/inbound-events/{report_id}"]


@pytest.mark.parametrize(
    ("reply_to", "seen"),
    [
        ({"channel": "phone", "address": "13800131234"}, {"channel": "phone", "address": "138****1234"}),
        ({"channel": "email", "address": "zhang@example.com"}, {"channel": "email", "address": "z***@example.com"}),
        ({"channel": "email", "address": "13800131234"}, {"channel": "email", "address": "***"}),
        ({"channel": "chat", "address": "zhang-wechat"}, {"channel": "chat", "address": "***"}),
        ({"channel": "13800131234", "address": "x"}, {"channel": "***", "address": "***"}),
        ({"address": "13800131234", "note": "x"}, {"address": "***", "note": "***"}),
        ("13800131234", "***"),
    ],
)
async def test_where_an_answer_goes_is_masked_by_its_channel(
    dealer: httpx.AsyncClient, send: Send, reply_to: Any, seen: Any
) -> None:
    event = profile() | {"type": "guanxi.inbound.ComplaintReported.v1"}
    [result] = await send(event | {"data": {"channel": "?", "text": "late", "reply_to": reply_to}})
    shown = (await dealer.get(f"/v1/inbound-events/{result['report_id']}")).json()["body"]["data"]
    assert shown["reply_to"] == seen


async def test_the_figures_of_a_publisher_add_up(dealer: httpx.AsyncClient, send: Send) -> None:
    events = [profile(), profile(name="張建民"), profile(external_customer="C-2"), profile(kind="x")]
    await send(*events)
    await send(events[0])
    figures = (await dealer.get("/v1/sources/dealer-17/figures")).json()
    assert figures == {
        "source": "dealer-17",
        "events": 4,
        "resolved": 3,
        "passed_anonymous": 0,
        "rejected": 1,
        "registered": 2,
        "superseded": 0,
        "passed_on": {"profile": 3},
        "duplicates": 1,
        "rejected_by_reason": {"not-in-list": 1},
    }


async def test_erasure_leaves_nothing_of_the_customer_here(
    harness: Harness, dealer: httpx.AsyncClient, send: Send
) -> None:
    marker = "Wang-Mei-Planted"
    await send(profile(name=marker, external_customer=f"{marker}-1"))
    await send(profile(name=marker, external_customer=f"{marker}-1", kind="x"))
    await send(profile(name="Other", external_customer="C-2"))
    first = (await harness.published(reports.ProfileReported))[0]
    assert first.subject is not None
    await harness.erase(first.subject)
    async with harness.database.api.read() as reader:
        for table in ("inbound_report", "inbound_report_revision", "report_aggregate", "inbound_batch"):
            assert await reader.fetchval(f"SELECT count(*) FROM {table} t WHERE t::text LIKE '%{marker}%'") == 0, table
        assert await reader.fetchval("SELECT count(*) FROM inbound_report WHERE body IS NOT NULL") == 1
    [late] = await send(profile(name=marker, external_customer=f"{marker}-1"))
    assert [error["code"] for error in late["errors"]] == ["customer-erased"]
    async with harness.database.api.read() as reader:
        assert await reader.fetchval("SELECT count(*) FROM inbound_report WHERE body::text LIKE '%Planted%'") == 0


@pytest.mark.parametrize("named_by", ["reference", "subject"])
async def test_no_report_is_mended_to_name_an_erased_customer(
    harness: Harness, dealer: httpx.AsyncClient, send: Send, named_by: str
) -> None:
    await send(profile(external_customer="C-7"))
    first = (await harness.published(reports.ProfileReported))[0]
    assert first.subject is not None
    address, event = await refused(send)
    await harness.erase(first.subject)
    etag = (await dealer.get(address)).headers["ETag"]
    data = {**event["data"], "name": "Planted-Again"}
    caller = dealer
    body: dict[str, Any] = {"data": {**data, "external_customer": "C-7"}}
    if named_by == "subject":
        caller, body = harness.caller(), {"data": data, "subject": str(first.subject)}
        # A dealer may name no customer of ours, and learns nothing of one.
        told = await dealer.put(address, json=body, headers={"If-Match": etag})
        assert told.status_code == 200, told.text
        etag = told.headers["ETag"]
        body["data"] = {**data, "name": "Planted-Once-More"}
    answer = await caller.put(address, json=body, headers={"If-Match": etag})
    assert answer.status_code == 422, answer.text
    assert [error["code"] for error in answer.json()["errors"]] == ["customer-erased"]
    mark = "%Once-More%" if named_by == "subject" else "%Planted%"
    async with harness.database.api.read() as reader:
        for table in ("inbound_report", "inbound_report_revision"):
            assert await reader.fetchval(f"SELECT count(*) FROM {table} t WHERE t::text LIKE '{mark}'") == 0, table


async def test_no_planted_value_outlives_the_erasure(harness: Harness, dealer: httpx.AsyncClient, send: Send) -> None:
    await send(profile())
    address, event = await refused(send)
    await mend(dealer, address, event["data"])
    mine = {"inbound_report", "inbound_report_revision", "report_aggregate"}
    others = [name for name in inbound_report.metadata.tables if name not in mine]
    async with harness.database.api.begin() as tx:
        values = await plant(tx, inbound_report.metadata, skip=others)
        await tx.execute("UPDATE alias SET external_ref = (SELECT external_customer FROM inbound_report LIMIT 1)")
    assert len(values) == 8
    [made] = await harness.published(reports.ProfileReported)
    assert made.subject is not None
    await harness.erase(made.subject)
    async with harness.database.api.read() as reader:
        assert await scan(reader, values) == []


async def test_a_batch_under_way_leaves_nothing_behind_an_erasure(harness: Harness, send: Send) -> None:
    await send(profile())
    [made] = await harness.published(reports.ProfileReported)
    assert made.subject is not None
    late = orjson.dumps(profile(name="Planted-Late", phones=[]))
    async with harness.database.consumers.begin() as tx:
        [outcome] = await take_in(tx, [Arrival("dealer-17", late, "f")], "kafka")
        erasing = asyncio.create_task(harness.erase(made.subject))
        await asyncio.sleep(0.3)
        assert not erasing.done()
    await erasing
    assert outcome.status == "resolved"
    async with harness.database.api.read() as reader:
        assert await reader.fetchval("SELECT count(*) FROM inbound_report WHERE body::text LIKE '%Planted%'") == 0
        assert await reader.fetchval("SELECT name FROM customer WHERE id = $1", made.subject) is None
