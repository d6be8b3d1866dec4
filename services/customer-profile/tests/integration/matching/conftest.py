"""Registering customers and letting the matcher look at them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from guanxi.events.directory import CustomerState
from guanxi.testing import Harness

Register = Callable[..., Awaitable[str]]
Look = Callable[[], Awaitable[None]]


@pytest.fixture
def register(office: httpx.AsyncClient) -> Register:
    async def registered(name: str, *, phone: str | None = None, kind: str = "organisation", **more: Any) -> str:
        points = [{"kind": "phone", "value": phone}] if phone else []
        answer = await office.post("/v1/customers", json={"kind": kind, "name": name, "contact_points": points, **more})
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    return registered


@pytest.fixture
def look(harness: Harness) -> Look:
    """Let the matcher read the directory to its end."""

    async def looked() -> None:
        await harness.apply(*await harness.published(CustomerState), consumer="matching")

    return looked
