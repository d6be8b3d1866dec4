"""Moments that callers give."""

from __future__ import annotations

from datetime import datetime, timedelta

from guanxi.problems import Unprocessable

CLOCKS_DIFFER = timedelta(minutes=5)


def not_future(given: datetime | None, now: datetime, field: str) -> datetime:
    """When it happened: now, unless it is given; 422 for what lies ahead by more than clocks may differ."""
    if given is None:
        return now
    if given > now + CLOCKS_DIFFER:
        raise Unprocessable.field(field, "in-the-future", "This cannot have happened yet: it lies in the future.")
    return given
