from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from guanxi.auth import tracking
from guanxi.events.complaints import ComplaintClosed, ComplaintReopened
from guanxi.ports import SystemIds
from guanxi.testing import a_customer

if TYPE_CHECKING:
    from services.complaints.tests.integration.conftest import Firm

pytestmark = pytest.mark.asyncio


async def link(firm: Firm, complaint: dict[str, Any]) -> str:
    answer = await firm.harness.caller().get(f"/v1/complaints/{complaint['id']}/tracking-link")
    found = answer.json()
    opened = await firm.harness.anonymous().get(found["url"])
    assert (opened.status_code, complaint["number"] in opened.text) == (200, True)
    return str(found["token"])


async def followed(firm: Firm, token: str) -> dict[str, Any]:
    answer = await firm.harness.anonymous().get(f"/v1/track/{token}")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def judged(firm: Firm, token: str, **body: Any) -> tuple[int, dict[str, Any]]:
    answer = await firm.harness.anonymous().post(f"/v1/track/{token}/verdict", json=body)
    return answer.status_code, answer.json()


async def test_the_link_shows_the_way_of_a_complaint(firm: Firm) -> None:
    filed = await firm.filed(unit="finance", text="late stands")
    token = await link(firm, filed)
    assert token == await link(firm, filed)
    first = await followed(firm, token)
    assert [step["step"] for step in first["steps"]] == ["received", "held", "promised"]
    assert (first["holder"], first["promised_at"]) == ("Finance", filed["promised_at"])
    assert first["may_judge"] is False
    await firm.step("finance", filed, "handovers", to_unit="logistics", reason="not ours", wrong_door=True)
    assert (await followed(firm, token))["asked"] == "Logistics"
    await firm.step("logistics", filed, "acceptance")
    await firm.step("logistics", filed, "answers", text="They are on the way.")
    last = await followed(firm, token)
    assert [(step["step"], step["unit"]) for step in last["steps"]] == [
        ("received", None),
        ("held", "Finance"),
        ("held", "Logistics"),
        ("answered", None),
    ]
    assert last["answer"] == "They are on the way."
    assert last["may_judge"] is True


async def test_the_link_names_no_person_and_repeats_no_secret(firm: Firm) -> None:
    customer = a_customer(name="山西煤業")
    await firm.harness.know(customer)
    reply_to = {"channel": "phone", "address": "13800131234"}
    filed = await firm.filed(customer_id=str(customer.data.id), unit="finance", text="late stands", reply_to=reply_to)
    await firm.step("finance", filed, "handovers", to_unit="logistics", reason="they broke it")
    shown = (await firm.harness.anonymous().get(f"/v1/track/{await link(firm, filed)}")).text
    ids = (str(customer.data.id), str(firm.leads["finance"]), filed["id"])
    others = (*ids, "山西煤業", "1380013", "they broke it", "李明")
    assert [word for word in others if word in shown] == []


async def test_the_answer_leaves_no_referrer_and_no_copy(firm: Firm) -> None:
    token = await link(firm, await firm.filed())
    answer = await firm.harness.anonymous().get(f"/v1/track/{token}")
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cache-control"] == "no-store"


async def test_not_solved_reopens_with_one_tap_and_the_second_tap_does_nothing(firm: Firm) -> None:
    filed = await firm.filed(unit="logistics")
    token = await link(firm, filed)
    await firm.step("logistics", filed, "answers", text="Done.")
    status, after = await judged(firm, token, solved=False, comment="still broken")
    assert (status, after["status"]) == (200, "reopened")
    assert after["promised_at"] is not None
    again, same = await judged(firm, token, solved=False)
    assert (again, same) == (200, after)
    (event,) = await firm.harness.published(ComplaintReopened)
    assert event.data.by_customer is True
    (verdict,) = (await firm.shown(filed))["verdicts"]
    assert (verdict["solved"], verdict["given_by"], verdict["comment"]) == (False, "customer", "still broken")


async def test_solved_closes_and_may_be_said_twice(firm: Firm) -> None:
    filed = await firm.filed(unit="logistics")
    token = await link(firm, filed)
    await firm.step("logistics", filed, "answers", text="Done.")
    assert (await judged(firm, token, solved=True))[1]["status"] == "closed"
    status, after = await judged(firm, token, solved=True)
    assert (status, after["solved"]) == (200, True)
    (event,) = await firm.harness.published(ComplaintClosed)
    assert event.data.solved is True


async def test_a_complaint_that_we_closed_can_be_reopened_by_its_link(firm: Firm) -> None:
    filed = await firm.filed(unit="logistics")
    await firm.step("logistics", filed, "answers", text="Done.")
    await firm.step("logistics", filed, "resolution")
    await firm.step("logistics", filed, "closure")
    token = await link(firm, filed)
    assert (await judged(firm, token, solved=False))[1]["status"] == "reopened"
    shown = await firm.shown(filed)
    assert (shown["holder_unit"], shown["reopen_count"]) == ("logistics", 1)


async def test_there_is_nothing_to_judge_before_an_answer(firm: Firm) -> None:
    token = await link(firm, await firm.filed())
    assert (await judged(firm, token, solved=True))[0] == 409
    assert (await judged(firm, token, solved=False))[0] == 409


async def test_a_token_of_another_key_is_the_same_404_as_no_complaint(firm: Firm) -> None:
    filed = await firm.filed()
    token = await link(firm, filed)
    forged = tracking.token(b"another key of thirty-two bytes.", SystemIds().new())
    flipped = ("A" if token[0] != "A" else "B") + token[1:]
    documents = []
    for wrong in (forged, flipped, "x", "é", "a" * 190):
        answer = await firm.harness.anonymous().get(f"/v1/track/{wrong}")
        assert answer.status_code == 404, wrong
        documents.append({**answer.json(), "instance": "", "trace_id": ""})
    assert all(document == documents[0] for document in documents)


async def test_no_token_is_stored_anywhere(firm: Firm) -> None:
    filed = await firm.filed(unit="logistics")
    token = await link(firm, filed)
    await firm.step("logistics", filed, "answers", text="Done.")
    await judged(firm, token, solved=True)
    async with firm.harness.database.api.read() as reader:
        tables = await reader.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        for name in (row["tablename"] for row in tables):
            holding = await reader.fetchval(f'SELECT count(*) FROM "{name}" AS t WHERE t::text LIKE $1', f"%{token}%")
            assert holding == 0, name
        assert await reader.fetchval("SELECT count(*) FROM audit WHERE action LIKE '%verdict'") == 1


async def test_a_link_followed_too_often_is_slowed_down(firm: Firm) -> None:
    token = await link(firm, await firm.filed())
    client = firm.harness.anonymous()
    answers = [await client.get(f"/v1/track/{token}") for _ in range(32)]
    assert answers[0].status_code == 200
    assert answers[-1].status_code == 429
    assert int(answers[-1].headers["retry-after"]) >= 1
    other = await link(firm, await firm.filed())
    assert (await client.get(f"/v1/track/{other}")).status_code == 200


async def test_an_external_unit_gets_the_link_of_its_own_complaint(firm: Firm) -> None:
    dealer = firm.harness.caller(unit="dealer-17", scope="complaints:read complaints:write", subject="dealer")
    own = (await dealer.post("/v1/complaints", json={"channel": "dealer", "cause": "price"})).json()
    assert (await dealer.get(f"/v1/complaints/{own['id']}/tracking-link")).status_code == 200
