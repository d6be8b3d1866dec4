"""B: no dealer writes about the customer of another one, nor in its name."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from attacks.ground import Ground, batch
from attacks.verdict import honest, once, shape

pytestmark = pytest.mark.asyncio(loop_scope="session")

IN_BODIES: dict[str, tuple[str, dict[str, Any]]] = {
    "a contact": ("/v1/interactions", {"channel": "phone", "direction": "in"}),
    "an order": ("/v1/orders", {"currency": "CNY", "lines": [{"sku": "A", "quantity": 1, "amount_minor": 1}]}),
    "a service": ("/v1/service-records", {"kind": "repair"}),
    "a need": ("/v1/needs", {"what": "A call."}),
    "a plan": ("/v1/plan-items", {"kind": "visit", "due_on": "2190-01-01"}),
    "a complaint": ("/v1/complaints", {"channel": "phone", "cause": "quality"}),
}


@pytest.mark.parametrize("name", IN_BODIES)
async def test_nothing_is_written_about_the_customer_of_another(ground: Ground, name: str) -> None:
    path, body = IN_BODIES[name]
    answers = [
        honest(await ground.other.post(path, json={**body, "customer_id": customer}, headers=once()))
        for customer in (ground.ids["customer_id"], "01800000-0000-7000-8000-000000000001")
    ]
    assert [answer.status_code for answer in answers] == [404, 404], [answer.text for answer in answers]
    assert shape(answers[0].json()) == shape(answers[1].json())


async def test_another_dealers_report_is_not_taken(ground: Ground) -> None:
    event = {"specversion": "1.0", "id": "x", "source": ground.ids["name"], "type": "guanxi.inbound.ContactReported.v1"}
    event |= {"time": datetime.now(UTC).isoformat()}
    body = {**event, "data": {"external_customer": "C-1", "channel": "phone", "direction": "in"}}
    answer = honest(await ground.other.post("/v1/inbound-events", content=json.dumps([body]), headers=batch()))
    assert answer.status_code in (202, 403, 422), answer.text
    if answer.status_code == 202:
        assert [one["status"] for one in answer.json()["results"]] == ["rejected"], answer.text
