"""From facts to scores, tiers and what is told of them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from guanxi.events.scores import ScoreChanged, SegmentChanged
from guanxi.testing import Harness

from ..conftest import MakeCustomer, a_broken_promise, an_order, settle

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


async def test_a_broken_promise_takes_trust_down_a_band(service: Harness, customer: MakeCustomer) -> None:
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
