"""The platform in the hands of a test."""

from __future__ import annotations

import asyncio

import asyncpg
import httpx
import pytest

from guanxi.bus.topics import topic_names
from guanxi_local.failures import Failure
from guanxi_local.testplatform import TestPlatform

pytestmark = [pytest.mark.asyncio, pytest.mark.timeout(180)]


async def test_every_service_answers_through_the_gateway(platform: TestPlatform) -> None:
    headers = {"authorization": f"Bearer {platform.token()}"}
    async with httpx.AsyncClient(base_url=platform.gateway, headers=headers) as client:
        for name in ("customer-profile", "interactions", "complaints", "scoring", "notifications"):
            assert (await client.get(f"/{name}/openapi.json")).status_code == 200
            assert (await client.get(f"/v1/ops/{name}/outbox")).status_code == 200


async def test_it_has_databases_and_topics_of_its_own(platform: TestPlatform) -> None:
    connection = await asyncpg.connect(platform.postgres_url("scoring", owner=False))
    assert await connection.fetchval("SELECT current_database()") == platform.databases[3]
    await connection.close()
    assert f"{platform.topic_prefix}guanxi.directory" in await topic_names(platform.kafka, prefix=platform.topic_prefix)


async def test_a_service_that_is_killed_comes_back_as_another_process(platform: TestPlatform) -> None:
    before = platform.pid("scoring")
    await asyncio.to_thread(platform.kill, "scoring")
    await asyncio.to_thread(platform.wait_ready, "scoring")
    assert platform.pid("scoring") != before
    assert any("scoring is gone" in line for line in platform.restarts)


async def test_a_service_that_is_taken_down_stays_down_until_it_is_brought_back(platform: TestPlatform) -> None:
    await asyncio.to_thread(platform.take_down, "notifications")
    await asyncio.sleep(1.5)
    async with httpx.AsyncClient(base_url=platform.gateway) as client:
        answer = await client.get("/notifications/openapi.json")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
    await asyncio.to_thread(platform.bring_back, "notifications")
    async with httpx.AsyncClient(base_url=platform.service("notifications")) as client:
        assert (await client.get("/readyz")).status_code == 200


@pytest.mark.parametrize("server", ["postgres", "kafka"])
async def test_the_servers_that_others_use_too_cannot_be_broken(platform: TestPlatform, server: str) -> None:
    for breaking in (platform.kill, platform.take_down, platform.restart):
        with pytest.raises(Failure, match="own_platform"):
            breaking(server)
