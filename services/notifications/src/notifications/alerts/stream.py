"""An inbox as a stream: woken in this process, else looking every other second, never holding a connection."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta
from uuid import UUID

from guanxi.db import Pool
from guanxi.http import ServerEvent
from notifications.alerts import store
from notifications.alerts.schemas import AlertView
from notifications.alerts.store import Alert
from notifications.bell import ALERTS, wait

LOOK_SECONDS = 2.0
LONGEST_SECONDS = 3600.0
PAGE = 500
_FIRST = UUID(int=0)
OVERLAP = timedelta(seconds=12)
"""Rows become visible in the order of commits, not of their times, and a transaction takes 10 s at most: each look goes
back so far and leaves out what it has shown."""


async def changes(pool: Pool, employee_id: UUID | None, unit: str, last: str | None) -> AsyncGenerator[ServerEvent]:
    """Every change of the inbox from now on, or from the event named `last` on: none is missed, some may come twice.

    It ends after an hour: whoever comes back shows a token that is still good.
    """
    since = resume_at(last) or pool.clock.now()
    shown: dict[tuple[UUID, int], datetime] = {}
    if last is None:
        shown = {_key(one): one.changed_at async for one in _look(pool, employee_id, unit, since - OVERLAP)}
    with ALERTS.listen() as woken:
        ends = asyncio.get_running_loop().time() + LONGEST_SECONDS
        while asyncio.get_running_loop().time() < ends:
            async for one in _look(pool, employee_id, unit, since - OVERLAP):
                if _key(one) in shown:
                    continue
                shown[_key(one)] = one.changed_at
                since = max(since, one.changed_at)
                yield _event(one)
            shown = {key: at for key, at in shown.items() if at >= since - OVERLAP}
            await wait(woken, LOOK_SECONDS)


def event_id(one: Alert) -> str:
    """The name of a change: when, and of which alert."""
    return f"{int(one.changed_at.timestamp() * 1_000_000)}.{one.id}"


def resume_at(last: str | None) -> datetime | None:
    """The moment in an event's id; None for what is no id of ours."""
    try:
        return datetime.fromtimestamp(int((last or "").partition(".")[0]) / 1_000_000, UTC)
    except (ValueError, OverflowError, OSError):
        return None


async def _look(pool: Pool, employee_id: UUID | None, unit: str, since: datetime) -> AsyncGenerator[Alert]:
    after = (since, _FIRST)
    while True:
        async with pool.read() as reader:
            found = await store.changed(reader, employee_id, unit, after, PAGE)
        for one in found:
            yield one
        if len(found) < PAGE:
            return
        after = (found[-1].changed_at, found[-1].id)


def _key(one: Alert) -> tuple[UUID, int]:
    return one.id, one.version


def _event(one: Alert) -> ServerEvent:
    data = AlertView.model_validate(one, from_attributes=True).model_dump_json()
    return ServerEvent(data, event_id(one), "alert")
