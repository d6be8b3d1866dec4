"""Opinion cards: handed over, answered by a link, signed or not, or left lying."""

from __future__ import annotations

import asyncio
import html
import re
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from guanxi.events.interactions import InvitationLapsed, OpinionGiven, SurveyInvited
from guanxi.testing import Harness, a_customer, an_employee, open_harness
from guanxi_local.roles import Database
from interactions.app import SERVICE

from ..interviews.guides import card, made

pytestmark = pytest.mark.asyncio
GRADES = [{"item": "service", "expected": 5, "obtained": 3}, {"item": "price", "obtained": 1}]


async def invited(staff: httpx.AsyncClient, customer_id: UUID, **values: Any) -> dict[str, Any]:
    body = {"customer_id": str(customer_id), "questionnaire": "after-delivery", "channel": "visit", **values}
    answer = await staff.post("/v1/invitations", json=body)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def everything(service: Harness) -> dict[str, list[str]]:
    """Every row of every table of the service, as text."""
    async with service.database.api.read() as reader:
        tables = [*SERVICE.metadata.tables, "event_log", "audit", "due", "idempotency_key"]
        return {
            name: [row["t"] for row in await reader.fetch(f"SELECT to_jsonb(t)::text AS t FROM {name} t")]
            for name in dict.fromkeys(tables)
        }


async def test_an_invitation_is_told_and_answered_with_a_name(
    staff: httpx.AsyncClient, service: Harness, customer: Any
) -> None:
    giver = an_employee()
    await service.know(giver)
    await made(staff, card())
    customer_id = await customer()
    one = await invited(staff, customer_id, handed_by=str(giver.aggregateid))
    assert one["link"] == f"http://guanxi.test/card/{one['code']}"
    (told,) = await service.published(SurveyInvited)
    assert (told.subject, str(told.aggregateid), told.data.handed_by) == (customer_id, one["id"], giver.aggregateid)
    body = {"code": one["code"].lower().replace("-", ""), "grades": GRADES, "free_text": "A day late.", "signed": True}
    taken = await service.anonymous().post("/v1/responses", json=body)
    assert (taken.status_code, taken.json()) == (
        201,
        {"questionnaire": "after-delivery", "questionnaire_version": 1, "signed": True},
    )
    (given,) = await service.published(OpinionGiven)
    assert (given.subject, str(given.data.invitation_id), given.data.kind) == (customer_id, one["id"], "card")
    assert [(n.item, n.expected, n.obtained, n.facet) for n in given.data.grades] == [
        ("service", 10, 5, "service"),
        ("price", None, 0, "price"),
    ]
    (opinion,) = (await staff.get("/v1/opinions", params={"customer_id": str(customer_id)})).json()["items"]
    assert (opinion["free_text"], opinion["invitation_id"], opinion["questionnaire_version"]) == (
        "A day late.",
        one["id"],
        1,
    )
    assert (await staff.get(f"/v1/invitations/{one['id']}")).json()["status"] == "answered"
    again = await service.anonymous().post("/v1/responses", json=body)
    assert (again.status_code, again.json()["code"]) == (409, "card-answered")


async def test_who_does_not_sign_is_nowhere_to_be_found(
    staff: httpx.AsyncClient, service: Harness, customer: Any
) -> None:
    giver = an_employee()
    await service.know(giver)
    await made(staff, card())
    customer_id = await customer()
    one = await invited(staff, customer_id, handed_by=str(giver.aggregateid))
    before = await everything(service)
    # An unsigned answer says so even where its sender asks for nothing.
    body = {"code": one["code"], "grades": GRADES, "free_text": "Said freely."}
    assert (await service.anonymous().post("/v1/responses", json=body)).json()["signed"] is False
    (given,) = await service.published(OpinionGiven)
    assert (given.subject, given.data.invitation_id, given.data.unit) == (None, None, "head-office")
    assert given.data.given_at == given.time == given.time.replace(hour=0, minute=0, second=0, microsecond=0)
    after = await everything(service)
    new = {name: [row for row in rows if row not in before[name]] for name, rows in after.items()}
    changed = {name: rows for name, rows in new.items() if rows}
    assert set(changed) == {"opinion", "event_log", "outbox", "audit", "invitation"} & set(after)
    (invitation,) = changed.pop("invitation")
    was = next(row for row in before["invitation"])
    # Of the invitation only that it was answered has changed: no moment, nothing that the opinion has too.
    assert invitation == was.replace('"status": "issued"', '"status": "answered"').replace(
        '"version": 1', '"version": 2'
    )
    leads = (str(customer_id), one["id"], one["code"], str(giver.aggregateid), "visit")
    assert [(name, lead) for name, rows in changed.items() for row in rows for lead in leads if lead in row] == []
    trail = [row for rows in changed.values() for row in rows if "opinion" in row]
    assert trail, "there is something to look through"
    of_opinion = set(re.findall(r"[0-9a-f]{8}-[0-9a-f-]{27}|[0-9a-f]{64}|\d\d:\d\d:\d\d\.\d+", str(changed)))
    assert [word for word in of_opinion if word in invitation] == []
    (opinion,) = (await staff.get("/v1/opinions")).json()["items"]
    assert (opinion["customer_id"], opinion["invitation_id"], opinion["free_text"]) == (None, None, "Said freely.")
    shown = (await staff.get(f"/v1/customers/{customer_id}/timeline")).json()["items"]
    assert [entry for entry in shown if entry["kind"] == "opinion"] == []


async def test_a_code_is_stored_nowhere_and_a_repeat_shows_it_again(
    staff: httpx.AsyncClient, service: Harness, customer: Any
) -> None:
    await made(staff, card())
    body = {"customer_id": str(await customer()), "questionnaire": "after-delivery", "channel": "visit"}
    first = await staff.post("/v1/invitations", json=body, headers={"Idempotency-Key": "c-1"})
    again = await staff.post("/v1/invitations", json=body, headers={"Idempotency-Key": "c-1"})
    assert again.json() == first.json()
    code = first.json()["code"]
    rows = [row for rows in (await everything(service)).values() for row in rows]
    assert [row for row in rows if code in row or code.replace("-", "") in row] == []
    assert "code" not in (await staff.get(first.headers["location"])).json()


async def test_under_another_key_cards_stay_good_and_are_not_shown_again(
    staff: httpx.AsyncClient, service: Harness, database: Database, customer: Any
) -> None:
    await made(staff, card())
    body = {"customer_id": str(await customer()), "questionnaire": "after-delivery", "channel": "visit"}
    one = (await staff.post("/v1/invitations", json=body, headers={"Idempotency-Key": "c-2"})).json()
    run = (await staff.post("/v1/questionnaires/after-delivery/print-runs", json={"count": 1})).json()
    async with open_harness(SERVICE, database.runtime_url, settings={"tracking_key": "n" * 32}) as renewed:
        office = renewed.caller()
        again = await office.post("/v1/invitations", json=body, headers={"Idempotency-Key": "c-2"})
        sheet = await office.get(run["sheet"])
        assert [(answer.status_code, answer.json()["code"]) for answer in (again, sheet)] == [(409, "codes-lost")] * 2
        for code in (one["code"], run["codes"][0]):
            taken = await renewed.anonymous().post("/v1/responses", json={"code": code, "grades": GRADES})
            assert taken.status_code == 201


async def test_what_nobody_answers_lapses_and_may_still_be_answered(
    staff: httpx.AsyncClient, service: Harness, customer: Any
) -> None:
    await made(staff, card(lapse_days=7))
    customer_id = await customer()
    one, answered = await invited(staff, customer_id), await invited(staff, customer_id)
    await service.anonymous().post("/v1/responses", json={"code": answered["code"], "grades": GRADES})
    service.clock.move(7 * 86400 + 1)
    await service.work_off_due()
    (gone,) = await service.published(InvitationLapsed)
    assert (str(gone.aggregateid), gone.sequence) == (one["id"], 2)
    assert gone.time == gone.data.lapses_at == datetime.fromisoformat(one["lapses_at"])
    lapsed = (await staff.get("/v1/invitations", params={"status": "lapsed"})).json()["items"]
    assert [each["id"] for each in lapsed] == [one["id"]]
    late = await service.anonymous().post("/v1/responses", json={"code": one["code"], "grades": GRADES, "signed": True})
    assert late.status_code == 201


async def test_what_is_entered_long_after_it_lapsed_has_lapsed(
    staff: httpx.AsyncClient, service: Harness, customer: Any
) -> None:
    await made(staff, card(lapse_days=7))
    handed = service.clock.now() - timedelta(days=40)
    one = await invited(staff, await customer(), invited_at=handed.isoformat())
    await service.work_off_due()
    (gone,) = await service.published(InvitationLapsed)
    assert (str(gone.aggregateid), gone.time, gone.historic) == (one["id"], handed + timedelta(days=7), True)


async def test_printed_cards_are_good_once_each_and_have_nobodys_name(
    staff: httpx.AsyncClient, service: Harness
) -> None:
    await made(staff, card())
    run = (await staff.post("/v1/questionnaires/after-delivery/print-runs", json={"count": 3})).json()
    assert (len(set(run["codes"])), run["count"]) == (3, 3)
    sheet = await staff.get(run["sheet"])
    assert sheet.headers["content-type"] == "text/html; charset=utf-8"
    for code in run["codes"]:
        assert sheet.text.count(f"http://guanxi.test/card/{code}") == 1
    assert [word for word in ("Our brand?", "Our brand?（简）", "Our brand?（繁）") if word not in sheet.text] == []
    body = {"code": run["codes"][1], "grades": GRADES, "signed": True}
    taken = await service.anonymous().post("/v1/responses", json=body)
    assert (taken.status_code, taken.json()["signed"]) == (201, False)
    assert (await service.anonymous().post("/v1/responses", json=body)).status_code == 409
    assert (await service.anonymous().get(f"/card/{run['codes'][0]}")).status_code == 200
    (given,) = await service.published(OpinionGiven)
    assert given.subject is None


async def test_of_many_who_use_a_code_at_once_one_is_heard(
    staff: httpx.AsyncClient, service: Harness, customer: Any
) -> None:
    await made(staff, card())
    one = await invited(staff, await customer())
    run = (await staff.post("/v1/questionnaires/after-delivery/print-runs", json={"count": 1})).json()
    anybody = service.anonymous()
    for code in (one["code"], run["codes"][0]):
        body = {"code": code, "grades": GRADES}
        answers = await asyncio.gather(*(anybody.post("/v1/responses", json=body) for _ in range(6)))
        assert sorted(answer.status_code for answer in answers) == [201, *[409] * 5]
    assert len(await service.published(OpinionGiven)) == 2


@pytest.mark.parametrize(
    ("language", "lang", "word"),
    [
        ("zh-CN", "zh-Hans", "不署名也可以"),
        ("zh-TW", "zh-Hant", "不署名也可以：那樣"),
        ("fr", "en", "You need not sign"),
    ],
)
async def test_the_page_speaks_the_browsers_language(
    staff: httpx.AsyncClient, service: Harness, customer: Any, language: str, lang: str, word: str
) -> None:
    await made(staff, card())
    one = await invited(staff, await customer())
    shown = await service.anonymous().get(f"/card/{one['code']}", headers={"accept-language": language})
    assert (shown.status_code, shown.headers["content-language"]) == (200, lang)
    assert f'<html lang="{lang}">' in shown.text
    assert word in shown.text


async def test_a_card_is_filled_in_on_the_page(staff: httpx.AsyncClient, service: Harness, customer: Any) -> None:
    await made(staff, card())
    customer_id = await customer(name="山西煤業")
    one = await invited(staff, customer_id)
    browser = service.anonymous()
    shown = await browser.get(f"/card/{one['code']}?lang=en")
    assert re.findall(r"<script|\bon\w+=|https?://|<img|<link", shown.text) == []
    assert "default-src 'none'" in shown.headers["content-security-policy"]
    assert [word for word in ("山西煤業", str(customer_id), one["id"]) if word in shown.text] == []
    assert sorted(set(re.findall(r'name="([eg]\.\w+)"', shown.text))) == [
        "e.service",
        "g.brand",
        "g.price",
        "g.promise",
        "g.quality",
        "g.service",
    ]
    form = re.search(r'<form method="post" action="([^"]+)"', shown.text)
    assert form
    where = html.unescape(form[1])
    empty = await browser.post(where, data={"free_text": " "})
    assert (empty.status_code, "at least one grade" in empty.text) == (422, True)
    outside = await browser.post(where, data={"g.service": "9"})
    assert outside.status_code == 422
    filled = {"g.service": "3", "e.service": "5", "free_text": "<b>late</b>", "signed": "yes"}
    sent = await browser.post(where, data=filled)
    assert (sent.status_code, sent.headers["location"]) == (303, f"/card/{one['code']}?lang=en")
    assert "Thank you!" in (await browser.get(sent.headers["location"])).text
    assert (await browser.post(where, data=filled)).status_code == 409
    (given,) = await service.published(OpinionGiven)
    assert (given.subject, given.data.has_text, given.data.grades[0].expected) == (customer_id, True, 10)
    missing = await browser.get("/card/7F3K-9QMA-2XBT-40HE")
    assert (missing.status_code, "no such card" in missing.text) == (404, True)


async def test_nothing_of_the_database_waits_for_a_form_that_does_not_come(
    staff: httpx.AsyncClient, service: Harness, customer: Any
) -> None:
    await made(staff, card())
    one = await invited(staff, await customer())
    inside: list[int] = []

    async def slowly() -> AsyncIterator[bytes]:
        async with service.database.api.read() as reader:
            inside.append(await reader.fetchval(_INSIDE))
        yield b"g.service=3"

    form = {"content-type": "application/x-www-form-urlencoded"}
    sent = await service.anonymous().post(f"/card/{one['code']}", content=slowly(), headers=form)
    assert (sent.status_code, inside) == (303, [0])
    again = await service.anonymous().post(f"/card/{one['code']}", content=slowly(), headers=form)
    assert (again.status_code, inside) == (409, [0]), "a used card is refused before its form is read"


_INSIDE = """
SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in transaction%'
"""


async def test_too_many_tries_are_held_back(service: Harness) -> None:
    browser = service.anonymous()
    answers = [await browser.get("/card/7F3K-0000-0000-TRY1") for _ in range(21)]
    assert {answer.status_code for answer in answers} == {404, 429}
    assert int(answers[-1].headers["retry-after"]) >= 1


async def test_a_wrong_code_and_a_wrong_grade_are_refused(
    staff: httpx.AsyncClient, service: Harness, customer: Any
) -> None:
    await made(staff, card())
    anybody = service.anonymous()
    assert (await anybody.post("/v1/responses", json={"code": "nothing", "grades": GRADES})).status_code == 404
    one = await invited(staff, await customer())
    wrong = await anybody.post("/v1/responses", json={"code": one["code"], "grades": [{"item": "x", "obtained": 1}]})
    assert [error["field"] for error in wrong.json()["errors"]] == ["grades[0].item"]
    assert (await staff.get(f"/v1/invitations/{one['id']}")).json()["status"] == "issued"


async def test_nobody_signs_for_who_was_erased(staff: httpx.AsyncClient, service: Harness, customer: Any) -> None:
    await made(staff, card())
    customer_id = await customer()
    one = await invited(staff, customer_id)
    await service.know(a_customer(customer_id, sequence=2, status="erased", name=None, emails=[], phones=[]))
    await service.erase(customer_id)
    body = {"code": one["code"], "grades": GRADES, "signed": True}
    assert (await service.anonymous().post("/v1/responses", json=body)).status_code == 410
    assert await service.published(OpinionGiven) == []


async def test_a_dealer_invites_its_own_customers_only(
    staff: httpx.AsyncClient, dealer: httpx.AsyncClient, customer: Any
) -> None:
    await made(staff, card())
    own, stranger = await customer(unit="dealer-17"), await customer()
    mine, ours = await invited(dealer, own), await invited(staff, own)
    assert [one["id"] for one in (await dealer.get("/v1/invitations")).json()["items"]] == [mine["id"]]
    assert (await dealer.get(f"/v1/invitations/{ours['id']}")).status_code == 404
    body = {"customer_id": str(stranger), "questionnaire": "after-delivery", "channel": "visit"}
    assert (await dealer.post("/v1/invitations", json=body)).status_code == 404
    runs = "/v1/questionnaires/after-delivery/print-runs"
    assert (await dealer.post(runs, json={"count": 1})).status_code == 404
    run = (await staff.post(runs, json={"count": 1})).json()
    assert (await dealer.get(run["sheet"])).status_code == 404
