"""The correlation id of the work in hand: one for all that a caller's request sets in motion."""

from __future__ import annotations

import re
from contextvars import ContextVar

from guanxi.ports import SystemIds

_CORRELATION: ContextVar[str | None] = ContextVar("guanxi_correlation_id", default=None)
# A caller's id goes into headers, logs and events: nothing but harmless characters is taken over.
_HARMLESS = re.compile(r"[A-Za-z0-9._:/+=-]{1,128}")
_IDS = SystemIds()


def correlation_id() -> str:
    """The correlation id of the work in hand; made and kept when there is none yet."""
    value = _CORRELATION.get()
    if value is None:
        value = str(_IDS.new())
        _CORRELATION.set(value)
    return value


def set_correlation_id(value: str | None) -> None:
    """Take over a correlation id; a missing or strange one is replaced by a new one when it is first asked for.

    A task that does one piece of work after another begins each with None: else all of them would share the first's.
    """
    _CORRELATION.set(value if value and _HARMLESS.fullmatch(value) else None)
