"""Opinions and mentions, kept as they come."""

from __future__ import annotations

import random
from typing import Any
from uuid import UUID

import httpx
import pytest

from guanxi.events import Event, reports
from guanxi.events.interactions import (
    MentionObserved,
    MentionObservedCorrected,
    MentionObservedVoided,
    OpinionGiven,
    OpinionGivenCorrected,
    OpinionGivenVoided,
)
from guanxi.ports import SystemIds
from guanxi.testing import Harness, an_event

from ..interviews.guides import card, made

pytestmark = pytest.mark.asyncio
IDS = SystemIds()
ORIGIN = {"source": "erp", "unit": "dealer-17", "external_ref": "o-1"}


def opinion(subject: UUID | None, **values: Any) -> Event[Any]:
    envelope = {key: values.pop(key) for key in ("aggregate", "sequence") if key in values}
    data = {"questionnaire": "card-1", "grades": [{"item": "delivery", "expected": 5, "obtained": 2}], **values}
    kind = reports.OpinionReportedCorrected if envelope.get("sequence", 1) > 1 else reports.OpinionReported
    return an_event(kind.model_validate({**ORIGIN, **data}), subject=subject, **envelope)


def mention(**values: Any) -> Event[Any]:
    data = {"platform": "weibo", "handle": "@zhang", "text": "They came late.", "sentiment": "negative", **values}
    return an_event(reports.MentionReported.model_validate({**ORIGIN, **data}))


async def test_an_opinion_stands_on_its_customers_timeline(
    service: Harness, staff: httpx.AsyncClient, customer: Any
) -> None:
    customer_id = await customer()
    event = opinion(customer_id, free_text="The stands came late.")
    await service.apply(event)
    read = (await staff.get(f"/v1/opinions/{event.aggregateid}")).json()
    assert (read["grades"], read["free_text"]) == (
        [{"item": "delivery", "expected": 5, "obtained": 2, "facet": None}],
        "The stands came late.",
    )
    (shown,) = (await staff.get(f"/v1/customers/{customer_id}/timeline")).json()["items"]
    assert (shown["kind"], shown["summary"]["code"]) == ("opinion", "card-1")
    (told,) = await service.published(OpinionGiven)
    assert (told.data.has_text, told.data.grades[0].obtained, told.subject) == (True, 2, customer_id)
    assert "late" not in told.to_json().decode()


async def test_grades_of_a_questionnaire_of_ours_are_stretched_to_the_scale_of_facts(
    service: Harness, staff: httpx.AsyncClient, customer: Any
) -> None:
    await made(staff, card("after-delivery"))  # from 1 to 5
    grades = [{"item": "service", "expected": 5, "obtained": 3}, {"item": "price", "obtained": 9}]
    await service.apply(opinion(await customer(), questionnaire="after-delivery", grades=grades))
    (told,) = await service.published(OpinionGiven)
    assert [(one.facet, one.expected, one.obtained) for one in told.data.grades] == [
        ("service", 10, 5),
        ("price", None, 9),
    ]


async def test_an_anonymous_opinion_is_kept_without_a_customer(service: Harness, staff: httpx.AsyncClient) -> None:
    event = opinion(None)
    await service.apply(event)
    (read,) = (await staff.get("/v1/opinions", params={"questionnaire": "card-1"})).json()["items"]
    assert (read["id"], read["customer_id"]) == (str(event.aggregateid), None)
    (told,) = await service.published(OpinionGiven)
    assert told.subject is None


async def test_opinions_are_listed_with_and_without_a_name(
    service: Harness, staff: httpx.AsyncClient, customer: Any
) -> None:
    customer_id = await customer()
    named, anonymous = opinion(customer_id, free_text="The stands came late."), opinion(None, questionnaire="card-2")
    await service.apply(named, anonymous)
    listed = (await staff.get("/v1/opinions")).json()["items"]
    assert {(one["id"], one["customer_id"]) for one in listed} == {
        (str(named.aggregateid), str(customer_id)),
        (str(anonymous.aggregateid), None),
    }
    (of_one,) = (await staff.get("/v1/opinions", params={"customer_id": str(customer_id)})).json()["items"]
    assert (of_one["grades"][0]["obtained"], of_one["free_text"]) == (2, "The stands came late.")


async def test_an_opinion_that_nobody_gave_is_voided(service: Harness, staff: httpx.AsyncClient, customer: Any) -> None:
    customer_id = await customer()
    event = opinion(customer_id)
    gone = reports.OpinionReportedVoided.model_validate(ORIGIN)
    await service.apply(event)
    await service.apply(an_event(gone, aggregate=event.aggregateid, sequence=2, subject=customer_id))
    (voided,) = await service.published(OpinionGivenVoided)
    assert (voided.aggregateid, voided.sequence, voided.subject) == (event.aggregateid, 2, customer_id)
    assert (await staff.get("/v1/opinions")).json()["items"] == []
    assert (await staff.get(f"/v1/customers/{customer_id}/timeline")).json()["items"] == []


async def test_a_corrected_mention_is_told_whole(service: Harness, staff: httpx.AsyncClient) -> None:
    event = mention()
    fact = reports.MentionReportedCorrected.model_validate({**event.data.model_dump(), "sentiment": "neutral"})
    await service.apply(event)
    await service.apply(an_event(fact, aggregate=event.aggregateid, sequence=2))
    (told,) = await service.published(MentionObservedCorrected)
    assert (told.aggregateid, told.sequence, told.data.sentiment) == (event.aggregateid, 2, "neutral")
    assert (await staff.get(f"/v1/mentions/{event.aggregateid}")).json()["sentiment"] == "neutral"


async def test_the_highest_revision_of_an_opinion_wins_in_any_order(
    service: Harness, staff: httpx.AsyncClient, customer: Any
) -> None:
    customer_id, aggregate = await customer(), IDS.new()
    events = [opinion(customer_id, aggregate=aggregate, sequence=n, questionnaire=f"card-{n}") for n in (1, 2, 3)]
    random.Random(4).shuffle(events)
    for event in (*events, *events):
        await service.apply(event)
    assert (await staff.get(f"/v1/opinions/{aggregate}")).json()["questionnaire"] == "card-3"
    told: list[Event[Any]] = await service.published(OpinionGiven, OpinionGivenCorrected)
    assert told[-1].data.questionnaire == "card-3"
    assert [event.sequence for event in told] == list(range(1, len(told) + 1))


async def test_a_mention_is_kept_and_voided(
    service: Harness, staff: httpx.AsyncClient, dealer: httpx.AsyncClient
) -> None:
    event = mention()
    await service.apply(event)
    for reader in (staff, dealer):
        (read,) = (await reader.get("/v1/mentions", params={"platform": "weibo"})).json()["items"]
        assert (read["handle"], read["text"]) == ("@zhang", "They came late.")
    (told,) = await service.published(MentionObserved)
    assert "@zhang" not in told.to_json().decode()
    gone = reports.MentionReportedVoided.model_validate(ORIGIN)
    await service.apply(an_event(gone, aggregate=event.aggregateid, sequence=2))
    assert (await staff.get("/v1/mentions")).json()["items"] == []
    assert (await staff.get(f"/v1/mentions/{event.aggregateid}")).json()["voided_at"]
    (voided,) = await service.published(MentionObservedVoided)
    assert voided.sequence == 2


async def test_another_unit_sees_neither(service: Harness, customer: Any) -> None:
    event, heard = opinion(await customer()), mention()
    await service.apply(event, heard)
    stranger = service.caller(unit="dealer-18", scope="interactions:read", subject="stranger")
    assert (await stranger.get(f"/v1/opinions/{event.aggregateid}")).status_code == 404
    assert (await stranger.get(f"/v1/mentions/{heard.aggregateid}")).status_code == 404
    assert (await stranger.get("/v1/opinions")).json()["items"] == []


async def test_an_opinion_reported_under_a_code_of_ours_knows_its_kind_and_facets(
    service: Harness, staff: httpx.AsyncClient, customer: Any
) -> None:
    question = {"item": "delivery", "text": {"en": "On time?"}, "facet": "service"}
    survey = {"code": "card-1", "kind": "survey", "title": {"en": "Needs"}, "questions": [question]}
    assert (await staff.post("/v1/questionnaires", json=survey)).status_code == 201
    await service.apply(opinion(await customer()), opinion(None, questionnaire="card-2"))
    ours, theirs = await service.published(OpinionGiven)
    assert (ours.data.kind, ours.data.questionnaire_version, ours.data.grades[0].facet) == ("survey", 1, "service")
    assert (theirs.data.kind, theirs.data.questionnaire_version, theirs.data.grades[0].facet) == (None, None, None)
