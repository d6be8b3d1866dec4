"""Merges and un-merges: scores follow the family, facts stay where they were recorded."""

from __future__ import annotations

from uuid import UUID

import httpx
import pytest

from guanxi.events.interactions import OrderPlacedVoided
from guanxi.events.scores import ScoreChanged, SegmentChanged
from guanxi.testing import Harness, a_customer, an_event

from ..conftest import MakeCustomer, an_order, settle

pytestmark = pytest.mark.asyncio


async def _merge(service: Harness, survivor: UUID, absorbed: UUID, sequence: int = 2) -> None:
    await service.apply(a_customer(absorbed, sequence=sequence, canonical_id=survivor, status="merged"))
    await settle(service)


async def _segments(service: Harness) -> list[tuple[UUID | None, str, str | None, str]]:
    moved = await service.published(SegmentChanged)
    return [(one.subject, one.data.segment, one.data.tier, one.data.direction) for one in moved]


async def test_merging_two_middling_customers_makes_a_key_customer(
    service: Harness, customer: MakeCustomer, staff: httpx.AsyncClient
) -> None:
    first, second = await customer(), await customer()
    await service.apply(an_order(first, 42_000_000), an_order(second, 50_000_000))
    await settle(service)
    told = await _segments(service)
    assert sorted(told, key=str) == sorted([(one, "tier", "middle", "up") for one in (first, second)], key=str)
    await _merge(service, first, second)
    assert (await _segments(service))[2:] == [
        (first, "tier", "top", "up"),
        (first, "key-customers", None, "entered"),
        (second, "tier", None, "left"),
    ]
    [key] = (await staff.get("/v1/key-customers")).json()["items"]
    assert (key["customer_id"], key["members"]) == (str(first), sorted([str(first), str(second)]))
    ranked = (await staff.get("/v1/rankings")).json()["items"]
    assert [one["customer_id"] for one in ranked] == [str(first)]


async def test_an_undone_merge_gives_both_their_own_scores_back(
    service: Harness, customer: MakeCustomer, staff: httpx.AsyncClient
) -> None:
    first, second = await customer(), await customer()
    await service.apply(an_order(first, 42_000_000), an_order(second, 50_000_000))
    await settle(service)
    alone = [(await staff.get(f"/v1/customers/{one}/scores")).json()["items"][0] for one in (first, second)]
    await _merge(service, first, second)
    await service.apply(a_customer(second, sequence=3, canonical_id=second, status="active"))
    await settle(service)
    again = [(await staff.get(f"/v1/customers/{one}/scores")).json()["items"][0] for one in (first, second)]
    same = ("value", "band", "reasons", "inputs", "version", "as_of")
    assert [[one[key] for key in same] for one in again] == [[one[key] for key in same] for one in alone]
    assert (await _segments(service))[-3:] == [
        (first, "tier", "middle", "down"),
        (first, "key-customers", None, "left"),
        (second, "tier", "middle", "entered"),
    ]
    assert (await service.published(SegmentChanged))[-1].data.previous_tier is None
    moves = (await staff.get("/v1/tiers/moves")).json()["items"]
    assert [move["customer_id"] for move in moves].count(str(second)) == 1


async def test_who_comes_back_from_a_merge_as_one_of_the_first_tier_is_told_of(
    service: Harness, customer: MakeCustomer
) -> None:
    first, second = await customer(), await customer()
    bought = an_order(second, 50_000_000)
    await service.apply(an_order(first, 42_000_000), bought)
    await settle(service)
    await _merge(service, first, second)
    never = OrderPlacedVoided(order_id=bought.aggregateid, unit="head-office")
    await service.apply(an_event(never, aggregate=bought.aggregateid, sequence=2, subject=second))
    await service.apply(a_customer(second, sequence=3, canonical_id=second, status="active"))
    await settle(service)
    assert [one for one in await _segments(service) if one[0] == second] == [
        (second, "tier", "middle", "up"),
        (second, "tier", None, "left"),
        (second, "tier", "none", "entered"),
    ]


async def test_sequences_of_a_series_only_grow_through_merge_and_undo(service: Harness, customer: MakeCustomer) -> None:
    first, second, third = [await customer() for _ in range(3)]
    await service.apply(an_order(first, 42_000_000), an_order(second, 50_000_000), an_order(third, 100))
    await settle(service)
    await _merge(service, first, second)
    await _merge(service, first, third)
    await service.apply(a_customer(second, sequence=3, canonical_id=second, status="active"))
    await service.apply(a_customer(third, sequence=3, canonical_id=third, status="active"))
    await service.apply(an_order(third, 50_000_000))
    await settle(service)
    await _merge(service, first, second, sequence=4)
    by_aggregate: dict[UUID, list[int]] = {}
    for event in await service.published(ScoreChanged, SegmentChanged):
        by_aggregate.setdefault(event.aggregateid, []).append(event.sequence)
    assert all(numbers == list(range(1, len(numbers) + 1)) for numbers in by_aggregate.values())


async def test_no_fact_changes_its_customer(service: Harness, customer: MakeCustomer, staff: httpx.AsyncClient) -> None:
    first, second = await customer(), await customer()
    await service.apply(an_order(first, 1_000_000), an_order(second, 2_000_000))
    await _merge(service, first, second)
    facts = (await staff.get(f"/v1/customers/{first}/facts")).json()["items"]
    assert {(one["customer_id"], one["amount_minor"]) for one in facts} == {
        (str(first), 1_000_000),
        (str(second), 2_000_000),
    }


async def test_a_customer_registered_without_news_of_a_merge_is_not_scored(
    service: Harness, customer: MakeCustomer
) -> None:
    await customer()
    assert await settle(service) == 0
