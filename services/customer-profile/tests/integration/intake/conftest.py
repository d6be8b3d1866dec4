"""Publishers, and their events as they would send them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
import pytest_asyncio

from guanxi.testing import Harness

Send = Callable[..., Awaitable[list[dict[str, Any]]]]


@pytest_asyncio.fixture(loop_scope="session", autouse=True)
async def publishers(office: httpx.AsyncClient) -> None:
    for name, unit in (("dealer-17", "dealer-17"), ("dealer-18", "dealer-18"), ("call-centre", "head-office")):
        body = {"name": name, "unit_id": unit, "create_unit": unit != "head-office"}
        answer = await office.post("/v1/sources", json=body)
        assert answer.status_code == 201, answer.text


@pytest.fixture
def dealer(harness: Harness) -> httpx.AsyncClient:
    return harness.caller(unit="dealer-17", scope="reports:publish", subject="dealer-17-system")


@pytest.fixture
def send(dealer: httpx.AsyncClient) -> Send:
    async def submit(*events: dict[str, Any], caller: httpx.AsyncClient = dealer) -> list[dict[str, Any]]:
        answer = await caller.post("/v1/inbound-events", json=list(events))
        assert answer.status_code == 202, answer.text
        results: list[dict[str, Any]] = answer.json()["results"]
        return results

    return submit
