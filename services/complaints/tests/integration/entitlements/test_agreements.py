"""What is told of agreements, and the doors at which it answers and waits for a decision."""

from __future__ import annotations

import random
from typing import Any
from uuid import UUID

import pytest

from guanxi.events.customers import AgreementChanged
from guanxi.ports import SystemIds
from guanxi.testing import a_customer, an_event

from .story import BIG, STAND, Story, applying, day

pytestmark = pytest.mark.asyncio
YEAR = {"code": "year", "benefit": "warranty", "kinds": ["repair", "exchange"], "months": 12}
TENDERS = {"code": "tenders", "benefit": "tender-documents", "of": "customer"}


async def delivered(story: Story, customer: UUID, ago: int) -> UUID:
    order_id = await story.buys(customer, ago + 10)
    await story.receives(customer, order_id, ago)
    return order_id


async def flags(story: Story) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await story.office.get("/v1/agreement-flags")).json()["items"]
    return found


async def test_an_agreement_answers_before_the_policy_with_its_clause_and_version(story: Story) -> None:
    customer = await story.customer()
    await delivered(story, customer, 215)
    one = await story.agrees(customer, 300, YEAR, until=day(-400))
    found = await story.asked(customer, sku=STAND)
    answer = found["warranty"]
    assert (found["covered"], answer["clause"], answer["kinds"]) == (True, "year", ["repair", "exchange"])
    assert answer["agreement"] == {
        "id": str(one),
        "version": 1,
        "kind": "service",
        "since": day(300).isoformat(),
        "until": day(-400).isoformat(),
    }
    assert 140 < answer["days_left"] < 160
    tried = {each["clause"]: each["reason"] for each in found["goods"][0]["tried"]}
    assert next(iter(tried)) == "year"
    assert (tried["year"], tried["warranty.all"], tried["advice.all"]) == ("applies", "agreement-prevails", "applies")
    await story.agrees(customer, 300, {**YEAR, "months": 18}, agreement_id=one, sequence=2)
    answer = (await story.asked(customer, sku=STAND))["warranty"]
    assert (answer["agreement"]["version"], answer["flagged"], answer["days_left"] > 300) == (2, False, True)


async def test_one_that_has_ended_is_named_and_leaves_the_policy_to_answer(story: Story) -> None:
    customer = await story.customer()
    await delivered(story, customer, 20)
    await story.agrees(customer, 300, {**YEAR, "months": 1}, until=day(1))
    found = await story.asked(customer)
    tried = {each["clause"]: each["reason"] for each in found["goods"][0]["tried"]}
    assert (tried["year"], found["warranty"]["clause"]) == ("agreement-ended", "warranty.all")
    before = await story.asked(customer, on=day(1).isoformat())
    assert before["warranty"]["clause"] == "year"


async def test_of_merged_records_each_brings_its_agreements(story: Story) -> None:
    survivor = a_customer()
    absorbed = a_customer(canonical_id=survivor.data.id, status="merged")
    await story.service.know(survivor, absorbed)
    await delivered(story, survivor.data.id, 215)
    await story.agrees(absorbed.data.id, 300, YEAR)
    assert (await story.asked(survivor.data.id))["warranty"]["clause"] == "year"
    await story.service.know(a_customer(absorbed.data.id, sequence=2))
    assert (await story.asked(survivor.data.id))["warranty"]["reason"] == "expired"


async def test_a_dealer_is_answered_by_the_agreements_of_its_own_record(story: Story) -> None:
    mine = a_customer(unit="dealer-17")
    ours = a_customer(canonical_id=mine.data.id, status="merged")
    await story.service.know(mine, ours)
    await story.buys(mine.data.id, 215, unit="dealer-17")
    await story.agrees(ours.data.id, 300, YEAR)
    dealer = story.person("dealer", unit="dealer-17")
    assert (await story.asked(mine.data.id, dealer))["warranty"]["agreement"] is None
    assert (await story.asked(mine.data.id))["warranty"]["clause"] == "year"
    await story.agrees(mine.data.id, 300, YEAR, unit="dealer-17")
    assert (await story.asked(mine.data.id, dealer))["warranty"]["clause"] == "year"
    assert (await dealer.get("/v1/agreement-flags")).status_code == 404


async def test_what_a_shortened_agreement_had_promised_stands_until_a_person_decides(story: Story) -> None:
    kept, withdrawn, better = [await story.customer(region="CN-14") for _ in range(3)]
    agreements = {}
    for customer in (kept, withdrawn, better):
        await delivered(story, customer, 215)
        one = agreements[customer] = await story.agrees(customer, 300, YEAR, TENDERS)
        await story.agrees(customer, 300, YEAR, TENDERS, agreement_id=one, sequence=2, until=day(1))
    await story.buys(better, 10, BIG)
    open_ = {one["agreement_id"]: one for one in await flags(story)}
    assert set(open_) == {str(agreements[one]) for one in (kept, withdrawn)}
    assert open_[str(agreements[kept])] == {
        "agreement_id": str(agreements[kept]),
        "customer_id": str(kept),
        "version": 2,
        "clauses": ["tenders", "year"],
        "promises": [{"version": 1, "clause": "tenders"}, {"version": 1, "clause": "year"}],
    }
    held = await story.asked(kept)
    assert applying(held) >= {"warranty", "tender-documents"}
    answer = held["warranty"]
    assert (answer["applies"], answer["flagged"], answer["why"], answer["agreement"]["version"]) == (
        *(True, True, "held", 1),
    )
    assert (await story.office.get("/v1/entitlement-flags")).json()["items"] == []

    staff, lead = await story.employee("staff", "staff"), await story.employee("lead", "lead")
    path = f"/v1/agreement-flags/{agreements[kept]}/decision"
    body, key = {"decision": "kept", "reason": "our-mistake"}, {"Idempotency-Key": "one-word"}
    assert (await staff.post(path, json=body)).status_code == 403
    answers = [await lead.post(path, json=body, headers=key) for _ in range(2)]
    assert [(one.status_code, one.json()["customer_id"]) for one in answers] == [(201, str(kept))] * 2
    again = await lead.post(path, json=body)
    assert (again.status_code, again.json()["code"]) == (409, "nothing-to-decide")
    path = f"/v1/agreement-flags/{agreements[withdrawn]}/decision"
    assert (await lead.post(path, json={"decision": "withdrawn", "reason": "agreed"})).status_code == 201
    unknown = await lead.post(f"/v1/agreement-flags/{SystemIds().new()}/decision", json=body)
    assert unknown.status_code == 404
    assert await flags(story) == []
    assert applying(await story.asked(kept)) >= {"warranty", "tender-documents"}
    assert not applying(await story.asked(withdrawn)) & {"warranty", "tender-documents"}


async def test_each_promise_is_decided_by_itself_and_what_is_taken_later_waits_anew(story: Story) -> None:
    customer, lead = await story.customer(), await story.employee("lead", "lead")
    await delivered(story, customer, 215)
    one = await story.agrees(customer, 300, TENDERS, YEAR)
    path = f"/v1/agreement-flags/{one}/decision"
    await story.agrees(customer, 300, YEAR, agreement_id=one, sequence=2)
    kept = await lead.post(path, json={"decision": "kept", "reason": "our-mistake"})
    assert (kept.status_code, kept.json()["promises"]) == (201, [{"version": 1, "clause": "tenders"}])

    await story.agrees(customer, 300, {**YEAR, "months": 1}, agreement_id=one, sequence=3)
    waits = [{"version": 1, "clause": "year"}, {"version": 2, "clause": "year"}]
    assert [flag["promises"] for flag in await flags(story)] == [waits]
    body = {"decision": "withdrawn", "reason": "agreed"}
    missed = await lead.post(path, json={**body, "promises": [{"version": 1, "clause": "tenders"}]})
    assert (missed.status_code, missed.json()["code"]) == (409, "nothing-to-decide")
    assert (await lead.post(path, json={**body, "promises": []})).status_code == 422
    first, key = {**body, "promises": waits[:1]}, {"Idempotency-Key": "first"}
    answers = [await lead.post(path, json=first, headers=key) for _ in range(2)]
    assert [(answer.status_code, answer.json()["version"]) for answer in answers] == [(201, 3)] * 2
    assert [flag["promises"] for flag in await flags(story)] == [waits[1:]]
    assert applying(await story.asked(customer)) >= {"warranty", "tender-documents"}

    assert (await lead.post(path, json=body)).status_code == 201
    assert await flags(story) == []
    found = applying(await story.asked(customer))
    assert ("tender-documents" in found, "warranty" in found) == (True, False)


async def test_a_kind_of_service_that_is_left_out_is_held(story: Story) -> None:
    customer = await story.customer()
    await delivered(story, customer, 215)
    exchange = {**YEAR, "code": "exchange", "kinds": ["exchange"], "months": 9}
    repair = {**YEAR, "code": "repair", "kinds": ["repair"]}
    one = await story.agrees(customer, 300, exchange, repair)
    await story.agrees(customer, 300, repair, agreement_id=one, sequence=2)
    assert [flag["clauses"] for flag in await flags(story)] == [["exchange"]]
    tried = {each["clause"]: each for each in (await story.asked(customer))["goods"][0]["tried"]}
    assert (tried["exchange"]["applies"], tried["exchange"]["flagged"], tried["repair"]["flagged"]) == (
        *(True, True, False),
    )


async def test_flags_of_agreements_come_in_pages(story: Story) -> None:
    for _ in range(3):
        customer = await story.customer()
        one = await story.agrees(customer, 300, TENDERS)
        await story.agrees(customer, 300, agreement_id=one, sequence=2)
    first = (await story.office.get("/v1/agreement-flags", params={"limit": "2"})).json()
    second = (await story.office.get("/v1/agreement-flags", params={"limit": "2", "cursor": first["next"]})).json()
    assert (len(first["items"]), len(second["items"]), second["next"]) == (2, 1, None)


async def test_versions_that_come_late_twice_and_shuffled_give_one_answer(story: Story) -> None:
    customer, id_ = await story.customer(), SystemIds().new()
    await delivered(story, customer, 215)
    told = [
        an_event(
            AgreementChanged.model_validate(
                {
                    "agreement_id": id_,
                    "customer_id": customer,
                    "unit": "head-office",
                    "kind": "sale",
                    "since": day(300),
                    "clauses": [{**YEAR, "months": months}],
                }
            ),
            aggregate=id_,
            sequence=sequence,
            subject=customer,
        )
        for sequence, months in ((1, 9), (2, 10), (3, 12))
    ]
    arrivals = [*told, *told[:2]]
    random.Random(7).shuffle(arrivals)
    for one in arrivals:
        await story.service.apply(one)
    answer = (await story.asked(customer))["warranty"]
    assert (answer["agreement"]["version"], answer["flagged"], answer["agreement"]["kind"]) == (3, False, "sale")


async def test_a_rehearsal_leaves_those_alone_whose_agreement_answers(story: Story) -> None:
    signed, other = await story.customer(), await story.customer()
    for customer in (signed, other):
        await delivered(story, customer, 20)
    await story.agrees(signed, 300, YEAR)
    shorter = await story.clauses({"code": "warranty.all", "months": 3})
    found = await story.step(await story.drafted(clauses=shorter), "rehearsal")
    assert [one["customer_id"] for one in found["movers"]] == [str(other)]


async def test_a_clause_of_the_policy_that_names_the_customer_answers_until_an_agreement_does(story: Story) -> None:
    customer = await story.customer()
    await delivered(story, customer, 215)
    named = {"code": "named", "benefit": "warranty", "months": 9, "customers": [str(customer)]}
    await story.published(clauses=await story.clauses(named))
    assert (await story.asked(customer))["warranty"]["clause"] == "named"
    await story.agrees(customer, 300, YEAR)
    found = await story.asked(customer)
    tried = {each["clause"]: each["reason"] for each in found["goods"][0]["tried"]}
    assert (found["warranty"]["clause"], tried["named"]) == ("year", "agreement-prevails")
