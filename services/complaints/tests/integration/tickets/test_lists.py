from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from guanxi.testing import a_customer, a_unit

if TYPE_CHECKING:
    from services.complaints.tests.integration.conftest import Firm

pytestmark = pytest.mark.asyncio


async def found(firm: Firm, **query: Any) -> list[str]:
    answer = await firm.harness.caller().get("/v1/complaints", params=query)
    assert answer.status_code == 200, answer.text
    return [item["id"] for item in answer.json()["items"]]


async def test_lists_are_newest_first_and_paged_by_key(firm: Firm) -> None:
    filed = [(await firm.filed())["id"] for _ in range(5)]
    caller, seen, cursor = firm.harness.caller(), [], None
    for _ in range(3):
        params: dict[str, Any] = {"limit": 2} | ({"cursor": cursor} if cursor else {})
        page = (await caller.get("/v1/complaints", params=params)).json()
        seen += [item["id"] for item in page["items"]]
        cursor = page["next"]
    assert seen == filed[::-1]
    assert cursor is None


async def test_filters_narrow_the_list(firm: Firm) -> None:
    price = await firm.filed(cause="price", unit="finance")
    quality = await firm.filed(cause="quality", unit="logistics")
    await firm.step("finance", price, "acceptance")
    assert await found(firm, cause="price") == [price["id"]]
    assert await found(firm, holder_unit="logistics") == [quality["id"]]
    assert await found(firm, holder=str(firm.leads["finance"])) == [price["id"]]
    assert await found(firm, status="assigned") == [quality["id"]]
    assert await found(firm, status=["assigned", "in_progress"]) == [quality["id"], price["id"]]
    assert await found(firm, level="vip") == []
    assert await found(firm, since=quality["filed_at"]) == [quality["id"]]
    assert await found(firm, escalated=True) == []


async def test_overdue_is_what_was_promised_before_now_and_is_our_turn(firm: Firm) -> None:
    late, answered, waiting = await firm.filed(), await firm.filed(), await firm.filed(unit="finance")
    await firm.step("complaint-desk", answered, "answers", text="Done.")
    await firm.step("finance", waiting, "acceptance")
    await firm.step("finance", waiting, "waiting")
    assert await found(firm, overdue=True) == []
    firm.harness.clock.move(seconds=4 * 7 * 24 * 3600)
    assert await found(firm, overdue=True) == [late["id"]]
    assert await found(firm, overdue=False) == [waiting["id"], answered["id"]]


async def test_an_internal_reader_finds_the_complaints_of_all_merged_records(firm: Firm) -> None:
    survivor = a_customer()
    absorbed = a_customer(canonical_id=survivor.data.id, status="merged")
    await firm.harness.know(survivor, absorbed)
    one = await firm.filed(customer_id=str(survivor.data.id))
    two = await firm.filed(customer_id=str(absorbed.data.id))
    assert await found(firm, customer_id=str(survivor.data.id)) == [two["id"], one["id"]]
    assert await found(firm, customer_id=str(absorbed.data.id)) == [two["id"], one["id"]]


async def test_lists_hold_no_word_that_anybody_said(firm: Firm) -> None:
    await firm.filed(text="private words", reply_to={"channel": "phone", "address": "13800131234"})
    answer = await firm.harness.caller().get("/v1/complaints")
    assert "private words" not in answer.text
    assert "1380013" not in answer.text


async def test_an_unknown_filter_is_refused(firm: Firm) -> None:
    refused = await firm.harness.caller().get("/v1/complaints", params={"holder_name": "x"})
    assert refused.status_code == 422


async def test_an_external_unit_sees_its_own_and_not_that_there_are_others(firm: Firm) -> None:
    scope = "complaints:read complaints:write"
    dealer = firm.harness.caller(unit="dealer-17", subject="dealer", scope=scope)
    theirs = (await dealer.post("/v1/complaints", json={"channel": "dealer", "cause": "price"})).json()
    ours = await firm.filed()
    assert [item["id"] for item in (await dealer.get("/v1/complaints")).json()["items"]] == [theirs["id"]]
    assert (await dealer.get(f"/v1/complaints/{theirs['id']}")).status_code == 200
    for method, path, body in (
        ("GET", "", None),
        ("GET", "/tracking-link", None),
        ("POST", "/handovers", {"to_unit": "complaint-desk", "reason": "x"}),
        ("POST", "/acceptance", None),
        ("POST", "/handovers/1/acceptance", None),
        ("POST", "/answers", {"text": "x"}),
        ("POST", "/waiting", None),
        ("POST", "/customer-replies", {"text": "x"}),
        ("POST", "/resolution", None),
        ("POST", "/reopening", {"reason": "x"}),
        ("POST", "/closure", None),
    ):
        answer = await dealer.request(method, f"/v1/complaints/{ours['id']}{path}", json=body)
        assert answer.status_code == 404, (method, path)
    assert ours["id"] in await found(firm)
    assert theirs["id"] in await found(firm)


async def test_an_external_unit_answers_only_what_it_holds(firm: Firm) -> None:
    scope = "complaints:read complaints:write"
    dealer = firm.harness.caller(unit="dealer-17", subject="dealer", scope=scope)
    body = {"channel": "dealer", "cause": "price"}
    routed = (await dealer.post("/v1/complaints", json=body)).json()
    refused = await dealer.post(f"/v1/complaints/{routed['id']}/answers", json={"text": "x"})
    assert refused.json()["code"] == "not-the-holder"
    own = (await dealer.post("/v1/complaints", json={**body, "unit": "dealer-17"})).json()
    assert (await dealer.post(f"/v1/complaints/{own['id']}/answers", json={"text": "x"})).status_code == 201


async def test_an_external_unit_sees_nothing_of_what_is_said_among_ourselves(firm: Firm) -> None:
    scope = "complaints:read complaints:write"
    dealer = firm.harness.caller(unit="dealer-17", subject="dealer", scope=scope)
    await firm.harness.know(a_unit("complaint-desk", sequence=9, name="Complaint desk", parent="head-office"))
    own = (
        await dealer.post("/v1/complaints", json={"channel": "dealer", "cause": "price", "unit": "dealer-17"})
    ).json()
    path = f"/v1/complaints/{own['id']}"
    await dealer.post(f"{path}/handovers", json={"to_unit": "complaint-desk", "reason": "beyond us"})
    await firm.step("complaint-desk", own, "acceptance")
    await firm.step("complaint-desk", own, "handovers", to_unit="finance", reason="the dealer is to blame")
    await firm.step("finance", own, "acceptance")
    await firm.step("finance", own, "answers", text="Sorry.", quality=1, conduct=["slow"])
    await firm.step("finance", own, "reopening", reason="said so on the phone", by_customer=False)
    answer = await dealer.get(path)
    shown = answer.json()
    assert (shown["holder_unit"], shown["holder_id"]) == ("Finance", None)
    assert [(period["from_unit"], period["to_unit"]) for period in shown["custody"]] == [
        (None, "dealer-17"),
        ("dealer-17", "Complaint desk"),
        ("Complaint desk", "Finance"),
    ]
    (said,), (verdict,) = shown["answers"], shown["verdicts"]
    assert said["text"] == "Sorry."
    assert (said["quality"], said["conduct"], said["answered_by"], verdict["given_by"]) == (None, [], None, None)
    (listed,) = (await dealer.get("/v1/complaints")).json()["items"]
    replied = (await dealer.post(f"{path}/customer-replies", json={"text": "Well?"})).json()
    assert listed["holder_unit"] == replied["holder_unit"] == "Finance"
    hidden = ("to blame", '"complaint-desk"', '"finance"', "lead-", *map(str, firm.leads.values()))
    assert [word for word in hidden if word in answer.text + str(listed) + str(replied)] == []
    ours = await firm.shown(own)
    assert (ours["custody"][2]["note"], ours["answers"][0]["quality"]) == ("the dealer is to blame", 1)


async def test_an_external_unit_learns_nothing_about_our_units(firm: Firm) -> None:
    scope = "complaints:read complaints:write"
    dealer = firm.harness.caller(unit="dealer-17", subject="dealer", scope=scope)
    real = await dealer.post("/v1/complaints", json={"channel": "dealer", "cause": "price", "unit": "finance"})
    made_up = await dealer.post("/v1/complaints", json={"channel": "dealer", "cause": "price", "unit": "nowhere"})
    assert (real.status_code, real.json()["errors"]) == (made_up.status_code, made_up.json()["errors"])


async def test_an_address_is_masked_without_the_scope_for_personal_data(firm: Firm) -> None:
    for channel, address, masked in (
        ("phone", "13800131234", "138****1234"),
        ("email", "zhang@example.com", "z***@example.com"),
    ):
        filed = await firm.filed(reply_to={"channel": channel, "address": address})
        path = f"/v1/complaints/{filed['id']}"
        plain = firm.harness.caller(scope="complaints:read")
        assert (await plain.get(path)).json()["reply_to"]["address"] == masked
        assert (await firm.harness.caller().get(path)).json()["reply_to"]["address"] == address
    async with firm.harness.database.api.read() as reader:
        assert await reader.fetchval("SELECT count(*) FROM audit WHERE unmasked") == 2


@pytest.mark.parametrize("scope", ["complaints:read", "interactions:write"])
async def test_filing_needs_the_scope_for_it(firm: Firm, scope: str) -> None:
    answer = await firm.harness.caller(scope=scope).post("/v1/complaints", json={"channel": "web", "cause": "price"})
    assert answer.status_code == 403
    assert (await firm.harness.anonymous().get("/v1/complaints")).status_code == 401
