from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

import httpx
import pytest

from complaints.filing.schemas import ComplaintPatch
from guanxi.events.complaints import (
    ComplaintFiledCorrected,
    ComplaintFiledVoided,
    DeadlineMissed,
    DeadlineMissedVoided,
)
from guanxi.events.reports import ComplaintReported, ComplaintReportedCorrected, ComplaintReportedVoided
from guanxi.testing import a_customer, an_event

if TYPE_CHECKING:
    from services.complaints.tests.integration.conftest import Firm

pytestmark = pytest.mark.asyncio
_MONTH = 28 * 24 * 3600


async def patched(
    caller: httpx.AsyncClient, complaint: dict[str, Any], version: int | None = 1, **body: Any
) -> httpx.Response:
    headers = {} if version is None else {"If-Match": f'"{version}"'}
    return await caller.patch(f"/v1/complaints/{complaint['id']}", json=body, headers=headers)


async def voided(caller: httpx.AsyncClient, complaint: dict[str, Any], **headers: str) -> httpx.Response:
    path = f"/v1/complaints/{complaint['id']}/voiding"
    return await caller.post(path, json={"reason": "entered-twice"}, headers=headers)


async def test_what_was_taken_down_wrongly_is_put_right(firm: Firm) -> None:
    filed = await firm.filed(text="too dear", cause=None, unit="finance", sku="STAND-40", about="internal")
    assert filed["cause"] == "other"
    reply_to = {"channel": "email", "address": "zhang@example.com"}
    answer = await patched(firm.staff("finance"), filed, cause="price", sku=None, wish="half price", reply_to=reply_to)
    assert (answer.status_code, answer.headers["etag"]) == (200, '"2"')
    shown = await firm.shown(filed)
    assert (shown["cause"], shown["sku"], shown["about"], shown["text"]) == ("price", None, "internal", "too dear")
    assert (shown["wish"], shown["reply_to"]) == ("half price", reply_to)
    assert (shown["holder_unit"], shown["promised_at"]) == ("finance", filed["promised_at"])
    (event,) = await firm.harness.published(ComplaintFiledCorrected)
    assert (event.data.cause, event.sequence) == ("price", 2)
    assert b"half price" not in event.to_json()


async def test_a_correction_names_the_version_it_corrects(firm: Firm) -> None:
    filed, caller = await firm.filed(), firm.harness.caller()
    assert (await patched(caller, filed, None, cause="price")).status_code == 428
    assert (await patched(caller, filed, 2, cause="price")).status_code == 412
    same = await patched(caller, filed, cause=filed["cause"])
    assert (same.status_code, same.json()["version"]) == (200, 1)
    assert await firm.harness.published(ComplaintFiledCorrected) == []


async def test_what_a_correction_leaves_out_has_no_value_of_its_own() -> None:
    properties = ComplaintPatch.model_json_schema()["properties"]
    assert {name: one["default"] for name, one in properties.items()} == dict.fromkeys(properties)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"cause": None}, "cause"),
        ({"channel": None}, "channel"),
        ({"severity": None}, "severity"),
        ({"holder_unit": "sales"}, "holder_unit"),
        ({}, "body"),
    ],
)
async def test_what_cannot_be_corrected_is_named(firm: Firm, wrong: dict[str, Any], field: str) -> None:
    refused = await patched(firm.harness.caller(), await firm.filed(), **wrong)
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, field)


async def test_only_who_took_it_down_or_holds_it_corrects_it(firm: Firm) -> None:
    filed = await firm.filed(unit="finance")
    for unit, status in (("sales", 403), ("dealer-17", 404), ("head-office", 200)):
        assert (await patched(firm.staff(unit), filed, severity="high")).status_code == status, unit
    assert (await patched(firm.staff("finance"), filed, 2, severity="low")).status_code == 200


async def test_no_word_of_an_erased_customer_is_taken_down_again(firm: Firm) -> None:
    customer = a_customer()
    await firm.harness.know(customer)
    filed = await firm.filed(customer_id=str(customer.data.id), text="too dear")
    await firm.harness.erase(UUID(filed["customer_id"]))
    reply_to = {"channel": "email", "address": "zhang@example.com"}
    await patched(firm.harness.caller(), filed, cause="price", text="too dear", wish="x", reply_to=reply_to)
    shown = await firm.shown(filed)
    assert (shown["cause"], shown["text"], shown["wish"], shown["reply_to"]) == ("price", None, None, None)


async def test_what_nobody_complained_of_is_taken_back_for_ever(firm: Firm) -> None:
    filed = await firm.filed(unit="finance")
    await firm.step("finance", filed, "handovers", to_unit="sales", reason="not ours")
    firm.harness.clock.move(seconds=_MONTH)
    await firm.harness.work_off_due()
    missed = await firm.harness.published(DeadlineMissed)
    answer = await voided(firm.staff("head-office"), filed, **{"Idempotency-Key": "k-1"})
    assert answer.status_code == 201, answer.text
    (event,) = await firm.harness.published(ComplaintFiledVoided)
    assert (str(event.data.complaint_id), event.sequence) == (filed["id"], answer.json()["version"])
    untrue = await firm.harness.published(DeadlineMissedVoided)
    assert {one.aggregateid: one.data.kind for one in untrue} == {one.aggregateid: one.data.kind for one in missed}
    assert all(one.sequence > max(other.sequence for other in missed) for one in untrue)
    caller = firm.harness.caller()
    assert (await caller.get(f"/v1/complaints/{filed['id']}")).status_code == 404
    assert (await voided(caller, filed)).status_code == 404
    again = await voided(firm.staff("head-office"), filed, **{"Idempotency-Key": "k-1"})
    assert (again.status_code, again.json()) == (201, answer.json())
    firm.harness.clock.move(seconds=_MONTH)
    assert await firm.harness.work_off_due() == 0
    async with firm.harness.database.api.read() as reader:
        assert await reader.fetchval("SELECT details->>'reason' FROM audit WHERE details ? 'reason'") == "entered-twice"


async def test_whoever_only_holds_it_cannot_make_it_vanish(firm: Firm) -> None:
    filed = await firm.filed(unit="finance")
    refused = await voided(firm.staff("finance"), filed)
    assert (refused.status_code, refused.json()["code"]) == (403, "not-yours-to-void")


async def test_a_report_cannot_bring_back_what_was_voided_by_hand(firm: Firm) -> None:
    body = {"source": "dealer-17", "unit": "dealer-17", "channel": "phone", "external_ref": "C-1"}
    report = an_event(ComplaintReported.model_validate({"text": "bent", **body}))
    await firm.harness.apply(report)
    filed, id_ = {"id": str(report.aggregateid)}, report.aggregateid
    assert (await voided(firm.staff("dealer-17"), filed)).status_code == 201
    corrected = ComplaintReportedCorrected.model_validate({"text": "skewed", **body})
    await firm.harness.apply(an_event(corrected, aggregate=id_, sequence=2))
    gone = ComplaintReportedVoided.model_validate({"source": "dealer-17", "unit": "dealer-17", "external_ref": "C-1"})
    await firm.harness.apply(an_event(gone, aggregate=id_, sequence=3))
    assert len(await firm.harness.published(ComplaintFiledVoided)) == 1
    assert await firm.harness.published(ComplaintFiledCorrected) == []
