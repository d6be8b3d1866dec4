"""Invariant I9: whatever is killed, the platform is ready again by itself (30 s is the aim, and is printed)."""

from __future__ import annotations

import asyncio
import sys
import time

import pytest

from guanxi_local.testplatform import TestPlatform

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(400)]
PARTS = ("gateway", "customer-profile", "interactions", "complaints", "scoring", "notifications", "kafka", "postgres")
PATIENCE_S = 90.0


@pytest.mark.smoke
async def test_every_part_that_is_killed_comes_back(own_platform: TestPlatform) -> None:
    await asyncio.to_thread(own_platform.wait_ready, seconds=60)
    for name in PARTS:
        before = own_platform.pid(name)
        began = time.monotonic()
        await asyncio.to_thread(own_platform.kill, name)
        await asyncio.to_thread(own_platform.wait_back, name, seconds=PATIENCE_S)
        await asyncio.to_thread(own_platform.wait_ready, seconds=PATIENCE_S)
        sys.stdout.write(f"{name}: ready again after {time.monotonic() - began:.1f} s\n")
        assert own_platform.pid(name) != before


async def test_a_broker_outage_and_a_power_cut_of_the_database_pass(own_platform: TestPlatform) -> None:
    await asyncio.to_thread(own_platform.wait_ready, seconds=60)
    before = own_platform.pid("postgres"), own_platform.pid("kafka")
    await asyncio.to_thread(own_platform.stop_kafka)
    await asyncio.to_thread(own_platform.restart_postgres, "immediate")
    await asyncio.sleep(3)
    await asyncio.to_thread(own_platform.start_kafka)
    await asyncio.to_thread(own_platform.wait_ready, seconds=PATIENCE_S)
    assert not {own_platform.pid("postgres"), own_platform.pid("kafka")} & set(before)
