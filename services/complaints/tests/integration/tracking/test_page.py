"""The page behind the link, as a phone's browser gets it."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from guanxi.testing import a_customer

from .test_tracking import link

if TYPE_CHECKING:
    from services.complaints.tests.integration.conftest import Firm

pytestmark = pytest.mark.asyncio


def browser(firm: Firm, language: str = "en") -> httpx.AsyncClient:
    client = firm.harness.anonymous()
    client.headers["accept-language"] = language
    return client


async def page(firm: Firm, token: str, language: str = "en") -> httpx.Response:
    answer = await browser(firm, language).get(f"/track/{token}")
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    return answer


def form(answer: httpx.Response) -> tuple[str, list[str]]:
    """Where the form goes, and what its buttons say."""
    where = re.search(r'<form method="post" action="([^"]+)"', answer.text)
    assert where, answer.text
    return html.unescape(where[1]), re.findall(r'<button name="solved" value="(\w+)"', answer.text)


async def answered(firm: Firm, **more: Any) -> tuple[dict[str, Any], str]:
    filed = await firm.filed(unit="logistics", **more)
    await firm.step("logistics", filed, "answers", text="Done & <dusted>.")
    return filed, await link(firm, filed)


async def test_the_page_shows_who_answers_and_by_when(firm: Firm) -> None:
    filed = await firm.filed(unit="finance", text="late stands")
    shown = (await page(firm, await link(firm, filed))).text
    assert filed["number"] in shown
    assert "Finance" in shown
    assert "Answer promised by" in shown
    assert "<form" not in shown


@pytest.mark.parametrize(
    ("language", "lang", "word"),
    [
        ("zh-CN", "zh-Hans", "问题解决了吗"),
        ("zh-TW", "zh-Hant", "問題解決了嗎"),
        ("de, en;q=0.5", "en", "Is it solved?"),
    ],
)
async def test_the_page_speaks_the_browsers_language(firm: Firm, language: str, lang: str, word: str) -> None:
    _, token = await answered(firm)
    shown = await page(firm, token, language)
    assert (f'<html lang="{lang}">' in shown.text, word in shown.text) == (True, True)
    assert shown.headers["content-language"] == lang
    asked = await browser(firm, language).get(f"/track/{token}", params={"lang": "zh-Hant"})
    assert '<html lang="zh-Hant">' in asked.text
    assert (await browser(firm).get(f"/track/{token}", params={"lang": "klingon"})).status_code == 422


async def test_one_tap_reopens_and_the_page_comes_back(firm: Firm) -> None:
    filed, token = await answered(firm)
    where, buttons = form(await page(firm, token))
    assert buttons == ["true", "false"]
    tapped = await browser(firm).post(where, data={"solved": "false", "comment": "still < broken"})
    assert (tapped.status_code, tapped.headers["location"]) == (303, f"/track/{token}?lang=en")
    back = await browser(firm).get(tapped.headers["location"])
    assert "Reopened" in back.text
    (verdict,) = (await firm.shown(filed))["verdicts"]
    assert (verdict["solved"], verdict["comment"], verdict["given_by"]) == (False, "still < broken", "customer")
    again = await browser(firm).post(where, data={"solved": "false"})
    assert again.status_code == 303
    assert (await firm.shown(filed))["reopen_count"] == 1


async def test_solved_closes_and_is_thanked(firm: Firm) -> None:
    filed, token = await answered(firm)
    where, _ = form(await page(firm, token))
    assert (await browser(firm).post(where, data={"solved": "true", "comment": " "})).status_code == 303
    shown = await page(firm, token)
    assert "Thank you for telling us" in shown.text
    assert "<form" not in shown.text
    assert (await firm.shown(filed))["status"] == "closed"


async def test_what_people_wrote_is_text_and_nothing_comes_from_elsewhere(firm: Firm) -> None:
    _, token = await answered(firm)
    shown = await page(firm, token)
    assert "Done &amp; &lt;dusted&gt;." in shown.text
    assert re.findall(r"<script|\bon\w+=|https?://|<img|<link", shown.text) == []
    policy = shown.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "'unsafe-inline'" not in policy
    assert "set-cookie" not in shown.headers
    assert (shown.headers["referrer-policy"], shown.headers["cache-control"]) == ("no-referrer", "no-store")
    assert 'name="robots" content="noindex' in shown.text


async def test_the_page_names_no_person_and_nobody_elses_data(firm: Firm) -> None:
    customer = a_customer(name="山西煤業")
    await firm.harness.know(customer)
    reply_to = {"channel": "phone", "address": "13800131234"}
    filed, token = await answered(firm, customer_id=str(customer.data.id), text="late stands", reply_to=reply_to)
    shown = (await page(firm, token)).text
    people = (str(customer.data.id), str(firm.leads["logistics"]), filed["id"], "山西煤業", "1380013", "李明")
    assert [word for word in people if word in shown] == []


async def test_a_link_that_is_none_is_a_page_too(firm: Firm) -> None:
    missing = await page(firm, "nonsense", "zh-TW")
    assert (missing.status_code, "沒有這個投訴" in missing.text) == (404, True)
    tapped = await browser(firm).post("/track/nonsense/verdict", data={"solved": "true"})
    assert (tapped.status_code, "no such complaint" in tapped.text) == (404, True)


async def test_a_long_chinese_comment_arrives_whole(firm: Firm) -> None:
    filed, token = await answered(firm)
    said = "壞" * 2_000
    tapped = await browser(firm).post(f"/track/{token}/verdict", data={"solved": "false", "comment": said})
    assert tapped.status_code == 303, tapped.text
    assert (await firm.shown(filed))["verdicts"][0]["comment"] == said
    huge = await browser(firm).post(f"/track/{token}/verdict", data={"comment": "壞" * 3_000})
    assert (huge.status_code, huge.headers["content-type"]) == (413, "text/html; charset=utf-8")


@pytest.mark.parametrize("data", [{}, {"solved": "perhaps"}, {"comment": "x"}, {str(n): "x" for n in range(40)}])
async def test_a_form_that_is_none_is_told_so(firm: Firm, data: dict[str, str]) -> None:
    _, token = await answered(firm)
    told = await browser(firm).post(f"/track/{token}/verdict", data=data)
    assert (told.status_code, f'href="/track/{token}?lang=en"' in told.text) == (422, True)


async def test_nothing_can_be_judged_before_an_answer(firm: Firm) -> None:
    token = await link(firm, await firm.filed())
    told = await browser(firm).post(f"/track/{token}/verdict", data={"solved": "true"})
    assert (told.status_code, "cannot be done now" in told.text) == (409, True)


async def test_too_many_looks_are_told_to_wait(firm: Firm) -> None:
    _, token = await answered(firm)
    some = [await page(firm, token) for _ in range(40)]
    last = some[-1]
    assert (last.status_code, "Too many requests" in last.text) == (429, True)
    assert int(last.headers["retry-after"]) >= 1
