"""A change on its way: drafted and rehearsed, approved by another, published, and everybody scored by it."""

from __future__ import annotations

from collections import Counter
from typing import Any
from uuid import UUID

import httpx

from guanxi.testing import Harness
from scoring.rehearsals.rehearser import rehearse_all

from ..conftest import settle


def path(kind: str) -> str:
    """Where rehearsals of a kind are."""
    return f"/v1/scorecards/{kind}/rehearsals"


async def rehearsed(service: Harness, staff: httpx.AsyncClient, kind: str, changes: dict[str, Any]) -> dict[str, Any]:
    """A change as it stands once it was rehearsed."""
    made = await staff.post(path(kind), json={"changes": changes, "reason": "margins-fell"})
    assert made.status_code == 201, made.text
    await rehearse_all(service.database.consumers)
    found: dict[str, Any] = (await staff.get(f"{path(kind)}/{made.json()['id']}")).json()
    assert found["status"] == "rehearsed"
    return found


async def movers(staff: httpx.AsyncClient, one: dict[str, Any], query: str = "") -> list[dict[str, Any]]:
    """Everybody who would move, page by page."""
    listed: list[dict[str, Any]] = []
    start = f"{path(one['kind'])}/{one['id']}/movers?limit=2{query}"
    page = (await staff.get(start)).json()
    while True:
        listed += page["items"]
        if not page["next"]:
            return listed
        page = (await staff.get(f"{start}&cursor={page['next']}")).json()


async def publish(service: Harness, one: dict[str, Any]) -> httpx.Response:
    """Approve and publish as another person, and score whoever has to be; gives the refusal if there is one."""
    boss = service.caller(subject="boss")
    approval = await boss.post(f"{path(one['kind'])}/{one['id']}/approval", json={})
    if approval.status_code != httpx.codes.CREATED:
        return approval
    answer = await boss.post(f"{path(one['kind'])}/{one['id']}/publication", json={})
    while await service.work_off_due():
        pass
    await settle(service)
    return answer


async def bands(staff: httpx.AsyncClient, customers: list[UUID], scope: str) -> Counter[str]:
    """How many of these customers stand in which band of a kind of score; without who is unrated."""
    found = Counter[str]()
    for one in customers:
        items = (await staff.get(f"/v1/customers/{one}/scores")).json()["items"]
        found.update(item["band"] for item in items if item["kind"] == scope and item["band"] != "unrated")
    return found


async def explanation(staff: httpx.AsyncClient, one: UUID, kind: str, **asked: str) -> dict[str, Any]:
    """Why a customer's score is what it is."""
    found: dict[str, Any] = (await staff.get(f"/v1/customers/{one}/scores/{kind}/explanation", params=asked)).json()
    return found
