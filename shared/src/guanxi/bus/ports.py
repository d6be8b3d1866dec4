"""The broker as ports: what the relay and the consumers need of a client. A simulation gives its own."""

from __future__ import annotations

from collections.abc import Awaitable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from aiokafka.errors import CommitFailedError, IllegalStateError, KafkaError

Headers = Sequence[tuple[str, bytes]]

BrokerError = KafkaError
"""Whatever the broker or the way to it did wrong."""

LostOwnershipError = (CommitFailedError, IllegalStateError)
"""The partition went to another member meanwhile: its offsets are no longer ours to commit."""


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """One partition of one topic (full name, with prefix)."""

    topic: str
    partition: int


@dataclass(frozen=True, slots=True)
class Record:
    """One message as it came from the broker; `timestamp` in milliseconds since 1970.

    `unreadable` tells why the client library cannot give its content: then key, value and headers are empty.
    """

    place: Place
    offset: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...]
    timestamp: int
    unreadable: str | None = None

    def header(self, name: str) -> str | None:
        """The first header of that name, as text that a database can keep."""
        for key, value in self.headers:
            if key == name:
                return value.decode("utf-8", "replace").replace("\x00", "\ufffd")
        return None


@dataclass(frozen=True, slots=True)
class Ack:
    """Where the broker has put a message, and the time it bears (milliseconds since 1970)."""

    place: Place
    offset: int
    timestamp: int


@dataclass(frozen=True, slots=True)
class Assignment:
    """The partitions that are ours; `round` grows with each time they are dealt out anew.

    `dealt` is true once we have been told which are ours, even if that is none.
    """

    round: int
    places: frozenset[Place]
    dealt: bool = False


class Producer(Protocol):
    """Writes to the broker: acknowledged by all in-sync replicas, idempotent, in order per partition."""

    async def start(self) -> None:
        """Connect; raises `BrokerError`."""
        ...

    async def stop(self) -> None:
        """Flush and disconnect."""
        ...

    async def abort(self) -> None:
        """Disconnect without sending what still waits; afterwards nothing more of it reaches the broker."""
        ...

    async def send(
        self, topic: str, value: bytes, key: bytes, headers: Headers, partition: int | None = None
    ) -> Awaitable[Ack]:
        """Queue a message; what it gives is awaited for the acknowledgement and raises `BrokerError`."""
        ...

    async def partitions(self, topic: str) -> int:
        """How many partitions a topic has."""
        ...


class Reader(Protocol):
    """Reads topics as a member of a group."""

    async def start(self) -> None:
        """Join the group; raises `BrokerError`."""
        ...

    async def stop(self) -> None:
        """Leave the group."""
        ...

    async def poll(self, seconds: float) -> Mapping[Place, Sequence[Record]]:
        """What has come, by partition."""
        ...

    async def commit(self, offsets: Mapping[Place, int]) -> None:
        """Tell the broker how far we are."""
        ...

    def assignment(self) -> Assignment:
        """The partitions that are ours now."""
        ...

    def seek(self, place: Place, offset: int) -> None:
        """Read on from this offset."""
        ...

    def position(self, place: Place) -> int | None:
        """The offset from which it reads on, None while it looks for one.

        It may lie behind more than was given: a transaction's marker takes an offset, what it took back takes many.
        """
        ...

    async def bounds(self, places: Collection[Place]) -> Mapping[Place, tuple[int, int]]:
        """For each the first offset kept and the next to be written."""
        ...

    async def offsets_at(self, places: Collection[Place], timestamp: int) -> Mapping[Place, int | None]:
        """For each the first offset at or after a moment (milliseconds); None where there is none yet."""
        ...


class Ends(Protocol):
    """Asks the broker over a connection of its own where each partition ends."""

    async def of(self, topics: Collection[str], pattern: str | None = None) -> Mapping[Place, int]:
        """The next offset to be written of each partition of these topics, and of those whose name fits the pattern.

        Raises `BrokerError` or `TimeoutError`; a topic that does not exist is left out.
        """
        ...

    async def stop(self) -> None:
        """Disconnect."""
        ...


class Contents(Ends, Protocol):
    """Asks as well what lies in a partition."""

    async def records_at(self, offsets: Mapping[Place, int]) -> Mapping[Place, Record]:
        """The record that lies at each of these offsets; a place where none lies (any more) is left out.

        The partitions must exist. Raises `BrokerError` or `TimeoutError`.
        """
        ...
