"""B: whether the firm knows a customer already is its own business: a dealer that registers one learns nothing of it.

The dealer registers people whom head office knows, which makes them one with its records, and people whom nobody knows,
in turn. Nothing that it is answered then or shown afterwards tells which is which.
"""

from __future__ import annotations

import re
import secrets
import statistics
import sys
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx
import pytest
import pytest_asyncio

from attacks.doors import ROUTES, Route
from attacks.verdict import honest, once, told
from guanxi_local.testplatform import TestPlatform
from support.databases import READERS, value
from support.dealer import register_dealer
from support.rounds import PATIENCE_S
from support.waiting import Problem, eventually

pytestmark = pytest.mark.asyncio(loop_scope="session")

_PAIRS = 16
_ASKING = frozenset({"customer_id", "customer"})
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:\d\d)")
_ID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")
_NUMBER = re.compile(r"GX-\d{4}-\d{6}")
_TRACE = re.compile(r"\b[0-9a-f]{32}\b")
# How often a message has waited for news of permissions is a matter of moments, whoever it is for.
_WAITED = re.compile(r'"version":\d+(?=,"intent")')
_APART = "SELECT count(*) FROM directory_customer WHERE id = ANY($1::uuid[]) AND canonical_id = id"


def _asks_for(route: Route) -> set[str]:
    named = {one["name"] for one in route.operation.get("parameters", ()) if one["in"] in ("path", "query")}
    return named & _ASKING


SHOWN = [
    route
    for route in ROUTES
    if route.method == "GET" and not route.public and _asks_for(route) and set(route.places) <= _ASKING
]


@dataclass(frozen=True)
class Registered:
    """A record that the dealer has opened, and how it was answered."""

    id: str
    name: str
    phone: str
    answer: httpx.Response
    seconds: float
    first: httpx.Response
    """What the dealer read of it at once."""

    def says(self, answer: httpx.Response) -> tuple[int, list[str], str]:
        """An answer without what is this record's alone: its name and phone, ids, moments, numbers and traces."""
        text = honest(answer).text.replace(self.name, "NAME").replace(self.phone, "PHONE")
        for one in (_ID, _MOMENT, _NUMBER, _TRACE, _WAITED):
            text = one.sub("...", text)
        return answer.status_code, sorted(answer.headers), text


@dataclass(frozen=True)
class Registrations:
    """The dealer, and its records in pairs: one whom head office knows too, one whom nobody knows."""

    dealer: httpx.AsyncClient
    pairs: list[tuple[Registered, Registered]]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def registered(platform: TestPlatform, admin: httpx.AsyncClient) -> AsyncIterator[Registrations]:
    """Register them all, and wait until those that are known have become one with head office's, in every service."""
    mark = secrets.token_hex(3)
    mine = await register_dealer(platform, f"oracle-{mark}")
    token = platform.token(unit=mine.unit, source=mine.source, subject=f"oracle-{mark}")
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(base_url=platform.gateway, headers=headers, timeout=30, trust_env=False) as dealer:
        pairs = []
        for n in range(_PAIRS):
            known, fresh = _person(), _person()
            await told(admin, "/v1/customers", known)
            turn = [await _register(dealer, who) for who in ((known, fresh) if n % 2 else (fresh, known))]
            pairs.append((turn[not n % 2], turn[n % 2]))
        ids = [UUID(known.id) for known, _ in pairs]

        async def one_with_ours() -> Problem:
            apart = {one: await value(platform, one, _APART, ids) for one in READERS}
            return None if not any(apart.values()) else f"not yet one with head office's: {apart}"

        await eventually(one_with_ours, PATIENCE_S)
        yield Registrations(dealer, pairs)


def _person() -> dict[str, Any]:
    phone = f"+86139{secrets.randbelow(10**8):08}"
    name = "".join(secrets.choice("王李張劉陳楊黃趙吳周徐孫馬朱胡郭何林") for _ in range(4))
    points = [{"kind": "phone", "value": phone}]
    return {"kind": "person", "name": name, "contact_points": points}


async def _register(dealer: httpx.AsyncClient, who: dict[str, Any]) -> Registered:
    began = time.perf_counter()
    answer = honest(await dealer.post("/v1/customers", json=who, headers=once()))
    took = time.perf_counter() - began
    assert answer.status_code == httpx.codes.CREATED, answer.text
    customer = answer.json()["id"]
    for path, body in (
        ("/v1/interactions", {"channel": "phone", "direction": "in"}),
        ("/v1/complaints", {"channel": "phone", "cause": "quality"}),
    ):
        said = await told(dealer, path, {"customer_id": customer, **body})
        assert said.status_code == httpx.codes.CREATED, said.text
    first = await dealer.get(f"/v1/customers/{customer}")
    phone = who["contact_points"][0]["value"]
    return Registered(customer, who["name"], phone, answer, took, first)


async def test_the_answer_is_the_same_whoever_it_is(registered: Registrations) -> None:
    for known, fresh in registered.pairs:
        assert known.says(known.answer) == fresh.says(fresh.answer)


async def test_the_answer_takes_as_long_whoever_it_is(registered: Registrations) -> None:
    known, fresh = ([pair[n].seconds for pair in registered.pairs] for n in (0, 1))
    apart = abs(statistics.median(known) - statistics.median(fresh))
    quarters = statistics.quantiles([*known, *fresh], n=4)
    sys.stdout.write(f"median of the known over that of the others: {statistics.median(known) / quarters[1]:.2f}\n")
    # By which they differ is less than half of what one call differs from another of its kind.
    assert apart <= max(quarters[2] - quarters[0], quarters[1] / 4)


@pytest.mark.parametrize("route", SHOWN, ids=[route.name for route in SHOWN])
async def test_nothing_that_is_shown_afterwards_tells(registered: Registrations, route: Route) -> None:
    for known, fresh in registered.pairs[:4]:
        answers = []
        for one in (known, fresh):
            named = dict.fromkeys(_asks_for(route), one.id)
            query = {name: named[name] for name in named if name not in route.places} | _needed(route)
            answers.append(one.says(await registered.dealer.get(route.at(named), params=query)))
        assert answers[0] == answers[1]


def _needed(route: Route) -> dict[str, Any]:
    asked = [one for one in route.operation["parameters"] if one["in"] == "query" and one.get("required")]
    return {one["name"]: route.example(one["schema"]) for one in asked if one["name"] not in _ASKING}


async def test_a_record_that_became_one_with_another_stays_as_it_was_to_its_dealer(registered: Registrations) -> None:
    for pair in registered.pairs[:4]:
        for one in pair:
            now = await registered.dealer.get(f"/v1/customers/{one.id}")
            assert (now.text, now.headers["etag"]) == (one.first.text, one.first.headers["etag"])
            change = {"If-Match": one.first.headers["etag"]}
            changed = await registered.dealer.patch(f"/v1/customers/{one.id}", json={"industry": "bus"}, headers=change)
            assert changed.status_code == httpx.codes.OK, changed.text
        history = [one.says(await registered.dealer.get(f"/v1/customers/{one.id}/revisions")) for one in pair]
        assert history[0] == history[1]
