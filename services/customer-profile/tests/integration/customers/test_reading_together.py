"""Customers that are read at the same moment share a statement; each caller gets its own answer."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import uuid4

import httpx
import pytest

from guanxi.testing import Harness

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_each_of_many_at_once_gets_the_customer_it_asked_for(harness: Harness, office: httpx.AsyncClient) -> None:
    dealer = harness.caller(unit="dealer-17", scope="customers:read customers:write", subject="dealer")
    made: list[dict[str, Any]] = [
        (await office.post("/v1/customers", json={"kind": "organisation", "name": f"煤業 {n}"})).json()
        for n in range(4)
    ]
    own = (await dealer.post("/v1/customers", json={"kind": "organisation", "name": "门店"})).json()
    paths = [f"/v1/customers/{one['id']}" for one in made]
    answers = await asyncio.gather(
        *(office.get(path) for path in paths * 4),
        office.get(f"/v1/customers/{uuid4()}"),
        dealer.get(paths[0]),
        dealer.get(f"/v1/customers/{own['id']}"),
    )
    assert [answer.json() for answer in answers[:16]] == made * 4
    assert [answer.status_code for answer in answers[16:]] == [404, 404, 200]
    assert answers[-1].json() == own


async def test_a_change_is_seen_by_whoever_reads_after_it(office: httpx.AsyncClient) -> None:
    made = (await office.post("/v1/customers", json={"kind": "organisation", "name": "煤業 0"})).json()
    path = f"/v1/customers/{made['id']}"
    for version in range(1, 6):
        reading = [asyncio.ensure_future(office.get(path)) for _ in range(4)]
        changed = await office.patch(path, json={"name": f"煤業 {version}"}, headers={"If-Match": f'"{version}"'})
        assert changed.status_code == 200, changed.text
        assert (await office.get(path)).json()["name"] == f"煤業 {version}"
        await asyncio.gather(*reading)
