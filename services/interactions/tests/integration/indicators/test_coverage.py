from __future__ import annotations

from typing import Any

import httpx
import pytest

from guanxi.events import Event
from guanxi.events.reviews import QualityIndicatorsSet
from guanxi.ports import SystemIds
from guanxi.testing import Harness, an_event

from ..interviews.guides import GUIDE, made

pytestmark = pytest.mark.asyncio


def indicators(number: int, **weights: int) -> Event[QualityIndicatorsSet]:
    listed = [{"code": code.replace("_", "-"), "weight_bp": bp, "target": 8} for code, bp in weights.items()]
    body = {"number": number, "indicators": listed, "set_at": f"2026-11-{number:02}T08:00:00Z"}
    return an_event(QualityIndicatorsSet.model_validate(body), aggregate=SystemIds().new(), sequence=1)


async def coverage(caller: httpx.AsyncClient) -> Any:
    return (await caller.get("/v1/interviews/guide")).json()["coverage"]


async def test_a_guide_says_where_it_differs_from_the_indicators_in_force(
    service: Harness, staff: httpx.AsyncClient
) -> None:
    await made(staff, GUIDE)
    before = await coverage(staff)
    assert (before["number"], before["not_asked"]) == (0, [])
    assert before["not_in_force"] == ["delivery-on-time", "fair-price"]
    await service.apply(indicators(1, delivery_on_time=2_000, defects=3_000, repairs=5_000))
    found = await coverage(staff)
    assert (found["number"], found["not_asked"], found["not_in_force"]) == (1, ["repairs", "defects"], ["fair-price"])
    assert found["indicators"][0] == {"code": "delivery-on-time", "weight_bp": 2_000, "target": 8, "facet": None}


async def test_the_highest_number_holds_whatever_the_order(service: Harness, staff: httpx.AsyncClient) -> None:
    await made(staff, GUIDE)
    newer, older = indicators(3, delivery_on_time=5_000, fair_price=5_000), indicators(2, defects=10_000)
    await service.apply(newer)
    await service.apply(older)
    await service.apply(newer)
    found = await coverage(staff)
    assert (found["number"], found["not_asked"], found["not_in_force"]) == (3, [], [])


async def test_what_counts_for_the_firm_is_not_told_to_dealers(
    service: Harness, staff: httpx.AsyncClient, dealer: httpx.AsyncClient
) -> None:
    await made(staff, GUIDE)
    await service.apply(indicators(1, delivery_on_time=10_000))
    assert await coverage(dealer) is None
