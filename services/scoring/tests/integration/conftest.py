"""The scoring service in-process on a migrated database, and things that happen to customers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

import httpx
import pytest_asyncio

from guanxi.events import Event
from guanxi.events.complaints import Ticket
from guanxi.events.interactions import CustomerContacted, OrderPlaced, PromiseBroken
from guanxi.ports import SystemIds
from guanxi.testing import Harness, a_customer, an_event
from guanxi_local.pytest_plugin import ServiceHarness
from scoring.app import SERVICE
from scoring.scores import usecases

T = TypeVar("T", bound=Ticket)
MakeCustomer = Callable[..., Awaitable[UUID]]
ZONE = ZoneInfo("Asia/Shanghai")
IDS = SystemIds()


@pytest_asyncio.fixture(loop_scope="session")
async def service(service_harness: ServiceHarness) -> Harness:
    return await service_harness(SERVICE)


@pytest_asyncio.fixture(loop_scope="session")
async def staff(service: Harness) -> httpx.AsyncClient:
    return service.caller()


@pytest_asyncio.fixture(loop_scope="session")
async def dealer(service: Harness) -> httpx.AsyncClient:
    return service.caller(unit="dealer-17", scope="scores:read", subject="dealer")


@pytest_asyncio.fixture(loop_scope="session")
async def customer(service: Harness) -> MakeCustomer:
    """Make customers known, and get their ids."""

    async def make(**values: Any) -> UUID:
        state = a_customer(**values)
        await service.apply(state)
        return state.aggregateid

    return make


async def settle(service: Harness) -> int:
    """Score whoever is due, old news too, until nobody is; gives how many scorings that took."""
    service.clock.move(3)
    total = 0
    while done := await usecases.work_off(service.database.consumers, ZONE):
        total += done
    return total


def an_order(subject: UUID, goods_minor: int, *, days_ago: float = 1, **more: Any) -> Event[OrderPlaced]:
    """An order that we learn of at once."""
    placed_at = datetime.now(UTC) - timedelta(days=days_ago)
    values = {"order_id": IDS.new(), "placed_at": placed_at, "currency": "CNY", "goods_minor": goods_minor}
    values |= {"total_minor": abs(goods_minor), "line_count": 1, "unit": "head-office"} | more
    fact = OrderPlaced.model_validate(values)
    return an_event(fact, aggregate=fact.order_id, subject=subject, time=placed_at, recorded=placed_at)


def a_contact(subject: UUID, *, days_ago: float = 0, **more: Any) -> Event[CustomerContacted]:
    """A call, of a moment ago unless said otherwise, that we learn of at once."""
    at = datetime.now(UTC) - timedelta(days=days_ago)
    values = {"contact_id": IDS.new(), "unit": "head-office", "channel": "phone", "direction": "in", "kind": "call"}
    fact = CustomerContacted.model_validate({**values, "occurred_at": at, **more})
    return an_event(fact, aggregate=fact.contact_id, subject=subject, time=at, recorded=at)


def a_broken_promise(subject: UUID, *, hours_ago: float = 1, **more: Any) -> Event[PromiseBroken]:
    """A promise whose moment has just gone by."""
    due_at = datetime.now(UTC) - timedelta(hours=hours_ago)
    values = {"promise_id": IDS.new(), "fulfilling_unit": "logistics", "unit": "head-office"}
    values |= {"made_at": due_at - timedelta(days=3), "due_at": due_at, "broken_at": due_at} | more
    fact = PromiseBroken.model_validate(values)
    return an_event(fact, aggregate=fact.promise_id, sequence=2, subject=subject, time=due_at)


def a_ticket(
    fact: type[T], complaint_id: UUID, subject: UUID, sequence: int, *, days_ago: float, **more: Any
) -> Event[T]:
    """A step of a complaint, of which we learn at once."""
    at = datetime.now(UTC) - timedelta(days=days_ago)
    values = {"complaint_id": complaint_id, "number": "C-1", "unit": "head-office", "channel": "phone"}
    values |= {"cause": "quality", "severity": "normal", "status": "in_progress", "holder_unit": "head-office"}
    values |= {"service_level": "standard", "filed_at": at - timedelta(days=1), **more}
    made = fact.model_validate(values)
    return an_event(made, aggregate=complaint_id, sequence=sequence, subject=subject, time=at, recorded=at)
