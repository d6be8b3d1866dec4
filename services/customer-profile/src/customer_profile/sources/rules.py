"""What a publisher may send, and what its topic is called."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from guanxi.events.inbound import inbound_types

NAME = r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$"
"""A name is part of a topic's name, where dots and underscores would collide."""

_TWIN = re.compile(r"(Corrected|Voided)$")


@dataclass(frozen=True, slots=True)
class Publisher:
    """A source as intake needs it; `allowed` holds report names (`OrderReported`), None allows all."""

    name: str
    unit: str
    internal: bool
    allowed: frozenset[str] | None
    paused_at: datetime | None


def report_name(type_name: str) -> str:
    """`guanxi.inbound.OrderReportedVoided.v1` is about `OrderReported`: who may report may correct and void."""
    parts = type_name.split(".")
    return _TWIN.sub("", parts[2]) if len(parts) == 4 else type_name  # noqa: PLR2004 - guanxi.inbound.<Name>.v1


def known_names() -> list[str]:
    """The names of all reports, sorted."""
    return sorted({report_name(name) for name in inbound_types()})


def unknown_names(names: Iterable[str]) -> list[str]:
    """Those that are no report's name."""
    known = set(known_names())
    return [name for name in names if name not in known]


def topic(prefix: str, name: str) -> str:
    """The full name of a publisher's topic."""
    return f"{prefix}guanxi.inbound.{name}"
