from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from guanxi.testing import a_unit, an_employee

if TYPE_CHECKING:
    from services.complaints.tests.integration.conftest import Firm

pytestmark = pytest.mark.asyncio


async def made(firm: Firm, **body: Any) -> dict[str, Any]:
    answer = await firm.harness.caller().post("/v1/routing-rules", json=body)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_a_rule_sends_its_cause_to_its_unit(firm: Firm) -> None:
    await made(firm, cause="neglect", to_unit="logistics")
    assert (await firm.filed(cause="neglect"))["holder_unit"] == "logistics"
    assert (await firm.filed(cause="neglect"))["holder_id"] == str(firm.leads["logistics"])
    assert (await firm.filed(cause="price"))["holder_unit"] == "complaint-desk"


async def test_the_more_telling_rule_wins_among_equals(firm: Firm) -> None:
    await made(firm, cause="quality", to_unit="finance")
    await made(firm, cause="quality", sku_prefix="TOWER", to_unit="logistics")
    assert (await firm.filed(cause="quality", sku="TOWER-9"))["holder_unit"] == "logistics"
    assert (await firm.filed(cause="quality", sku="LAMP-1"))["holder_unit"] == "finance"


async def test_when_the_lead_has_left_the_parent_holds(firm: Firm) -> None:
    await made(firm, cause="price", to_unit="finance")
    ahead = str((firm.harness.clock.now() + timedelta(days=3)).date())
    await firm.harness.know(an_employee(firm.leads["finance"], unit="finance", sequence=2, left_on=ahead))
    assert (await firm.filed(cause="price"))["holder_unit"] == "finance"
    firm.harness.clock.move(seconds=4 * 24 * 3600)
    assert (await firm.filed(cause="price"))["holder_unit"] == "head-office"


async def test_rules_are_read_changed_and_retired(firm: Firm) -> None:
    caller = firm.harness.caller()
    rule = await made(firm, cause="neglect", to_unit="logistics")
    address = f"/v1/routing-rules/{rule['id']}"
    assert (await caller.get(address)).headers["etag"] == '"1"'
    body = {"cause": "neglect", "to_unit": "sales"}
    assert (await caller.put(address, json=body)).status_code == 428
    changed = await caller.put(address, json=body, headers={"If-Match": '"1"'})
    assert (changed.json()["to_unit"], changed.headers["etag"]) == ("sales", '"2"')
    assert (await caller.put(address, json=body, headers={"If-Match": '"1"'})).status_code == 412
    assert (await firm.filed(cause="neglect"))["holder_unit"] == "sales"
    assert (await caller.delete(address, headers={"If-Match": '"2"'})).status_code == 204
    assert (await caller.get(address)).status_code == 404
    assert (await firm.filed(cause="neglect"))["holder_unit"] == "complaint-desk"


async def test_the_default_route_cannot_go(firm: Firm) -> None:
    caller = firm.harness.caller()
    (default,) = (await caller.get("/v1/routing-rules")).json()["items"]
    assert default["to_unit"] == "complaint-desk"
    address, version = f"/v1/routing-rules/{default['id']}", {"If-Match": '"1"'}
    assert (await caller.delete(address, headers=version)).json()["code"] == "default-route"
    narrowed = {"cause": "price", "to_unit": "sales", "priority": 0}
    assert (await caller.put(address, json=narrowed, headers=version)).status_code == 409
    ordinary = {"to_unit": "sales"}
    assert (await caller.put(address, json=ordinary, headers=version)).json()["code"] == "default-route"
    elsewhere = {"to_unit": "sales", "priority": 0}
    assert (await caller.put(address, json=elsewhere, headers=version)).status_code == 200
    assert (await firm.filed())["holder_unit"] == "sales"


async def test_a_rule_to_nowhere_is_refused(firm: Firm) -> None:
    refused = await firm.harness.caller().post("/v1/routing-rules", json={"cause": "price", "to_unit": "nowhere"})
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["field"] == "to_unit"


async def test_an_external_unit_has_no_say_in_routing(firm: Firm) -> None:
    dealer = firm.harness.caller(unit="dealer-17", scope="complaints:read complaints:write")
    assert (await dealer.get("/v1/routing-rules")).status_code == 403
    body = {"cause": "price", "to_unit": "dealer-17"}
    assert (await dealer.post("/v1/routing-rules", json=body)).status_code == 403


async def test_no_rule_sends_complaints_to_an_external_unit(firm: Firm) -> None:
    caller = firm.harness.caller()
    body = {"cause": "price", "to_unit": "dealer-17"}
    refused = await caller.post("/v1/routing-rules", json=body)
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (422, "external-unit")
    rule = await made(firm, cause="price", to_unit="finance")
    changed = await caller.put(f"/v1/routing-rules/{rule['id']}", json=body, headers={"If-Match": '"1"'})
    assert changed.status_code == 422


async def test_a_unit_that_became_external_gets_no_more_of_what_it_may_not_see(firm: Firm) -> None:
    await made(firm, cause="price", to_unit="sales")
    outside = a_unit("sales", sequence=3, kind="dealer", internal=False, parent="finance", lead_id=firm.leads["sales"])
    await firm.harness.know(outside)
    assert (await firm.filed(cause="price"))["holder_unit"] == "finance"
