"""What goes out by webhooks: signed, of one's own records, without personal fields, and nothing that is late."""

from __future__ import annotations

from datetime import timedelta

import pytest

from guanxi.events.complaints import ComplaintAnswered
from guanxi.events.customers import CustomerMerged, MergedComponent
from guanxi.testing.builders import a_customer, a_unit, an_event
from guanxi.testing.harness import Harness

from ..people import a_fall, a_ticket, new_id
from ..receiver import Receiver
from .hooks import FILED, deliveries, step, subscribe

pytestmark = pytest.mark.asyncio


async def test_a_dealer_gets_its_own_complaints_signed_and_without_personal_fields(
    service: Harness, dealer: Receiver
) -> None:
    hook = await subscribe(service, dealer.url)
    mine = a_ticket(unit="dealer-17", reply_to={"channel": "email", "address": "zhang@example.com"})
    await service.apply(mine, a_ticket(unit="head-office"))
    await step(service)
    (request,) = dealer.requests
    assert request.genuine(hook["secret"])
    assert request.path == "/hook?a=b"
    assert request.headers["host"] == f"127.0.0.1:{dealer.port}"
    assert request.headers["webhook-id"] == str(mine.id)
    assert request.event["type"] == FILED
    assert request.event["data"]["complaint_id"] == str(mine.data.complaint_id)
    assert b"zhang" not in request.body
    assert b"reply_to" not in request.body
    assert [one["status"] for one in await deliveries(service, hook)] == ["delivered"]


async def test_a_changed_body_or_another_secret_fails_the_check(service: Harness, dealer: Receiver) -> None:
    hook, other = await subscribe(service, dealer.url), await subscribe(service, dealer.url)
    await service.apply(a_ticket(unit="dealer-17"))
    await step(service)
    assert [request.genuine(hook["secret"]) for request in dealer.requests].count(True) == 1
    assert [request.genuine(other["secret"]) for request in dealer.requests].count(True) == 1
    changed = next(request for request in dealer.requests if request.genuine(hook["secret"]))
    changed.body += b" "
    assert not changed.genuine(hook["secret"])


async def test_only_the_types_asked_for_are_sent_and_each_event_once(service: Harness, dealer: Receiver) -> None:
    await subscribe(service, dealer.url)
    filed = a_ticket(unit="dealer-17")
    answered = a_ticket(ComplaintAnswered, unit="dealer-17", answer_id=new_id())
    await service.apply(filed, answered)
    await service.apply(filed)
    await step(service)
    assert [request.event["type"] for request in dealer.requests] == [FILED]


async def test_what_was_learned_or_is_read_late_is_not_sent(service: Harness, dealer: Receiver) -> None:
    await subscribe(service, dealer.url)
    await service.apply(a_ticket(unit="dealer-17", late=timedelta(days=3)))
    old = a_ticket(unit="dealer-17")
    service.clock.move(49 * 3600)
    await service.apply(old)
    assert await step(service) == 0


async def test_scores_go_to_units_of_the_firm_only(service: Harness, dealer: Receiver) -> None:
    kind = "guanxi.scores.SegmentChanged.v1"
    mine = new_id()
    await service.know(a_unit("branch"), a_customer(mine, unit="branch"))
    await subscribe(service, dealer.url, kind, unit="branch")
    await service.apply(a_fall(mine))
    await step(service)
    assert [request.event["subject"] for request in dealer.requests] == [str(mine)]
    await service.know(a_unit("branch", sequence=2, internal=False))
    await service.apply(a_fall(mine))
    assert await step(service) == 0


async def test_a_dealer_cannot_ask_for_what_the_firm_thinks_of_customers(service: Harness, dealer: Receiver) -> None:
    kind, caller = "guanxi.scores.ScoreChanged.v1", service.caller(unit="dealer-17")
    refused = await caller.post("/v1/webhooks", json={"url": dealer.url, "types": [FILED, kind]})
    hook = await subscribe(service, dealer.url)
    changed = await caller.patch(f"/v1/webhooks/{hook['id']}", json={"types": [kind]}, headers={"If-Match": '"1"'})
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "types[1]")
    assert (changed.status_code, changed.json()["errors"][0]["field"]) == (422, "types[0]")


async def test_merges_name_records_of_others_and_go_to_no_dealer(service: Harness, dealer: Receiver) -> None:
    kind = "guanxi.customers.CustomerMerged.v1"
    await subscribe(service, dealer.url, kind)
    mine, other = new_id(), new_id()
    await service.know(a_customer(mine, unit="dealer-17"))
    component = MergedComponent(canonical_id=mine, members=(mine, other))
    fact = CustomerMerged(merge_id=new_id(), survivor_id=mine, absorbed_id=other, component=component)
    await service.apply(an_event(fact, subject=mine))
    assert await step(service) == 0


async def test_a_unit_of_the_firm_gets_all(service: Harness, dealer: Receiver) -> None:
    await subscribe(service, dealer.url, unit="head-office")
    await service.apply(a_ticket(unit="dealer-17"), a_ticket(unit="head-office"))
    await step(service)
    assert len(dealer.requests) == 2
