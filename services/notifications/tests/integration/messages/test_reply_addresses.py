"""The address given for a complaint: the newest fact tells it, in whatever order facts come, and none is none."""

from __future__ import annotations

import itertools
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio

from guanxi.events import Event
from guanxi.events.complaints import (
    ComplaintAnswered,
    ComplaintFiledCorrected,
    ComplaintFiledVoided,
    ComplaintHandedOver,
)
from guanxi.events.notifications import NotificationSuppressed
from guanxi.testing.builders import a_customer, an_event
from guanxi.testing.harness import Harness

from ..conftest import OpenHarness
from ..mailserver import Mailbox, mailbox
from ..people import a_ticket, new_id
from .test_complainants import send_all

pytestmark = pytest.mark.asyncio
STRANGER = {"channel": "email", "address": "stranger@example.com"}
RIGHT = {"channel": "email", "address": "right@example.com"}


@pytest_asyncio.fixture(loop_scope="session")
async def post() -> Any:
    async with mailbox() as box:
        yield box


@pytest_asyncio.fixture(loop_scope="session")
async def service(open_service: OpenHarness, post: Mailbox) -> Harness:
    return await open_service(smtp_url=post.url)


def a_history(customer: UUID | None, corrected: dict[str, str] | None) -> list[Event[Any]]:
    """Filed with a stranger's address, corrected, handed over, answered: each fact has the address of its moment."""
    complaint = new_id()
    about: dict[str, Any] = {"customer": customer, "complaint": complaint}
    filed = a_ticket(**about, reply_to=STRANGER)
    about |= {"filed_at": filed.data.filed_at, "reply_to": corrected}
    handed: dict[str, Any] = {"from_unit": "head-office", "to_unit": "complaint-desk", "reason": "routing"}
    return [
        filed,
        a_ticket(ComplaintFiledCorrected, sequence=2, **about),
        a_ticket(ComplaintHandedOver, sequence=3, **handed, **about),
        a_ticket(ComplaintAnswered, sequence=4, answer_id=new_id(), **about),
    ]


@pytest.mark.parametrize("known", [True, False])
async def test_a_corrected_address_is_the_one_that_is_written_to(service: Harness, post: Mailbox, known: bool) -> None:  # noqa: FBT001
    for order in itertools.permutations(range(4)):
        customer = new_id() if known else None
        if customer:
            await service.know(a_customer(customer))
        history = a_history(customer, RIGHT)
        for n in order:
            await service.apply(history[n])
        await send_all(service)
    assert set(post.recipients) == {"right@example.com"}
    assert len(post.recipients) == 2 * 24


async def test_in_one_batch_the_newest_fact_tells_the_address(service: Harness, post: Mailbox) -> None:
    for turned in (False, True):
        history = a_history(None, RIGHT)
        await service.apply(*(reversed(history) if turned else history))
        await send_all(service)
    assert post.recipients == ["right@example.com"] * 4


async def test_a_removed_address_is_no_leave_any_more(service: Harness, post: Mailbox) -> None:
    for turned in (False, True):
        customer = new_id()
        await service.know(a_customer(customer, emails=["zhang@example.com"]))
        history = a_history(customer, None)
        for event in reversed(history) if turned else history:
            await service.apply(event)
        service.clock.move(5)
        await send_all(service)
    assert post.letters == []
    told = await service.published(NotificationSuppressed)
    assert {one.data.reason for one in told} == {"no_permission"}
    assert len(told) == 4


async def test_a_complaint_that_was_never_made_gets_no_receipt_though_its_news_comes_last(
    service: Harness, post: Mailbox
) -> None:
    for turned in (False, True):
        filed = a_ticket(reply_to=RIGHT)
        fact = ComplaintFiledVoided(complaint_id=filed.data.complaint_id, number="C-1", unit="head-office")
        voided = an_event(fact, aggregate=filed.aggregateid, sequence=2)
        for event in (voided, filed) if turned else (filed, voided):
            await service.apply(event)
        await send_all(service)
    assert post.letters == []
    assert [one.data.reason for one in await service.published(NotificationSuppressed)] == ["superseded"] * 2
