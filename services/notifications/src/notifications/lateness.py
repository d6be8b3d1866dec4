"""When a fact is too old to tell anybody of it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from guanxi.events import HISTORIC_AFTER, Event


def too_late(event: Event[Any], now: datetime) -> bool:
    """True when it was learned too late, or when we read it too late.

    The second matters when a reaction reads old records again, as it does after the broker has lost its log.
    """
    return event.historic or now - event.time > HISTORIC_AFTER
