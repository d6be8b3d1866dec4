"""Dead letters in the operators' hands; scoring stands for every service."""

from __future__ import annotations

import json
from uuid import UUID

import pytest

from guanxi import directory
from guanxi.bus import deadletters
from guanxi.bus.ports import Place, Record
from guanxi.events.directory import CustomerState
from guanxi.testing import Harness
from guanxi.testing.builders import a_customer

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def a_letter(service: Harness, raw: bytes) -> UUID:
    headers = (("ce_type", CustomerState.TYPE.encode()),)
    record = Record(Place("guanxi.directory", 0), 0, None, raw, headers, 0)
    async with service.database.consumers.begin() as tx:
        await deadletters.bury(tx, directory.CONSUMER.group, [deadletters.Failure(record, ValueError("bad"))])
        made: UUID = await tx.fetchval("SELECT id FROM dead_letter ORDER BY id DESC LIMIT 1")
    return made


async def test_a_letter_that_was_mended_is_found_when_its_customer_is_erased(service: Harness) -> None:
    event = a_customer()
    letter = await a_letter(service, b"not even JSON")
    answer = await service.caller().post(
        f"/v1/ops/scoring/dead-letters/{letter}/replay", json={"event": json.loads(event.to_json())}
    )
    assert answer.status_code == 201, answer.text
    assert answer.json()["subject"] == str(event.subject)
    async with service.database.api.begin() as tx:
        assert await deadletters.erase(tx, [event.data.id]) == 1


async def test_a_look_at_the_event_itself_is_on_record(service: Harness) -> None:
    letter = await a_letter(service, b'{"name": "Zhang"}')
    address = f"/v1/ops/scoring/dead-letters/{letter}"
    plain = await service.caller(scope="ops:read", subject="operator").get(address)
    whole = await service.caller(scope="ops:read pii:read", subject="officer").get(address)
    assert (plain.json()["event"], whole.json()["event"]) == (None, {"name": "Zhang"})
    async with service.database.api.read() as reader:
        rows = await reader.fetch(
            "SELECT principal, action, resource, unmasked FROM audit WHERE resource_id = $1", letter
        )
    assert [tuple(row) for row in rows] == [
        ("officer", "GET /v1/ops/scoring/dead-letters/{letter_id}", "dead-letter", True)
    ]
