"""The clock and the id source, as ports: a simulation gives its own, everything else takes these."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Protocol
from uuid import NAMESPACE_URL, UUID, uuid5

from uuid_utils.compat import uuid7

_VERSION_WITH_TIME = 7
_LAST_MILLISECOND = int(datetime(2200, 1, 1, tzinfo=UTC).timestamp() * 1000)
_NAMESPACE = uuid5(NAMESPACE_URL, "urn:guanxi")


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> datetime:
        """The present moment, aware, in UTC."""
        ...


class Ids(Protocol):
    """Makes ids."""

    def new(self) -> UUID:
        """A fresh UUIDv7."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """The present moment, aware, in UTC."""
        return datetime.now(UTC)


class SystemIds:
    """UUIDv7 from the machine's clock and random source."""

    def new(self) -> UUID:
        """A fresh UUIDv7."""
        return uuid7()


def derived_id(parent: UUID, name: str) -> UUID:
    """A stable id (UUIDv5) for a row made because of `parent`: the same event applied twice names the same row."""
    return uuid5(_NAMESPACE, f"{parent}/{name}")


def id_time(value: UUID) -> datetime | None:
    """The moment inside a UUIDv7 (millisecond precision, RFC 9562, section 5.7).

    None for every other version, and for one whose moment no calendar of ours reaches: it was made by hand.
    """
    milliseconds = value.int >> 80
    if value.version != _VERSION_WITH_TIME or milliseconds > _LAST_MILLISECOND:
        return None
    return datetime.fromtimestamp(milliseconds / 1000, UTC)
