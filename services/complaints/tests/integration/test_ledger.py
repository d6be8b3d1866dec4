"""The count of events for operators; complaints stands for every service."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from guanxi.events.complaints import ComplaintFiled
from guanxi.events.reports import ComplaintReported
from guanxi.testing import Harness, an_event
from guanxi_local.ops.counting import add_up

pytestmark = pytest.mark.asyncio(loop_scope="session")

CONSUMER = "reported.g1"


async def ledger(service: Harness, since: Any) -> dict[str, Any]:
    answer = await service.caller().get("/v1/ops/complaints/ledger", params={"since": since.isoformat()})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_what_was_taken_in_is_what_its_owner_recorded_and_what_was_not_is_lost(service: Harness) -> None:
    since = service.clock.now() - timedelta(hours=1)
    body = {"text": "bent", "source": "dealer-17", "unit": "dealer-17", "channel": "phone", "cause": "quality"}
    reports = [an_event(ComplaintReported.model_validate(body)) for _ in range(3)]
    await service.apply(*reports[:2])
    await service.apply(reports[1])
    found = await ledger(service, since)
    assert found["recorded"][ComplaintFiled.TYPE]["events"] == 2
    assert (found["told_twice"], found["dead_letters"]) == (0, 0)
    [taken] = [one for one in found["taken"] if one["consumer"] == CONSUMER]
    assert (taken["events"], taken["kind"]) == (2, "additive")

    def owner(*mine: Any) -> dict[str, Any]:
        mark = 0
        for one in mine:
            mark ^= hashed[one.id]
        marked = {ComplaintReported.TYPE: {"events": len(mine), "mark": f"{mark:x}"}}
        return {"recorded": marked, "waiting": 0, "taken": [], "told_twice": 0, "dead_letters": 0}

    async with service.database.api.read() as reader:
        hashed = {
            one.id: await reader.fetchval("SELECT hashtextextended($1, 0)", str(one.id)) & (2**64 - 1)
            for one in reports
        }
    ours = {**found, "waiting": 0}
    assert [add_up([owner(*reports[:2]), ours]).lost, add_up([owner(*reports), ours]).lost] == [0, 1]
    assert add_up([owner(reports[0], reports[2]), ours]).twice == 1, "as many, but not the same"


async def test_before_the_moment_nothing_counts_and_lists_are_kept_for_a_month(service: Harness) -> None:
    body = {"text": "bent", "source": "dealer-17", "unit": "dealer-17", "channel": "phone", "cause": "quality"}
    await service.apply(an_event(ComplaintReported.model_validate(body)))
    found = await ledger(service, service.clock.now() + timedelta(hours=1))
    assert (found["recorded"], [one["events"] for one in found["taken"]]) == ({}, [0] * len(found["taken"]))
    old = (service.clock.now() - timedelta(days=40)).isoformat()
    refused = await service.caller().get("/v1/ops/complaints/ledger", params={"since": old})
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "since")
    dealer = service.caller(unit="dealer-17", scope="complaints:read")
    assert (await dealer.get("/v1/ops/complaints/ledger", params={"since": old})).status_code == 403
