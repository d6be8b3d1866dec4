"""What a service emits and reads, as a table that a person can read.

The bus, the generated AsyncAPI document and the tests all take it from here, so it cannot drift from what runs.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal
from uuid import UUID

from guanxi.events._envelope import Event, Fact

if TYPE_CHECKING:
    from guanxi.db import Tx

Handler = Callable[["Tx", Sequence[Event[Any]]], Awaitable[None]]
"""Applies a batch of events of one fact type, in log order, inside the consumer's transaction."""


@dataclass(frozen=True, slots=True)
class InboundRecord:
    """One message of a publisher's topic, as it came; `timestamp` in milliseconds since 1970, by the broker's clock."""

    source: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...]
    timestamp: int


InboundHandler = Callable[["Tx", Sequence[InboundRecord]], Awaitable[None]]
"""Takes in a batch of publishers' messages; whatever is wrong with one is its own result, never an error."""

ConsumerKind = Literal["additive", "state", "reaction"]


@dataclass(frozen=True, slots=True)
class Kept:
    """A table of a read model: what a rebuild compares and puts right, row by row, by its primary key.

    `counts` tells, in SQL over `{row}` of `{table}`, which of its rows the consumer writes and means to be there;
    `passing` are columns that tell when a row was written, not what it says.
    """

    name: str
    counts: str = "true"
    passing: frozenset[str] = frozenset()
    customer: str | None = "customer_id"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadModel:
    """What a consumer keeps of others' facts, and which can therefore be written anew from their logs.

    Whatever its handlers write must be in `tables` or in `scratch` (queues and marks, thrown away): a rebuild runs the
    same handlers over empty copies of these, and everything else would be written for real.
    """

    tables: tuple[Kept, ...]
    scratch: tuple[str, ...] = ()
    instead: Mapping[type[Fact], Handler] = field(default_factory=dict)
    """Handlers that take the place of those which also do something else."""
    cleanse: Callable[[Tx], Awaitable[None]] | None = None
    """Takes out what must not be kept of erased customers: the logs may still tell of it."""
    listed: str | None = None
    """The table whose `event_id` names every event that was taken in, where there is one: it can be counted."""
    changed: Callable[[Tx, Sequence[UUID]], Awaitable[None]] | None = None
    """Told of the customers whose rows were put right."""


@dataclass(frozen=True, slots=True)
class Consumer:
    """One reader of topics, its own Kafka group.

    `additive`: an inbox row lets each event in once. `state`: events carry whole state and the higher sequence wins, so
    no inbox row is needed. `reaction`: additive, but starts at the latest event when new and is never rebuilt. With a
    `read_model` it can be rebuilt (`guanxi rebuild`).
    """

    name: str
    handlers: Mapping[type[Fact], Handler]
    kind: ConsumerKind = "additive"
    generation: int = 1
    read_model: ReadModel | None = None

    def __post_init__(self) -> None:
        """Refuse a read model of an additive consumer: after a rebuild it reads again what the copy has read."""
        if self.read_model is not None and self.kind != "state":
            message = f"{self.name}: only a consumer of whole states can be rebuilt"
            raise ValueError(message)

    @property
    def topics(self) -> tuple[str, ...]:
        """Topic words it reads, sorted."""
        return tuple(sorted({fact.TOPIC for fact in self.handlers}))

    @property
    def group(self) -> str:
        """Name with its generation: another one reads everything anew under the same name."""
        return f"{self.name}.g{self.generation}"


@dataclass(frozen=True, slots=True)
class InboundConsumer:
    """The reader of all publishers' topics (`guanxi.inbound.<source>`); there is one, in intake."""

    name: str
    handler: InboundHandler
    generation: int = 1

    @property
    def group(self) -> str:
        """Name with its generation."""
        return f"{self.name}.g{self.generation}"


@dataclass(frozen=True, slots=True)
class Topology:
    """One service's place in the flow of events."""

    service: str
    emits: tuple[type[Fact], ...] = ()
    consumers: tuple[Consumer, ...] = ()
    inbound: InboundConsumer | None = None

    def __post_init__(self) -> None:
        """Refuse two consumers of one name: they would share a group and an inbox."""
        names = [consumer.name for consumer in self.consumers]
        if len(set(names)) != len(names):
            message = f"{self.service}: two consumers share a name: {sorted(names)}"
            raise ValueError(message)
