"""Handing letters over: each once, whatever the server, the network or the process does."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio
from aiosmtpd.smtp import AuthResult

from guanxi.events.notifications import NotificationFailed, NotificationSent
from guanxi.testing.builders import a_customer
from guanxi.testing.harness import Harness
from notifications.messages import sender, smtp
from notifications.messages.sender import Backoff, run, send_due, sweep

from ..conftest import OpenHarness, until_waiting
from ..mailserver import Mailbox, mailbox
from ..people import a_profile, a_ticket, new_id

pytestmark = pytest.mark.asyncio
GRANTED = {"purpose": "service", "channel": "email", "state": "granted", "evidence": "form 7"}


@pytest_asyncio.fixture(loop_scope="session")
async def post() -> Any:
    async with mailbox() as box:
        yield box


@pytest_asyncio.fixture(loop_scope="session")
async def service(open_service: OpenHarness, post: Mailbox) -> Harness:
    return await open_service(smtp_url=post.url, smtp_seconds=1)


async def step(service: Harness, backoff: Backoff | None = None) -> int:
    runtime = service.app.state.runtime
    return await send_due(runtime.settings, runtime.database.consumers, backoff)


async def a_receipt(service: Harness, **values: Any) -> Any:
    customer = new_id()
    await service.know(a_customer(customer, emails=["zhang@example.com"], **values))
    await service.apply(a_profile(customer, GRANTED))
    await service.apply(a_ticket(customer=customer))
    return customer


async def the_message(service: Harness, customer: Any) -> dict[str, Any]:
    caller = service.caller()
    (found,) = (await caller.get("/v1/messages", params={"customer_id": str(customer)})).json()["items"]
    detail: dict[str, Any] = (await caller.get(f"/v1/messages/{found['id']}")).json()
    return detail


async def test_a_server_that_takes_it_and_drops_the_line_leaves_the_outcome_unknown_and_it_is_not_sent_again(
    service: Harness, post: Mailbox
) -> None:
    customer = await a_receipt(service)
    post.answers.append("drop")
    await step(service)
    service.clock.move(24 * 3600)
    assert await step(service) == 0
    assert len(post.letters) == 1
    message = await the_message(service, customer)
    assert (message["status"], message["log"][0]["outcome"]) == ("unknown", "unknown")
    (told,) = await service.published(NotificationFailed)
    assert told.data.reason == "no_answer"


async def test_a_server_that_does_not_answer_in_time_leaves_the_outcome_unknown(
    service: Harness, post: Mailbox
) -> None:
    customer = await a_receipt(service)
    post.before_answer = asyncio.Event()
    await step(service)
    post.before_answer.set()
    assert (await the_message(service, customer))["status"] == "unknown"
    assert await step(service) == 0


@pytest.mark.parametrize(
    ("silence", "status", "reason"),
    [("before_recipient", "queued", "retry"), ("before_answer", "unknown", "no_answer")],
)
async def test_a_server_that_takes_too_long_in_all_is_left_like_one_that_drops_the_line(
    open_service: OpenHarness, post: Mailbox, monkeypatch: pytest.MonkeyPatch, silence: str, status: str, reason: str
) -> None:
    monkeypatch.setattr(smtp, "LONGEST_SEND", timedelta(seconds=0.5))
    service = await open_service(smtp_url=post.url, smtp_seconds=60)
    customer = await a_receipt(service)
    silent = asyncio.Event()
    setattr(post, silence, silent)
    async with asyncio.timeout(10):
        await step(service)
    silent.set()
    message = await the_message(service, customer)
    assert (message["status"], message["reason"]) == (status, reason)


async def test_a_temporary_refusal_is_tried_again_later_under_the_same_message_id(
    service: Harness, post: Mailbox
) -> None:
    customer = await a_receipt(service)
    post.answers.append("451 4.3.0 come back later")
    await step(service)
    assert await step(service) == 0
    waiting = await the_message(service, customer)
    assert (waiting["status"], waiting["reason"], waiting["attempts"]) == ("queued", "retry", 1)
    service.clock.move(10)
    assert await step(service) == 1
    message = await the_message(service, customer)
    assert [(one["outcome"], one["code"]) for one in message["log"]] == [("temporary", 451), ("sent", 250)]
    assert post.letters[0]["Message-ID"] == message["provider_key"] == f"<{message['id']}@guanxi.invalid>"
    (sent,) = [one for one in await service.published(NotificationSent) if one.data.channel == "email"]
    assert sent.data.attempts == 2


async def test_a_server_that_is_away_for_a_day_costs_no_message_an_attempt(open_service: OpenHarness) -> None:
    async with mailbox() as gone:
        url = gone.url
    service = await open_service(smtp_url=url, smtp_seconds=1)
    customer, backoff = await a_receipt(service), Backoff()
    tried = 0
    for _ in range(40):
        tried += await step(service, backoff)
        assert await step(service, backoff) == 0
        service.clock.move(3600)
    waiting = await the_message(service, customer)
    assert tried == 40
    assert (waiting["status"], waiting["reason"], waiting["attempts"]) == ("queued", "server_away", 0)
    assert waiting["log"] == []
    service.clock.move(9 * 3600)
    await step(service, backoff)
    assert (await the_message(service, customer))["reason"] == "historic"


@pytest.mark.parametrize("word", ["550 5.7.1 not this sender", "451 4.7.1 not now"])
async def test_a_sender_that_is_refused_is_no_fault_of_the_letter(service: Harness, post: Mailbox, word: str) -> None:
    customers, backoff = [await a_receipt(service) for _ in range(3)], Backoff()
    post.to_everybody = word
    assert await step(service, backoff) == 3
    service.clock.move(120)
    assert await step(service, backoff) == 1
    assert [(await the_message(service, one))["status"] for one in customers] == ["queued"] * 3
    post.to_everybody = None
    service.clock.move(120)
    assert [await step(service, backoff) for _ in range(2)] == [1, 2]
    assert len(post.letters) == 3
    assert [(await the_message(service, one))["attempts"] for one in customers] == [1] * 3


async def test_a_login_that_is_refused_is_no_fault_of_the_letter(open_service: OpenHarness) -> None:
    def nobody(*_: Any) -> AuthResult:
        return AuthResult(success=False)

    async with mailbox(authenticator=nobody, auth_require_tls=False) as post:
        service = await open_service(smtp_url=post.url.replace("//", "//user:wrong@"))
        customer = await a_receipt(service)
        await step(service)
        assert (await the_message(service, customer))["status"] == "queued"
        assert post.letters == []


async def test_a_letter_that_is_refused_again_and_again_is_given_up(service: Harness, post: Mailbox) -> None:
    customer = await a_receipt(service)
    post.to_recipient.extend(["450 4.2.1 busy"] * 20)
    tries = 0
    for _ in range(20):
        tries += await step(service)
        service.clock.move(7200)
    assert tries == 8
    message = await the_message(service, customer)
    assert (message["status"], message["reason"]) == ("failed", "gave_up")


async def test_a_worker_that_is_told_to_stop_lets_letters_on_their_way_end(service: Harness, post: Mailbox) -> None:
    customer = await a_receipt(service)
    post.before_answer = asyncio.Event()
    working = asyncio.create_task(run(service.app.state.runtime))
    await post.arrived.wait()
    working.cancel()
    post.before_answer.set()
    await asyncio.gather(working, return_exceptions=True)
    assert working.cancelled()
    assert len(post.letters) == 1
    assert (await the_message(service, customer))["status"] == "sent"


async def test_what_had_not_come_to_the_letter_when_the_worker_stopped_is_sent_by_the_next(
    service: Harness, post: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sender, "FINISH_SECONDS", 0.05)
    customer = await a_receipt(service)
    post.before_recipient = asyncio.Event()
    working = asyncio.create_task(run(service.app.state.runtime))
    await post.arrived.wait()
    working.cancel()
    await asyncio.gather(working, return_exceptions=True)
    waiting = await the_message(service, customer)
    assert (waiting["status"], waiting["attempts"]) == ("queued", 0)
    post.before_recipient.set()
    assert await step(service) == 1
    assert len(post.letters) == 1
    assert (await the_message(service, customer))["attempts"] == 1


async def test_a_worker_that_is_stopped_while_it_claims_leaves_nothing_behind(service: Harness, post: Mailbox) -> None:
    customer = await a_receipt(service)
    async with service.database.api.begin() as tx:
        await tx.execute("UPDATE permission SET recorded_at = recorded_at WHERE customer_id = $1", customer)
        sending = asyncio.create_task(step(service))
        await until_waiting(service)
        sending.cancel()
    await asyncio.gather(sending, return_exceptions=True)
    assert (await the_message(service, customer))["status"] == "queued"
    assert await step(service) == 1
    assert len(post.letters) == 1


async def test_a_message_that_could_not_leave_for_two_days_is_dropped(service: Harness, post: Mailbox) -> None:
    customer = await a_receipt(service)
    service.clock.move(49 * 3600)
    await step(service)
    assert post.letters == []
    assert (await the_message(service, customer))["reason"] == "historic"


async def test_what_is_suppressed_keeps_nobody_else_waiting(service: Harness, post: Mailbox) -> None:
    withdrawn = {"permissions": [{"purpose": "service", "channel": "email", "state": "withdrawn"}]}
    for _ in range(3):
        customer = await a_receipt(service)
        assert (await service.caller().put(f"/v1/customers/{customer}/permissions", json=withdrawn)).is_success
    customer = await a_receipt(service)
    assert await step(service, Backoff(failures=1)) == 1
    assert (await the_message(service, customer))["status"] == "sent"


async def test_many_senders_at_once_send_each_message_once(service: Harness, post: Mailbox) -> None:
    customers = [await a_receipt(service) for _ in range(12)]

    async def work() -> None:
        for _ in range(4):
            await step(service)

    await asyncio.gather(*(work() for _ in range(4)))
    assert len(post.letters) == len({letter["Message-ID"] for letter in post.letters}) == len(customers)


async def test_a_withdrawal_stops_what_is_queued(service: Harness, post: Mailbox) -> None:
    customer = await a_receipt(service)
    withdrawn = {"permissions": [{"purpose": "service", "channel": "email", "state": "withdrawn"}]}
    answer = await service.caller().put(f"/v1/customers/{customer}/permissions", json=withdrawn)
    assert answer.status_code == 200, answer.text
    await step(service)
    assert post.letters == []
    assert (await the_message(service, customer))["reason"] == "no_permission"


async def test_a_withdrawal_in_flight_either_stops_the_send_or_comes_after_its_claim(
    service: Harness, post: Mailbox
) -> None:
    customers = [await a_receipt(service) for _ in range(16)]
    withdrawn = {"permissions": [{"purpose": "service", "channel": "email", "state": "withdrawn"}]}
    caller = service.caller()

    async def withdraw(customer: Any) -> None:
        assert (await caller.put(f"/v1/customers/{customer}/permissions", json=withdrawn)).status_code == 200

    await asyncio.gather(*(withdraw(one) for one in customers), *(step(service) for _ in range(3)))
    while await step(service):
        pass
    async with service.database.api.read() as reader:
        broken = await reader.fetch(
            """SELECT m.id FROM message m JOIN permission p ON p.customer_id = m.customer_id
               WHERE m.status = 'sent' AND p.state = 'withdrawn'
                 AND m.claimed_at > p.recorded_at + interval '1 second'"""
        )
        by_status = {
            r["status"]: r["n"] for r in await reader.fetch("SELECT status, count(*) n FROM message GROUP BY 1")
        }
    assert broken == []
    assert sum(by_status.values()) == len(customers)
    assert by_status.get("sent", 0) == len(post.letters)
    assert set(by_status) <= {"sent", "suppressed"}


async def test_the_claim_waits_for_a_withdrawal_that_is_being_written(service: Harness, post: Mailbox) -> None:
    customer = await a_receipt(service)
    async with service.database.api.begin() as tx:
        await tx.execute("UPDATE permission SET state = 'withdrawn' WHERE customer_id = $1", customer)
        sending = asyncio.create_task(step(service))
        await asyncio.sleep(0.2)
        assert not sending.done()
    await sending
    assert post.letters == []


async def test_what_a_process_that_died_was_sending_becomes_unknown_and_is_not_sent_again(
    service: Harness, post: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sender, "FINISH_SECONDS", 0.01)
    customer = await a_receipt(service)
    post.before_answer = asyncio.Event()
    sending = asyncio.create_task(step(service))
    await post.arrived.wait()
    sending.cancel()
    await asyncio.gather(sending, return_exceptions=True)
    post.before_answer.set()
    assert (await the_message(service, customer))["status"] == "sending"
    await sweep(service.app.state.runtime)
    assert (await the_message(service, customer))["status"] == "sending"
    service.clock.move(301)
    await sweep(service.app.state.runtime)
    message = await the_message(service, customer)
    assert (message["status"], message["reason"]) == ("unknown", "interrupted")
    assert await step(service) == 0


async def test_quiet_hours_hold_a_message_until_the_customers_morning(open_service: OpenHarness, post: Mailbox) -> None:
    zone = "Pacific/Kiritimati"
    from datetime import datetime
    from zoneinfo import ZoneInfo

    local = datetime.now(ZoneInfo(zone))
    hours = f"{local - timedelta(hours=1):%H:%M}-{local + timedelta(hours=2):%H:%M}"
    service = await open_service(smtp_url=post.url, quiet_hours=hours)
    customer = await a_receipt(service, time_zone=zone)
    await step(service)
    held = await the_message(service, customer)
    assert held["status"] == "held"
    assert post.letters == []
    service.clock.move(2 * 3600 + 60)
    await step(service)
    assert (await the_message(service, customer))["status"] == "sent"


async def test_without_a_mail_server_nothing_is_claimed(open_service: OpenHarness) -> None:
    service = await open_service()
    customer = await a_receipt(service)
    assert await step(service) == 0
    assert (await the_message(service, customer))["status"] == "queued"


async def test_the_address_is_masked_for_readers_without_leave_and_absent_from_lists(
    service: Harness, post: Mailbox
) -> None:
    customer = await a_receipt(service)
    await step(service)
    found = await the_message(service, customer)
    assert found["address"] == "zhang@example.com"
    reader = service.caller(scope="notifications:read")
    assert (await reader.get(f"/v1/messages/{found['id']}")).json()["address"] == "z***@example.com"
    assert "address" not in (await reader.get("/v1/messages")).json()["items"][0]


async def test_an_external_unit_sees_its_own_messages_only(service: Harness, post: Mailbox) -> None:
    customer = await a_receipt(service)
    await step(service)
    found = await the_message(service, customer)
    dealer = service.caller(unit="dealer-17", scope="notifications:read")
    assert (await dealer.get("/v1/messages")).json()["items"] == []
    assert (await dealer.get(f"/v1/messages/{found['id']}")).status_code == 404
    assert (await dealer.get("/v1/messages", params={"customer_id": str(customer)})).status_code == 404
