"""Who asks what is allowed holds the answer, and never waits in a ring with who changes several at once."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from uuid import UUID

import pytest

from guanxi.testing.harness import Harness
from notifications.permissions import store
from notifications.permissions.rules import PURPOSES, Statement, permission_id

from ..conftest import until_waiting
from ..people import new_id

pytestmark = pytest.mark.asyncio


def denied(customer: UUID, purpose: str) -> Statement:
    said_at = datetime(2026, 3, 31, tzinfo=UTC)
    return Statement(new_id(), customer, purpose, "email", "denied", said_at, None, "desk", "head-office")


def in_order(customer: UUID) -> list[str]:
    """Purposes by the ids of their permissions, which is the order of locks."""
    return sorted(PURPOSES, key=lambda purpose: permission_id(customer, purpose, "email"))


async def kept(service: Harness, customer: UUID) -> set[str]:
    """Purposes of which there is a permission."""
    async with service.database.api.read() as reader:
        rows = await reader.fetch("SELECT purpose FROM permission WHERE customer_id = $1", customer)
    return {row["purpose"] for row in rows}


async def test_what_is_not_asked_is_not_held(service: Harness) -> None:
    customer = new_id()
    other, asked, *_ = in_order(customer)
    async with service.database.api.begin() as tx:
        await store.lock(tx, [denied(customer, other)])
    async with service.database.api.begin() as writing, service.database.consumers.begin() as asking:
        await store.lock(writing, [denied(customer, other)])
        await store.hold(asking, [(customer, asked, "email")], [])
    assert await kept(service, customer) == {other, asked}


async def test_what_nobody_has_said_yet_is_not_made_before_the_turn_of_its_id(service: Harness) -> None:
    customer = new_id()
    known, missing, *_ = in_order(customer)
    async with service.database.api.begin() as tx:
        await store.lock(tx, [denied(customer, known)])

    async def ask() -> None:
        async with service.database.consumers.begin() as tx:
            await store.hold(tx, [(customer, one, "email") for one in (missing, known)], [])

    async with service.database.api.begin() as tx:
        await store.hold(tx, [(customer, known, "email")], [], to_change=True)
        asking = asyncio.create_task(ask())
        await until_waiting(service)
        await store.lock(tx, [denied(customer, missing)])
    await asking
    assert await kept(service, customer) == {known, missing}


async def test_many_who_are_the_first_to_ask_at_once_take_turns(service: Harness) -> None:
    """PostgreSQL arbitrates by one unique index: by a second one of the same key the slower would be refused."""

    async def ask(customer: UUID) -> None:
        async with service.database.api.begin() as tx:
            await store.hold(tx, [(customer, one, "email") for one in PURPOSES], [], to_change=True)

    for _ in range(100):
        customer = new_id()
        await asyncio.gather(*(ask(customer) for _ in range(8)))
        assert await kept(service, customer) == set(PURPOSES)
