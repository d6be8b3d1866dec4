"""The links in a message: stop, and why."""

from __future__ import annotations

import re
from typing import Any

import httpx
import pytest
import pytest_asyncio

from guanxi.events.complaints import ComplaintAnswered
from guanxi.events.notifications import ConsentChanged
from guanxi.testing.builders import a_customer
from guanxi.testing.harness import Harness
from notifications.messages.sender import send_due

from ..conftest import OpenHarness
from ..mailserver import Mailbox, mailbox
from ..people import a_profile, a_ticket, new_id

pytestmark = pytest.mark.asyncio
GRANTED = {
    "purpose": "service",
    "channel": "email",
    "state": "granted",
    "evidence": "form 7",
    "at": "2026-02-03T00:00:00Z",
}


@pytest_asyncio.fixture(loop_scope="session")
async def post() -> Any:
    async with mailbox() as box:
        yield box


@pytest_asyncio.fixture(loop_scope="session")
async def service(open_service: OpenHarness, post: Mailbox) -> Harness:
    return await open_service(smtp_url=post.url)


async def step(service: Harness) -> None:
    runtime = service.app.state.runtime
    await send_due(runtime.settings, runtime.database.consumers)


async def a_letter(service: Harness, post: Mailbox, *, anonymous: bool = False) -> tuple[Any, Any, dict[str, str]]:
    customer = None if anonymous else new_id()
    reply = {"channel": "email", "address": "desk@example.com"} if anonymous else None
    if customer is not None:
        await service.know(a_customer(customer, emails=["zhang@example.com"]))
        await service.apply(a_profile(customer, GRANTED))
    filed = a_ticket(customer=customer, reply_to=reply)
    await service.apply(filed)
    await step(service)
    part = post.letters[-1].get_body(("plain",))
    assert part is not None
    text = part.get_content()
    text += str(post.letters[-1]["List-Unsubscribe"])
    links = dict(re.findall(r"http://guanxi\.test/(?:v1/)?(why|unsubscribe|track)/([A-Za-z0-9_-]{43})", text))
    return customer, filed, links


def shown(answer: httpx.Response) -> dict[str, Any]:
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


async def test_why_names_class_and_the_day_of_the_permission_and_nobody(service: Harness, post: Mailbox) -> None:
    _, _, links = await a_letter(service, post)
    body = shown(await service.anonymous().get(f"/v1/why/{links['why']}"))
    assert (body["message_class"], body["channel"]) == ("service", "email")
    assert body["permitted_at"] == "2026-02-03T00:00:00Z"
    assert body["stop"].endswith(links["unsubscribe"])
    assert body["permission"] == {
        "purpose": "service",
        "channel": "email",
        "since": "2026-02-03T00:00:00Z",
        "evidence": "form 7",
        "source": "dealer-17",
    }
    assert "C-2026-000001" in body["subject"]
    assert not {"customer_id", "address", "name"} & set(body)


async def test_why_tells_leave_for_the_complaint_from_leave_for_all(service: Harness, post: Mailbox) -> None:
    for anonymous, about in ((False, "class"), (True, "complaint")):
        _, _, links = await a_letter(service, post, anonymous=anonymous)
        assert shown(await service.anonymous().get(f"/v1/why/{links['why']}"))["about"] == about


async def test_reading_the_stop_link_stops_nothing_since_mail_scanners_follow_links(
    service: Harness, post: Mailbox
) -> None:
    _, _, links = await a_letter(service, post)
    address = f"/v1/unsubscribe/{links['unsubscribe']}"
    for _ in range(2):
        assert shown(await service.anonymous().get(address))["stopped"] is False
    assert len(await service.published(ConsentChanged)) == 1


async def test_posting_to_it_withdraws_the_permission_as_mail_programs_do_it(service: Harness, post: Mailbox) -> None:
    customer, filed, links = await a_letter(service, post)
    address = f"/v1/unsubscribe/{links['unsubscribe']}"
    one_click: dict[str, Any] = {
        "content": "List-Unsubscribe=One-Click",
        "headers": {"Content-Type": "application/x-www-form-urlencoded"},
    }
    for _ in range(3):
        assert shown(await service.anonymous().post(address, **one_click))["stopped"] is True
    assert [one.data.state for one in await service.published(ConsentChanged)] == ["granted", "withdrawn"]
    assert shown(await service.anonymous().get(address))["stopped"] is True
    async with service.database.api.read() as reader:
        noted = await reader.fetch(
            "SELECT action, customer_id, a::text AS row FROM audit a WHERE action = 'unsubscribe'"
        )
    assert [one["customer_id"] for one in noted] == [customer] * 3
    assert not any(links["unsubscribe"] in one["row"] for one in noted)
    complaint = filed.data.complaint_id
    await service.apply(
        a_ticket(ComplaintAnswered, customer=customer, complaint=complaint, answer_id=new_id(), sequence=2)
    )
    await step(service)
    assert len(post.letters) == 1


async def test_an_anonymous_complainant_can_stop_messages_about_the_complaint(service: Harness, post: Mailbox) -> None:
    _, filed, links = await a_letter(service, post, anonymous=True)
    shown(await service.anonymous().post(f"/v1/unsubscribe/{links['unsubscribe']}"))
    complaint = filed.data.complaint_id
    await service.apply(a_ticket(ComplaintAnswered, complaint=complaint, answer_id=new_id(), sequence=2))
    await step(service)
    assert len(post.letters) == 1


async def test_the_header_for_one_click_names_the_same_link(service: Harness, post: Mailbox) -> None:
    _, _, links = await a_letter(service, post)
    letter = post.letters[-1]
    assert letter["List-Unsubscribe"] == f"<http://guanxi.test/v1/unsubscribe/{links['unsubscribe']}>"
    assert letter["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


@pytest.mark.parametrize("route", ["why", "unsubscribe"])
async def test_a_token_that_is_none_of_ours_or_was_made_for_another_page_is_not_found(
    service: Harness, post: Mailbox, route: str
) -> None:
    _, _, links = await a_letter(service, post)
    other = links["unsubscribe" if route == "why" else "why"]
    for token in (other, links["track"], links[route][:-1] + "!", "A" * 43, "x"):
        assert (await service.anonymous().get(f"/v1/{route}/{token}")).status_code == 404
    assert (await service.anonymous().post(f"/v1/unsubscribe/{links['why']}")).status_code == 404
