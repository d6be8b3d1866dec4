"""Segments and treatments: who would enter or leave, what tiers would lose and gain, and that it comes to that."""

from __future__ import annotations

from uuid import UUID

import httpx
import pytest

from guanxi.events.scores import SegmentChanged
from guanxi.testing import Harness
from scoring.rehearsals import usecases

from ..conftest import MakeCustomer, a_contact, an_order, settle
from .steps import movers, path, publish, rehearsed

pytestmark = pytest.mark.asyncio
WIDER = {"segments": [{"id": "key-customers", "tiers": ["top", "high"]}]}
NARROWER = {"segments": [{"id": "key-customers", "tiers": ["high"]}]}
CALL = {"code": "call", "zh-Hans": "打电话", "zh-Hant": "打電話", "en": "Call them"}


async def _firm(service: Harness, customer: MakeCustomer) -> list[UUID]:
    """Two of the top tier, two of the high one and one of the middle."""
    everybody = [await customer() for _ in range(5)]
    goods = (100_000_000, 100_000_000, 33_000_000, 33_000_000, 13_000_000)
    for one, minor in zip(everybody, goods, strict=True):
        await service.apply(*(an_order(one, minor // 4, days_ago=20 + 60 * m) for m in range(4)))
    await settle(service)
    return everybody


async def _members(staff: httpx.AsyncClient) -> set[str]:
    items = (await staff.get("/v1/key-customers")).json()["items"]
    return {one["customer_id"] for one in items}


async def _told(service: Harness, since: int) -> list[tuple[str, str, str, str | None]]:
    events = (await service.published(SegmentChanged))[since:]
    return [(str(one.subject), one.data.segment, one.data.direction, one.data.version) for one in events]


async def _designate(staff: httpx.AsyncClient, one: UUID) -> None:
    items = (await staff.get("/v1/key-customers/designations")).json()["items"]
    [proposal] = [item for item in items if item["customer_id"] == str(one)]
    decision = f"/v1/key-customers/designations/{proposal['id']}/decision"
    assert (await staff.post(decision, json={"decision": "approved"})).status_code == 201


async def test_who_would_enter_a_segment_enters_it_and_is_told_once(
    service: Harness, customer: MakeCustomer, staff: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(usecases, "CHUNK", 2)
    everybody = await _firm(service, customer)
    before, told = await _members(staff), len(await service.published(SegmentChanged))
    assert before == {str(one) for one in everybody[:2]}
    found = await rehearsed(service, staff, "segments", WIDER)
    result, listed = found["result"], await movers(staff, found)
    assert (result["customers"], result["movers"], result["up"], result["down"]) == (5, 2, 2, 0)
    assert result["tiers"] == {"key-customers/member": 4, "key-customers/outside": 1}
    assert result["moves"] == [{"scope": "key-customers", "tier": "outside", "tier_after": "member", "customers": 2}]
    assert result["profit_minor"] == sum(one["profit_minor"] for one in listed) > 0
    assert await _members(staff) == before, "a rehearsal moves nobody"
    assert (await publish(service, found)).json()["published_version"] == 2
    assert await _members(staff) - before == {one["customer_id"] for one in listed}
    assert (await staff.get("/v1/segments/key-customers/summary")).json()["customers"] == 4
    expected = sorted((one["customer_id"], "key-customers", "entered", "2") for one in listed)
    assert sorted(await _told(service, told)) == expected
    await service.apply(*(a_contact(one) for one in everybody))
    await settle(service)
    assert sorted(await _told(service, told)) == expected, "nobody is told twice"
    shown = (await staff.get("/v1/segments")).json()
    assert (shown["version"], shown["items"][1]["tiers"]) == (2, ["high", "top"])


async def test_who_is_proposed_by_a_wider_segment_is_not_said_to_be_of_the_top_tier(
    service: Harness, customer: MakeCustomer, staff: httpx.AsyncClient
) -> None:
    everybody = await _firm(service, customer)
    await publish(service, await rehearsed(service, staff, "segments", WIDER))
    assert await _reasons(staff) == {
        **{str(one): ("proposed", "top-tier", None) for one in everybody[:2]},
        **{str(one): ("proposed", "key-segment", None) for one in everybody[2:4]},
    }
    await publish(service, await rehearsed(service, staff, "segments", NARROWER))
    assert await _reasons(staff) == {
        **{str(one): ("ended", "top-tier", "left-key-segment") for one in everybody[:2]},
        **{str(one): ("proposed", "key-segment", None) for one in everybody[2:4]},
    }


async def _reasons(staff: httpx.AsyncClient) -> dict[str, tuple[str, str, str | None]]:
    items = (await staff.get("/v1/key-customers/designations")).json()["items"]
    return {one["customer_id"]: (one["status"], one["reason"], one["end_reason"]) for one in items}


async def test_key_customers_who_would_leave_a_segment_are_named(
    service: Harness, customer: MakeCustomer, staff: httpx.AsyncClient
) -> None:
    everybody = await _firm(service, customer)
    await _designate(staff, everybody[0])
    told = len(await service.published(SegmentChanged))
    found = await rehearsed(service, staff, "segments", NARROWER)
    result = found["result"]
    assert (result["movers"], result["up"], result["down"], result["leave_top"]) == (4, 2, 2, 2)
    assert (result["key_customers"], result["key_customers_down"]) == (1, 1)
    leaving = await movers(staff, found, "&tier=member")
    assert {(one["customer_id"], one["key_customer"]) for one in leaving} == {
        (str(everybody[0]), True),
        (str(everybody[1]), False),
    }
    assert result["profit_down_minor"] == sum(one["profit_minor"] for one in leaving)
    await publish(service, found)
    assert await _members(staff) == {str(one) for one in everybody[2:4]}
    ways = {(who, way) for who, _, way, _ in await _told(service, told)}
    assert ways == {(str(one), "left") for one in everybody[:2]} | {(str(one), "entered") for one in everybody[2:4]}


async def test_a_segment_that_was_rehearsed_by_other_tiers_is_rehearsed_anew(
    service: Harness, customer: MakeCustomer, staff: httpx.AsyncClient
) -> None:
    await _firm(service, customer)
    found = await rehearsed(service, staff, "segments", WIDER)
    await publish(service, await rehearsed(service, staff, "value.existing", {"default_margin_bp": 2500}))
    assert (await publish(service, found)).json()["code"] == "outdated"
    again = await rehearsed(service, staff, "segments", WIDER)
    assert again["value_version"] == 2
    assert (await publish(service, again)).status_code == 201
    assert len(await _members(staff)) == again["result"]["tiers"]["key-customers/member"]


async def test_other_treatments_touch_whom_the_rehearsal_said_and_are_recommended_from_then_on(
    service: Harness, customer: MakeCustomer, staff: httpx.AsyncClient
) -> None:
    everybody = await _firm(service, customer)
    await _designate(staff, everybody[0])
    changes = {"treatments": {"top": [{"code": "talk-more"}, {"code": "answer-first"}, CALL]}}
    found = await rehearsed(service, staff, "treatments", changes)
    result, listed = found["result"], await movers(staff, found)
    assert (result["customers"], result["movers"], result["key_customers"]) == (5, 2, 1)
    assert (result["up"], result["down"], result["key_customers_down"]) == (2, 2, 1)
    assert {one["customer_id"] for one in listed} == {str(one) for one in everybody[:2]}
    assert {(*one["loses"], *one["gains"]) for one in listed} == {("account-plan", "call")}
    assert result["profit_minor"] == sum(one["profit_minor"] for one in listed) > 0
    assert result["moves"] == [{"scope": "treatments", "tier": "top", "tier_after": "top", "customers": 2}]
    tiers = {one["tier"]: one for one in (await staff.get("/v1/tiers")).json()["items"]}
    assert tiers["top"]["actions"][0]["code"] == "account-plan", "a rehearsal recommends nothing"
    moved = await rehearsed(service, staff, "value.existing", {"default_margin_bp": 100})
    await publish(service, found)
    for where in ("/v1/tiers", "/v1/treatments", "/v1/treatments?tier=top"):
        top = (await staff.get(where)).json()["items"][0]
        assert [one["code"] for one in top["actions"]] == ["talk-more", "answer-first", "call"]
        assert top["actions"][2]["text"]["zh-Hant"] == "打電話"
    assert {tier: n for tier, n in result["tiers"].items() if n} == {
        one["tier"]: one["customers"] for one in (await staff.get("/v1/tiers")).json()["items"] if one["customers"]
    }
    outdated = await publish(service, moved)
    assert (outdated.status_code, outdated.json()["code"]) == (409, "outdated")
    # What a tier loses by another scorecard is what is recommended for it now.
    moved = await rehearsed(service, staff, "value.existing", {"default_margin_bp": 100})
    top = await movers(staff, moved, "&tier=top")
    assert all("call" in one["loses"] and "account-plan" not in one["loses"] for one in top)
    assert top


async def test_senseless_segments_and_treatments_are_refused_with_their_field(staff: httpx.AsyncClient) -> None:
    for kind, changes, field in (
        ("segments", {"segments": [{"id": "key-customers", "tiers": ["best"]}]}, "changes.segments[0].tiers[0]"),
        ("treatments", {"treatments": {"top": [{"code": "call"}]}}, "changes.treatments.top[0].zh-Hans"),
        ("trust", {"signals": {"paid-late": {"half_life_days": 0}}}, "changes.signals.paid-late.half_life_days"),
    ):
        answer = await staff.post(path(kind), json={"changes": changes, "reason": "x"})
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["field"] == field
