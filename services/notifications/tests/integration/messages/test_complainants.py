"""What a complainant hears: a receipt, that there is an answer, and thanks; only with permission, and each once."""

from __future__ import annotations

from datetime import timedelta
from email.message import EmailMessage
from typing import Any

import pytest
import pytest_asyncio

from guanxi.auth import tracking
from guanxi.events.complaints import ComplaintAnswered, ComplaintClosed, ComplaintFiledVoided, ComplaintResolved
from guanxi.events.notifications import NotificationFailed, NotificationSent, NotificationSuppressed
from guanxi.testing.builders import a_customer, an_event
from guanxi.testing.harness import Harness
from notifications.messages.sender import send_due

from ..conftest import OpenHarness, caught_up
from ..mailserver import Mailbox, mailbox
from ..people import a_profile, a_ticket, new_id

pytestmark = pytest.mark.asyncio
GRANTED = {"purpose": "service", "channel": "email", "state": "granted", "evidence": "form 7"}
REPLY = {"channel": "email", "address": "zhang@example.com"}


@pytest_asyncio.fixture(loop_scope="session")
async def post() -> Any:
    async with mailbox() as box:
        yield box


@pytest_asyncio.fixture(loop_scope="session")
async def service(open_service: OpenHarness, post: Mailbox) -> Harness:
    return await open_service(smtp_url=post.url)


async def send_all(service: Harness) -> None:
    runtime, up_to = service.app.state.runtime, await caught_up(service)
    while await send_due(runtime.settings, runtime.database.consumers, permissions_up_to=up_to):
        pass


async def known_customer(service: Harness, *permissions: dict[str, Any], **values: Any) -> Any:
    customer = new_id()
    await service.know(a_customer(customer, emails=["zhang@example.com"], **values))
    if permissions:
        await service.apply(a_profile(customer, *permissions))
    return customer


def text_of(letter: EmailMessage) -> str:
    part = letter.get_body(("plain",))
    assert part is not None
    return str(part.get_content())


async def messages_of(service: Harness, **query: Any) -> list[dict[str, Any]]:
    answer = await service.caller().get("/v1/messages", params=query)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def to_customers(service: Harness, kind: type[Any]) -> list[Any]:
    return [one for one in await service.published(kind) if one.data.recipient == "customer"]


async def test_a_complainant_with_permission_gets_a_receipt_with_a_link_that_complaints_can_read(
    service: Harness, post: Mailbox
) -> None:
    customer = await known_customer(service, GRANTED)
    filed = a_ticket(customer=customer)
    await service.apply(filed)
    await send_all(service)
    (letter,) = post.letters
    assert letter["To"] == "zhang@example.com"
    assert "C-2026-000001" in letter["Subject"]
    key = service.app.state.runtime.settings.secret("tracking_key")
    assert f"http://guanxi.test/track/{tracking.token(key, filed.data.complaint_id)}" in text_of(letter)
    (sent,) = await to_customers(service, NotificationSent)
    assert sent.subject == customer
    assert sent.data.intent == "complaint-receipt"
    (message,) = await messages_of(service, customer_id=str(customer), status="sent")
    assert message["permission_event_id"] is not None


@pytest.mark.parametrize(
    "said",
    [
        [],
        [{**GRANTED, "state": "denied"}],
        [{**GRANTED, "state": "withdrawn"}],
        [{**GRANTED, "evidence": None}],
        [{**GRANTED, "purpose": "marketing"}],
        [{**GRANTED, "channel": "sms"}],
        [{**GRANTED, "at": "2026-01-01T00:00:00Z"}, {**GRANTED, "state": "withdrawn", "at": "2026-02-01T00:00:00Z"}],
    ],
)
async def test_without_permission_nothing_goes_out_and_the_reason_is_told(
    service: Harness, post: Mailbox, said: list[dict[str, Any]]
) -> None:
    customer = await known_customer(service, *said)
    await service.apply(a_ticket(customer=customer))
    await send_all(service)
    service.clock.move(5)
    await send_all(service)
    assert post.letters == []
    (told,) = await service.published(NotificationSuppressed)
    assert (told.subject, told.data.reason) == (customer, "no_permission")


async def test_an_unknown_permission_is_waited_for_a_moment_since_it_may_come_by_another_topic(
    service: Harness, post: Mailbox
) -> None:
    customer = await known_customer(service)
    await service.apply(a_ticket(customer=customer))
    await send_all(service)
    await service.apply(a_profile(customer, GRANTED))
    service.clock.move(5)
    await send_all(service)
    assert len(post.letters) == 1


async def test_an_address_given_for_a_complaint_is_leave_for_this_complaint_only(
    service: Harness, post: Mailbox
) -> None:
    customer = await known_customer(service)
    await service.apply(a_ticket(customer=customer, reply_to={"channel": "email", "address": "desk@example.com"}))
    await service.apply(a_ticket(customer=customer))
    await send_all(service)
    service.clock.move(5)
    await send_all(service)
    assert post.recipients == ["desk@example.com"]


async def test_an_anonymous_complainant_is_written_to_at_the_address_given_for_it(
    service: Harness, post: Mailbox
) -> None:
    await service.apply(a_ticket(reply_to=REPLY), a_ticket())
    await send_all(service)
    assert post.recipients == ["zhang@example.com"]
    assert len(await messages_of(service)) == 1


async def test_a_denial_by_a_merged_record_wins(service: Harness, post: Mailbox) -> None:
    customer = await known_customer(service, GRANTED)
    absorbed = await known_customer(service, {**GRANTED, "state": "denied"}, canonical_id=customer, status="merged")
    await service.know(a_customer(absorbed, sequence=2, canonical_id=customer, status="merged"))
    await service.apply(a_ticket(customer=customer, reply_to=REPLY))
    await send_all(service)
    assert post.letters == []


async def test_a_grant_by_a_merged_record_helps_where_the_customer_said_nothing(
    service: Harness, post: Mailbox
) -> None:
    survivor = await known_customer(service, GRANTED)
    absorbed = await known_customer(service, canonical_id=survivor, status="merged")
    await service.apply(a_ticket(customer=absorbed))
    await send_all(service)
    assert len(post.letters) == 1


async def test_one_message_for_each_intent_however_often_the_facts_come(service: Harness, post: Mailbox) -> None:
    customer, complaint = await known_customer(service, GRANTED), new_id()
    filed = a_ticket(customer=customer, complaint=complaint)
    answer_id = new_id()
    answered = a_ticket(ComplaintAnswered, customer=customer, complaint=complaint, answer_id=answer_id, sequence=2)
    again = a_ticket(ComplaintAnswered, customer=customer, complaint=complaint, answer_id=answer_id, sequence=3)
    resolved = a_ticket(ComplaintResolved, customer=customer, complaint=complaint, sequence=4)
    closed = a_ticket(ComplaintClosed, customer=customer, complaint=complaint, solved=True, sequence=5)
    await service.apply(filed, filed, answered, again, resolved, closed)
    await service.apply(filed, answered, closed)
    await send_all(service)
    assert sorted(one["intent"] for one in await messages_of(service, status="sent")) == [
        "complaint-answer",
        "complaint-receipt",
        "complaint-thanks",
    ]
    assert len(post.letters) == 3


async def test_what_was_learned_or_is_read_late_sends_nothing_and_makes_no_message(
    service: Harness, post: Mailbox
) -> None:
    customer = await known_customer(service, GRANTED)
    await service.apply(a_ticket(customer=customer, late=timedelta(days=3), reply_to=REPLY))
    old = a_ticket(customer=customer)
    service.clock.move(49 * 3600)
    await service.apply(old)
    await send_all(service)
    assert await messages_of(service) == []
    assert post.letters == []


async def test_a_complaint_that_was_never_made_gets_no_receipt(service: Harness, post: Mailbox) -> None:
    customer = await known_customer(service, GRANTED)
    filed = a_ticket(customer=customer)
    await service.apply(filed)
    voided = ComplaintFiledVoided(complaint_id=filed.data.complaint_id, number="C-2026-000001", unit="head-office")
    await service.apply(an_event(voided, aggregate=filed.aggregateid, subject=customer, sequence=2))
    await send_all(service)
    assert post.letters == []
    (told,) = await service.published(NotificationSuppressed)
    assert told.data.reason == "superseded"


async def test_the_language_is_the_customers(service: Harness, post: Mailbox) -> None:
    for language in ("zh-TW", "en-GB", "fr"):
        customer = await known_customer(service, GRANTED, language=language)
        await service.apply(a_ticket(customer=customer))
        await send_all(service)
    assert [letter["Content-Language"] for letter in post.letters] == ["zh-Hant", "en", "zh-Hans"]
    assert "投訴" in post.letters[0]["Subject"]


async def test_hostile_names_and_numbers_forge_no_header_and_no_markup(service: Harness, post: Mailbox) -> None:
    name = "x\r\nBcc: all@example.com\r\n\r\n<script>alert(1)</script>{{ 7 * 7 }}"
    customer = await known_customer(service, GRANTED, name=name)
    await service.apply(a_ticket(customer=customer, number="C-1\r\nBcc: all@example.com"))
    await send_all(service)
    (letter,) = post.letters
    assert letter["Bcc"] is None
    assert post.recipients == ["zhang@example.com"]
    html = letter.get_body(("html",))
    assert html is not None
    assert "<script>" not in html.get_content()
    assert "{{ 7 * 7 }}" in text_of(letter)


@pytest.mark.parametrize(
    "address", ["a@b", "a b@example.com", "a@example.com,b@example.com", "a@example.com>\r\nRCPT", "a..b@example.com"]
)
async def test_an_address_that_is_none_is_not_written_to(service: Harness, post: Mailbox, address: str) -> None:
    customer = await known_customer(service)
    await service.apply(a_ticket(customer=customer, reply_to={"channel": "email", "address": address}))
    service.clock.move(5)
    await service.know(a_customer(customer, sequence=2, emails=[]))
    await send_all(service)
    assert post.letters == []
    (told,) = await service.published(NotificationSuppressed)
    assert told.data.reason == "no_address"


async def test_a_refused_letter_fails_for_good(service: Harness, post: Mailbox) -> None:
    customer = await known_customer(service, GRANTED)
    post.to_recipient.append("550 5.1.1 no such user")
    await service.apply(a_ticket(customer=customer))
    await send_all(service)
    service.clock.move(7200)
    await send_all(service)
    assert post.letters == []
    (told,) = await service.published(NotificationFailed)
    assert (told.subject, told.data.reason, told.data.attempts) == (customer, "refused", 1)
