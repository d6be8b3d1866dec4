"""Questionnaires in numbered versions, over HTTP."""

from __future__ import annotations

import httpx
import pytest

from .guides import GUIDE, card, made

pytestmark = pytest.mark.asyncio


async def test_a_questionnaire_is_read_back_whole(staff: httpx.AsyncClient) -> None:
    answer = await staff.post("/v1/questionnaires", json=GUIDE)
    assert (answer.status_code, answer.headers["etag"]) == (201, '"1"')
    read = await staff.get(answer.headers["location"])
    assert read.json() == answer.json()
    assert (read.json()["scale"], read.json()["lapse_days"]) == ({"lowest": 1, "highest": 5}, 30)
    assert [one["indicator"] for one in read.json()["questions"]] == ["delivery-on-time", "fair-price", None]
    again = await staff.post("/v1/questionnaires", json=GUIDE)
    assert (again.status_code, again.json()["code"]) == (409, "questionnaire-exists")


async def test_a_new_version_leaves_the_old_one_as_it_was(staff: httpx.AsyncClient) -> None:
    first = await made(staff, GUIDE)
    body = {"title": {"en": "Shorter"}, "questions": GUIDE["questions"][:1]}
    second = await staff.post("/v1/questionnaires/kqi-2026/versions", json=body)
    assert (second.status_code, second.json()["version"], second.json()["kind"]) == (201, 2, "interview")
    assert (await staff.get("/v1/questionnaires/kqi-2026")).json() == second.json()
    assert (await staff.get("/v1/questionnaires/kqi-2026", params={"version": 1})).json() == first
    assert (await staff.get("/v1/questionnaires/kqi-2026", params={"version": 3})).status_code == 404
    await made(staff, card())
    listed = await staff.get("/v1/questionnaires", params={"limit": 1})
    assert [(one["code"], one["version"]) for one in listed.json()["items"]] == [("after-delivery", 1)]
    rest = await staff.get("/v1/questionnaires", params={"limit": 1, "cursor": listed.json()["next"]})
    assert [(one["code"], one["version"]) for one in rest.json()["items"]] == [("kqi-2026", 2)]
    guides = (await staff.get("/v1/questionnaires", params={"kind": "interview"})).json()["items"]
    assert [one["code"] for one in guides] == ["kqi-2026"]


@pytest.mark.parametrize("count", [4, 11])
async def test_a_card_of_another_length_is_refused(staff: httpx.AsyncClient, count: int) -> None:
    question = card()["questions"][0]
    asked = [{**question, "item": f"q-{n}"} for n in range(count)]
    answer = await staff.post("/v1/questionnaires", json=card(questions=asked))
    assert answer.status_code == 422
    assert [(one["field"], one["code"]) for one in answer.json()["errors"]] == [("questions", "card-length")]
    assert (await staff.get("/v1/questionnaires/after-delivery")).status_code == 404


async def test_a_dealer_reads_what_the_firm_asks_and_changes_nothing(
    staff: httpx.AsyncClient, dealer: httpx.AsyncClient
) -> None:
    await made(staff, GUIDE)
    assert (await dealer.get("/v1/questionnaires/kqi-2026")).status_code == 200
    assert (await dealer.post("/v1/questionnaires", json=card())).status_code == 404
    body = {"title": {"en": "Mine"}, "questions": GUIDE["questions"]}
    assert (await dealer.post("/v1/questionnaires/kqi-2026/versions", json=body)).status_code == 404
