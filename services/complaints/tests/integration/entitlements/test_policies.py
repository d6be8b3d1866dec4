from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from guanxi.events.entitlements import EntitlementPolicyPublished
from guanxi.testing import a_customer

from .story import BIG, STAND, Story, applying, day

pytestmark = pytest.mark.asyncio


async def granted(story: Story, customers: list[UUID]) -> dict[str, dict[str, Any]]:
    """What each customer has of each benefit: the last day of each lot's warranty, and what applies."""
    found = {}
    for customer in customers:
        answer = await story.asked(customer)
        lots = {one["order_id"]: (one["warranty"]["until"], one["covered"]) for one in answer["goods"]}
        found[str(customer)] = {"lots": lots, "benefits": applying(answer) - {"warranty"}}
    return found


async def test_a_rehearsal_shows_exactly_what_publishing_gives(story: Story) -> None:
    small, vip, large, merged = [await story.customer(region="CN-14") for _ in range(4)]
    await story.service.know(a_customer(merged, sequence=2, canonical_id=large, status="merged"))
    for customer, ago in ((small, 200), (vip, 300), (merged, 90)):
        await story.receives(customer, await story.buys(customer, ago, pieces=10), ago - 5)
    await story.enters(vip, "top", 400)
    await story.buys(large, 100, BIG)
    await story.served(small, 500)
    changes = [
        {"code": "warranty.all", "months": 9},
        {"code": "warranty.vip", "months": 8},
        *({"code": f"lifelong.{one}", "order_at_least_minor": BIG + 1} for one in ("service", "tenders", "samples")),
    ]
    before = await granted(story, [small, vip, large])
    author = await story.employee("author", "staff")
    policy = await story.drafted(author, clauses=await story.clauses(*changes))
    found = await story.step(policy, "rehearsal", author)
    assert await granted(story, [small, vip, large]) == before
    await story.step(policy, "approval")
    await story.step(policy, "publication")
    after = await granted(story, [small, vip, large])

    movers = {one["customer_id"]: one for one in found["movers"]}
    assert set(movers) == {key for key in before if before[key] != after[key]} == {str(small), str(vip), str(large)}
    for key, mover in movers.items():
        for one in mover["moved"]:
            if one["order_id"] and one["benefit"] == "warranty":
                until, covered = after[key]["lots"][one["order_id"]]
                assert one["after"] == (None if not covered else until or "life")
            else:
                assert (one["after"] is not None) is (one["benefit"] in after[key]["benefits"])
    assert [mover["vip"] for mover in found["movers"]][:1] == [True]
    assert (found["customers"], found["gaining"], found["losing"], found["vips_losing"]) == (3, 1, 2, 1)
    # One repair for 5.00 on 40 pieces sold; 10 gain, 30 lose.
    assert (found["expected_gain_minor"], found["expected_saving_minor"]) == (125, 375)
    assert movers[str(vip)]["name"] == "山西煤業"


async def test_a_policy_goes_its_way_and_another_approves_it(story: Story) -> None:
    author, lead = await story.employee("author", "lead"), await story.employee("lead", "lead")
    staff = await story.employee("staff", "staff")
    policy = await story.drafted(author, vip_tiers=["top", "high"])
    assert (await story.step(policy, "approval", lead, 409))["code"] == "not-rehearsed"
    await story.step(policy, "rehearsal", author)
    assert (await story.step(policy, "publication", lead, 409))["code"] == "not-approved"
    assert (await story.step(policy, "approval", author, 409))["code"] == "own-draft"
    assert (await story.step(policy, "approval", staff, 403))["code"] == "not-yours-to-decide"
    assert (await story.step(policy, "approval", lead))["approved_by"] == "lead"
    await story.step(policy, "rehearsal", author)
    assert (await story.step(policy, "publication", lead, 409))["code"] == "not-approved"
    await story.step(policy, "approval", lead)
    assert (await story.step(policy, "publication", lead))["status"] == "published"
    assert (await story.step(policy, "publication", lead, 409))["code"] == "already-published"
    assert (await story.step(policy, "rehearsal", author, 409))["code"] == "already-published"
    (told,) = await story.service.published(EntitlementPolicyPublished)
    assert (told.data.number, told.data.effective_from, "warranty.all" in told.data.clauses) == (2, day(0), True)
    items = (await story.office.get("/v1/entitlement-policies")).json()["items"]
    assert [(one["number"], one["status"]) for one in items] == [(2, "published"), (1, "retired")]


async def test_what_holds_for_vips_follows_the_policy(story: Story) -> None:
    customer = await story.customer()
    await story.enters(customer, "high", 3)
    await story.published(vip_tiers=["high"])
    assert (await story.asked(customer))["vip"] == "top-tier"
    body = {"customer_id": str(customer), "channel": "phone", "cause": "quality"}
    assert (await story.office.post("/v1/complaints", json=body)).json()["service_level"] == "vip"


async def test_a_policy_answers_from_its_day_on_and_the_old_one_for_the_days_before(story: Story) -> None:
    customer = await story.customer()
    await story.buys(customer, 190)
    longer = await story.clauses({"code": "warranty.all", "months": 9})
    policy = await story.published(clauses=longer, effective_from=day(-2).isoformat())
    assert not (await story.asked(customer, sku=STAND))["covered"]
    then = await story.asked(customer, sku=STAND, on=day(-2).isoformat())
    assert (then["covered"], then["policy"]["id"]) == (True, policy)
    assert (await story.office.get(f"/v1/entitlement-policies/{policy}")).json()["status"] == "published"
    story.service.clock.move(2 * 24 * 3600)
    assert await story.service.work_off_due() >= 1
    items = (await story.office.get("/v1/entitlement-policies", params={"status": "retired"})).json()["items"]
    assert [one["number"] for one in items] == [1]
    assert (await story.asked(customer, on=day(3).isoformat()))["policy"]["number"] == 1


async def test_a_policy_that_was_overtaken_is_not_published(story: Story) -> None:
    author = await story.employee("author", "staff")
    first, second = [await story.drafted(author) for _ in range(2)]
    for policy in (first, second):
        await story.step(policy, "rehearsal")
        await story.step(policy, "approval")
    await story.step(second, "publication")
    assert (await story.step(first, "publication", status=409))["code"] == "superseded"


async def test_what_was_rehearsed_against_another_policy_is_rehearsed_again(story: Story) -> None:
    author = await story.employee("author", "staff")
    first, second = [await story.drafted(author) for _ in range(2)]
    for policy in (first, second):
        await story.step(policy, "rehearsal")
        await story.step(policy, "approval")
    await story.step(first, "publication")
    assert (await story.step(second, "publication", status=409))["code"] == "rehearse-again"
    assert (await story.step(second, "rehearsal"))["against"] == 2
    await story.step(second, "approval")
    assert (await story.step(second, "publication"))["status"] == "published"


async def test_what_waits_for_its_day_is_not_overtaken_by_an_earlier_one(story: Story) -> None:
    author = await story.employee("author", "staff")
    first, second = [
        await story.drafted(author, effective_from=day(ago).isoformat(), vip_tiers=[tier])
        for ago, tier in ((-30, "top"), (0, "high"))
    ]
    for policy in (first, second):
        await story.step(policy, "rehearsal")
        await story.step(policy, "approval")
    await story.step(first, "publication")
    assert (await story.step(second, "publication", status=409))["code"] == "another-waits"
    third = await story.drafted(author, effective_from=day(-31).isoformat(), vip_tiers=["high"])
    assert (await story.step(third, "rehearsal"))["against"] == 2
    await story.step(third, "approval")
    assert (await story.step(third, "publication"))["status"] == "published"


async def test_a_repeated_rehearsal_is_what_it_was_and_looks_at_nobody_again(story: Story) -> None:
    author = await story.employee("author", "staff")
    policy = await story.drafted(author, vip_tiers=["high"])
    path, key = f"/v1/entitlement-policies/{policy}/rehearsal", {"Idempotency-Key": "once"}
    first = await author.post(path, headers=key)
    for name in ("approval", "publication"):
        await story.step(policy, name)
    again = await author.post(path, headers=key)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()
    assert (await author.post(path)).json()["code"] == "already-published"


async def test_policies_are_not_for_external_units(story: Story) -> None:
    dealer = story.person("dealer", unit="dealer-17")
    listed = (await story.office.get("/v1/entitlement-policies")).json()["items"]
    path = f"/v1/entitlement-policies/{listed[0]['id']}"
    assert {(await dealer.get(one)).status_code for one in ("/v1/entitlement-policies", path)} == {404}
    assert (await dealer.post("/v1/entitlement-policies", json={"effective_from": "2027-01-01"})).status_code == 404
    assert (await story.office.get(f"{path}/rehearsal")).status_code == 404


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"effective_from": "soon"}, "effective_from"),
        ({"home_region": "Shanxi"}, "home_region"),
        ({"clauses": []}, "clauses"),
        ({"clauses": [{"code": "a", "benefit": "warranty", "names": {}}]}, "clauses[0].names"),
        ({"clauses": [{"code": "a", "benefit": "b", "names": {"en": "x"}, "months": 0}]}, "clauses[0].months"),
        ({"clauses": [{"code": "a", "benefit": "b", "names": {"en": "x"}, "months": 1, "days": 1}]}, "clauses[0]"),
        ({"clauses": [{"code": "a", "benefit": "b", "names": {"en": "x"}, "of": "customer", "days": 1}]}, "clauses[0]"),
        ({"rates": {"USD": {"2026-01-01": "-7"}}}, "rates.USD.2026-01-01"),
        ({"status": "published"}, "status"),
    ],
)
async def test_a_wrong_draft_is_named(story: Story, wrong: dict[str, Any], field: str) -> None:
    answer = await story.office.post("/v1/entitlement-policies", json={"effective_from": "2027-01-01", **wrong})
    assert answer.status_code == 422, answer.text
    assert field in {error["field"] for error in answer.json()["errors"]}
