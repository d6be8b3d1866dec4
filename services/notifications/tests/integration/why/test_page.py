"""Why me? The page behind a message's link: what was sent, by which permission, and one tap that stops it."""

from __future__ import annotations

import base64
import hashlib
import re
from typing import Any

import httpx
import pytest
import pytest_asyncio

from guanxi.events.notifications import ConsentChanged
from guanxi.testing.builders import a_customer
from guanxi.testing.harness import Harness
from guanxi.web import Limits
from notifications.messages.sender import send_due

from ..conftest import OpenHarness
from ..mailserver import Mailbox, mailbox
from ..people import a_profile, a_ticket, new_id

pytestmark = pytest.mark.asyncio
GRANTED = {
    "purpose": "service",
    "channel": "email",
    "state": "granted",
    "evidence": "signed form 2026-114",
    "at": "2026-02-03T00:00:00Z",
}


@pytest_asyncio.fixture(loop_scope="session")
async def post() -> Any:
    async with mailbox() as box:
        yield box


@pytest_asyncio.fixture(loop_scope="session")
async def service(open_service: OpenHarness, post: Mailbox) -> Harness:
    return await open_service(smtp_url=post.url)


async def a_link(service: Harness, post: Mailbox, *, anonymous: bool = False) -> str:
    """The page of a receipt that was sent."""
    customer = None if anonymous else new_id()
    if customer is not None:
        await service.know(a_customer(customer, emails=["zhang@example.com"], name="张建国"))
        await service.apply(a_profile(customer, GRANTED))
    reply = {"channel": "email", "address": "desk@example.com"} if anonymous else None
    await service.apply(a_ticket(customer=customer, reply_to=reply))
    runtime = service.app.state.runtime
    await send_due(runtime.settings, runtime.database.consumers)
    part = post.letters[-1].get_body(("plain",))
    assert part is not None
    (link,) = re.findall(r"http://guanxi\.test(/why/[A-Za-z0-9_-]{43})", part.get_content())
    return str(link)


async def page(service: Harness, link: str, **query: Any) -> httpx.Response:
    answer = await service.anonymous().get(link, params=query)
    assert answer.headers["content-type"].startswith("text/html")
    return answer


async def test_the_page_shows_what_was_sent_and_the_permission_behind_it(service: Harness, post: Mailbox) -> None:
    shown = await page(service, await a_link(service, post), lang="en")
    assert shown.status_code == 200
    for words in ("C-2026-000001", "Service notices", "E-mail", "2026-02-03 08:00 CST", "signed form 2026-114"):
        assert words in shown.text
    assert "dealer-17" in shown.text
    assert "张建国" not in shown.text
    assert "zhang@example.com" not in shown.text


async def test_leave_for_one_complaint_is_told_as_that(service: Harness, post: Mailbox) -> None:
    shown = await page(service, await a_link(service, post, anonymous=True), lang="en")
    assert "for that complaint only" in shown.text
    assert "desk@example.com" not in shown.text


async def test_one_tap_withdraws_and_the_page_comes_back_and_says_so(service: Harness, post: Mailbox) -> None:
    link = await a_link(service, post)
    (action,) = re.findall(r'action="(/why/[^"]+/withdrawal[^"]*)"', (await page(service, link, lang="en")).text)
    for _ in range(2):
        tapped = await service.anonymous().post(action.replace("&amp;", "&"))
        assert (tapped.status_code, tapped.headers["location"]) == (303, f"{link}?lang=en")
    assert "Stopped" in (await page(service, link, lang="en")).text
    assert [one.data.state for one in await service.published(ConsentChanged)] == ["granted", "withdrawn"]
    body = (await service.anonymous().get(f"/v1{link}")).json()
    assert (body["stopped"], body["question"]) == (True, None)
    async with service.database.api.read() as reader:
        rows = await reader.fetch("SELECT a::text AS row FROM audit a WHERE action = 'unsubscribe'")
    assert len(rows) == 2
    assert not any(link.removeprefix("/why/") in one["row"] for one in rows)


async def test_a_message_that_asks_nothing_takes_no_answer(service: Harness, post: Mailbox) -> None:
    link = await a_link(service, post)
    assert "/answer" not in (await page(service, link)).text
    assert (await service.anonymous().post(f"{link}/answer", data={"answer": "yes"})).status_code == 409
    assert (await service.anonymous().post(f"{link}/answer", content=b"x" * 400)).status_code == 422
    assert (await service.anonymous().post(f"{link}/answer", content=b"x" * 4000)).status_code == 413


async def test_the_page_speaks_the_language_of_the_browser(service: Harness, post: Mailbox) -> None:
    link = await a_link(service, post)
    for accepted, word in (("zh-TW,en;q=0.5", "停止此類訊息"), ("zh-CN", "停止此类消息"), ("fr", "Stop such messages")):
        shown = await service.anonymous().get(link, headers={"Accept-Language": accepted})
        assert word in shown.text


async def test_the_page_needs_no_script_and_asks_nobody_for_anything(service: Harness, post: Mailbox) -> None:
    shown = await page(service, await a_link(service, post))
    (style,) = re.findall(r"<style>(.*?)</style>", shown.text, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = shown.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert f"'sha256-{digest}'" in policy
    assert "<script" not in shown.text
    assert "http" not in re.sub(r"<!doctype html>", "", shown.text.replace("http-equiv", ""))
    assert "width=device-width" in shown.text
    assert "set-cookie" not in shown.headers


async def test_no_token_of_ours_is_a_page_that_says_so(service: Harness) -> None:
    for path in ("/why/x", f"/why/{'A' * 43}"):
        assert (await page(service, path)).status_code == 404
        assert (await service.anonymous().post(f"{path}/withdrawal")).status_code == 404


async def test_a_link_that_is_used_too_often_has_to_wait(service: Harness) -> None:
    service.app.state.why_limits = Limits(monotonic=lambda: 0.0)
    answers = [await service.anonymous().get("/why/guess") for _ in range(40)]
    assert [one.status_code for one in answers][-1] == 429
    assert int(answers[-1].headers["retry-after"]) >= 1
    assert (await service.anonymous().get("/v1/why/guess")).status_code == 429
    service.app.state.why_limits = Limits()
