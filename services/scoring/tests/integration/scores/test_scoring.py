"""From facts to scores, tiers and what is told of them."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import httpx
import pytest

from guanxi.events.scores import ScoreChanged, SegmentChanged
from guanxi.testing import Harness, a_customer

from ..conftest import MakeCustomer, a_broken_promise, a_contact, an_order, settle

pytestmark = pytest.mark.asyncio


async def test_two_orders_of_920_000_reach_the_top_tier_and_tell_it_once(
    service: Harness, customer: MakeCustomer
) -> None:
    one = await customer()
    await service.apply(an_order(one, 42_000_000), an_order(one, 50_000_000))
    await settle(service)
    moved = await service.published(SegmentChanged)
    assert [(event.subject, event.data.segment, event.data.tier, event.data.direction) for event in moved] == [
        (one, "tier", "top", "up"),
        (one, "key-customers", None, "entered"),
    ]
    values = [event for event in await service.published(ScoreChanged) if event.data.kind == "value.existing"]
    assert [(event.data.band, event.data.previous_band, event.sequence) for event in values] == [("top", None, 1)]


async def test_a_broken_promise_takes_trust_down_a_band(
    service: Harness, customer: MakeCustomer, staff: httpx.AsyncClient
) -> None:
    one = await customer()
    await service.apply(an_order(one, 42_000_000))
    await settle(service)
    broken = a_broken_promise(one)
    await service.apply(broken)
    await settle(service)
    trust = [event for event in await service.published(ScoreChanged) if event.data.kind == "trust"]
    assert [(event.data.value, event.data.band) for event in trust] == [(70, "sound"), (57, "strained")]
    assert trust[-1].data.reasons[0].fact_id == broken.aggregateid
    assert trust[-1].time - broken.time < timedelta(seconds=1)
    shown = (await staff.get(f"/v1/customers/{one}/trust")).json()
    assert (shown["value"], shown["band"], shown["reasons"][1]["fact_id"]) == (57, "strained", str(broken.aggregateid))


async def test_a_score_is_told_when_its_band_changes_and_never_for_a_contact_a_merge_or_its_undoing(
    service: Harness, customer: MakeCustomer, staff: httpx.AsyncClient
) -> None:
    one, other = await customer(), await customer()
    await service.apply(an_order(one, 20_000_000), an_order(other, 100_000))
    await settle(service)

    async def told() -> list[tuple[UUID | None, str, str]]:
        events = await service.published(ScoreChanged)
        return [(event.subject, event.data.kind, event.data.band) for event in events]

    first = await told()
    assert sorted(first, key=str) == sorted(
        [
            (who, kind, band)
            for who, worth in ((one, "middle"), (other, "none"))
            for kind, band in (("value.existing", worth), ("trust", "sound"))
        ],
        key=str,
    )
    values = {(await staff.get(f"/v1/customers/{one}/scores")).json()["items"][0]["value"]}
    for _ in range(5):
        await service.apply(a_contact(one), an_order(one, 200_000))
        await settle(service)
        values.add((await staff.get(f"/v1/customers/{one}/scores")).json()["items"][0]["value"])
    assert len(values) > 1
    assert await told() == first
    await service.apply(a_customer(other, sequence=2, canonical_id=one, status="merged"))
    await settle(service)
    await service.apply(a_contact(other))
    await settle(service)
    assert (await staff.get(f"/v1/customers/{one}/scores")).json()["members"] == sorted([str(one), str(other)])
    await service.apply(a_customer(other, sequence=3, canonical_id=other, status="active"))
    await settle(service)
    await service.apply(a_contact(one), a_contact(other))
    await settle(service)
    assert await told() == first
    await service.apply(an_order(other, 92_000_000))
    await settle(service)
    assert await told() == [*first, (other, "value.existing", "top")]
