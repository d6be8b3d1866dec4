"""Callers that go away at any byte (R12), and a crowd before a row that is held (R19): nobody else is harmed."""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import asyncpg
import httpx
import pytest

from guanxi_local.testplatform import TestPlatform
from support.client import Caller, caller
from support.databases import rows
from support.dealer import Dealer, producing
from support.invariants import no_effect_is_there_twice, outboxes_are_empty, published_is_there, recovers
from support.rounds import PATIENCE_S, chance, count
from support.waiting import Problem, eventually
from support.wire import head, status, wire

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.smoke, pytest.mark.timeout(900)]

_SERVICE = "customer-profile"
_ABREAST = 16
_CROWD = 100
"""Ten times the connections that one service has for its requests."""


async def test_a_request_that_breaks_off_at_any_byte_is_done_as_a_whole_or_not_at_all(ground: TestPlatform) -> None:
    mark, token = secrets.token_hex(4), ground.token()
    whole = len(_request(token, f"{mark}-0000"))
    cuts = [(f"{mark}-{cut:04}", cut) for cut in range(whole, 0, -count(smoke=5, full=1))][::-1]
    for start in range(0, len(cuts), _ABREAST):
        await asyncio.gather(*(_cut(ground, token, name, cut) for name, cut in cuts[start : start + _ABREAST]))
    last, _ = cuts[-1]

    async def whole_again() -> Problem:
        async with wire(ground.service(_SERVICE)) as door:
            await door.send(_request(token, last))
            answer = await door.answer()
        assert status(answer) in (201, 409), answer
        return None if status(answer) == 201 else "the one that was whole is still being done"

    await eventually(whole_again, PATIENCE_S)
    await eventually(lambda: _nobody_waits(ground), PATIENCE_S)
    assert await rows(ground, _SERVICE, _NAMED, f"{mark}-%") == [(last, 1)]
    await recovers(ground)
    await no_effect_is_there_twice(ground)


_NAMED = "SELECT name, count(*) FROM customer WHERE name LIKE $1 GROUP BY 1"


def _request(token: str, name: str) -> bytes:
    body = json.dumps({"kind": "person", "name": name}).encode()
    lines = ("Content-Type: application/json", f"Idempotency-Key: {name}")
    return head("POST /v1/customers", token, *lines, f"Content-Length: {len(body)}") + body


async def _cut(platform: TestPlatform, token: str, name: str, cut: int) -> None:
    async with wire(platform.service(_SERVICE)) as door:
        await door.send(_request(token, name)[:cut])


async def _nobody_waits(platform: TestPlatform) -> Problem:
    """No connection of a caller that has gone is left inside a transaction."""
    open_ones = await rows(platform, _SERVICE, _INSIDE)
    return f"still inside: {open_ones}" if open_ones else None


_INSIDE = """
SELECT application_name, state, left(query, 80) FROM pg_stat_activity
WHERE datname = current_database() AND state LIKE 'idle in transaction%' AND state_change < now() - interval '1 second'
"""


async def test_a_crowd_before_a_held_row_is_told_to_come_back_and_the_rest_goes_on(
    ground: TestPlatform, admin: Caller, dealer: Dealer
) -> None:
    dice = chance("crowd")
    made = await admin.ask("POST", "/v1/customers", {"kind": "person", "name": "held"})
    assert made is not None
    path, tag = f"/v1/customers/{made.json()['id']}", {"If-Match": made.headers["etag"]}
    await recovers(ground)

    async with caller(ground, connections=_CROWD) as many, _held(ground, made.json()["id"]):

        async def rename(n: int) -> httpx.Response | None:
            return await many.ask("PATCH", path, {"name": f"renamed {n}"}, headers=tag)

        for _ in range(count(smoke=1, full=5, soak=50)):
            crowd = [asyncio.ensure_future(rename(n)) for n in range(_CROWD)]
            async with producing(ground) as producer:
                await dealer.publish([dealer.random_report(dice) for _ in range(50)], producer)
            _check(await asyncio.gather(*crowd))
        # Relays and consumers have connections of their own.
        await eventually(lambda: published_is_there(ground, dealer), PATIENCE_S)
        await eventually(lambda: outboxes_are_empty(ground), PATIENCE_S)
    assert not many.dishonest, many.dishonest[:5]
    after = await admin.ask("PATCH", path, {"name": "renamed"}, headers=tag)
    assert after is not None
    assert after.status_code == 200, after.text
    await recovers(ground, [dealer])


def _check(answers: Sequence[httpx.Response | None]) -> None:
    """Each was answered, and with nothing but "come back"."""
    told = {answer.status_code if answer is not None else 0 for answer in answers}
    assert told == {503}, told


@asynccontextmanager
async def _held(platform: TestPlatform, customer: str) -> AsyncIterator[None]:
    """Hold a customer's row while the block lasts."""
    connection = await asyncpg.connect(platform.postgres_url(_SERVICE), timeout=5)
    try:
        async with connection.transaction():
            await connection.execute("SELECT 1 FROM customer WHERE id = $1 FOR UPDATE", customer)
            yield
    finally:
        await connection.close()
