"""The operators' commands at a running platform: how far it is, and what could not be applied."""

from __future__ import annotations

import asyncio
import json
import secrets
from pathlib import Path

import pytest

from guanxi_local.testplatform import TestPlatform
from support.databases import rows
from support.dealer import producing
from support.letters import Where, recorded, where
from support.operator import guanxi
from support.rounds import PATIENCE_S
from support.waiting import Problem, eventually

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(300)]
_SOURCE = f"garbled-{secrets.token_hex(3)}"


async def test_lag_names_every_consumer_of_every_service(platform: TestPlatform) -> None:
    done = await asyncio.to_thread(guanxi, platform, "lag")
    assert done.returncode == 0, done.stderr
    for name in ("interactions", "timeline.g1", "facts.g1", "overview.g1", "alerts.g1"):
        assert name in done.stdout


async def test_a_dead_letter_is_listed_shown_mended_and_replayed(platform: TestPlatform, tmp_path: Path) -> None:
    event = await recorded(platform, _SOURCE, _SOURCE)
    garbled = json.loads(event.to_json())
    garbled["time"] = "the day before yesterday"
    letter = await _buried(platform, await _publish(platform, json.dumps(garbled).encode(), event.type))

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


async def _publish(platform: TestPlatform, value: bytes, kind: str) -> Where:
    async with producing(platform) as producer:
        topic = f"{platform.topic_prefix}guanxi.reports"
        return where(await (await producer.send(topic, value, b"somebody", [("ce_type", kind.encode())])))


async def _buried(platform: TestPlatform, place: Where) -> str:
    """The letter of the message at this place."""
    found: list[str] = []

    async def look() -> Problem:
        found.extend(one for (one,) in await rows(platform, "interactions", _LETTER, *place))
        return None if found else "nothing is buried yet"

    await eventually(look, PATIENCE_S)
    return found[0]


_LETTER = """
SELECT id::text FROM dead_letter
WHERE consumer = 'records.g1' AND status = 'open' AND (topic, partition, "offset") = ($1, $2, $3)
"""
