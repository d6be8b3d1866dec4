"""When a promise is reminded of, and when its time is over."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from guanxi.events import HISTORIC_AFTER
from interactions.promises.rules import BY_TIME, DUE_KIND, REMINDER_KIND, Promise

LEAD_SHARE = 0.5
LEAD_AT_MOST = timedelta(hours=24)
"""The promiser is reminded when this share of the time they have is left, but not earlier than this."""


def remind_at(promise: Promise, now: datetime) -> datetime | None:
    """When its promiser is to be reminded; None when they have been, or when there is nothing left to be done.

    A moment that has passed is made up for at once, unless we learned of the promise more than 48 hours late.
    """
    if promise.status != "open" or promise.voided_at is not None or promise.reminded_at is not None:
        return None
    at = promise.due_at - min((promise.due_at - promise.made_at) * LEAD_SHARE, LEAD_AT_MOST)
    learned_late = promise.recorded_at - promise.made_at > HISTORIC_AFTER
    return None if promise.due_at <= now or (at <= now and learned_late) else at


def reminded(promise: Promise, now: datetime) -> Promise | None:
    """The promise with its promiser reminded; None when that is not wanted, or not yet."""
    at = remind_at(promise, now)
    return None if at is None or at > now else replace(promise, reminded_at=now, version=promise.version + 1)


def moments(promise: Promise, now: datetime) -> list[tuple[str, UUID, datetime]]:
    """What has to be looked at, and when: its reminder and its own moment, while it is open."""
    if promise.status != "open" or promise.voided_at is not None:
        return []
    at = remind_at(promise, now)
    reminder = [(REMINDER_KIND, promise.id, at)] if at else []
    return [(DUE_KIND, promise.id, promise.due_at), *reminder]


def overdue(promise: Promise, now: datetime) -> Promise | None:
    """The promise broken because its moment has come; None when it is settled, voided, or due later by now."""
    if promise.status != "open" or promise.voided_at is not None or promise.due_at > now:
        return None
    return replace(promise, status="broken", settled_at=promise.due_at, settled_by=BY_TIME, version=promise.version + 1)
