"""The operators' commands at a running platform: how far it is, and what could not be applied."""

from __future__ import annotations

import asyncio
import json
import secrets
from datetime import UTC, datetime
from pathlib import Path

import pytest

from guanxi.bus.kafka import KafkaProducer
from guanxi.events import Event, make_event
from guanxi.events.reports import ContactReported
from guanxi.ports import SystemIds
from guanxi_local.testplatform import TestPlatform
from support.databases import rows
from support.operator import guanxi
from support.waiting import Problem, eventually

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(300)]
IDS = SystemIds()
_SOURCE = f"garbled-{secrets.token_hex(3)}"


async def test_lag_names_every_consumer_of_every_service(platform: TestPlatform) -> None:
    done = await asyncio.to_thread(guanxi, platform, "lag")
    assert done.returncode == 0, done.stderr
    for name in ("interactions", "timeline.g1", "facts.g1", "overview.g1", "alerts.g1"):
        assert name in done.stdout


async def test_a_dead_letter_is_listed_shown_mended_and_replayed(platform: TestPlatform, tmp_path: Path) -> None:
    event = await _recorded(platform)
    garbled = json.loads(event.to_json())
    garbled["time"] = "the day before yesterday"
    await _publish(platform, json.dumps(garbled).encode(), event.type)
    letter = await _buried(platform)

    listed = await asyncio.to_thread(guanxi, platform, "deadletters", "list")
    assert listed.returncode == 1, listed.stderr
    assert letter in listed.stdout
    shown = await asyncio.to_thread(guanxi, platform, "deadletters", "show", "interactions", letter)
    assert "time" in json.loads(shown.stdout)["reason"]

    still = await asyncio.to_thread(guanxi, platform, "deadletters", "replay", "interactions", letter)
    assert still.returncode == 2
    mended = tmp_path / "event.json"
    mended.write_bytes(event.to_json())
    words = ("deadletters", "replay", "interactions", letter, "--event", str(mended))
    done = await asyncio.to_thread(guanxi, platform, *words)
    assert done.returncode == 0, done.stderr
    contacts = await rows(platform, "interactions", "SELECT channel FROM contact WHERE source = $1", _SOURCE)
    assert contacts == [("phone",)]
    again = await asyncio.to_thread(guanxi, platform, "deadletters", "discard", "interactions", letter)
    assert again.returncode == 2
    assert "already" in again.stderr


async def test_a_service_that_does_not_exist_is_named_in_one_line(platform: TestPlatform) -> None:
    done = await asyncio.to_thread(guanxi, platform, "deadletters", "show", "billing", "x")
    assert (done.returncode, done.stdout) == (2, "")
    assert "there is no service billing" in done.stderr


async def _recorded(platform: TestPlatform) -> Event[ContactReported]:
    """An event that its owner has in its log, and that the broker is about to garble."""
    now = datetime.now(UTC)
    said = {"source": _SOURCE, "unit": "head-office", "external_ref": _SOURCE, "channel": "phone", "direction": "in"}
    fact = ContactReported.model_validate({**said, "external_customer": "K-1"})
    event = make_event(fact, id=IDS.new(), recorded=now, aggregate=IDS.new(), sequence=1, subject=IDS.new(), time=now)
    sql = """
    INSERT INTO event_log (event_id, topic, type, subject, aggregate_id, sequence, recorded_at, body)
    VALUES ($1, 'reports', $2, $3, $4, 1, $5, $6::text::jsonb) RETURNING event_id
    """
    told = (event.id, event.type, event.subject, event.aggregateid, now, event.to_json().decode())
    await rows(platform, "customer-profile", sql, *told)
    return event


async def _publish(platform: TestPlatform, value: bytes, kind: str) -> None:
    producer = KafkaProducer(platform.kafka, "test")
    await producer.start()
    try:
        topic = f"{platform.topic_prefix}guanxi.reports"
        await (await producer.send(topic, value, b"somebody", [("ce_type", kind.encode())]))
    finally:
        await producer.stop()


async def _buried(platform: TestPlatform) -> str:
    found: list[str] = []

    async def look() -> Problem:
        sql = "SELECT id::text FROM dead_letter WHERE consumer = 'records.g1' AND status = 'open' ORDER BY id DESC"
        found.extend(one for (one,) in await rows(platform, "interactions", sql))
        return None if found else "nothing is buried yet"

    await eventually(look, 60)
    return found[0]
