"""You said, we did: each complainant hears once that it was changed, and the firm hears who heard."""

from __future__ import annotations

import asyncio
import itertools
import re
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from guanxi import due
from guanxi.events.complaints import ComplaintFiled
from guanxi.events.notifications import ImprovementTold, NotificationSuppressed
from guanxi.testing.builders import a_customer, a_unit, an_employee
from guanxi.testing.harness import Harness
from notifications.improvements.rules import QUIET
from notifications.messages import usecases as messages
from notifications.messages.rules import IMPROVEMENT_DUE
from notifications.messages.sender import links_of, send_due

from ..conftest import caught_up, until_waiting
from ..mailserver import Mailbox
from ..people import a_ticket, an_improved, an_improvement, new_id
from .conftest import SERVICE_OK, SURVEY_OK, a_complainant, send_all, tellings

pytestmark = pytest.mark.asyncio
MONTH = 31 * 24 * 3600


async def told_of(service: Harness) -> list[tuple[int, dict[str, int]]]:
    return [
        (one.data.told, {part.reason: part.customers for part in one.data.not_told})
        for one in await service.published(ImprovementTold)
    ]


async def test_those_with_permission_are_thanked_and_told_the_others_are_counted_by_reason(
    service: Harness, post: Mailbox
) -> None:
    improvement = new_id()
    allowed = [await a_complainant(service, SERVICE_OK, language=tag) for tag in ("zh-Hans", "en", "zh-TW")]
    refused = await a_complainant(service)
    await service.apply(
        an_improvement(improvement, 4, anonymous=1), *(an_improved(improvement, one) for one in [*allowed, refused])
    )
    await send_all(service)
    assert len(post.letters) == 3
    (english,) = [one for one in post.letters if one["Content-Language"] == "en"]
    part = english.get_body(("plain",))
    assert part is not None
    assert "Thank you" in part.get_content()
    assert "Stands are kept in stock two weeks ahead" in part.get_content()
    body = await tellings(service, improvement)
    assert (body["told"], body["not_told"]) == (3, [{"reason": "no_permission", "customers": 1}])
    assert (body["pending"], body["anonymous"]) == (0, 1)
    assert {one["customer_id"]: one["outcome"] for one in body["items"]} == {
        **{str(one): "told" for one in allowed},
        str(refused): "not_told",
    }
    assert await told_of(service) == [(3, {"no_permission": 1})]
    (suppressed,) = await service.published(NotificationSuppressed)
    assert (suppressed.subject, suppressed.data.reason) == (refused, "no_permission")


async def test_nothing_is_said_of_all_before_all_have_an_outcome(service: Harness) -> None:
    improvement, first = new_id(), await a_complainant(service, SERVICE_OK)
    await service.apply(an_improvement(improvement, 2), an_improved(improvement, first))
    await send_all(service)
    assert await told_of(service) == []
    await service.apply(an_improved(improvement, await a_complainant(service, SERVICE_OK)))
    assert (await tellings(service, improvement))["pending"] == 1
    await send_all(service)
    assert await told_of(service) == [(2, {})]


async def test_who_never_comes_is_waited_for_no_longer_than_a_quiet_time(service: Harness) -> None:
    improvement = new_id()
    await service.apply(
        an_improvement(improvement, 2), an_improved(improvement, await a_complainant(service, SERVICE_OK))
    )
    await send_all(service)
    assert await told_of(service) == []
    service.clock.move(QUIET.total_seconds())
    await service.work_off_due()
    assert await told_of(service) == [(1, {})]
    assert (await tellings(service, improvement))["finished_at"]
    await service.apply(an_improved(improvement, await a_complainant(service, SERVICE_OK)))
    await send_all(service)
    assert await told_of(service) == [(1, {}), (2, {})]


async def test_two_records_of_one_complainant_are_not_taken_for_two(service: Harness) -> None:
    improvement, survivor = new_id(), await a_complainant(service, SERVICE_OK)
    absorbed = await a_complainant(service, SERVICE_OK, canonical_id=survivor, status="merged")
    await service.apply(
        an_improvement(improvement, 2), an_improved(improvement, survivor), an_improved(improvement, absorbed)
    )
    await send_all(service)
    assert await told_of(service) == []
    await service.apply(an_improved(improvement, await a_complainant(service, SERVICE_OK)))
    await send_all(service)
    assert await told_of(service) == [(2, {})]


ENDS: list[tuple[list[tuple[str, str | None]], tuple[int, int, dict[str, int]]]] = [
    # what became of the message to each record of one customer -> the customers in all
    ([("sent", None)], (1, 0, {})),
    ([("delivered", None)], (1, 0, {})),
    ([("queued", "retry")], (0, 1, {})),
    ([("held", None)], (0, 1, {})),
    ([("sending", None)], (0, 1, {})),
    ([("suppressed", "no_permission")], (0, 0, {"no_permission": 1})),
    ([("failed", "refused")], (0, 0, {"refused": 1})),
    ([("unknown", None)], (0, 0, {"unknown": 1})),
    ([("suppressed", "duplicate"), ("sent", None)], (1, 0, {})),
    ([("suppressed", "duplicate"), ("queued", None)], (0, 1, {})),
    ([("suppressed", "duplicate"), ("failed", "refused")], (0, 0, {"refused": 1})),
    ([("suppressed", "no_permission"), ("suppressed", "no_permission")], (0, 0, {"no_permission": 1})),
    ([("sent", None), ("suppressed", "no_permission")], (1, 0, {})),
]


async def test_customers_are_counted_once_by_the_best_that_became_of_their_records(service: Harness) -> None:
    for ends, expected in [*ENDS, *((ends[::-1], expected) for ends, expected in ENDS if len(ends) > 1)]:
        improvement, survivor = new_id(), await a_complainant(service)
        joined = {"canonical_id": survivor, "status": "merged"}
        records = [survivor, *[await a_complainant(service, **joined) for _ in ends[1:]]]
        await service.apply(an_improvement(improvement, 1), *(an_improved(improvement, one) for one in records))
        async with service.database.consumers.begin() as tx:
            for record, end in zip(records, ends, strict=True):
                await tx.execute(
                    "UPDATE message SET status = $2, reason = $3 WHERE customer_id = $1 AND cause_id = $4",
                    *(record, *end, improvement),
                )
        body = await tellings(service, improvement)
        not_told = {one["reason"]: one["customers"] for one in body["not_told"]}
        assert (body["told"], body["pending"], not_told) == expected, ends


async def test_answers_are_counted_by_customer(service: Harness) -> None:
    improvement, survivor = new_id(), await a_complainant(service)
    absorbed = await a_complainant(service, canonical_id=survivor, status="merged")
    other, unknown = await a_complainant(service), new_id()
    records = (survivor, absorbed, other, unknown)
    await service.apply(an_improvement(improvement, 3), *(an_improved(improvement, one) for one in records))
    async with service.database.consumers.begin() as tx:
        await tx.execute("UPDATE telling SET ask_at = $2 WHERE customer_id = ANY($1)", records[:3], tx.now)
        for record, better in ((absorbed, True), (unknown, False)):
            await tx.execute("UPDATE telling SET better = $2 WHERE customer_id = $1", record, better)
    body = await tellings(service, improvement)
    assert (body["asked"], body["better"], body["not_better"], body["pending"]) == (2, 1, 1, 3)


async def test_looks_are_called_in_one_order_whatever_the_order_of_the_messages(service: Harness) -> None:
    low, high = sorted((new_id(), new_id()))
    for improvement in (high, low):
        await service.apply(an_improved(improvement, await a_complainant(service)))
    service.clock.move(5)
    up_to, settings = await caught_up(service), service.app.state.runtime.settings
    async with service.database.api.begin() as tx:
        await due.schedule_all(tx, IMPROVEMENT_DUE, {low: tx.now})
        sending = asyncio.create_task(send_due(settings, service.database.consumers, permissions_up_to=up_to))
        await until_waiting(service)
        assert await tx.fetchval("SELECT id FROM due WHERE id = $1 FOR UPDATE NOWAIT", high) == high
    await sending
    assert len(await service.published(NotificationSuppressed)) == 2


async def test_it_is_said_anew_and_whole_when_another_complaint_joins(service: Harness) -> None:
    improvement = new_id()
    await service.apply(an_improvement(improvement, 0))
    await send_all(service)
    assert await told_of(service) == [(0, {})]
    await service.apply(an_improved(improvement, await a_complainant(service, SERVICE_OK)))
    await send_all(service)
    assert await told_of(service) == [(0, {}), (1, {})]
    assert [one.sequence for one in await service.published(ImprovementTold)] == [1, 2]


async def test_any_order_and_repeats_tell_each_customer_once(service: Harness, post: Mailbox) -> None:
    for order in itertools.permutations(range(3)):
        improvement, customer = new_id(), await a_complainant(service, SERVICE_OK)
        facts = [
            an_improvement(improvement, 1),
            an_improved(improvement, customer),
            an_improved(improvement, customer),
        ]
        for n in order:
            await service.apply(facts[n])
        await send_all(service)
        await service.apply(*facts)
        await send_all(service)
        body = await tellings(service, improvement)
        assert (body["told"], len(body["items"])) == (1, 1)
    assert len(post.letters) == 6
    assert await told_of(service) == [(1, {})] * 6


async def test_records_of_one_customer_are_told_once(service: Harness, post: Mailbox) -> None:
    improvement, survivor = new_id(), await a_complainant(service, SERVICE_OK)
    absorbed = await a_complainant(service, SERVICE_OK, canonical_id=survivor, status="merged")
    await service.apply(
        an_improvement(improvement, 1), an_improved(improvement, survivor), an_improved(improvement, absorbed)
    )
    await send_all(service)
    assert len(post.letters) == 1
    body = await tellings(service, improvement)
    assert (body["told"], body["not_told"], len(body["items"])) == (1, [], 2)
    assert sorted(one["reason"] or "" for one in body["items"]) == ["", "duplicate"]
    assert await told_of(service) == [(1, {})]


async def test_who_was_joined_after_one_was_told_is_not_told_again(service: Harness, post: Mailbox) -> None:
    improvement, first = new_id(), await a_complainant(service, SERVICE_OK)
    other = await a_complainant(service, SERVICE_OK)
    await service.apply(an_improvement(improvement, 2), an_improved(improvement, first))
    await send_all(service)
    await service.know(a_customer(other, sequence=2, canonical_id=first, status="merged", emails=["o@example.com"]))
    await service.apply(an_improved(improvement, other))
    await send_all(service)
    assert len(post.letters) == 1
    assert (await tellings(service, improvement))["told"] == 1


async def test_two_senders_at_once_tell_a_customer_once(service: Harness, post: Mailbox) -> None:
    improvement, survivor = new_id(), await a_complainant(service, SERVICE_OK)
    absorbed = await a_complainant(service, SERVICE_OK, canonical_id=survivor, status="merged")
    await service.apply(an_improved(improvement, survivor), an_improved(improvement, absorbed))
    settings, pool = service.app.state.runtime.settings, service.database.consumers
    async with pool.begin() as tx:
        _, claimed = await messages.claim(tx, settings, links_of(settings), 1, None)
        other = asyncio.create_task(send_due(settings, pool))
        await until_waiting(service)
    await other
    assert (len(claimed), post.letters) == (1, [])
    listed = (await service.caller().get("/v1/messages")).json()["items"]
    assert sorted((one["status"], one["reason"] or "") for one in listed) == [
        ("sending", ""),
        ("suppressed", "duplicate"),
    ]


async def test_what_was_learned_late_tells_nobody_and_is_counted_as_that(service: Harness, post: Mailbox) -> None:
    improvement, customer = new_id(), await a_complainant(service, SERVICE_OK)
    await service.apply(an_improvement(improvement, 1), an_improved(improvement, customer, late=timedelta(days=3)))
    await send_all(service)
    assert post.letters == []
    assert await told_of(service) == [(0, {"historic": 1})]


async def test_an_address_given_for_a_complaint_is_no_leave_to_tell_of_what_came_of_it(
    service: Harness, post: Mailbox
) -> None:
    improvement, customer, complaint = new_id(), await a_complainant(service), new_id()
    reply = {"channel": "email", "address": "desk@example.com"}
    await service.apply(a_ticket(ComplaintFiled, customer=customer, complaint=complaint, reply_to=reply))
    await send_all(service)
    await service.apply(an_improvement(improvement, 1), an_improved(improvement, customer, complaint=complaint))
    await send_all(service)
    assert post.recipients == ["desk@example.com"]
    assert (await tellings(service, improvement))["not_told"] == [{"reason": "no_permission", "customers": 1}]


async def test_a_complaint_without_a_name_tells_nobody(service: Harness, post: Mailbox) -> None:
    improvement = new_id()
    await service.apply(an_improvement(improvement, 0, anonymous=1), an_improved(improvement, None))
    await send_all(service)
    body = await tellings(service, improvement)
    assert (post.letters, body["items"], body["anonymous"]) == ([], [], 1)


@pytest.mark.parametrize(("said", "asked"), [((SERVICE_OK, SURVEY_OK), True), ((SERVICE_OK,), False)])
async def test_a_month_later_they_are_asked_whether_it_is_better_with_permission_for_that(
    service: Harness,
    post: Mailbox,
    said: tuple[dict[str, Any], ...],
    asked: bool,  # noqa: FBT001
) -> None:
    improvement, customer = new_id(), await a_complainant(service, *said, language="en")
    await service.apply(an_improvement(improvement, 1), an_improved(improvement, customer))
    await send_all(service)
    service.clock.move(MONTH)
    await service.work_off_due()
    await send_all(service)
    assert len(post.letters) == 1 + asked
    if not asked:
        return
    part = post.letters[-1].get_body(("plain",))
    assert part is not None
    (link,) = set(re.findall(r"http://guanxi\.test(/why/\S{43})", part.get_content()))
    assert "Is it better now?" in (await service.anonymous().get(link, params={"lang": "en"})).text
    taken = await service.anonymous().post(f"{link}/answer", data={"answer": "no"})
    assert taken.status_code == 303
    body = await tellings(service, improvement)
    assert (body["asked"], body["better"], body["not_better"]) == (1, 0, 1)
    assert body["items"][0]["better"] is False


async def test_a_list_is_read_by_pages(service: Harness) -> None:
    improvement = new_id()
    customers = {await a_complainant(service, SERVICE_OK) for _ in range(5)}
    await service.apply(an_improvement(improvement, 5), *(an_improved(improvement, one) for one in customers))
    seen: list[UUID] = []
    cursor = None
    while True:
        body = await tellings(service, improvement, limit=2, **({"cursor": cursor} if cursor else {}))
        assert body["pending"] == 5
        seen += [UUID(one["customer_id"]) for one in body["items"]]
        cursor = body["next"]
        if cursor is None:
            break
    assert (len(seen), set(seen)) == (5, customers)


async def test_only_units_of_the_firm_may_read_it(service: Harness) -> None:
    improvement = new_id()
    await service.apply(an_improvement(improvement, 0))
    await service.know(a_unit("dealer-17", kind="dealer", internal=False))
    dealer = service.caller(unit="dealer-17", scope="notifications:read")
    assert (await dealer.get(f"/v1/improvements/{improvement}/tellings")).status_code == 404
    assert (await service.caller().get(f"/v1/improvements/{new_id()}/tellings")).status_code == 404


async def test_the_lead_of_every_unit_of_the_firm_reads_of_it_and_no_dealer_does(service: Harness) -> None:
    lead, other, improvement = new_id(), new_id(), new_id()
    await service.know(
        a_unit("logistics", lead_id=lead),
        a_unit("dealer-17", kind="dealer", internal=False, lead_id=other),
        an_employee(lead, unit="logistics"),
        an_employee(other, unit="dealer-17"),
    )
    await service.apply(an_improvement(improvement, 0))
    caller = service.caller()
    (told,) = (await caller.get("/v1/inbox", params={"employee_id": str(lead)})).json()["items"]
    assert (told["rule"], told["cause_id"]) == ("improvement-published", str(improvement))
    assert told["facts"]["title"] == "展架改为提前两周备料"
    assert (await caller.get("/v1/inbox", params={"employee_id": str(other)})).json()["items"] == []
    assert [one["rule"] for one in (await caller.get("/v1/inbox")).json()["items"]] == ["improvement-published"]
