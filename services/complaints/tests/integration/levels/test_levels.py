from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import pytest

from guanxi.events import Event
from guanxi.events.scores import SegmentChanged
from guanxi.ports import SystemIds
from guanxi.testing import Harness, a_customer, an_event

pytestmark = pytest.mark.asyncio


def moved(customer_id: UUID, tier: str | None, sequence: int, segment: UUID) -> Event[SegmentChanged]:
    body = {"segment": "value", "tier": tier, "as_of": "2026-11-20", "direction": "up"}
    return an_event(SegmentChanged.model_validate(body), aggregate=segment, sequence=sequence, subject=customer_id)


async def filed(service: Harness, customer_id: UUID) -> dict[str, Any]:
    body = {"customer_id": str(customer_id), "channel": "phone", "cause": "quality"}
    found: dict[str, Any] = (await service.caller().post("/v1/complaints", json=body)).json()
    return found


async def test_a_customer_of_the_top_tier_is_promised_an_earlier_answer(service: Harness) -> None:
    vip, other = a_customer(), a_customer()
    await service.know(vip, other)
    await service.apply(moved(vip.data.id, "top", 1, other.data.id))
    for_vip, for_other = await filed(service, vip.data.id), await filed(service, other.data.id)
    assert (for_vip["service_level"], for_other["service_level"]) == ("vip", "ordinary")
    assert datetime.fromisoformat(for_vip["promised_at"]) < datetime.fromisoformat(for_other["promised_at"])


async def test_the_newest_tier_counts_whatever_the_order(service: Harness) -> None:
    customer = a_customer()
    await service.know(customer)
    id_ = customer.data.id
    await service.apply(moved(id_, "middle", 2, id_))
    await service.apply(moved(id_, "top", 1, id_))
    assert (await filed(service, id_))["service_level"] == "ordinary"


async def test_merged_records_share_the_level(service: Harness) -> None:
    survivor = a_customer()
    absorbed = a_customer(canonical_id=survivor.data.id, status="merged")
    await service.know(survivor, absorbed)
    await service.apply(moved(survivor.data.id, "top", 1, survivor.data.id))
    assert (await filed(service, absorbed.data.id))["service_level"] == "vip"


async def test_of_several_levels_the_best_counts(service: Harness) -> None:
    survivor = a_customer()
    absorbed = a_customer(canonical_id=survivor.data.id, status="merged")
    await service.know(survivor, absorbed)
    await service.apply(moved(survivor.data.id, "top", 1, survivor.data.id))
    await service.apply(moved(survivor.data.id, "middle", 1, SystemIds().new()))
    await service.apply(moved(absorbed.data.id, "middle", 1, absorbed.data.id))
    async with service.database.api.begin() as tx:
        await tx.execute("INSERT INTO tier_level (tier, level) VALUES ('middle', 'ordinary')")
    assert (await filed(service, absorbed.data.id))["service_level"] == "vip"
