"""The words of messages over HTTP."""

from __future__ import annotations

from typing import Any

import pytest

from guanxi.testing.harness import Harness
from notifications.templates.rules import NAMES
from notifications.templates.usecases import CLASSES

pytestmark = pytest.mark.asyncio
GOOD = {"code": "complaint-receipt", "language": "en", "subject": "Yours: {{ number }}", "body": "Hello {{ name }}."}


async def test_the_seeds_hold_each_message_in_three_languages(service: Harness) -> None:
    found = (await service.caller().get("/v1/templates")).json()["items"]
    assert {(one["code"], one["language"]) for one in found} == {
        (code, language) for code in NAMES for language in ("zh-Hans", "zh-Hant", "en")
    }
    assert {one["code"]: one["message_class"] for one in found} == {
        code: CLASSES.get(code, "service") for code in NAMES
    }


async def test_every_seed_would_pass_the_door(service: Harness) -> None:
    caller = service.caller()
    for one in (await caller.get("/v1/templates")).json()["items"]:
        body = {name: one[name] for name in ("code", "language", "subject", "body", "max_chars")}
        assert (await caller.post("/v1/templates", json=body)).status_code == 201


async def test_a_template_gets_the_next_revision(service: Harness) -> None:
    caller = service.caller()
    made = await caller.post("/v1/templates", json=GOOD)
    assert (made.status_code, made.json()["revision"]) == (201, 2)
    assert (await caller.get(made.headers["Location"])).json() == made.json()
    listed = (await caller.get("/v1/templates", params={"code": "complaint-receipt", "language": "en"})).json()["items"]
    assert [one["revision"] for one in listed] == [1, 2]


async def test_the_list_goes_page_by_page(service: Harness) -> None:
    caller, seen, cursor = service.caller(), [], None
    while True:
        query = {"limit": 5, **({"cursor": cursor} if cursor else {})}
        page = (await caller.get("/v1/templates", params=query)).json()
        seen += [one["id"] for one in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert len(seen) == len(set(seen)) == 24


@pytest.mark.parametrize(
    "wrong",
    [
        {"body": "{{ unknown }}"},
        {"body": "{{ name.__class__.__mro__ }}"},
        {"body": "{% for x in name %}{{ x }}{% endfor %}"},
        {"body": "{{ name|replace('a', 'b') }}"},
        {"body": "{{ ''.join(name) }}"},
        {"body": "{{ 'x' * 1000000000 }}"},
        {"body": "{% import 'x' as y %}"},
        {"body": "{% macro x() %}{% endmacro %}"},
        {"body": "{% set x = 1 %}"},
        {"body": "{{ name"},
        {"body": "{{ name }}" + "x" * 700},
        {"subject": "one\ntwo"},
        {"subject": "{{ name }}" + "x" * 120},
        {"code": "no-such-message"},
    ],
)
async def test_a_template_that_could_do_harm_or_be_too_long_is_refused(service: Harness, wrong: dict[str, str]) -> None:
    made = await service.caller().post("/v1/templates", json={**GOOD, **wrong})
    assert made.status_code == 422
    assert made.json()["errors"]


@pytest.mark.parametrize("wrong", [{"language": "fr"}, {"max_chars": 0}, {"extra": 1}, {"channel": "sms"}])
async def test_a_wrong_field_is_named(service: Harness, wrong: dict[str, Any]) -> None:
    made = await service.caller().post("/v1/templates", json={**GOOD, **wrong})
    assert made.json()["errors"][0]["field"] == next(iter(wrong))


async def test_only_the_firm_writes_templates(service: Harness) -> None:
    dealer = service.caller(unit="dealer-17", scope="notifications:write")
    assert (await dealer.post("/v1/templates", json=GOOD)).status_code == 403
