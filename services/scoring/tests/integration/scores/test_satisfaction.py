"""From opinions and interviews to satisfaction, of a customer and of all."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from guanxi.events import Event
from guanxi.events.interactions import InterviewCompleted, OpinionGiven, OpinionGivenVoided
from guanxi.events.scores import ScoreChanged
from guanxi.testing import Harness, a_customer, an_event

from ..conftest import MakeCustomer, a_ticket, settle

pytestmark = pytest.mark.asyncio


def _opinion(subject: UUID | None, *grades: tuple[str | None, int | None, int], days_ago: float = 1) -> Event[Any]:
    at = datetime.now(UTC) - timedelta(days=days_ago)
    items = [{"item": "q", "facet": facet, "expected": expected, "obtained": got} for facet, expected, got in grades]
    fact = OpinionGiven.model_validate(
        {"opinion_id": uuid4(), "unit": "head-office", "questionnaire": "card", "kind": "card", "given_at": at}
        | {"grades": items}
    )
    return an_event(fact, aggregate=fact.opinion_id, subject=subject, time=at, recorded=at)


def _interview(subject: UUID, *grades: tuple[str, int, int, int | None]) -> Event[Any]:
    at = datetime.now(UTC) - timedelta(hours=2)
    made = [
        {"indicator": code, "expected": expected, "obtained": got, "importance": matters}
        for code, expected, got, matters in grades
    ]
    fact = InterviewCompleted.model_validate(
        {"interview_id": uuid4(), "unit": "head-office", "guide": "kqi", "guide_version": 1, "held_at": at}
        | {"grades": made, "questions": 5, "answered": 5}
    )
    return an_event(fact, aggregate=fact.interview_id, subject=subject, time=at, recorded=at)


async def test_an_interview_below_expectation_is_satisfaction_by_facet_with_what_is_to_be_expected(
    service: Harness, customer: MakeCustomer, staff: httpx.AsyncClient
) -> None:
    one = await customer()
    held = _interview(one, ("delivery", 5, 2, 5), ("price", 4, 4, 1))
    await service.apply(held)
    await settle(service)
    scores = {item["kind"]: item for item in (await staff.get(f"/v1/customers/{one}/scores")).json()["items"]}
    assert {kind for kind in scores if kind.startswith("satisfaction")} == {
        *("satisfaction", "satisfaction.price", "satisfaction.service"),
    }
    service_facet = scores["satisfaction.service"]
    assert (service_facet["value"], service_facet["band"], service_facet["outcome"]) == (14, "below", "churn")
    assert scores["satisfaction.price"]["outcome"] == "weak_loyalty"
    assert scores["satisfaction"]["value"] == 20
    shown = (await staff.get(f"/v1/customers/{one}/scores/satisfaction/explanation")).json()
    assert shown["reasons"][1]["fact"]["kind"] == "interview"
    assert shown["reasons"][1]["text"]["zh-Hans"]
    told = {e.data.kind: e.data.band for e in await service.published(ScoreChanged) if e.subject == one}
    assert told["satisfaction.service"] == "below"


async def test_satisfaction_of_a_day_and_by_what_was_known_is_computed_from_the_facts(
    service: Harness, customer: MakeCustomer, staff: httpx.AsyncClient
) -> None:
    one = await customer()
    early, late = _opinion(one, ("service", 4, 5), days_ago=100), _opinion(one, ("service", 4, 2), days_ago=2)
    await service.apply(early, late)
    await settle(service)
    then = (datetime.now(UTC) - timedelta(days=50)).date()
    known = (datetime.now(UTC) - timedelta(days=50)).isoformat().replace("+00:00", "Z")
    path = f"/v1/customers/{one}/scores/satisfaction/explanation"
    assert (await staff.get(f"{path}?as_of={then}")).json()["value"] == 62
    assert (await staff.get(path, params={"known_at": known})).json()["value"] == 62
    now = (await staff.get(path)).json()["value"]
    assert now < 50
    [stored] = (await staff.get(f"/v1/customers/{one}/scores/history?kind=satisfaction")).json()["items"]
    assert stored["value"] == now


async def test_who_would_buy_again_is_trusted_more_and_who_would_not_less(
    service: Harness, customer: MakeCustomer, staff: httpx.AsyncClient
) -> None:
    willing, unwilling, between = [await customer() for _ in range(3)]
    said = _opinion(willing, ("would-buy-again", None, 9), ("service", 8, 8))
    await service.apply(
        said, _interview(unwilling, ("would-buy-again", 8, 2, None)), _opinion(between, ("would-buy-again", None, 5))
    )
    await settle(service)
    found = {one: (await staff.get(f"/v1/customers/{one}/trust")).json() for one in (willing, unwilling, between)}
    assert [one["value"] for one in found.values()] == [74, 64, 70]
    assert found[willing]["version"] == 2
    (reason,) = [one for one in found[willing]["reasons"] if one["code"] == "would-buy-again"]
    assert (reason["points"], reason["fact_id"]) == (4, str(said.aggregateid))
    scores = {one["kind"]: one for one in (await staff.get(f"/v1/customers/{unwilling}/scores")).json()["items"]}
    assert scores["trust"]["value"] == 64
    assert "satisfaction" not in scores, "who would not buy again says nothing of what they got"
    void = OpinionGivenVoided(opinion_id=said.aggregateid, unit="head-office")
    await service.apply(an_event(void, aggregate=said.aggregateid, sequence=2, subject=willing))
    await settle(service)
    assert (await staff.get(f"/v1/customers/{willing}/trust")).json()["value"] == 70


async def test_a_voided_opinion_leaves_no_satisfaction_and_that_is_told(
    service: Harness, customer: MakeCustomer, staff: httpx.AsyncClient
) -> None:
    one = await customer()
    said = _opinion(one, ("service", 4, 2))
    await service.apply(said)
    await settle(service)
    void = OpinionGivenVoided(opinion_id=said.aggregateid, unit="head-office")
    await service.apply(an_event(void, aggregate=said.aggregateid, sequence=2, subject=one))
    await settle(service)
    kinds = {item["kind"]: item["band"] for item in (await staff.get(f"/v1/customers/{one}/scores")).json()["items"]}
    assert kinds["satisfaction"] == kinds["satisfaction.service"] == "unrated"
    bands = [e.data.band for e in await service.published(ScoreChanged) if e.data.kind == "satisfaction"]
    assert bands == ["below", "unrated"]


async def test_complaints_move_no_satisfaction(
    service: Harness, customer: MakeCustomer, staff: httpx.AsyncClient
) -> None:
    from guanxi.events.complaints import ComplaintFiled

    one = await customer()
    await service.apply(_opinion(one, ("service", 4, 4)))
    await settle(service)
    path = f"/v1/customers/{one}/scores/satisfaction/explanation"
    before = (await staff.get(path)).json()
    for _ in range(3):
        await service.apply(a_ticket(ComplaintFiled, uuid4(), one, 1, days_ago=0.5))
    await settle(service)
    after = (await staff.get(path)).json()
    assert (after["value"], after["reasons"]) == (before["value"], before["reasons"])


async def test_the_opinions_of_merged_records_are_one_customers(
    service: Harness, customer: MakeCustomer, staff: httpx.AsyncClient
) -> None:
    one, other = await customer(), await customer()
    await service.apply(_opinion(one, ("service", 4, 5)), _opinion(other, ("service", 4, 2)))
    await service.apply(a_customer(other, sequence=2, canonical_id=one, status="merged"))
    await settle(service)
    shown = (await staff.get(f"/v1/customers/{one}/scores/satisfaction/explanation")).json()
    assert shown["inputs"]["opinions"] == 2
    assert 26 < shown["value"] < 62


async def test_the_firms_report_and_a_customers_score_sort_an_indicator_under_the_same_facet(
    service: Harness, customer: MakeCustomer, staff: httpx.AsyncClient
) -> None:
    one = await customer()
    set_ = [{"code": "punctuality", "weight_bp": 10_000, "target": 4, "facet": "service"}]
    assert (await staff.post("/v1/quality-indicators", json={"indicators": set_})).status_code == 201
    await service.apply(_interview(one, ("punctuality", 5, 2, 5)))
    await settle(service)
    scores = {item["kind"] for item in (await staff.get(f"/v1/customers/{one}/scores")).json()["items"]}
    assert "satisfaction.service" in scores
    [item] = (await staff.get("/v1/reports/satisfaction?facet=service")).json()["items"]
    assert (item["facet"], item["grades"]) == ("service", 1)


async def test_the_firms_report_counts_those_without_a_name_and_no_customer_does(
    service: Harness, customer: MakeCustomer, staff: httpx.AsyncClient, dealer: httpx.AsyncClient
) -> None:
    one = await customer()
    await service.apply(
        _opinion(one, ("service", 4, 5), ("price", 3, 3)),
        _opinion(None, ("service", 5, 2), (None, 4, 4), ("service", None, 1)),
        _opinion(one, ("service", 5, 1), days_ago=500),
        _interview(one, ("delivery", 5, 2, None)),
    )
    await settle(service)
    report = (await staff.get("/v1/reports/satisfaction")).json()
    assert (report["opinions"], report["anonymous"]) == (3, 1)
    assert (report["whole"]["grades"], report["whole"]["anonymous"]) == (5, 2)
    by_facet = {item["facet"]: item for item in report["items"]}
    expected = {"facet": "service", "grades": 3, "anonymous": 1, "below": 2, "equal": 0, "above": 1}
    expected |= {"expected_hundredths": 1400 // 3, "obtained_hundredths": 900 // 3}
    assert by_facet["service"] == expected
    assert report["items"][0]["facet"] == "service"
    only = (await staff.get("/v1/reports/satisfaction?facet=price")).json()
    assert [item["facet"] for item in only["items"]] == ["price"]
    long_ago = (datetime.now(UTC) - timedelta(days=600)).date()
    older = (await staff.get(f"/v1/reports/satisfaction?from={long_ago}")).json()
    assert older["opinions"] == 4
    assert (await staff.get("/v1/reports/satisfaction?facet=nothing")).status_code == 404
    for wrong in ("from=2026-02-01&to=2026-01-01", "to=9999-12-31", "from=0001-01-01", "to=0001-01-01"):
        assert (await staff.get(f"/v1/reports/satisfaction?{wrong}")).status_code == 422
        assert (await staff.get(f"/v1/reports/goodwill?{wrong}")).status_code == 422
    assert (await dealer.get("/v1/reports/satisfaction")).status_code == 404
