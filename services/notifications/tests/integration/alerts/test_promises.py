"""Whoever made a promise is reminded of it in time, and of nothing that is over."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
import pytest_asyncio

from guanxi.events.interactions import (
    PromiseBroken,
    PromiseBrokenVoided,
    PromiseDueSoon,
    PromiseKept,
    PromiseMadeVoided,
    PromiseRenegotiated,
    PromiseWithdrawn,
)
from guanxi.testing.builders import an_employee, an_event
from guanxi.testing.harness import Harness
from notifications.messages.sender import send_due

from ..conftest import OpenHarness
from ..mailserver import mailbox
from ..people import a_promise, new_id
from .test_alerts import LOGISTICS, OWNER, a_client, inbox, staff

pytestmark = pytest.mark.asyncio
NOW = "2026-03-31T00:00:00Z"
ENDS = [
    (PromiseKept, {"kept_at": NOW}),
    (PromiseWithdrawn, {"withdrawn_at": NOW}),
    (PromiseRenegotiated, {"renegotiated_at": NOW, "new_due_at": NOW, "new_promise_id": str(new_id())}),
    (PromiseBroken, {"broken_at": NOW}),
]


@pytest_asyncio.fixture(loop_scope="session")
async def service(open_service: OpenHarness) -> Harness:
    service = await open_service()
    await staff(service)
    return service


async def test_the_promiser_is_reminded_and_nobody_else(service: Harness) -> None:
    customer, promise = await a_client(service, owner_id=None), new_id()
    soon = a_promise(PromiseDueSoon, customer, promise, OWNER, sequence=2)
    await service.apply(soon)
    (told,) = await inbox(service, OWNER)
    assert (told["rule"], told["state"], told["cause_id"]) == ("promise-due-soon", "raised", str(promise))
    assert told["facts"] == {"due_at": soon.data.due_at.isoformat()}
    assert told["due_at"] is None
    assert await inbox(service, LOGISTICS) == []


async def test_without_a_promiser_the_lead_who_has_to_keep_it_is_reminded(service: Harness) -> None:
    await service.apply(a_promise(PromiseDueSoon, await a_client(service), new_id(), None, sequence=2))
    assert [one["rule"] for one in await inbox(service, LOGISTICS)] == ["promise-due-soon"]


@pytest.mark.parametrize(("kind", "values"), ENDS)
async def test_what_is_over_needs_no_reminder_in_either_order(
    service: Harness, kind: type[Any], values: dict[str, str]
) -> None:
    for turned in (False, True):
        customer, promise = await a_client(service), new_id()
        soon = a_promise(PromiseDueSoon, customer, promise, OWNER, sequence=2)
        over = a_promise(kind, customer, promise, OWNER, sequence=3, **values)
        for event in (over, soon) if turned else (soon, over):
            await service.apply(event)
    assert await inbox(service, OWNER, state="raised") == []
    broken = await inbox(service, LOGISTICS, state="raised")
    assert [one["rule"] for one in broken] == (["promise-broken"] * 2 if kind is PromiseBroken else [])


async def test_a_promise_that_was_never_made_needs_no_reminder(service: Harness) -> None:
    customer, promise = await a_client(service), new_id()
    await service.apply(a_promise(PromiseDueSoon, customer, promise, OWNER, sequence=2))
    fact = PromiseMadeVoided(promise_id=promise, unit="head-office")
    await service.apply(an_event(fact, aggregate=promise, subject=customer, sequence=3))
    assert [one["state"] for one in await inbox(service, OWNER)] == ["done"]


async def test_any_order_of_its_facts_leaves_the_same_open(service: Harness) -> None:
    for order in itertools.permutations(range(4)):
        customer, promise = await a_client(service), new_id()
        fact = PromiseBrokenVoided(promise_id=promise, unit="head-office")
        history = [
            a_promise(PromiseDueSoon, customer, promise, OWNER, sequence=2),
            a_promise(PromiseBroken, customer, promise, OWNER, sequence=3, broken_at=NOW),
            an_event(fact, aggregate=promise, subject=customer, sequence=4),
            a_promise(PromiseBroken, customer, promise, OWNER, sequence=5, broken_at=NOW),
        ]
        for n in order:
            await service.apply(history[n])
        (left,) = [one for one in await inbox(service, LOGISTICS, state="raised") if one["cause_id"] == str(promise)]
        assert left["cause_type"] == PromiseBroken.TYPE
    assert await inbox(service, OWNER, state="raised") == []


async def test_the_reminder_comes_by_mail_as_well_and_says_by_when(open_service: OpenHarness) -> None:
    async with mailbox() as post:
        service = await open_service(smtp_url=post.url, default_language="en", default_time_zone="UTC")
        await staff(service)
        await service.know(an_employee(OWNER, unit="sales", sequence=2, subject="liming", email="li@firm.example.com"))
        soon = a_promise(PromiseDueSoon, await a_client(service), new_id(), OWNER, sequence=2)
        await service.apply(soon)
        runtime = service.app.state.runtime
        await send_due(runtime.settings, runtime.database.consumers)
        (letter,) = post.letters
        assert letter["Subject"] == f"A promise of yours is due at {soon.data.due_at:%Y-%m-%d %H:%M}"
