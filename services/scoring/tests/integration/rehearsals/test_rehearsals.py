"""A changed scorecard is rehearsed, approved by another, published, and does what the rehearsal said."""

from __future__ import annotations

from uuid import UUID

import httpx
import pytest

from guanxi.events.scores import SegmentChanged
from guanxi.testing import Harness, a_customer
from scoring.rehearsals import usecases
from scoring.scorecards import files
from scoring.scores.dirty_store import SWEPT

from ..conftest import MakeCustomer, an_order, settle
from .steps import movers, path, publish, rehearsed

pytestmark = pytest.mark.asyncio
PATH = path(files.VALUE)


async def _firm(service: Harness, customer: MakeCustomer, count: int) -> list[UUID]:
    everybody = [await customer() for _ in range(count)]
    for n, one in enumerate(everybody):
        await service.apply(*(an_order(one, 3_000_000 * (n + 1), days_ago=20 + 60 * m) for m in range(4)))
    await settle(service)
    return everybody


async def _tiers(staff: httpx.AsyncClient) -> dict[str, int]:
    items = (await staff.get("/v1/tiers")).json()["items"]
    return {item["tier"]: item["customers"] for item in items if item["customers"]}


async def test_what_a_rehearsal_counts_is_what_publishing_it_does(
    service: Harness, customer: MakeCustomer, staff: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(usecases, "CHUNK", 3)
    monkeypatch.setattr(usecases, "MARKS", 3)
    everybody = await _firm(service, customer, 8)
    before, told = await _tiers(staff), len(await service.published(SegmentChanged))
    found = await rehearsed(service, staff, files.VALUE, {"default_margin_bp": 1200})
    result = found["result"]
    assert (found["status"], result["customers"]) == ("rehearsed", len(everybody))
    assert result["movers"] > 0
    assert await _tiers(staff) == before, "a rehearsal moves nobody"
    listed = await movers(staff, found, "&scope=value.existing")
    assert len(listed) == result["movers"]
    assert result["profit_minor"] == sum(one["profit_minor"] for one in listed)
    top = [one for one in listed if one["tier"] == "top"]
    assert all("account-plan" in one["loses"] for one in top)
    assert (await publish(service, found)).json()["published_version"] == 2
    assert await _tiers(staff) == {tier: n for tier, n in result["tiers"].items() if "/" not in tier}
    key = (await staff.get("/v1/segments/key-customers/summary")).json()["customers"]
    assert key == result["tiers"].get("key-customers/member", 0)
    moved = [event for event in (await service.published(SegmentChanged))[told:] if event.data.segment == "tier"]
    assert {str(event.subject): event.data.tier for event in moved} == {
        one["customer_id"]: one["tier_after"] for one in listed
    }
    score = (await staff.get(f"/v1/customers/{everybody[0]}/scores")).json()["items"][0]
    assert score["version"] == 2
    shown = (await staff.get(f"/v1/customers/{everybody[0]}/scores/value.existing/explanation")).json()
    assert (shown["version"], shown["value"]) == (2, score["value"])
    assert (await staff.get("/v1/scorecards/value.existing/versions/2")).json()["body"]["default_margin_bp"] == 1200


async def test_thresholds_move_tiers_and_designated_key_customers_are_named(
    service: Harness, customer: MakeCustomer, staff: httpx.AsyncClient
) -> None:
    one = await customer()
    await service.apply(an_order(one, 50_000_000), an_order(one, 50_000_000))
    await settle(service)
    [proposal] = (await staff.get("/v1/key-customers/designations")).json()["items"]
    decision = f"/v1/key-customers/designations/{proposal['id']}/decision"
    assert (await staff.post(decision, json={"decision": "approved"})).status_code == 201
    bands = (await staff.get("/v1/scorecards/value.existing/versions/1")).json()["body"]["bands"]
    bands[0] |= {"from": 99, "keep_from": 95}
    found = await rehearsed(service, staff, files.VALUE, {"bands": bands})
    assert (found["result"]["leave_top"], found["result"]["key_customers_down"]) == (1, 1)
    assert found["result"]["moves"] == [
        {"scope": "key-customers", "tier": "member", "tier_after": "outside", "customers": 1},
        {"scope": "value.existing", "tier": "top", "tier_after": "high", "customers": 1},
    ]
    [mover] = (await staff.get(f"{PATH}/{found['id']}/movers?tier=top")).json()["items"]
    assert (mover["customer_id"], mover["key_customer"]) == (str(one), True)
    await publish(service, found)
    top = (await staff.get("/v1/tiers")).json()["items"][0]
    assert (top["enters_from"], top["customers"]) == (99, 0)


async def test_nobody_approves_their_own_change_and_an_outdated_one_is_not_published(
    service: Harness, staff: httpx.AsyncClient
) -> None:
    first = await rehearsed(service, staff, files.VALUE, {"default_margin_bp": 2500})
    second = await rehearsed(service, staff, files.VALUE, {"default_margin_bp": 2600})
    assert (await staff.post(f"{PATH}/{first['id']}/approval", json={})).json()["code"] == "own-proposal"
    assert (await staff.post(f"{PATH}/{first['id']}/publication", json={})).json()["code"] == "not-approved"
    other = await rehearsed(service, staff, files.VALUE, {"default_margin_bp": 2700})
    boss = service.caller(subject="boss")
    assert (await boss.post(f"{PATH}/{second['id']}/approval", json={})).status_code == 201
    assert (await publish(service, first)).status_code == 201
    late = await boss.post(f"{PATH}/{second['id']}/publication", json={})
    assert (late.status_code, late.json()["code"]) == (409, "outdated")
    assert (await boss.post(f"{PATH}/{other['id']}/approval", json={})).json()["code"] == "outdated"
    third = await rehearsed(service, staff, files.VALUE, {"default_margin_bp": 2600})
    assert third["base_version"] == 2
    listed = (await staff.get(PATH)).json()["items"]
    assert [(one["id"], one["status"]) for one in listed] == [
        (third["id"], "rehearsed"),
        (other["id"], "rehearsed"),
        (second["id"], "approved"),
        (first["id"], "published"),
    ]


async def test_a_change_that_makes_no_sense_is_refused_with_its_field(staff: httpx.AsyncClient) -> None:
    answer = await staff.post(PATH, json={"changes": {"window_days": 0}, "reason": "x"})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "changes.window_days"
    for kind in ("radar", "reviews", "goodwill", "rates", "satisfaction.price", "wealth"):
        other = await staff.post(path(kind), json={"changes": {"window_days": 1}, "reason": "x"})
        assert (other.status_code, (await staff.get(path(kind))).status_code) == (404, 404)


async def test_merged_records_are_one_customer_in_a_rehearsal_and_an_erased_one_is_in_none(
    service: Harness, customer: MakeCustomer, staff: httpx.AsyncClient
) -> None:
    one, other, goes = await customer(), await customer(), await customer()
    await service.apply(an_order(one, 42_000_000), an_order(other, 50_000_000), an_order(goes, 92_000_000))
    await service.apply(a_customer(other, sequence=2, canonical_id=one, status="merged"))
    await settle(service)
    found = await rehearsed(service, staff, files.VALUE, {"default_margin_bp": 100})
    assert (found["result"]["customers"], found["result"]["movers"]) == (2, 2)
    await service.apply(a_customer(goes, sequence=2, status="erased", name=None))
    await service.erase(goes)
    [left] = await movers(staff, found, "&scope=value.existing")
    assert left["customer_id"] == str(one)


async def test_who_was_merged_while_a_rehearsal_runs_is_in_it_once(
    service: Harness, customer: MakeCustomer, staff: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(usecases, "CHUNK", 1)
    one, other = sorted([await customer(), await customer()])
    await service.apply(an_order(one, 42_000_000), an_order(other, 50_000_000))
    await settle(service)
    # Not scored anew yet: both have a series still.
    await service.apply(a_customer(other, sequence=2, canonical_id=one, status="merged"))
    found = await rehearsed(service, staff, files.VALUE, {"default_margin_bp": 100})
    assert (found["status"], found["result"]["customers"], found["result"]["movers"]) == ("rehearsed", 1, 1)


async def test_the_whole_firm_is_scored_after_whoever_has_news(
    service: Harness, customer: MakeCustomer, staff: httpx.AsyncClient
) -> None:
    await _firm(service, customer, 3)
    found = await rehearsed(service, staff, files.VALUE, {"default_margin_bp": 1200})
    boss = service.caller(subject="boss")
    assert (await boss.post(f"{PATH}/{found['id']}/approval", json={})).status_code == 201
    assert (await boss.post(f"{PATH}/{found['id']}/publication", json={})).status_code == 201
    while await service.work_off_due():
        pass
    async with service.database.api.read() as reader:
        marks = await reader.fetch("SELECT urgency, count(*) AS n FROM dirty GROUP BY 1")
    assert [(row["urgency"], row["n"]) for row in marks] == [(SWEPT, 3)]


async def test_an_external_unit_finds_no_rehearsal(service: Harness, staff: httpx.AsyncClient) -> None:
    found = await rehearsed(service, staff, files.VALUE, {"default_margin_bp": 2500})
    dealer = service.caller(unit="dealer-17", scope="scores:read scores:write", subject="dealer")
    for one in (PATH, f"{PATH}/{found['id']}", f"{PATH}/{found['id']}/movers"):
        assert (await dealer.get(one)).status_code == 404
    for one in (f"{PATH}/{found['id']}/approval", f"{PATH}/{found['id']}/publication"):
        assert (await dealer.post(one, json={})).status_code == 404
    assert (await dealer.post(PATH, json={"changes": {"window_days": 1}, "reason": "x"})).status_code == 404
