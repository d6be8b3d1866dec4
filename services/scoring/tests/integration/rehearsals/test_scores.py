"""Scorecards of every kind of score: what a rehearsal counts is what publishing it does."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from guanxi.events import Event
from guanxi.events.customers import CustomerReferred
from guanxi.events.interactions import OpinionGiven
from guanxi.events.scores import ScoreChanged
from guanxi.testing import Harness, an_event
from scoring.rehearsals import usecases

from ..conftest import MakeCustomer, a_broken_promise, a_contact, an_order, settle
from .steps import bands, explanation, movers, path, publish, rehearsed

pytestmark = pytest.mark.asyncio


def _opinion(subject: UUID, **grades: int) -> Event[OpinionGiven]:
    """On a card: everything expected at 3, got as given by facet."""
    at = datetime.now(UTC) - timedelta(days=1)
    items = [{"item": facet, "facet": facet, "expected": 3, "obtained": got} for facet, got in grades.items()]
    fact = OpinionGiven.model_validate(
        {"opinion_id": uuid4(), "unit": "head-office", "questionnaire": "card", "kind": "card", "given_at": at}
        | {"grades": items}
    )
    return an_event(fact, aggregate=fact.opinion_id, subject=subject, time=at, recorded=at)


def _referral(by: UUID, of: UUID) -> Event[CustomerReferred]:
    at = datetime.now(UTC) - timedelta(days=10)
    fact = CustomerReferred(
        referral_id=uuid4(), referrer_id=by, referred_id=of, unit="head-office", referred_on=at.date()
    )
    return an_event(fact, aggregate=fact.referral_id, subject=by, time=at, recorded=at)


async def _estimate(staff: httpx.AsyncClient, one: UUID, total_minor: int, days_ago: int) -> None:
    on = (datetime.now(UTC) - timedelta(days=days_ago)).date().isoformat()
    body = {"estimated_on": on, "source": "visit", "total_minor": total_minor, "currency": "CNY"}
    assert (await staff.post(f"/v1/customers/{one}/wallet-estimates", json=body)).status_code == 201


async def _told(service: Harness, kind: str, since: int) -> dict[tuple[str, str], str]:
    events = (await service.published(ScoreChanged))[since:]
    of_kind = [event for event in events if event.data.kind.startswith(kind)]
    found = {(str(event.subject), event.data.kind): event.data.band for event in of_kind}
    assert len(found) == len(of_kind), "nobody is told twice"
    return found


async def _does_what_it_said(
    service: Harness, staff: httpx.AsyncClient, everybody: list[UUID], kind: str, changes: dict[str, Any]
) -> dict[str, Any]:
    """Rehearse, publish, score, and score again: who moves is who was said to."""
    before, told = await bands(staff, everybody, kind), len(await service.published(ScoreChanged))
    found = await rehearsed(service, staff, kind, changes)
    listed = await movers(staff, found)
    assert await bands(staff, everybody, kind) == before, "a rehearsal moves nobody"
    assert found["result"]["customers"] == len(everybody)
    assert found["result"]["movers"] == len({one["customer_id"] for one in listed}) > 0
    by_customer = {one["customer_id"]: one["profit_minor"] for one in listed}
    assert found["result"]["profit_minor"] == sum(by_customer.values())
    assert (await publish(service, found)).json()["published_version"] == found["base_version"] + 1
    for scope in {one["scope"] for one in listed}:
        prefix = "" if scope == kind else f"{scope}/"
        said = {key.removeprefix(prefix): n for key, n in found["result"]["tiers"].items() if key.startswith(prefix)}
        said = {band: n for band, n in said.items() if "/" not in band}
        assert await bands(staff, everybody, scope) == said
    expected = {(one["customer_id"], one["scope"]): one["tier_after"] for one in listed}
    assert await _told(service, kind, told) == expected
    await _score_all(service, everybody)
    assert await _told(service, kind, told) == expected
    return found


async def _score_all(service: Harness, everybody: list[UUID]) -> None:
    await service.apply(*(a_contact(one) for one in everybody))
    await settle(service)


async def test_trust_moves_whom_the_rehearsal_said_and_is_explained_by_the_version_in_force(
    service: Harness, customer: MakeCustomer, staff: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(usecases, "CHUNK", 2)
    everybody = [await customer() for _ in range(5)]
    for n, one in enumerate(everybody):
        await service.apply(an_order(one, 30_000_000), *(a_broken_promise(one, hours_ago=m + 1) for m in range(n)))
    await settle(service)
    first = await explanation(staff, everybody[1], "trust")
    found = await _does_what_it_said(
        service, staff, everybody, "trust", {"signals": {"promise-broken": {"points": -26}}}
    )
    assert (found["result"]["up"], found["result"]["down"]) == (0, found["result"]["movers"])
    [mover, *_] = await movers(staff, found, "&tier=strained")
    assert (mover["customer_id"], mover["tier_after"]) == (str(everybody[1]), "broken")
    assert (mover["value"], mover["value_after"]) == (57, 44)
    assert (mover["scope"], mover["loses"], mover["gains"]) == ("trust", [], [])
    shown = await explanation(staff, everybody[1], "trust")
    assert (first["version"], first["value"], shown["version"], shown["value"]) == (2, 57, 3, 44)
    assert shown["least_change"]["value"] != first["least_change"]["value"]
    # As of a day, and as was known then: the facts of that time by the rules of today.
    yesterday = (datetime.now(UTC) - timedelta(days=1)).isoformat()
    then = await explanation(staff, everybody[1], "trust", known_at=yesterday)
    assert (then["version"], then["value"]) == (3, 70)
    day = (datetime.now(UTC) - timedelta(days=3)).date().isoformat()
    listed = (await staff.get(f"/v1/customers/{everybody[1]}/scores?as_of={day}")).json()["items"]
    assert {(one["version"], one["value"]) for one in listed if one["kind"] == "trust"} == {(3, 70)}
    # Another on top of it: the next version.
    third = await rehearsed(service, staff, "trust", {"base": 75})
    assert third["base_version"] == 3
    await publish(service, third)
    assert (await explanation(staff, everybody[1], "trust"))["value"] == 49


async def test_satisfaction_moves_facet_by_facet(
    service: Harness, customer: MakeCustomer, staff: httpx.AsyncClient
) -> None:
    everybody = [await customer() for _ in range(4)]
    await service.apply(*(an_order(one, 30_000_000) for one in everybody))
    await service.apply(
        _opinion(everybody[0], price=3, service=4), _opinion(everybody[1], price=2), _opinion(everybody[2], service=5)
    )
    await settle(service)
    found = await _does_what_it_said(service, staff, everybody, "satisfaction", {"points_per_grade": 3})
    scopes = {one["scope"] for one in await movers(staff, found)}
    assert scopes == {"satisfaction", "satisfaction.price", "satisfaction.service"}
    of_price = await movers(staff, found, "&scope=satisfaction.price")
    assert [(one["customer_id"], one["tier"], one["tier_after"]) for one in of_price] == [
        (str(everybody[1]), "below", "equal")
    ]
    assert (await explanation(staff, everybody[1], "satisfaction.price"))["version"] == 2


async def test_potential_moves_also_who_has_nothing_to_go_by_any_more(
    service: Harness, customer: MakeCustomer, staff: httpx.AsyncClient
) -> None:
    everybody = [await customer() for _ in range(4)]
    await service.apply(*(an_order(one, 30_000_000) for one in everybody))
    for one, days_ago in zip(everybody, (400, 30, 800), strict=False):
        await _estimate(staff, one, 150_000_000, days_ago)
    await settle(service)
    found = await _does_what_it_said(
        service, staff, everybody, "value.potential", {"wallet_days": 365, "winnable_bp": 6000}
    )
    moves = {one["customer_id"]: (one["tier"], one["tier_after"]) for one in await movers(staff, found)}
    assert moves == {str(everybody[0]): ("some", "unrated"), str(everybody[1]): ("some", "high")}
    again = await rehearsed(service, staff, "value.potential", {"wallet_days": 1000})
    moves = {one["customer_id"]: (one["tier"], one["tier_after"]) for one in await movers(staff, again)}
    assert moves == {str(everybody[0]): ("unrated", "high"), str(everybody[2]): ("unrated", "high")}
    await publish(service, again)
    assert dict(await bands(staff, everybody, "value.potential")) == again["result"]["tiers"] == {"high": 3}


async def test_learning_moves_whom_the_rehearsal_said(
    service: Harness, customer: MakeCustomer, staff: httpx.AsyncClient
) -> None:
    everybody = [await customer() for _ in range(3)]
    await service.apply(*(an_order(one, 30_000_000) for one in everybody))
    await service.apply(*(_opinion(one, price=3) for one in everybody[:2] for _ in range(2)))
    await settle(service)
    await _does_what_it_said(
        service, staff, everybody, "value.learning", {"signals": {"opinion": {"points": 10, "most": 40}}}
    )
    assert (await explanation(staff, everybody[0], "value.learning"))["version"] == 2


async def test_influence_follows_its_card_and_that_of_existing_value(
    service: Harness, customer: MakeCustomer, staff: httpx.AsyncClient
) -> None:
    everybody = [await customer() for _ in range(3)]
    await service.apply(_referral(everybody[0], everybody[1]), _referral(everybody[1], everybody[2]))
    await service.apply(an_order(everybody[1], 30_000_000), an_order(everybody[2], 30_000_000))
    await settle(service)
    await settle(service)
    outdated = await rehearsed(service, staff, "value.influence", {"share_bp": [9000, 1000, 300]})
    found = await rehearsed(service, staff, "value.existing", {"default_margin_bp": 2000})
    before = (await explanation(staff, everybody[0], "value.influence"))["inputs"]["influence_minor"]
    await publish(service, found)
    await settle(service)
    after = await explanation(staff, everybody[0], "value.influence")
    assert after["inputs"]["influence_minor"] == before * 2 // 3
    assert (await publish(service, outdated)).json()["code"] == "outdated"
    await _does_what_it_said(service, staff, everybody, "value.influence", {"share_bp": [9000, 5000, 300]})


async def test_another_card_of_existing_value_tells_what_it_does_to_influence(
    service: Harness, customer: MakeCustomer, staff: httpx.AsyncClient
) -> None:
    everybody = [await customer() for _ in range(3)]
    await service.apply(_referral(everybody[0], everybody[1]), an_order(everybody[1], 60_000_000))
    await service.apply(an_order(everybody[2], 1_000_000))
    for _ in range(2):
        await settle(service)
    assert await bands(staff, everybody, "value.influence") == {"wide": 1}
    found = await rehearsed(service, staff, "value.existing", {"default_margin_bp": 1500})
    listed = await movers(staff, found, "&scope=value.influence")
    assert [(one["customer_id"], one["tier"], one["tier_after"]) for one in listed] == [
        (str(everybody[0]), "wide", "some")
    ]
    assert found["result"]["tiers"]["value.influence/some"] == 1
    assert found["result"]["movers"] == len({one["customer_id"] for one in await movers(staff, found)})
    await publish(service, found)
    await settle(service)
    assert await bands(staff, everybody, "value.influence") == {"some": 1}


async def test_satisfaction_that_was_reckoned_by_other_indicators_is_rehearsed_anew(
    service: Harness, customer: MakeCustomer, staff: httpx.AsyncClient
) -> None:
    await service.apply(_opinion(await customer(), price=3))
    await settle(service)
    found = await rehearsed(service, staff, "satisfaction", {"points_per_grade": 3})
    assert found["used"] == {"quality-indicators": 0, "satisfaction": 1, "value.existing": 1}
    moved = [{"code": "delivery", "weight_bp": 10_000, "target": 4, "facet": "staff"}]
    assert (await staff.post("/v1/quality-indicators", json={"indicators": moved})).status_code == 201
    refused = await publish(service, found)
    assert (refused.status_code, refused.json()["code"]) == (409, "outdated")
    again = await rehearsed(service, staff, "satisfaction", {"points_per_grade": 3})
    assert again["used"]["quality-indicators"] == 1
    assert (await publish(service, again)).status_code == 201


async def test_kinds_do_not_share_rehearsals(
    service: Harness, customer: MakeCustomer, staff: httpx.AsyncClient
) -> None:
    await customer()
    found = await rehearsed(service, staff, "trust", {"base": 60})
    assert (await staff.get(f"{path('value.learning')}/{found['id']}")).status_code == 404
    assert [one["id"] for one in (await staff.get(path("trust"))).json()["items"]] == [found["id"]]
    assert (await staff.get(path("satisfaction"))).json()["items"] == []
